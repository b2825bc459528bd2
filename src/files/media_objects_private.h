/* SPDX-License-Identifier: ISC */
/* What the other files of this folder need of media_objects.c. Only for them. */
#ifndef MEDIAGATE_FILES_MEDIA_OBJECTS_PRIVATE_H
#define MEDIAGATE_FILES_MEDIA_OBJECTS_PRIVATE_H

#include "base/error.h"
#include "files/media_folder_private.h"
#include "files/media_objects.h"

/* Before an entry is put: notes it, and with it what the medium has already, since a commit may replace that. */
enum error media_objects_prepare(struct media_folder *folder, int64_t media_id, const char *entry) MUST_CHECK;
/* Notes all that the medium has. */
enum error media_objects_note_entries(struct media_folder *folder, int64_t media_id) MUST_CHECK;
enum error media_objects_put(struct media_folder *folder, int64_t media_id, const char *name, int fd,
                             int64_t size_bytes) MUST_CHECK;
/* All files of a folder, as media/<id>/<entry>/<file>. When it returns ERROR_NONE all are there. */
enum error media_objects_put_folder(struct media_folder *folder, int64_t media_id, const char *entry,
                                    int folder_fd) MUST_CHECK;
/* Copies it to a file of spool/, which media_folder_let_go removes. */
enum error media_objects_get(struct media_folder *folder, int64_t media_id, const char *name, int *ret_fd) MUST_CHECK;

#endif
