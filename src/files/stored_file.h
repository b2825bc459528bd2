/* SPDX-License-Identifier: ISC */
/*
 * One stored file by its name below media/<id>/: a file, a package's, or one of the library behind a link.
 */
#ifndef MEDIAGATE_FILES_STORED_FILE_H
#define MEDIAGATE_FILES_STORED_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"

/* Opens what a stored name stands for, read-only, for probing. ERROR_NOT_FOUND; ERROR_INVALID: not
 * such a name or not a regular file; ERROR_DENIED: its link leads out of the library. */
enum error stored_file_open(struct media_folder *folder, int64_t media_id, const char *stored_name,
                            int *ret_fd) MUST_CHECK;
/* Closes it, and removes the copy that stored_file_open made where media files are in a bucket. */
void stored_file_close(struct media_folder *folder, int *fd);
/* Removes one stored file, package or link now (never what a link points to), and its note. A missing one is
 * fine. */
enum error stored_file_remove(struct media_folder *folder, int64_t media_id, const char *stored_name) MUST_CHECK;

#endif
