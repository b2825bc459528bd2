/* SPDX-License-Identifier: ISC */
/*
 * Whole small files, durable replacement, folders. Media go through src/library, which never
 * holds a file in memory.
 */
#include "config.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"

#define CLEANUP_FD __attribute__((cleanup(file_close_cleanup)))
/* Each level of a tree holds two descriptors open. */
#define REMOVE_DEPTH_MAX 64

void file_close_cleanup(int *fd) {
  if (*fd >= 0) {
    int saved_errno = errno;
    close(*fd);
    errno = saved_errno;
    *fd = -1;
  }
}

enum error file_error_from_errno(int error_number) {
  switch (error_number) {
  case ENOSPC:
  case EDQUOT:
    return ERROR_NO_SPACE;
  case ENOENT:
    return ERROR_NOT_FOUND;
  case EEXIST:
    return ERROR_CONFLICT;
  case ENOMEM:
    return ERROR_MEMORY;
  default:
    return ERROR_IO;
  }
}

/* --- reading --------------------------------------------------------------------------------- */

static enum error read_all(int fd, size_t max_size, struct text *ret_text) {
  struct text contents = {0};
  char chunk[4096];
  ssize_t got;

  while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      enum error error = file_error_from_errno(errno);
      text_free(&contents);
      return error;
    }
    if ((size_t)got > max_size - contents.length) {
      text_free(&contents);
      return ERROR_TOO_LARGE;
    }
    text_append_bytes(&contents, chunk, (size_t)got);
  }
  text_append_bytes(ret_text, contents.data, contents.length);
  bool failed = contents.failed || ret_text->failed;
  if (contents.data != NULL) {
    explicit_bzero(contents.data, contents.length); /* it may be a secret */
  }
  text_free(&contents);
  explicit_bzero(chunk, sizeof(chunk));
  return failed ? ERROR_MEMORY : ERROR_NONE;
}

enum error file_read_at(int fd, int64_t offset, void *ret_bytes, size_t size, size_t *ret_size) {
  char *bytes = ret_bytes;
  size_t done = 0;
  while (done < size) {
    ssize_t got = pread(fd, bytes + done, size - done, offset + (off_t)done);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return file_error_from_errno(errno);
    }
    if (got == 0) {
      break;
    }
    done += (size_t)got;
  }
  *ret_size = done;
  return ERROR_NONE;
}

enum error file_read(const char *path, size_t max_size, struct text *ret_text) {
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  return read_all(fd, max_size, ret_text);
}

/* A secret that systemd hands over: root's, in the service's own folder. Newer ones let the service in by an access
 * list, whose mask shows as the group's right to read. */
static bool is_credential(const char *path, const struct stat *status) {
  const char *folder = getenv("CREDENTIALS_DIRECTORY");
  size_t length = folder == NULL ? 0 : strlen(folder);
  return length > 0 && status->st_uid == 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
}

enum error file_read_secret(const char *path, size_t max_size, struct text *ret_text) {
  struct stat status;
  /* Not blocking: a FIFO in the place of the secret must not stop the start. */
  CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd < 0 || fstat(fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  mode_t others = is_credential(path, &status) ? 037 : 077;
  if (!S_ISREG(status.st_mode) || (status.st_mode & others) != 0) {
    return ERROR_DENIED;
  }
  return read_all(fd, max_size, ret_text);
}

/* --- writing --------------------------------------------------------------------------------- */

enum error file_lock_opened(int fd, int *ret_fd) {
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    enum error error = errno == EWOULDBLOCK ? ERROR_CONFLICT : file_error_from_errno(errno);
    close(fd);
    return error;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

enum error file_write_all(int fd, const void *bytes, size_t size) {
  const char *at = bytes;

  while (size > 0) {
    ssize_t written = write(fd, at, size);
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return file_error_from_errno(errno);
    }
    at += written;
    size -= (size_t)written;
  }
  return ERROR_NONE;
}

static enum error sync_folder(const char *path) {
  CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fsync(fd) != 0) {
    return file_error_from_errno(errno);
  }
  return ERROR_NONE;
}

/* Fills the new file. Run by root it keeps the owner of the file that it replaces, or else the
 * service could no longer read its own keys. */
static enum error write_new(int fd, const char *replaced_path, mode_t mode, const void *bytes, size_t size) {
  struct stat status;

  if (geteuid() == 0 && stat(replaced_path, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) != 0) {
    return file_error_from_errno(errno);
  }
  if (fchmod(fd, mode) != 0) { /* the umask must not decide */
    return file_error_from_errno(errno);
  }
  enum error error = file_write_all(fd, bytes, size);
  if (error == ERROR_NONE && fsync(fd) != 0) {
    error = file_error_from_errno(errno);
  }
  return error;
}

static enum error sync_parent(const char *path) {
  const char *slash = strrchr(path, '/');

  if (slash == NULL) {
    return sync_folder(".");
  }
  char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
  if (folder == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = sync_folder(folder);
  free(folder);
  return error;
}

enum error file_replace(const char *path, mode_t mode, const void *bytes, size_t size) {
  struct text temporary = {0};

  text_appendf(&temporary, "%s.%08x.new", path, random_u32());
  if (temporary.failed) {
    return ERROR_MEMORY;
  }
  CLEANUP_FD int fd = open(temporary.data, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  enum error error = fd < 0 ? file_error_from_errno(errno) : write_new(fd, path, mode, bytes, size);
  if (error == ERROR_NONE && rename(temporary.data, path) != 0) {
    error = file_error_from_errno(errno);
  }
  if (error == ERROR_NONE) {
    error = sync_parent(path);
  } else if (fd >= 0) {
    int saved_errno = errno;
    unlink(temporary.data);
    errno = saved_errno;
  }
  text_free(&temporary);
  return error;
}

/* --- folders --------------------------------------------------------------------------------- */

static enum error make_folder(const char *path, mode_t mode) {
  struct stat status;

  if (mkdir(path, mode) == 0) {
    return ERROR_NONE;
  }
  if (errno != EEXIST || stat(path, &status) != 0) {
    return file_error_from_errno(errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    return ERROR_IO;
  }
  return ERROR_NONE;
}

enum error file_make_folders(const char *path, mode_t mode) {
  char *folder = strdup(path);
  enum error error = ERROR_NONE;

  if (folder == NULL) {
    return ERROR_MEMORY;
  }
  for (char *at = folder + 1; folder[0] != '\0' && error == ERROR_NONE; at++) {
    char c = *at;
    if (c != '/' && c != '\0') {
      continue;
    }
    *at = '\0';
    error = make_folder(folder, mode);
    *at = c;
    if (c == '\0') {
      break;
    }
  }
  int saved_errno = errno;
  free(folder);
  errno = saved_errno;
  return error;
}

int file_open_again(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, O_RDONLY | O_CLOEXEC);
}

enum error file_open_entries(int folder_fd, DIR **ret_entries) {
  CLEANUP_FD int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
  if (entries == NULL) {
    return file_error_from_errno(errno);
  }
  fd = -1; /* closedir closes it */
  *ret_entries = entries;
  return ERROR_NONE;
}

/* What lies too deep is moved up and removed in another round. */
struct removal {
  int top_fd;
  bool moved;
};

static enum error remove_at(struct removal *removal, int folder_fd, const char *name, int depth);

/* NOLINTNEXTLINE(misc-no-recursion): bounded by REMOVE_DEPTH_MAX */
static enum error remove_children(struct removal *removal, int fd, int depth) {
  DIR *folder = NULL;
  enum error error = file_open_entries(fd, &folder);
  struct dirent *entry;

  if (folder == NULL) {
    return error;
  }
  while (error == ERROR_NONE && (errno = 0, entry = readdir(folder)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      error = remove_at(removal, dirfd(folder), entry->d_name, depth);
    }
  }
  if (error == ERROR_NONE && errno != 0) {
    error = file_error_from_errno(errno);
  }
  int saved_errno = errno;
  closedir(folder);
  errno = saved_errno;
  return error;
}

static enum error move_up(struct removal *removal, int folder_fd, const char *name) {
  char moved[32];

  snprintf(moved, sizeof moved, ".deep-%08x%08x", random_u32(), random_u32());
  if (renameat(folder_fd, name, removal->top_fd, moved) != 0) {
    return file_error_from_errno(errno);
  }
  removal->moved = true;
  return ERROR_NONE;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by REMOVE_DEPTH_MAX */
static enum error remove_at(struct removal *removal, int folder_fd, const char *name, int depth) {
  if (unlinkat(folder_fd, name, 0) == 0 || errno == ENOENT) {
    return ERROR_NONE;
  }
  if (errno != EISDIR && errno != EPERM) {
    return file_error_from_errno(errno);
  }
  if (depth >= REMOVE_DEPTH_MAX) {
    return move_up(removal, folder_fd, name);
  }
  CLEANUP_FD int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  enum error error = remove_children(removal, fd, depth + 1);
  if (error == ERROR_NONE && unlinkat(folder_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
    error = file_error_from_errno(errno);
  }
  return error;
}

enum error file_remove_tree(const char *path) {
  if (unlink(path) == 0 || errno == ENOENT) {
    return ERROR_NONE;
  }
  if (errno != EISDIR && errno != EPERM) {
    return file_error_from_errno(errno);
  }
  CLEANUP_FD int top_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (top_fd < 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  struct removal removal = {.top_fd = top_fd};
  enum error error = ERROR_NONE;
  do {
    removal.moved = false;
    error = remove_children(&removal, top_fd, 1);
  } while (error == ERROR_NONE && removal.moved);
  if (error == ERROR_NONE && rmdir(path) != 0 && errno != ENOENT) {
    error = file_error_from_errno(errno);
  }
  return error;
}

char *file_join(const char *folder, const char *name) {
  size_t length = strlen(folder);
  struct text path = {0};

  text_append(&path, folder);
  if (length > 0 && folder[length - 1] != '/') {
    text_append(&path, "/");
  }
  text_append(&path, name);
  if (path.failed) {
    text_free(&path);
    return NULL;
  }
  return path.data;
}
