/* SPDX-License-Identifier: ISC */
/*
 * Opening the folders, and what can be done with a stored file or with all files of one medium.
 */
#include "config.h"

#include "files/media_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/media_folder_private.h"
#include "files/media_objects_private.h"

#define FOLDER_MODE 0750

static enum error open_folder(int parent_fd, const char *name, int *ret_fd) {
  if (mkdirat(parent_fd, name, FOLDER_MODE) != 0 && errno != EEXIST) {
    return file_error_from_errno(errno);
  }
  int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == EACCES) { /* not the packager's: it only passes through, or not even that */
    fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

static enum error open_folders(struct media_folder *folder, const char *data_dir) {
  enum error error = file_make_folders(data_dir, FOLDER_MODE);
  if (error != ERROR_NONE) {
    return error;
  }
  folder->data_fd = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder->data_fd < 0) {
    return file_error_from_errno(errno);
  }
  const struct {
    const char *name;
    int *fd;
  } folders[] = {{"spool", &folder->spool_fd}, {"uploads", &folder->uploads_fd}, {"packaging", &folder->packaging_fd},
                 {"media", &folder->media_fd}, {"pending", &folder->pending_fd}, {"links", &folder->links_fd},
                 {"trash", &folder->trash_fd}};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0] && error == ERROR_NONE; i++) {
    error = open_folder(folder->data_fd, folders[i].name, folders[i].fd);
  }
  return error;
}

enum error media_folder_open(const char *data_dir, const char *library_dir, struct media_folder **ret_folder) {
  struct media_folder *folder = malloc(sizeof *folder);
  if (folder == NULL) {
    return ERROR_MEMORY;
  }
  *folder = (struct media_folder){.data_fd = -1,
                                  .spool_fd = -1,
                                  .uploads_fd = -1,
                                  .packaging_fd = -1,
                                  .media_fd = -1,
                                  .pending_fd = -1,
                                  .links_fd = -1,
                                  .trash_fd = -1};
  enum error error = open_folders(folder, data_dir);
  if (error == ERROR_NONE && library_dir != NULL && library_dir[0] != '\0') {
    folder->library_dir = strdup(library_dir);
    error = folder->library_dir == NULL ? ERROR_MEMORY : ERROR_NONE;
  }
  if (error != ERROR_NONE) {
    media_folder_close(folder);
    return error;
  }
  *ret_folder = folder;
  return ERROR_NONE;
}

void media_folder_close(struct media_folder *folder) {
  if (folder == NULL) {
    return;
  }
  object_store_close(folder->store);
  free(folder->library_dir);
  file_close_cleanup(&folder->trash_fd);
  file_close_cleanup(&folder->links_fd);
  file_close_cleanup(&folder->pending_fd);
  file_close_cleanup(&folder->media_fd);
  file_close_cleanup(&folder->uploads_fd);
  file_close_cleanup(&folder->packaging_fd);
  file_close_cleanup(&folder->spool_fd);
  file_close_cleanup(&folder->data_fd);
  free(folder);
}

/* Writes a block, since making an empty file succeeds on a full disk too. */
enum error media_folder_check_writable(struct media_folder *folder) {
  static const char block[4096];
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder->spool_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) { /* NFS has no files without a name */
    char name[UNIQUE_NAME_SIZE];
    media_folder_unique_name(name);
    fd = openat(folder->spool_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
      (void)unlinkat(folder->spool_fd, name, 0); /* else the sweep does it */
    }
  }
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  return file_write_all(fd, block, sizeof block);
}

/* Each asks with two descriptors of its own. Shared locks, so that workers who look at the same time do not meet. */
enum error media_folder_check_locks(struct media_folder *folder) {
  static const char name[] = ".locks";
  int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  __attribute__((cleanup(file_close_cleanup))) int holder = openat(folder->data_fd, name, flags, 0640);
  __attribute__((cleanup(file_close_cleanup))) int other = openat(folder->data_fd, name, flags, 0640);
  if (holder < 0 || other < 0 || flock(holder, LOCK_SH | LOCK_NB) != 0) {
    return file_error_from_errno(errno);
  }
  if (flock(other, LOCK_EX | LOCK_NB) == 0) {
    return ERROR_UNSUPPORTED; /* it was given twice */
  }
  return errno == EWOULDBLOCK ? ERROR_NONE : file_error_from_errno(errno);
}

void media_folder_settle(struct media_folder *folder, int64_t media_id, const char *stored_name) {
  char entry[MEDIUM_STORED_NAME_SIZE];
  enum error error = media_folder_entry(stored_name, entry);
  if (error == ERROR_NONE) {
    error = media_folder_remove_note(folder, media_id, entry);
  }
  (void)error; /* the sweep finds that the entry is the row's, and removes the note too */
}

void media_folder_note_replaced(struct media_folder *folder, int64_t media_id, const char *stored_name) {
  char entry[MEDIUM_STORED_NAME_SIZE];
  enum error error = media_folder_entry(stored_name, entry);
  if (error == ERROR_NONE) {
    error = media_folder_write_note(folder, media_id, entry);
  }
  (void)error; /* the full sweep writes the note too */
}

enum error media_folder_note_replacement(struct media_folder *folder, int64_t media_id) {
  __attribute__((cleanup(file_close_cleanup))) int medium_fd = -1;
  enum error error = folder->store == NULL ? ERROR_NONE : media_objects_note_entries(folder, media_id);
  if (error == ERROR_NONE) {
    error = media_folder_open_medium(folder, media_id, &medium_fd);
  }
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
  }
  return media_folder_note_entries(folder, media_id, medium_fd);
}

enum error media_folder_note_deletion(struct media_folder *folder, int64_t media_id) {
  return media_folder_write_note(folder, media_id, NULL);
}

enum error media_folder_trash(struct media_folder *folder, int64_t media_id) {
  char name[24];
  snprintf(name, sizeof name, "%" PRId64, media_id);
  enum error error = media_folder_trash_entry(folder, media_id, folder->media_fd, name);
  if ((error == ERROR_NONE || error == ERROR_NOT_FOUND) && folder->store == NULL) {
    error = media_folder_remove_note(folder, media_id, NULL);
  }
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error; /* objects are the sweep's: there may be thousands */
}
