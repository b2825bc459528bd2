/* SPDX-License-Identifier: ISC */
/* A request to an S3 service and its answer. Plain data. */
#ifndef MEDIAGATE_OBJECTS_OBJECT_REQUEST_H
#define MEDIAGATE_OBJECTS_OBJECT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "objects/object_options.h"

#define OBJECT_QUERY_SIZE 1024
#define OBJECT_ETAG_SIZE  128
#define OBJECT_ANSWER_MAX ((size_t)4 << 20)

enum object_method { OBJECT_GET, OBJECT_HEAD, OBJECT_PUT, OBJECT_POST, OBJECT_DELETE };

struct object_request {
  enum object_method method;
  char key[OBJECT_KEY_SIZE];     /* "": the bucket itself */
  char query[OBJECT_QUERY_SIZE]; /* "" for none */
  const char *content_type;      /* NULL: not said */
  const char *body_text;         /* NULL: the body is of body_fd, or there is none */
  int body_fd;                   /* < 0: none; read with pread */
  int64_t body_offset, body_size;
  int answer_fd;  /* where the body of a good answer goes; < 0: into `answer` */
  bool once;      /* what fails is not tried again */
  int64_t number; /* the caller's own */
  /* The answer. */
  long status; /* 0: there was none */
  struct text answer;
  char etag[OBJECT_ETAG_SIZE];
  int64_t length;                  /* of its body, as announced; -1 unknown */
  int64_t clock_ahead_seconds;     /* of this machine, by the answer's Date */
  char reason[OBJECT_REASON_SIZE]; /* why it failed: a code of S3's, or libcurl's words */
};

#endif
