/* SPDX-License-Identifier: ISC */
/*
 * A lock tells the sweep that a packager is at work. It is held on a regular file beside the folder,
 * packaging/<name>.lock: on NFS and FUSE a lock on a folder holds on the machine alone that took it.
 */
#include "config.h"

#include "files/package_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/digest.h"
#include "files/media_folder_private.h"
#include "files/media_objects_private.h"

struct package_folder {
  struct media_folder *folder;
  int fd, lock_fd;
  bool placed;
  char name[UNIQUE_NAME_SIZE];
  char path[PATH_MAX];
};

/* The kernel knows where a descriptor's folder is, however data_dir was written. */
static enum error find_path(struct package_folder *package) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", package->fd);
  ssize_t length = readlink(link, package->path, sizeof package->path - 1);
  if (length <= 0) {
    return ERROR_IO;
  }
  package->path[length] = '\0';
  return ERROR_NONE;
}

void package_folder_lock_name(const char *name, char ret_lock[PACKAGE_FOLDER_LOCK_SIZE]) {
  snprintf(ret_lock, PACKAGE_FOLDER_LOCK_SIZE, "%.*s" PACKAGE_FOLDER_LOCK_END, UNIQUE_NAME_SIZE - 1, name);
}

/* The lock comes before the folder, and goes after it. */
static enum error make_package_folder(struct package_folder *package) {
  int parent_fd = package->folder->packaging_fd;
  char lock[PACKAGE_FOLDER_LOCK_SIZE];
  package_folder_lock_name(package->name, lock);
  enum error error = file_lock_opened(
      openat(parent_fd, lock, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, media_folder_mode(parent_fd, 0640)),
      &package->lock_fd);
  if (error != ERROR_NONE) {
    return error;
  }
  if (mkdirat(parent_fd, package->name, media_folder_mode(parent_fd, 0750)) != 0) {
    return file_error_from_errno(errno);
  }
  package->fd = openat(parent_fd, package->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return package->fd < 0 ? file_error_from_errno(errno) : find_path(package);
}

enum error package_folder_create(struct media_folder *folder, struct package_folder **ret_package) {
  struct package_folder *package = calloc(1, sizeof *package);
  if (package == NULL) {
    return ERROR_MEMORY;
  }
  package->folder = folder;
  package->fd = -1;
  package->lock_fd = -1;
  media_folder_unique_name(package->name);
  enum error error = make_package_folder(package);
  if (error != ERROR_NONE) {
    package_folder_discard(package);
    return error;
  }
  *ret_package = package;
  return ERROR_NONE;
}

const char *package_folder_path(const struct package_folder *package) {
  return package->path;
}

/* The mode is set here: the umask must not keep nginx's group from reading. */
static enum error sync_entry(int folder_fd, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  return fd >= 0 && fchmod(fd, 0640) == 0 && fsync(fd) == 0 ? ERROR_NONE : file_error_from_errno(errno);
}

static enum error sync_all(int folder_fd, package_folder_beat *beat, void *beat_context) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while (error == ERROR_NONE && (entry = readdir(entries)) != NULL) {
    if (media_folder_is_entry(entry->d_name)) {
      error = sync_entry(folder_fd, entry->d_name);
      if (beat != NULL) {
        beat(beat_context);
      }
    }
  }
  closedir(entries);
  if (error == ERROR_NONE && (fchmod(folder_fd, media_folder_mode(folder_fd, 0750)) != 0 || fsync(folder_fd) != 0)) {
    error = file_error_from_errno(errno);
  }
  return error;
}

/* Its files become objects; the folder goes when it is discarded. */
static enum error place_objects(struct package_folder *package, int64_t media_id, package_folder_beat *beat,
                                void *beat_context) {
  struct media_folder *folder = package->folder;
  enum error error = media_objects_prepare(folder, media_id, package->name);
  if (error == ERROR_NONE) {
    object_store_set_beat(folder->store, beat, beat_context);
    error = media_objects_put_folder(folder, media_id, package->name, package->fd);
    object_store_set_beat(folder->store, NULL, NULL);
  }
  return error;
}

enum error package_folder_place(struct package_folder *package, int64_t media_id, package_folder_beat *beat,
                                void *beat_context, char ret_name[UNIQUE_NAME_SIZE]) {
  struct media_folder *folder = package->folder;
  __attribute__((cleanup(file_close_cleanup))) int medium_fd = -1;
  if (folder->store != NULL) {
    enum error put = place_objects(package, media_id, beat, beat_context);
    if (put == ERROR_NONE) {
      memcpy(ret_name, package->name, sizeof package->name);
    }
    return put;
  }
  enum error error = sync_all(package->fd, beat, beat_context);
  if (error == ERROR_NONE) {
    error = media_folder_prepare_entry(folder, media_id, package->name, &medium_fd);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  if (renameat(folder->packaging_fd, package->name, medium_fd, package->name) != 0) {
    return file_error_from_errno(errno);
  }
  package->placed = true;
  if (fsync(medium_fd) != 0) {
    return file_error_from_errno(errno); /* no row will name it: the sweep takes it away */
  }
  memcpy(ret_name, package->name, sizeof package->name);
  return ERROR_NONE;
}

void package_folder_discard(struct package_folder *package) {
  if (package == NULL) {
    return;
  }
  if (!package->placed && package->path[0] != '\0') {
    enum error error = file_remove_tree(package->path);
    (void)error; /* else the sweep does it */
  }
  if (package->lock_fd >= 0) {
    char lock[PACKAGE_FOLDER_LOCK_SIZE];
    package_folder_lock_name(package->name, lock);
    (void)unlinkat(package->folder->packaging_fd, lock, 0); /* else the sweep does it */
  }
  file_close_cleanup(&package->lock_fd);
  file_close_cleanup(&package->fd);
  free(package);
}
