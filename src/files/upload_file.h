/* SPDX-License-Identifier: ISC */
/*
 * Files of resumable uploads: uploads/<name>, which outlive requests, workers and restarts. Each is a struct spool_file
 * while a request works on it, and a lock sees to it that only one does; the kernel lifts it when its holder dies.
 *
 * What of a file counts is for the caller to know: it writes down, in a place of its own, how many bytes
 * upload_file_sync has made durable. Bytes beyond that were written by somebody who died; they are good as long as the
 * machine has not been started anew since (upload_file_boot), because until then the kernel holds them.
 */
#ifndef MEDIAGATE_FILES_UPLOAD_FILE_H
#define MEDIAGATE_FILES_UPLOAD_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "files/media_folder.h"
#include "files/spool_file.h"

/* A name that cannot be guessed. */
void upload_file_make_name(char ret_name[UNIQUE_NAME_SIZE]);
/* Is this the form of such names? */
bool upload_file_is_name(const char *name);
/* What tells this run of the machine from others; "" when it does not say. */
void upload_file_boot(char ret_boot[UUID_SIZE]);

/* Makes the file, empty and durable. */
enum error upload_file_create(struct media_folder *folder, const char *name) MUST_CHECK;
/* Opens and locks it. ERROR_NOT_FOUND; ERROR_CONFLICT: another has it. Before anything else: upload_file_resume. */
enum error upload_file_open(struct media_folder *folder, const char *name, struct spool_file **ret_file) MUST_CHECK;
/* What is on the disk now, good or not. */
enum error upload_file_size(const struct spool_file *file, int64_t *ret_size) MUST_CHECK;
/* Its first `size` bytes stay, the rest goes, and writing goes on behind them. hash_state: what upload_file_sync gave
 * for these or for fewer bytes; from there on the file is read again, and from its beginning when the state is of no
 * use. `beat` (may be NULL) is called now and then. ERROR_INTERNAL: the file is shorter than that. */
enum error upload_file_resume(struct spool_file *file, int64_t size, const char *hash_state,
                              void (*beat)(void *context), void *beat_context) MUST_CHECK;
/* All that was written, *ret_size bytes, is on the disk now. After a failure, also one of spool_file_write, nothing is
 * known of what was written since the last time: it stays one until the file is resumed with that size. */
enum error upload_file_sync(struct spool_file *file, int64_t *ret_size,
                            char ret_hash_state[RESUMABLE_SHA256_STATE_SIZE]) MUST_CHECK;
/* A missing one is fine. Only with the lock, or when no row names it. */
enum error upload_file_remove(struct media_folder *folder, const char *name) MUST_CHECK;

/* Calls visit for each file that is not locked; it is locked meanwhile, and removed when visit says so. An error of
 * visit ends the walk. */
typedef enum error upload_file_visit(void *context, const char *name, int64_t age_seconds, bool *ret_remove);
enum error upload_file_sweep(struct media_folder *folder, upload_file_visit *visit, void *context,
                             int64_t *ret_removed) MUST_CHECK;
/* Bytes free on the disk for us. */
enum error upload_file_free_space(const struct media_folder *folder, int64_t *ret_bytes) MUST_CHECK;

#endif
