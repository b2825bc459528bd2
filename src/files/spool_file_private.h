/* SPDX-License-Identifier: ISC */
/* A file that is being uploaded, as spool_file.c and upload_file.c share it. Only for these two. */
#ifndef MEDIAGATE_FILES_SPOOL_FILE_PRIVATE_H
#define MEDIAGATE_FILES_SPOOL_FILE_PRIVATE_H

#include <stdbool.h>

#include "domain/digest.h"
#include "files/media_folder_private.h"
#include "files/spool_file.h"

struct spool_file {
  struct media_folder *folder;
  int parent_fd; /* of spool/ or uploads/; the folder's own */
  char name[UNIQUE_NAME_SIZE];
  int fd;
  int64_t size_bytes;
  int64_t writeback_bytes; /* up to here the kernel was asked to write */
  struct resumable_sha256 *hash;
  bool kept; /* of uploads/ */
  bool placed;
  enum error failed; /* the disk lost something of this file, and tells so once only */
};

/* Without a file yet: fd is -1. */
enum error spool_file_new(struct media_folder *folder, int parent_fd, struct spool_file **ret_file) MUST_CHECK;

#endif
