/* SPDX-License-Identifier: ISC */
/* See store_copy.h. */
#include "config.h"

#include "files/store_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text_parse.h"
#include "domain/medium.h"
#include "files/media_objects.h"

#define PREFIX      "media/"
#define SMALL_BYTES (INT64_C(16) << 20) /* go eight at once; larger ones in parts */
#define BLOCK_BYTES ((size_t)1 << 20)
#define PATH_SIZE   4096

static enum error fail(struct store_copy *copy, const char *key, enum error error) {
  if (error != ERROR_NONE && copy->failed_name[0] == '\0') {
    snprintf(copy->failed_name, sizeof copy->failed_name, "%s", key);
  }
  return error;
}

static void tell(const struct store_copy *copy) {
  if (copy->progress != NULL) {
    copy->progress(copy->context, copy);
  }
}

static void beat(void *context) {
  tell(context);
}

/* --- bytes ------------------------------------------------------------------------------------------ */

static enum error compare_files(int one, int other) {
  char *blocks = malloc(2 * BLOCK_BYTES);
  enum error error = blocks == NULL ? ERROR_MEMORY : ERROR_NONE;
  size_t first = 1, second = 1;
  for (int64_t at = 0; error == ERROR_NONE && first > 0; at += (int64_t)first) {
    error = file_read_at(one, at, blocks, BLOCK_BYTES, &first);
    if (error == ERROR_NONE) {
      error = file_read_at(other, at, blocks + BLOCK_BYTES, BLOCK_BYTES, &second);
    }
    if (error == ERROR_NONE && (first != second || memcmp(blocks, blocks + BLOCK_BYTES, first) != 0)) {
      error = ERROR_CONFLICT;
    }
  }
  free(blocks);
  return error;
}

/* Fetches the object beside the file, without a name. */
static enum error verify_object(struct store_copy *copy, const char *key, int fd) {
  char path[PATH_SIZE];
  int64_t size = 0;
  snprintf(path, sizeof path, "%s/spool", copy->data_dir);
  __attribute__((cleanup(file_close_cleanup))) int copied = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (copied < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = object_store_get(copy->store, key, copied, &size);
  if (error == ERROR_NONE) {
    error = compare_files(fd, copied);
  }
  copy->verified += error == ERROR_NONE;
  return fail(copy, key, error);
}

/* --- into the bucket -------------------------------------------------------------------------------- */

struct present {
  char *keys; /* each with its NUL */
  int64_t *sizes;
  size_t length, capacity, count, size_capacity;
};

static enum error note_present(void *context, const char *key, int64_t size_bytes) {
  struct present *present = context;
  size_t length = strlen(key) + 1;
  if (present->length + length > present->capacity) {
    size_t capacity = 2 * present->capacity + 65536;
    char *keys = realloc(present->keys, capacity);
    if (keys == NULL) {
      return ERROR_MEMORY;
    }
    present->keys = keys;
    present->capacity = capacity;
  }
  if (present->count == present->size_capacity) {
    size_t capacity = 2 * present->size_capacity + 256;
    int64_t *sizes = realloc(present->sizes, capacity * sizeof *sizes);
    if (sizes == NULL) {
      return ERROR_MEMORY;
    }
    present->sizes = sizes;
    present->size_capacity = capacity;
  }
  memcpy(present->keys + present->length, key, length);
  present->length += length;
  present->sizes[present->count++] = size_bytes;
  return ERROR_NONE;
}

/* -1: the bucket does not have it. */
static int64_t find_present(const struct present *present, const char *key) {
  const char *at = present->keys;
  for (size_t i = 0; i < present->count; i++) {
    if (strcmp(at, key) == 0) {
      return present->sizes[i];
    }
    at += strlen(at) + 1;
  }
  return -1;
}

static void free_present(struct present *present) {
  free(present->keys);
  free(present->sizes);
}

struct medium_copy {
  struct store_copy *copy;
  int64_t media_id;
  struct present present;
  DIR *folders[2]; /* media/<id>/, and the package in it that is read */
  char package[MEDIUM_STORED_NAME_SIZE];
  enum { PASS_SMALL, PASS_LARGE, PASS_VERIFY } pass;
};

struct found_file {
  char key[OBJECT_KEY_SIZE];
  int fd;
  int64_t size_bytes;
};

static void enter_package(struct medium_copy *medium, const char *name) {
  int fd = openat(dirfd(medium->folders[0]), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  medium->folders[1] = fd < 0 ? NULL : fdopendir(fd);
  if (medium->folders[1] == NULL && fd >= 0) {
    (void)close(fd);
  }
  snprintf(medium->package, sizeof medium->package, "%.*s/", (int)sizeof medium->package - 2, name);
}

/* The next name in the package that is read, else in the medium's folder. */
static struct dirent *next_entry(struct medium_copy *medium) {
  struct dirent *entry = medium->folders[1] == NULL ? NULL : readdir(medium->folders[1]);
  if (entry == NULL && medium->folders[1] != NULL) {
    (void)closedir(medium->folders[1]);
    medium->folders[1] = NULL;
    medium->package[0] = '\0';
  }
  return entry != NULL ? entry : readdir(medium->folders[0]);
}

/* A file that vanishes meanwhile is left out: the sweep took it. ERROR_NOT_FOUND: there is no more. */
static enum error next_found(struct medium_copy *medium, struct found_file *ret_file) {
  struct dirent *entry;
  while ((entry = next_entry(medium)) != NULL) {
    struct stat status;
    char name[OBJECT_KEY_SIZE];
    bool in_package = medium->folders[1] != NULL;
    int folder_fd = dirfd(medium->folders[in_package]);
    if (entry->d_name[0] == '.' || fstatat(folder_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    if (S_ISDIR(status.st_mode) && !in_package) {
      enter_package(medium, entry->d_name);
    }
    snprintf(name, sizeof name, "%s%s", in_package ? medium->package : "", entry->d_name);
    if (!S_ISREG(status.st_mode) || media_objects_key(medium->media_id, name, ret_file->key) != ERROR_NONE) {
      continue;
    }
    ret_file->fd = openat(folder_fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ret_file->size_bytes = status.st_size;
    if (ret_file->fd >= 0) {
      return ERROR_NONE;
    }
  }
  return ERROR_NOT_FOUND;
}

static enum error next_small(void *context, struct object_source *ret_source) {
  struct medium_copy *medium = context;
  struct found_file file = {.fd = -1};
  enum error error;
  while ((error = next_found(medium, &file)) == ERROR_NONE) {
    bool small = file.size_bytes <= SMALL_BYTES;
    if (small && find_present(&medium->present, file.key) != file.size_bytes) {
      memcpy(ret_source->key, file.key, sizeof file.key);
      ret_source->content_type = media_objects_type(file.key);
      ret_source->fd = file.fd;
      ret_source->size_bytes = file.size_bytes;
      medium->copy->bytes += file.size_bytes;
      return ERROR_NONE;
    }
    medium->copy->kept += small;
    file_close_cleanup(&file.fd);
  }
  return error;
}

static enum error put_large(struct medium_copy *medium, const struct found_file *file) {
  struct store_copy *copy = medium->copy;
  if (file->size_bytes <= SMALL_BYTES) {
    return ERROR_NONE;
  }
  if (find_present(&medium->present, file->key) == file->size_bytes) {
    copy->kept++;
    return ERROR_NONE;
  }
  enum error error =
      object_store_put(copy->store, file->key, media_objects_type(file->key), file->fd, file->size_bytes);
  copy->copied += error == ERROR_NONE;
  copy->bytes += error == ERROR_NONE ? file->size_bytes : 0;
  return fail(copy, file->key, error);
}

/* All are there, each with its size: the service says so. */
static enum error check_file(struct medium_copy *medium, const struct found_file *file) {
  enum error error = find_present(&medium->present, file->key) == file->size_bytes ? ERROR_NONE : ERROR_CONFLICT;
  if (error == ERROR_NONE && medium->copy->verify) {
    error = verify_object(medium->copy, file->key, file->fd);
  }
  return fail(medium->copy, file->key, error);
}

static enum error each_file(struct medium_copy *medium) {
  struct found_file file = {.fd = -1};
  enum error error;
  while ((error = next_found(medium, &file)) == ERROR_NONE) {
    error = medium->pass == PASS_LARGE ? put_large(medium, &file) : check_file(medium, &file);
    file_close_cleanup(&file.fd);
    tell(medium->copy);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

static enum error list_present(struct medium_copy *medium) {
  char prefix[OBJECT_KEY_SIZE];
  free_present(&medium->present);
  medium->present = (struct present){.keys = NULL};
  enum error error = media_objects_key(medium->media_id, "", prefix);
  return error == ERROR_NONE ? object_store_list(medium->copy->store, prefix, false, note_present, &medium->present)
                             : error;
}

static enum error copy_medium(struct medium_copy *medium) {
  struct store_copy *copy = medium->copy;
  int64_t count = 0;
  enum error error = list_present(medium);
  if (error == ERROR_NONE) {
    error = object_store_put_all(copy->store, next_small, medium, &count);
    copy->copied += count;
  }
  rewinddir(medium->folders[0]);
  medium->pass = PASS_LARGE;
  if (error == ERROR_NONE) {
    error = each_file(medium);
  }
  rewinddir(medium->folders[0]);
  medium->pass = PASS_VERIFY;
  if (error == ERROR_NONE) {
    error = list_present(medium);
  }
  return error == ERROR_NONE ? each_file(medium) : error;
}

static enum error copy_medium_named(struct store_copy *copy, int media_fd, const char *name) {
  struct medium_copy medium = {.copy = copy};
  uint64_t id = 0;
  if (text_parse_u64(name, strlen(name), INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_NONE; /* not ours */
  }
  int fd = openat(media_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  medium.folders[0] = fd < 0 ? NULL : fdopendir(fd);
  if (medium.folders[0] == NULL) {
    return ERROR_NONE; /* deleted meanwhile */
  }
  medium.media_id = (int64_t)id;
  enum error error = fail(copy, name, copy_medium(&medium));
  for (size_t i = 0; i < 2; i++) {
    if (medium.folders[i] != NULL) {
      (void)closedir(medium.folders[i]);
    }
  }
  free_present(&medium.present);
  return error;
}

enum error store_copy_to_objects(struct store_copy *copy) {
  char path[PATH_SIZE];
  struct dirent *entry;
  snprintf(path, sizeof path, "%s/media", copy->data_dir);
  DIR *media = opendir(path);
  if (media == NULL) {
    return fail(copy, "media", file_error_from_errno(errno));
  }
  enum error error = ERROR_NONE;
  object_store_set_beat(copy->store, beat, copy);
  while (error == ERROR_NONE && (entry = readdir(media)) != NULL) {
    error = copy_medium_named(copy, dirfd(media), entry->d_name);
  }
  (void)closedir(media);
  object_store_set_beat(copy->store, NULL, NULL);
  return error;
}

/* --- out of the bucket ------------------------------------------------------------------------------ */

/* Written under another name, synced and renamed: a name stands for a whole file. */
static enum error fetch(struct store_copy *copy, const char *key, const char *path) {
  char beside[PATH_SIZE];
  int64_t size = 0;
  if (snprintf(beside, sizeof beside, "%s.copying", path) >= (int)sizeof beside) {
    return ERROR_TOO_LARGE;
  }
  __attribute__((cleanup(file_close_cleanup))) int fd =
      open(beside, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = object_store_get(copy->store, key, fd, &size);
  if (error == ERROR_NONE && (fchmod(fd, 0640) != 0 || fsync(fd) != 0 || rename(beside, path) != 0)) {
    error = file_error_from_errno(errno);
  }
  if (error != ERROR_NONE) {
    (void)unlink(beside); /* the next run writes it anew */
  }
  copy->copied += error == ERROR_NONE;
  copy->bytes += error == ERROR_NONE ? size : 0;
  return error;
}

static enum error make_folder(const char *path) {
  char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
  return file_make_folders(folder, 0750);
}

struct keys {
  struct present list;
};

static enum error fetch_key(struct store_copy *copy, const char *key, int64_t size_bytes) {
  char path[PATH_SIZE];
  struct stat status;
  if (strncmp(key, PREFIX, sizeof PREFIX - 1) != 0 || key[strlen(key) - 1] == '/' ||
      snprintf(path, sizeof path, "%s/%s", copy->data_dir, key) >= (int)sizeof path) {
    return ERROR_NONE; /* not ours */
  }
  enum error error = ERROR_NONE;
  if (lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == size_bytes) {
    copy->kept++;
  } else {
    error = make_folder(path);
    error = error == ERROR_NONE ? fetch(copy, key, path) : error;
  }
  if (error == ERROR_NONE && copy->verify) {
    __attribute__((cleanup(file_close_cleanup))) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    error = fd < 0 ? file_error_from_errno(errno) : verify_object(copy, key, fd);
  }
  /* Removed by a sweep meanwhile. */
  return error == ERROR_NOT_FOUND ? ERROR_NONE : fail(copy, key, error);
}

enum error store_copy_to_files(struct store_copy *copy) {
  struct keys keys = {.list = {.keys = NULL}};
  object_store_set_beat(copy->store, beat, copy);
  enum error error = object_store_list(copy->store, PREFIX, false, note_present, &keys.list);
  const char *key = keys.list.keys;
  for (size_t i = 0; i < keys.list.count && error == ERROR_NONE; i++) {
    error = fetch_key(copy, key, keys.list.sizes[i]);
    key += strlen(key) + 1;
    tell(copy);
  }
  free_present(&keys.list);
  object_store_set_beat(copy->store, NULL, NULL);
  return error;
}
