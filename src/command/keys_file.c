/* SPDX-License-Identifier: ISC */
/*
 * Two rotations at once would lose one's key, so everything that changes a file holds a lock: flock
 * on its folder, which leaves nothing behind and covers the moment when the file is replaced.
 */
#include "config.h"

#include "command/keys_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

const char *keys_kind_name(enum keys_kind kind) {
  static const char *const names[] = {[KEYS_STREAM] = "stream", [KEYS_ACCESS] = "access", [KEYS_TOTP] = "totp"};
  return names[kind];
}

const char *keys_file_path(const struct settings *settings, enum keys_kind kind) {
  const char *const paths[] = {[KEYS_STREAM] = settings->stream_key_file,
                               [KEYS_ACCESS] = settings->jwt_key_file,
                               [KEYS_TOTP] = settings->totp_key_file};
  return paths[kind];
}

static void complain_of_keys(const char *path, const char *what) {
  fprintf(stderr, "mediagate keys: %s: %s\n", path, what);
}

/* A wiped end for a text of secrets. */
static void free_secret_text(struct text *text) {
  if (text->data != NULL) {
    explicit_bzero(text->data, text->capacity);
  }
  text_free(text);
}

static enum error lock_folder(const char *path, int *ret_fd) {
  char *copy = strdup(path);
  if (copy == NULL) {
    return ERROR_MEMORY;
  }
  int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(copy);
  return file_lock_opened(fd, ret_fd);
}

/* What a kill in file_replace left beside the file: "<name>.<8 digits>.new", with secrets in it. We
 * hold the lock, so it is nobody's. */
static void remove_leftovers(const char *path) {
  glob_t found;
  char pattern[PATH_MAX];
  int length = snprintf(pattern, sizeof pattern,
                        "%s.[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].new", path);
  if (length > 0 && (size_t)length < sizeof pattern && glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; i++) {
      unlink(found.gl_pathv[i]);
    }
    globfree(&found);
  }
}

enum error keys_file_open(const struct settings *settings, enum keys_kind kind, bool lock, struct keys_file *ret_file) {
  char problem[KEYRING_PROBLEM_SIZE];
  *ret_file = (struct keys_file){.kind = kind, .path = keys_file_path(settings, kind), .lock_fd = -1};
  if (lock) {
    enum error error = lock_folder(ret_file->path, &ret_file->lock_fd);
    if (error != ERROR_NONE) {
      complain_of_keys(ret_file->path, error == ERROR_CONFLICT
                                           ? "another `mediagate keys` is changing keys in this folder; wait for it"
                                           : error_strerror(error));
      return error;
    }
    remove_leftovers(ret_file->path);
  }
  enum error error = keyring_load(ret_file->path, &ret_file->keyring, problem);
  if (error != ERROR_NONE) {
    complain_of_keys(ret_file->path, problem);
  }
  return error;
}

enum error keys_file_save(const struct keys_file *file) {
  struct stat status;
  __attribute__((cleanup(free_secret_text))) struct text text = {0};
  keyring_append_text(file->keyring->keys, file->keyring->count, &text);
  enum error error = ERROR_MEMORY;
  if (!text.failed) {
    error = stat(file->path, &status) != 0
                ? file_error_from_errno(errno)
                : file_replace(file->path, status.st_mode & 07777, text.data, text.length); /* keeps the owner */
  }
  if (error != ERROR_NONE) {
    complain_of_keys(file->path, error == ERROR_IO ? strerror(errno) : error_strerror(error));
  }
  return error;
}

void keys_file_close(struct keys_file *file) {
  keyring_free(file->keyring);
  if (file->lock_fd >= 0) {
    close(file->lock_fd);
  }
  *file = (struct keys_file){.lock_fd = -1};
}

static enum error find_owner(const char *owner, uid_t *ret_uid, gid_t *ret_gid) {
  *ret_uid = (uid_t)-1;
  *ret_gid = (gid_t)-1;
  if (owner == NULL || owner[0] == '\0') {
    return ERROR_NONE;
  }
  const struct passwd *account = getpwnam(owner);
  if (account == NULL) {
    return ERROR_NOT_FOUND;
  }
  *ret_uid = account->pw_uid;
  *ret_gid = account->pw_gid;
  return ERROR_NONE;
}

enum error keys_file_create(const char *path, const char *owner) {
  struct stat status;
  uid_t uid;
  gid_t gid;
  int lock_fd = -1;
  if (find_owner(owner, &uid, &gid) != ERROR_NONE) {
    complain_of_keys(owner, "no such user; give --owner an account of this machine");
    return ERROR_NOT_FOUND;
  }
  enum error error = lock_folder(path, &lock_fd);
  if (error == ERROR_NONE) {
    if (lstat(path, &status) == 0) {
      close(lock_fd);
      return ERROR_CONFLICT;
    }
    struct keyring_key key;
    __attribute__((cleanup(free_secret_text))) struct text text = {0};
    keyring_generate(NULL, clock_now_seconds(), &key);
    keyring_append_text(&key, 1, &text);
    explicit_bzero(&key, sizeof key);
    error = text.failed ? ERROR_MEMORY : file_replace(path, 0600, text.data, text.length);
    if (error == ERROR_NONE && chown(path, uid, gid) != 0) {
      error = file_error_from_errno(errno);
    }
    close(lock_fd);
  }
  if (error != ERROR_NONE) {
    complain_of_keys(path, error == ERROR_IO ? strerror(errno) : error_strerror(error));
  }
  return error;
}
