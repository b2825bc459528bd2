/* SPDX-License-Identifier: ISC */
/*
 * Files: whole small files, durable replacement, folders. For secrets there is a strict reader.
 * ERROR_IO leaves errno as the failing call set it; a full disk is ERROR_NO_SPACE.
 */
#ifndef MEDIAGATE_BASE_FILE_H
#define MEDIAGATE_BASE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* For __attribute__((cleanup(...))). */
void file_close_cleanup(int *fd);

/* Maps errno of a failed file call to an error (ENOSPC/EDQUOT, ENOENT, EEXIST, ENOMEM, else ERROR_IO). */
enum error file_error_from_errno(int error_number);
/* Appends the whole file. ERROR_TOO_LARGE above max_size, ERROR_NOT_FOUND when absent. */
enum error file_read(const char *path, size_t max_size, struct text *ret_text) MUST_CHECK;
/* As file_read, for a secret: a regular file that group and others can neither read nor write (mode & 077 == 0); else
 * ERROR_DENIED. Who can open it then is its owner or root: root reads keys that belong to the service's account. In
 * systemd's folder of credentials ($CREDENTIALS_DIRECTORY) a file of root's may be read by its group. */
enum error file_read_secret(const char *path, size_t max_size, struct text *ret_text) MUST_CHECK;
/* Writes beside the target, fsyncs, renames, fsyncs the folder: the file is the old or the new one, never
 * half. Run by root, the new file has the old one's owner and group. */
enum error file_replace(const char *path, mode_t mode, const void *bytes, size_t size) MUST_CHECK;
/* mkdir -p; existing folders are fine and keep their mode. */
enum error file_make_folders(const char *path, mode_t mode) MUST_CHECK;
/* Locks what open or openat has just returned (-1: its errno is the error), for as long as *ret_fd is open.
 * ERROR_CONFLICT: another has the lock. Closes fd on errors. */
enum error file_lock_opened(int fd, int *ret_fd) MUST_CHECK;
enum error file_write_all(int fd, const void *bytes, size_t size) MUST_CHECK;
/* Reads at an offset until `size` bytes or the end are reached. */
enum error file_read_at(int fd, int64_t offset, void *ret_bytes, size_t size, size_t *ret_size) MUST_CHECK;
/* The same file once more, to read, with an offset and locks of its own. -1: errno says why (is /proc mounted?). */
int file_open_again(int fd);
/* Opens a folder that is open already for reading its entries. The caller calls closedir; folder_fd stays open. */
enum error file_open_entries(int folder_fd, DIR **ret_entries) MUST_CHECK;
/* Removes a tree below a folder without following links; a missing one is fine. */
enum error file_remove_tree(const char *path) MUST_CHECK;
/* "a/b" joined; malloc'd, NULL when memory is out. */
char *file_join(const char *folder, const char *name);

#endif
