/* SPDX-License-Identifier: ISC */
/*
 * Opens paths below the operator's library, and nothing else: openat2 follows each component beneath library_dir, so no
 * "..", link or mount trick leads out, whatever is renamed meanwhile. For files of src/files.
 */
#ifndef MEDIAGATE_FILES_LIBRARY_PATH_H
#define MEDIAGATE_FILES_LIBRARY_PATH_H

#include <limits.h>

#include "base/error.h"
#include "files/media_folder.h"

/* Opens a path relative to library_dir; flags as of open(2). On failure *ret_reason says why in words, a constant.
 * ERROR_DENIED: leads out, or may not be entered. ERROR_NOT_FOUND. ERROR_INVALID: a name is too long.
 * ERROR_UNSUPPORTED: there is no library_dir. */
enum error library_path_open(const struct media_folder *folder, const char *path, int flags, int *ret_fd,
                             const char **ret_reason) MUST_CHECK;
/* As library_path_open, for the target of a link that library_link_create made: an absolute path, perhaps with
 * "/<name>" behind it. ERROR_DENIED when it is not below library_dir. */
enum error library_path_open_target(const struct media_folder *folder, const char *target, int flags,
                                    int *ret_fd) MUST_CHECK;
/* Opens a stored name below media/<id>/ for reading. Where its first component is a link, it is resolved below
 * library_dir. Never waits for a FIFO's other end. */
enum error library_path_open_stored(const struct media_folder *folder, int medium_fd, const char *stored_name,
                                    int *ret_fd) MUST_CHECK;
/* The absolute path of what a descriptor stands for. */
enum error library_path_of(int fd, char ret_path[PATH_MAX]) MUST_CHECK;

#endif
