/* SPDX-License-Identifier: ISC */
/*
 * An upload on its way: spool/<unique name>, hashed while it is written, then renamed into
 * media/<id>/. Those that outlive their request are made and opened by upload_file.h.
 */
#ifndef MEDIAGATE_FILES_SPOOL_FILE_H
#define MEDIAGATE_FILES_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/media_folder.h"
#include "files/resumable_sha256.h"

struct spool_file;

/* The folder must outlive the file. */
enum error spool_file_create(struct media_folder *folder, struct spool_file **ret_file) MUST_CHECK;
/* At its end. ERROR_NO_SPACE when the disk or the quota is full; some of the bytes may be written all the same. */
enum error spool_file_write(struct spool_file *file, const void *bytes, size_t size) MUST_CHECK;
/* fsyncs; the hash (lower-case hex) and the size are final. */
enum error spool_file_finish(struct spool_file *file, char ret_sha256[DIGEST_HEX_SIZE], int64_t *ret_size) MUST_CHECK;
/* For probing; still the file's own. Read with pread or reopen it: the offset is at its end. */
int spool_file_fd(const struct spool_file *file);
/* Renames into media/<id>/ under a new unique name with this extension ("mp4") and fsyncs the
 * folder; a kept file stays where it was too, so that no crash between this and the commit can lose it. Not served
 * until a URL names it; unsettled until media_folder_settle. */
enum error spool_file_place(struct spool_file *file, int64_t media_id, const char *extension,
                            char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;
/* Closes, and removes the file unless it was placed or is a kept one. NULL is fine. */
void spool_file_discard(struct spool_file *file);

#endif
