/* SPDX-License-Identifier: ISC */
/*
 * The sweep over spool/, packaging/, trash/, links/, pending/ and, when it is a full one, media/. See sweep.h and
 * media_folder.h.
 */
#include "config.h"

#include "files/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text_parse.h"
#include "domain/medium.h"
#include "files/library_guard.h"
#include "files/media_folder_private.h"
#include "files/media_objects_private.h"
#include "files/stored_file.h"

struct sweep {
  struct media_folder *folder;
  const struct sweep_options *options;
  struct sweep_counts *counts;
};

typedef enum error visit(struct sweep *sweep, int folder_fd, const char *name);

/* Calls visit for every entry. A single entry's failure is counted; a database that is away ends
 * it. */
static enum error each_entry(struct sweep *sweep, int folder_fd, visit *visit_entry) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while (error != ERROR_UNAVAILABLE && (entry = readdir(entries)) != NULL) {
    if (!media_folder_is_entry(entry->d_name)) {
      continue;
    }
    error = visit_entry(sweep, dirfd(entries), entry->d_name);
    if (error == ERROR_NOT_FOUND) {
      sweep->counts->unknown++;
    } else if (error != ERROR_NONE) {
      sweep->counts->failed++;
    }
  }
  closedir(entries);
  return error == ERROR_UNAVAILABLE ? error : ERROR_NONE;
}

static bool is_older(const struct stat *status, int64_t seconds) {
  return clock_now_seconds() - status->st_mtim.tv_sec >= seconds;
}

/* Is it an entry that was left this long ago? Then *ret_free is true, and the lock is ours until *ret_fd is closed. NFS
 * locks only what is open for writing. */
static enum error lock_left(struct sweep *sweep, int folder_fd, const char *name, int *ret_fd, bool *ret_free) {
  struct stat status;
  *ret_free = false;
  int fd = openat(folder_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  *ret_fd = fd;
  if (fstat(fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  *ret_free = is_older(&status, sweep->options->spool_grace_seconds) && flock(fd, LOCK_EX | LOCK_NB) == 0;
  return ERROR_NONE;
}

/* An upload holds a lock on its file, so an unlocked one is a dead process's. */
static enum error sweep_spool_file(struct sweep *sweep, int folder_fd, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  bool is_free = false;
  enum error error = lock_left(sweep, folder_fd, name, &fd, &is_free);
  if (error != ERROR_NONE || !is_free) {
    return error;
  }
  if (unlinkat(folder_fd, name, 0) != 0) {
    return file_error_from_errno(errno);
  }
  sweep->counts->spool++;
  return ERROR_NONE;
}

static bool is_package_lock(const char *name) {
  size_t length = strlen(name);
  size_t end = sizeof PACKAGE_FOLDER_LOCK_END - 1;
  return length == UNIQUE_NAME_SIZE - 1 + end && strcmp(name + length - end, PACKAGE_FOLDER_LOCK_END) == 0;
}

/* What nobody makes any more goes first, its lock last: in between it is still known whose it was. */
static enum error remove_packaging(struct sweep *sweep, int folder_fd, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder_fd, name);
  enum error error = file_remove_tree(path);
  sweep->counts->spool += error == ERROR_NONE;
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

static enum error sweep_package_lock(struct sweep *sweep, int folder_fd, const char *lock) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  char name[UNIQUE_NAME_SIZE];
  bool is_free = false;
  snprintf(name, sizeof name, "%.*s", UNIQUE_NAME_SIZE - 1, lock);
  enum error error = lock_left(sweep, folder_fd, lock, &fd, &is_free);
  if (error == ERROR_NONE && is_free) {
    error = remove_packaging(sweep, folder_fd, name);
    if (error == ERROR_NONE && unlinkat(folder_fd, lock, 0) != 0) {
      error = file_error_from_errno(errno);
    }
  }
  return error;
}

/* A packager holds a lock on the file beside its folder. A folder without one is not being made any more. */
static enum error sweep_packaging(struct sweep *sweep, int folder_fd, const char *name) {
  struct stat status;
  char lock[PACKAGE_FOLDER_LOCK_SIZE];
  if (is_package_lock(name)) {
    return sweep_package_lock(sweep, folder_fd, name);
  }
  if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  if (!is_older(&status, sweep->options->spool_grace_seconds)) {
    return ERROR_NONE;
  }
  package_folder_lock_name(name, lock);
  if (fstatat(folder_fd, lock, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) {
    return ERROR_NONE; /* its lock is an entry of its own */
  }
  return remove_packaging(sweep, folder_fd, name);
}

static enum error sweep_trashed(struct sweep *sweep, int folder_fd, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder_fd, name);
  enum error error = file_remove_tree(path);
  if (error == ERROR_NONE) {
    sweep->counts->trash++;
  }
  return error;
}

/* The library may have changed since the link was made: library_guard.h. */
static enum error sweep_link(struct sweep *sweep, int folder_fd, const char *name) {
  (void)folder_fd;
  int64_t media_id = 0;
  enum library_guard_deed deed = LIBRARY_GUARD_NOTHING;
  enum error error = library_guard_tend(sweep->folder, name, &media_id, &deed);
  if (deed != LIBRARY_GUARD_NOTHING) {
    bool cut = deed == LIBRARY_GUARD_CUT;
    sweep->counts->cut += cut ? 1 : 0;
    sweep->counts->restored += cut ? 0 : 1;
    if (sweep->options->link_changed != NULL) {
      sweep->options->link_changed(sweep->options->context, media_id, cut);
    }
  }
  return error;
}

static enum error ask_row(struct sweep *sweep, int64_t media_id, const char *entry, bool *ret_current,
                          bool *ret_deleted) {
  return sweep->options->is_current(sweep->options->context, media_id, entry, ret_current, ret_deleted);
}

static enum error trash_medium(struct sweep *sweep, int64_t media_id) {
  enum error error = media_folder_trash(sweep->folder, media_id);
  if (error == ERROR_NONE) {
    sweep->counts->deleted++;
  }
  return error;
}

/* A deletion that was begun: when its row was committed, finish it at once; when not, it may still
 * be under way for a while. */
static enum error finish_deletion(struct sweep *sweep, int64_t media_id, bool is_old) {
  bool current = false;
  bool deleted = false;
  enum error error = ask_row(sweep, media_id, "", &current, &deleted);
  if (error == ERROR_NONE && deleted) {
    return trash_medium(sweep, media_id);
  }
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    return error;
  }
  return is_old ? media_folder_remove_note(sweep->folder, media_id, NULL) : ERROR_NONE;
}

static enum error remove_entry(struct sweep *sweep, int64_t media_id, const char *entry) {
  enum error error = stored_file_remove(sweep->folder, media_id, entry);
  if (error == ERROR_NONE) {
    sweep->counts->stored++;
  }
  return error;
}

static enum error sweep_note(struct sweep *sweep, int folder_fd, const char *name) {
  struct stat status;
  int64_t media_id = 0;
  char entry[MEDIUM_STORED_NAME_SIZE];
  if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  if (media_folder_parse_note(name, &media_id, entry) != ERROR_NONE) {
    return unlinkat(folder_fd, name, 0) == 0 ? ERROR_NONE : file_error_from_errno(errno);
  }
  if (entry[0] == '\0') {
    return finish_deletion(sweep, media_id, is_older(&status, sweep->options->deletion_grace_seconds));
  }
  if (!is_older(&status, sweep->options->keep_seconds)) {
    return ERROR_NONE;
  }
  bool current = false;
  bool deleted = false;
  enum error error = ask_row(sweep, media_id, entry, &current, &deleted);
  if (error != ERROR_NONE) {
    return error;
  }
  if (deleted) {
    error = trash_medium(sweep, media_id);
    return error == ERROR_NONE ? media_folder_remove_note(sweep->folder, media_id, entry) : error;
  }
  return current ? media_folder_remove_note(sweep->folder, media_id, entry) : remove_entry(sweep, media_id, entry);
}

/* --- the full sweep -----------------------------------------------------------------------------
 */

static enum error note_stray(struct sweep *sweep, int64_t media_id, const char *entry) {
  const struct media_folder *folder = sweep->folder;
  enum error error = folder->store != NULL
                         ? folder->notes.write(folder->notes.context, media_id, entry, MEDIA_NOTE_STRAY)
                         : media_folder_write_note(sweep->folder, media_id, entry);
  if (error == ERROR_NONE) {
    sweep->counts->noted++;
  }
  return error;
}

static bool has_note(struct sweep *sweep, int64_t media_id, const char *entry) {
  char name[MEDIA_FOLDER_NOTE_SIZE];
  struct stat status;
  snprintf(name, sizeof name, "%lld-%s", (long long)media_id, entry);
  return fstatat(sweep->folder->pending_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Every entry that is not the row's gets a note; from then on it is treated as one that was
 * replaced. An empty folder may be what an upload left that lost to a deletion. */
static enum error examine_medium(struct sweep *sweep, int64_t media_id, DIR *entries, bool *ret_deleted) {
  struct dirent *entry;
  bool empty = true;
  bool current = false;
  *ret_deleted = false;
  while ((entry = readdir(entries)) != NULL) {
    if (!media_folder_is_entry(entry->d_name)) {
      continue;
    }
    empty = false;
    enum error error = library_guard_adopt(sweep->folder, media_id, dirfd(entries), entry->d_name);
    if (error == ERROR_NONE && has_note(sweep, media_id, entry->d_name)) {
      continue;
    }
    if (error == ERROR_NONE) {
      error = ask_row(sweep, media_id, entry->d_name, &current, ret_deleted);
    }
    if (error == ERROR_NONE && !current && !*ret_deleted) {
      error = note_stray(sweep, media_id, entry->d_name);
    }
    if (error != ERROR_NONE || *ret_deleted) {
      return error;
    }
  }
  return empty ? ask_row(sweep, media_id, "", &current, ret_deleted) : ERROR_NONE;
}

static enum error sweep_medium(struct sweep *sweep, int folder_fd, const char *name) {
  (void)folder_fd;
  uint64_t id = 0;
  int fd = -1;
  if (text_parse_u64(name, strlen(name), INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_NONE; /* not ours: leave it, no URL can name it */
  }
  enum error error = media_folder_open_medium(sweep->folder, (int64_t)id, &fd);
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
  }
  DIR *entries = fdopendir(fd);
  if (entries == NULL) {
    close(fd);
    return ERROR_IO;
  }
  bool deleted = false;
  error = examine_medium(sweep, (int64_t)id, entries, &deleted);
  closedir(entries);
  return error == ERROR_NONE && deleted ? trash_medium(sweep, (int64_t)id) : error;
}

enum error sweep_run(struct media_folder *folder, const struct sweep_options *options,
                     struct sweep_counts *ret_counts) {
  struct sweep sweep = {.folder = folder, .options = options, .counts = ret_counts};
  *ret_counts = (struct sweep_counts){0};
  enum error error = each_entry(&sweep, folder->spool_fd, sweep_spool_file);
  if (error == ERROR_NONE) {
    error = each_entry(&sweep, folder->packaging_fd, sweep_packaging);
  }
  if (error == ERROR_NONE) {
    error = each_entry(&sweep, folder->trash_fd, sweep_trashed);
  }
  if (error == ERROR_NONE) {
    error = each_entry(&sweep, folder->links_fd, sweep_link);
  }
  if (error == ERROR_NONE) {
    error = each_entry(&sweep, folder->pending_fd, sweep_note);
  }
  if (error == ERROR_NONE && options->full) {
    error = each_entry(&sweep, folder->media_fd, sweep_medium);
  }
  return error;
}
