/* SPDX-License-Identifier: ISC */
/*
 * Links a file of the operator's library into media/<id>/, where nginx serves it without a copy.
 * The path is resolved with openat2 below library_dir; no "..", link or mount tricks lead out. A
 * playlist links the folder that it lies in.
 */
#ifndef MEDIAGATE_FILES_LIBRARY_LINK_H
#define MEDIAGATE_FILES_LIBRARY_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/medium.h"
#include "files/media_folder.h"

#define LIBRARY_LINK_REASON_SIZE 200
#define LIBRARY_LINK_PATH_MAX    1024

/* Makes media/<id>/<unique name><.extension> a link to the file, or media/<id>/<unique name> one to
 * a playlist's folder. *ret_size is that of the file. Unsettled until media_folder_settle. On
 * failure ret_reason says why in words for the caller: ERROR_INVALID: not a clean relative path,
 * not a regular file, or a folder with names that nginx would refuse. ERROR_NOT_FOUND.
 * ERROR_DENIED: leads out of the library, or cannot be read. ERROR_UNSUPPORTED: there is no
 * library_dir. */
enum error library_link_create(struct media_folder *folder, int64_t media_id, const char *path,
                               char ret_stored_name[MEDIUM_STORED_NAME_SIZE], int64_t *ret_size,
                               char ret_reason[LIBRARY_LINK_REASON_SIZE]) MUST_CHECK;
/* The rules for a library path before any file is looked at; pure. */
enum error library_link_check_path(const char *path, char ret_reason[LIBRARY_LINK_REASON_SIZE]) MUST_CHECK;
/* May nginx's stream location serve a file or folder of this name? As in
 * deploy/mediagate.http.conf; pure. */
bool library_link_is_servable_name(const char *name);

#endif
