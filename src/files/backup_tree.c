/* SPDX-License-Identifier: ISC */
/* See backup_tree.h. */
#include "config.h"

#include "files/backup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/grow.h"
#include "base/text_parse.h"
#include "files/resumable_sha256.h"

#define CHUNK        ((size_t)1 << 20)
#define MANIFEST_MAX ((size_t)2 << 30)

/* --- the manifest ---------------------------------------------------------------------------- */

void backup_manifest_free(struct backup_manifest *manifest) {
  for (size_t i = 0; i < manifest->count; i++) {
    free(manifest->entries[i].path);
  }
  free(manifest->entries);
  *manifest = (struct backup_manifest){.entries = NULL};
}

enum error backup_manifest_add(struct backup_manifest *manifest, const char *path, int64_t size_bytes,
                               const char *sha256) {
  enum error error = grow_array(&manifest->entries, manifest->count, &manifest->capacity, sizeof *manifest->entries);
  char *copy = error == ERROR_NONE ? strdup(path) : NULL;
  if (copy == NULL) {
    return ERROR_MEMORY;
  }
  struct backup_entry *entry = &manifest->entries[manifest->count++];
  *entry = (struct backup_entry){.path = copy, .size_bytes = size_bytes};
  snprintf(entry->sha256, sizeof entry->sha256, "%s", sha256);
  return ERROR_NONE;
}

static int compare_entries(const void *a, const void *b) {
  return strcmp(((const struct backup_entry *)a)->path, ((const struct backup_entry *)b)->path);
}

enum error backup_manifest_write(struct backup_manifest *manifest, const char *path) {
  struct text text = {0};
  qsort(manifest->entries, manifest->count, sizeof *manifest->entries, compare_entries);
  for (size_t i = 0; i < manifest->count; i++) {
    const struct backup_entry *entry = &manifest->entries[i];
    text_appendf(&text, "%s %" PRId64 " %s\n", entry->sha256, entry->size_bytes, entry->path);
  }
  enum error error = text.failed ? ERROR_MEMORY : file_replace(path, 0600, text.data, text.length);
  text_free(&text);
  return error;
}

/* "<sha256> <size> <path>", without its newline. */
static enum error parse_line(char *line, struct backup_manifest *manifest) {
  char *size = strchr(line, ' ');
  char *path = size == NULL ? NULL : strchr(size + 1, ' ');
  uint64_t size_bytes = 0;
  if (path == NULL || size - line != DIGEST_HEX_SIZE - 1 ||
      text_parse_u64(size + 1, (size_t)(path - size) - 1, INT64_MAX, &size_bytes) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  *size = '\0';
  return backup_manifest_add(manifest, path + 1, (int64_t)size_bytes, line);
}

enum error backup_manifest_read(const char *path, struct backup_manifest *ret_manifest) {
  struct text text = {0};
  enum error error = file_read(path, MANIFEST_MAX, &text);
  for (char *line = text.data; error == ERROR_NONE && line != NULL && *line != '\0';) {
    char *end = strchr(line, '\n');
    if (end == NULL) {
      error = ERROR_INVALID;
      break;
    }
    *end = '\0';
    error = parse_line(line, ret_manifest);
    line = end + 1;
  }
  text_free(&text);
  return error;
}

const struct backup_entry *backup_manifest_find(const struct backup_manifest *manifest, const char *path) {
  const struct backup_entry key = {.path = (char *)path};
  return manifest->count == 0 ? NULL : bsearch(&key, manifest->entries, manifest->count, sizeof key, compare_entries);
}

/* --- when ------------------------------------------------------------------------------------ */

static const char stamp_name[] = "last_backup";

enum error backup_note_made(const char *data_dir) {
  char *path = file_join(data_dir, stamp_name);
  enum error error = path == NULL ? ERROR_MEMORY : file_replace(path, 0644, "", 0);
  free(path);
  return error;
}

enum error backup_last_made(const char *data_dir, int64_t *ret_seconds) {
  struct stat status;
  char *path = file_join(data_dir, stamp_name);
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = lstat(path, &status) == 0 ? ERROR_NONE : file_error_from_errno(errno);
  free(path);
  if (error == ERROR_NONE) {
    *ret_seconds = status.st_mtime;
  }
  return error;
}

/* --- one file -------------------------------------------------------------------------------- */

/* Reads `source` to its end; with a target_fd >= 0 writes it there. */
static enum error pass_bytes(int source_fd, int target_fd, int64_t *ret_size, char ret_sha256[DIGEST_HEX_SIZE]) {
  struct resumable_sha256 *hash = NULL;
  char *chunk = malloc(CHUNK);
  enum error error = chunk == NULL ? ERROR_MEMORY : resumable_sha256_new(&hash);
  ssize_t got = 1;
  while (error == ERROR_NONE && got > 0) {
    got = read(source_fd, chunk, CHUNK);
    if (got < 0) {
      error = file_error_from_errno(errno);
    } else if (got > 0) {
      error = resumable_sha256_add(hash, chunk, (size_t)got);
    }
    if (error == ERROR_NONE && got > 0 && target_fd >= 0) {
      error = file_write_all(target_fd, chunk, (size_t)got);
    }
  }
  if (error == ERROR_NONE) {
    *ret_size = resumable_sha256_count(hash);
    error = resumable_sha256_finish(hash, ret_sha256);
  }
  resumable_sha256_free(hash);
  free(chunk);
  return error;
}

enum error backup_file_hash(const char *path, int64_t *ret_size, char ret_sha256[DIGEST_HEX_SIZE]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = pass_bytes(fd, -1, ret_size, ret_sha256);
  (void)close(fd);
  return error;
}

static enum error write_file(const char *source, const char *target, int64_t *ret_size,
                             char ret_sha256[DIGEST_HEX_SIZE]) {
  char temporary[BACKUP_PATH_SIZE];
  if (snprintf(temporary, sizeof temporary, "%s.part", target) >= (int)sizeof temporary) {
    return ERROR_TOO_LARGE;
  }
  int source_fd = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (source_fd < 0) {
    return file_error_from_errno(errno);
  }
  int target_fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
  enum error error = target_fd < 0 ? file_error_from_errno(errno) : ERROR_NONE;
  if (error == ERROR_NONE) {
    error = pass_bytes(source_fd, target_fd, ret_size, ret_sha256);
  }
  if (error == ERROR_NONE && (fsync(target_fd) != 0 || rename(temporary, target) != 0)) {
    error = file_error_from_errno(errno);
  }
  if (error != ERROR_NONE && target_fd >= 0) {
    (void)unlink(temporary);
  }
  if (target_fd >= 0) {
    (void)close(target_fd);
  }
  (void)close(source_fd);
  return error;
}

/* --- the tree -------------------------------------------------------------------------------- */

struct place {
  char target[BACKUP_PATH_SIZE];
  char previous[BACKUP_PATH_SIZE];
  char name[BACKUP_PATH_SIZE]; /* in manifests */
};

static bool is_expected(const struct backup_copy *copy, const struct place *place, int64_t size, const char *sha256) {
  if (copy->expected == NULL) {
    return true;
  }
  const struct backup_entry *entry = backup_manifest_find(copy->expected, place->name);
  return entry != NULL && entry->size_bytes == size && strcmp(entry->sha256, sha256) == 0;
}

static enum error note(struct backup_copy *copy, const struct place *place, int64_t size, const char *sha256) {
  return copy->manifest == NULL ? ERROR_NONE : backup_manifest_add(copy->manifest, place->name, size, sha256);
}

/* True: the file of the earlier backup stands for this one. */
static bool link_previous(const struct backup_copy *copy, const struct place *place, int64_t size,
                          const struct backup_entry **ret_entry) {
  if (copy->previous == NULL) {
    return false;
  }
  const struct backup_entry *entry = backup_manifest_find(copy->previous_manifest, place->name);
  struct stat status;
  *ret_entry = entry;
  return entry != NULL && entry->size_bytes == size && lstat(place->previous, &status) == 0 &&
         S_ISREG(status.st_mode) && status.st_size == size &&
         (link(place->previous, place->target) == 0 || errno == EEXIST);
}

static enum error copy_file(struct backup_copy *copy, const char *source, const struct place *place, int64_t size) {
  const struct backup_entry *entry = NULL;
  char sha256[DIGEST_HEX_SIZE];
  int64_t got = 0;
  if (copy->expected != NULL && backup_manifest_find(copy->expected, place->name) == NULL) {
    return ERROR_NONE; /* left over from a run that was interrupted, and gone since */
  }
  if (link_previous(copy, place, size, &entry)) {
    copy->linked++;
    return note(copy, place, size, entry->sha256);
  }
  if (backup_file_hash(place->target, &got, sha256) == ERROR_NONE && got == size &&
      is_expected(copy, place, got, sha256)) {
    copy->kept++; /* of a run that was interrupted */
    return note(copy, place, size, sha256);
  }
  enum error error = write_file(source, place->target, &got, sha256);
  if (error == ERROR_NOT_FOUND) {
    return ERROR_NONE; /* swept meanwhile: no row that counts names it */
  }
  if (error == ERROR_NONE && !is_expected(copy, place, got, sha256)) {
    (void)unlink(place->target);
    error = ERROR_INVALID;
  }
  if (error != ERROR_NONE) {
    return error;
  }
  copy->copied++;
  copy->bytes_copied += got;
  return note(copy, place, got, sha256);
}

/* A link into the operator's library is kept as one; what it names is not ours to copy. */
static enum error copy_link(const char *source, const char *target) {
  char to[BACKUP_PATH_SIZE];
  ssize_t length = readlink(source, to, sizeof to - 1);
  if (length < 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  to[length] = '\0';
  return symlink(to, target) == 0 || errno == EEXIST ? ERROR_NONE : file_error_from_errno(errno);
}

static bool make_place(const struct backup_copy *copy, const char *below, struct place *ret_place) {
  const char *previous = copy->previous == NULL ? "" : copy->previous;
  return snprintf(ret_place->target, BACKUP_PATH_SIZE, "%s/%s", copy->target, below) < BACKUP_PATH_SIZE &&
         snprintf(ret_place->previous, BACKUP_PATH_SIZE, "%s/%s", previous, below) < BACKUP_PATH_SIZE &&
         snprintf(ret_place->name, BACKUP_PATH_SIZE, "%s%s", copy->prefix, below) < BACKUP_PATH_SIZE;
}

static enum error copy_entry(struct backup_copy *copy, const FTSENT *entry) {
  struct place place;
  const char *below = entry->fts_path + strlen(copy->source);
  below += below[0] == '/';
  if (below[0] == '\0') {
    return ERROR_NONE; /* the folder itself */
  }
  if (!make_place(copy, below, &place)) {
    return ERROR_TOO_LARGE;
  }
  switch (entry->fts_info) {
  case FTS_D:
    return mkdir(place.target, 0750) == 0 || errno == EEXIST ? ERROR_NONE : file_error_from_errno(errno);
  case FTS_F:
    return copy_file(copy, entry->fts_path, &place, entry->fts_statp->st_size);
  case FTS_SL:
  case FTS_SLNONE:
    return copy_link(entry->fts_path, place.target);
  case FTS_DNR:
  case FTS_ERR:
  case FTS_NS:
    return entry->fts_errno == ENOENT ? ERROR_NONE : file_error_from_errno(entry->fts_errno);
  default:
    return ERROR_NONE;
  }
}

enum error backup_tree_copy(struct backup_copy *copy) {
  char *const roots[] = {(char *)copy->source, NULL};
  FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
  if (tree == NULL) {
    return file_error_from_errno(errno);
  }
  enum error error = ERROR_NONE;
  const FTSENT *entry;
  while (error == ERROR_NONE && (entry = fts_read(tree)) != NULL) {
    error = copy_entry(copy, entry);
    if (error != ERROR_NONE) {
      snprintf(copy->failed_path, sizeof copy->failed_path, "%s", entry->fts_path);
    }
  }
  (void)fts_close(tree);
  return error;
}
