/* SPDX-License-Identifier: ISC */
/*
 * The media files below data_dir: spool/ (uploads on their way), media/<id>/ (what grants may play), trash/.
 * Files are immutable under unique names; the committed row decides which one exists (see docs/architecture.md).
 * kill -9 between any two steps leaves nothing served that the database denies; the sweep removes what is left over.
 */
#ifndef MEDIAGATE_LIBRARY_MEDIA_FOLDER_H
#define MEDIAGATE_LIBRARY_MEDIA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define STORED_NAME_SIZE 160

struct media_folder;

/* Makes the folders that are missing (0750). library_dir "" or NULL: none. */
enum error media_folder_open(const char *data_dir, const char *library_dir, struct media_folder **ret_folder) MUST_CHECK;
void media_folder_close(struct media_folder *folder);
/* Can files be written? For /readyz. */
enum error media_folder_check_writable(struct media_folder *folder) MUST_CHECK;

/* An upload on its way. */
struct spool_file;
enum error spool_file_create(struct media_folder *folder, struct spool_file **ret_file) MUST_CHECK;
enum error spool_file_write(struct spool_file *file, const void *bytes, size_t size) MUST_CHECK; /* hashes as it goes */
/* fsyncs; the hash and the size are final. */
enum error spool_file_finish(struct spool_file *file, char ret_sha256[65], int64_t *ret_size) MUST_CHECK;
int spool_file_fd(const struct spool_file *file);
/* Renames into media/<id>/ under a new unique name with this extension ("mp4") and fsyncs the folder. Not served until a URL names it. */
enum error spool_file_place(struct spool_file *file, int64_t media_id, const char *extension, char ret_stored_name[STORED_NAME_SIZE]) MUST_CHECK;
/* Closes, and removes the file unless it was placed. NULL is fine. */
void spool_file_discard(struct spool_file *file);

/* Links a file of the library (path below library_dir, resolved with openat2 RESOLVE_BENEATH, no way out) into media/<id>/. A
 * playlist (.m3u8, .mpd) links its whole folder. ERROR_INVALID: not a clean relative path. ERROR_NOT_FOUND. ERROR_DENIED: leads out.
 * ERROR_UNSUPPORTED: no library_dir. *ret_size of the file. */
enum error media_folder_link_library(struct media_folder *folder, int64_t media_id, const char *path, char ret_stored_name[STORED_NAME_SIZE], int64_t *ret_size) MUST_CHECK;
/* Opens what a stored name stands for, read-only, for probing. */
enum error media_folder_open_stored(struct media_folder *folder, int64_t media_id, const char *stored_name, int *ret_fd) MUST_CHECK;
/* Removes one stored file or link now (never what a link points to). */
enum error media_folder_remove_stored(struct media_folder *folder, int64_t media_id, const char *stored_name) MUST_CHECK;
/* After the row is marked deleted: moves media/<id>/ to trash/ and removes it there. Repeatable. */
enum error media_folder_trash(struct media_folder *folder, int64_t media_id) MUST_CHECK;

/* Removes spool files older than spool_max_age_seconds, everything in trash/, and each stored name for which `is_current` says so:
 * not current and older than keep_seconds, or of a deleted medium. Errors of single files are counted, not fatal. */
struct sweep_counts {
  int64_t spool, trash, stored, failed;
};
typedef enum error media_folder_is_current(void *context, int64_t media_id, const char *stored_name, bool *ret_current, bool *ret_deleted);
enum error media_folder_sweep(struct media_folder *folder, int64_t spool_max_age_seconds, int64_t keep_seconds, media_folder_is_current *is_current, void *context, struct sweep_counts *ret_counts) MUST_CHECK;

#endif
