/* SPDX-License-Identifier: ISC */
/*
 * Copies media files from data_dir/media into the bucket, or back, while everything runs. What is there already, of the
 * same size, is left: names are never used twice, and a file or object that has its name is whole. So a copy that was
 * interrupted is simply run again. Links into the library stay where they are.
 */
#ifndef MEDIAGATE_FILES_STORE_COPY_H
#define MEDIAGATE_FILES_STORE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "objects/object_store.h"

struct store_copy {
  const char *data_dir;
  struct object_store *store;
  bool verify; /* compare all bytes of both, also of what was there already */
  /* Called now and then. May be NULL. */
  void (*progress)(void *context, const struct store_copy *copy);
  void *context;
  int64_t copied, kept, verified, bytes;
  char failed_name[OBJECT_KEY_SIZE]; /* after an error: which one it was; "" for none */
};

/* ERROR_CONFLICT: the bucket has something else under a file's name. ERROR_STORE_AWAY, ERROR_IO … */
enum error store_copy_to_objects(struct store_copy *copy) MUST_CHECK;
enum error store_copy_to_files(struct store_copy *copy) MUST_CHECK;

#endif
