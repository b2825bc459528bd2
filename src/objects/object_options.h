/* SPDX-License-Identifier: ISC */
/* Which bucket, and with which keys; plain data. */
#ifndef MEDIAGATE_OBJECTS_OBJECT_OPTIONS_H
#define MEDIAGATE_OBJECTS_OBJECT_OPTIONS_H

#include <stdbool.h>

#include "objects/object_credentials.h"

#define OBJECT_KEY_SIZE    512
#define OBJECT_REASON_SIZE 200

typedef void object_store_beat(void *context);

struct object_store_options {
  const char *endpoint; /* scheme://host or scheme://host:port */
  const char *region, *bucket;
  bool path_style; /* endpoint/bucket/key; else bucket.endpoint/key */
  struct object_credentials credentials;
};

#endif
