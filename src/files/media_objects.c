/* SPDX-License-Identifier: ISC */
/* See media_objects.h. */
#include "config.h"

#include "files/media_objects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text_parse.h"
#include "files/media_objects_private.h"

#define PREFIX "media/"

void media_folder_use_objects(struct media_folder *folder, struct object_store *store,
                              const struct media_notes *notes) {
  folder->store = store;
  folder->notes = *notes;
}

struct object_store *media_folder_store(const struct media_folder *folder) {
  return folder->store;
}

const char *media_objects_type(const char *name) {
  static const struct {
    const char *ending, *type;
  } types[] = {
      {"mp4", "video/mp4"},
      {"m4v", "video/mp4"},
      {"mov", "video/quicktime"},
      {"webm", "video/webm"},
      {"mkv", "video/x-matroska"},
      {"ogv", "video/ogg"},
      {"ts", "video/mp2t"},
      {"m4a", "audio/mp4"},
      {"mp3", "audio/mpeg"},
      {"aac", "audio/aac"},
      {"flac", "audio/flac"},
      {"wav", "audio/wav"},
      {"ogg", "audio/ogg"},
      {"oga", "audio/ogg"},
      {"opus", "audio/ogg"},
      {"mka", "audio/x-matroska"},
      {"m4s", "video/iso.segment"},
      {"cmfv", "video/iso.segment"},
      {"cmfa", "audio/iso.segment"},
      {"vtt", "text/vtt"},
      {"m3u8", "application/vnd.apple.mpegurl"},
      {"mpd", "application/dash+xml"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"png", "image/png"},
      {"webp", "image/webp"},
  };
  const char *ending = strrchr(name, '.');
  for (size_t i = 0; ending != NULL && i < sizeof types / sizeof types[0]; i++) {
    if (strcasecmp(ending + 1, types[i].ending) == 0) {
      return types[i].type;
    }
  }
  return "application/octet-stream";
}

enum error media_objects_key(int64_t media_id, const char *name, char ret_key[OBJECT_KEY_SIZE]) {
  int length = snprintf(ret_key, OBJECT_KEY_SIZE, PREFIX "%" PRId64 "/%s", media_id, name);
  return length > 0 && length < OBJECT_KEY_SIZE ? ERROR_NONE : ERROR_INVALID;
}

enum error media_objects_remove(struct media_folder *folder, int64_t media_id, const char *entry) {
  char key[OBJECT_KEY_SIZE];
  int64_t removed = 0;
  enum error error = media_objects_key(media_id, entry, key);
  return error == ERROR_NONE ? object_store_remove_below(folder->store, key, &removed) : error;
}

/* --- what is there ---------------------------------------------------------------------------------- */

struct walk {
  struct media_folder *folder;
  media_objects_visit *visit;
  void *context;
  int64_t media_id;
};

/* "media/7/film.mp4" and "media/7/package/": the name that follows the medium's. */
static enum error visit_entry(void *context, const char *key, int64_t size_bytes) {
  const struct walk *walk = context;
  char prefix[OBJECT_KEY_SIZE], entry[MEDIUM_STORED_NAME_SIZE];
  (void)size_bytes;
  enum error error = media_objects_key(walk->media_id, "", prefix);
  if (error != ERROR_NONE || media_folder_entry(key + strlen(prefix), entry) != ERROR_NONE) {
    return error; /* not ours */
  }
  return walk->visit(walk->context, walk->media_id, entry);
}

static enum error walk_medium(struct walk *walk) {
  char prefix[OBJECT_KEY_SIZE];
  enum error error = media_objects_key(walk->media_id, "", prefix);
  return error == ERROR_NONE ? object_store_list(walk->folder->store, prefix, true, visit_entry, walk) : error;
}

static enum error visit_medium(void *context, const char *key, int64_t size_bytes) {
  struct walk *walk = context;
  const char *name = key + strlen(PREFIX);
  uint64_t id = 0;
  if (size_bytes >= 0 || text_parse_u64(name, strcspn(name, "/"), INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_NONE; /* not ours */
  }
  walk->media_id = (int64_t)id;
  return walk_medium(walk);
}

enum error media_objects_walk(struct media_folder *folder, media_objects_visit *visit, void *context) {
  struct walk walk = {.folder = folder, .visit = visit, .context = context};
  return object_store_list(folder->store, PREFIX, true, visit_medium, &walk);
}

static enum error note_entry(void *context, int64_t media_id, const char *entry) {
  const struct media_folder *folder = context;
  return folder->notes.write(folder->notes.context, media_id, entry, MEDIA_NOTE_REPLACED);
}

enum error media_objects_note_entries(struct media_folder *folder, int64_t media_id) {
  struct walk walk = {.folder = folder, .visit = note_entry, .context = folder, .media_id = media_id};
  return walk_medium(&walk);
}

/* --- putting ---------------------------------------------------------------------------------------- */

enum error media_objects_prepare(struct media_folder *folder, int64_t media_id, const char *entry) {
  enum error error = media_objects_note_entries(folder, media_id);
  return error == ERROR_NONE ? folder->notes.write(folder->notes.context, media_id, entry, MEDIA_NOTE_INTENT) : error;
}

enum error media_objects_put(struct media_folder *folder, int64_t media_id, const char *name, int fd,
                             int64_t size_bytes) {
  char key[OBJECT_KEY_SIZE];
  enum error error = media_objects_key(media_id, name, key);
  return error == ERROR_NONE ? object_store_put(folder->store, key, media_objects_type(name), fd, size_bytes) : error;
}

struct put_folder {
  int64_t media_id;
  const char *entry;
  DIR *entries;
  int64_t wanted;
};

static enum error next_file(void *context, struct object_source *ret_source) {
  struct put_folder *put = context;
  struct dirent *entry;
  struct stat status;
  char name[MEDIUM_STORED_NAME_SIZE];
  do {
    entry = readdir(put->entries);
  } while (entry != NULL && !media_folder_is_entry(entry->d_name));
  if (entry == NULL) {
    return ERROR_NOT_FOUND;
  }
  if (snprintf(name, sizeof name, "%s/%s", put->entry, entry->d_name) >= (int)sizeof name) {
    return ERROR_INVALID;
  }
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(dirfd(put->entries), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  enum error error = media_objects_key(put->media_id, name, ret_source->key);
  if (error == ERROR_NONE) {
    ret_source->content_type = media_objects_type(name);
    ret_source->size_bytes = status.st_size;
    ret_source->fd = fd;
    fd = -1;
    put->wanted++;
  }
  return error;
}

static enum error count_object(void *context, const char *key, int64_t size_bytes) {
  int64_t *count = context;
  (void)key;
  (void)size_bytes;
  *count += 1;
  return ERROR_NONE;
}

enum error media_objects_put_folder(struct media_folder *folder, int64_t media_id, const char *entry, int folder_fd) {
  struct put_folder put = {.media_id = media_id, .entry = entry};
  char prefix[OBJECT_KEY_SIZE], below[MEDIUM_STORED_NAME_SIZE];
  int64_t count = 0, present = 0;
  snprintf(below, sizeof below, "%s/", entry);
  enum error error = media_objects_key(media_id, below, prefix);
  if (error == ERROR_NONE) {
    error = file_open_entries(folder_fd, &put.entries);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  error = object_store_put_all(folder->store, next_file, &put, &count);
  closedir(put.entries);
  if (error == ERROR_NONE) {
    error = object_store_list(folder->store, prefix, false, count_object, &present);
  }
  return error == ERROR_NONE && (present != put.wanted || count != put.wanted) ? ERROR_STORE_AWAY : error;
}

/* --- getting ---------------------------------------------------------------------------------------- */

/* The lock tells the sweep that somebody reads it; when it is gone the sweep removes what is left. */
enum error media_objects_get(struct media_folder *folder, int64_t media_id, const char *name, int *ret_fd) {
  char key[OBJECT_KEY_SIZE], unique[UNIQUE_NAME_SIZE];
  int64_t size = 0;
  enum error error = media_objects_key(media_id, name, key);
  if (error != ERROR_NONE) {
    return error;
  }
  media_folder_unique_name(unique);
  int fd = openat(folder->spool_fd, unique, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                  media_folder_mode(folder->spool_fd, 0640));
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  error = flock(fd, LOCK_SH | LOCK_NB) == 0 ? object_store_get(folder->store, key, fd, &size)
                                            : file_error_from_errno(errno);
  if (error != ERROR_NONE) {
    (void)unlinkat(folder->spool_fd, unique, 0); /* else the sweep does it */
    close(fd);
    return error;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}
