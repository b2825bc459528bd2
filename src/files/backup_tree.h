/* SPDX-License-Identifier: ISC */
/*
 * Copies the tree of media files into a backup, and back. Files never change under a name: one that an earlier backup
 * has becomes a hard link, and one that an interrupted run has copied is kept. Each is written beside its name, fsynced
 * and renamed, so that a name stands for a whole file.
 */
#ifndef MEDIAGATE_FILES_BACKUP_TREE_H
#define MEDIAGATE_FILES_BACKUP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"

#define BACKUP_PATH_SIZE 4096

struct backup_entry {
  char *path; /* below the backup */
  int64_t size_bytes;
  char sha256[DIGEST_HEX_SIZE];
};

/* What a backup holds, in the order of the paths. Zero-initialise. */
struct backup_manifest {
  struct backup_entry *entries;
  size_t count, capacity;
};

enum error backup_manifest_read(const char *path, struct backup_manifest *ret_manifest) MUST_CHECK;
/* Sorts it first. */
enum error backup_manifest_write(struct backup_manifest *manifest, const char *path) MUST_CHECK;
const struct backup_entry *backup_manifest_find(const struct backup_manifest *manifest, const char *path);
enum error backup_manifest_add(struct backup_manifest *manifest, const char *path, int64_t size_bytes,
                               const char *sha256) MUST_CHECK;
void backup_manifest_free(struct backup_manifest *manifest);

struct backup_copy {
  const char *source, *target; /* folders; the target exists */
  const char *previous;        /* of an earlier backup, beside `target`; NULL: none */
  const struct backup_manifest *previous_manifest;
  const struct backup_manifest *expected; /* of a restore: what each file must be; others stay. NULL: anything */
  const char *prefix;                     /* of the paths in manifests, such as "media/" */
  struct backup_manifest *manifest;       /* gets what was copied; NULL: nothing does */
  int64_t copied, linked, kept, bytes_copied;
  char failed_path[BACKUP_PATH_SIZE]; /* after an error: which file it was */
};

/* ERROR_INVALID: a file is not what the manifest says. A file that vanishes meanwhile is left out. */
enum error backup_tree_copy(struct backup_copy *copy) MUST_CHECK;
/* Notes in data_dir that a backup was made just now, and when that was: seconds since 1970. ERROR_NOT_FOUND: never. */
enum error backup_note_made(const char *data_dir) MUST_CHECK;
enum error backup_last_made(const char *data_dir, int64_t *ret_seconds) MUST_CHECK;
/* The hash of a file, and its size. */
enum error backup_file_hash(const char *path, int64_t *ret_size, char ret_sha256[DIGEST_HEX_SIZE]) MUST_CHECK;

#endif
