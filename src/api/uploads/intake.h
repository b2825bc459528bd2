/* SPDX-License-Identifier: ISC */
/*
 * The one door through which an uploaded file becomes a medium's, however its bytes came; and how they are read.
 */
#ifndef MEDIAGATE_API_UPLOADS_INTAKE_H
#define MEDIAGATE_API_UPLOADS_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "api/call.h"
#include "files/probe.h"
#include "files/spool_file.h"
#include "metrics/metric_label.h"
#include "store/media/media_store.h"
#include "store/media/upload_store.h"

#define INTAKE_CHUNK_BYTES ((size_t)256 * 1024) /* libfcgi gives 8 KiB at once: too little for a write each */

/* What has come of the body, at most INTAKE_CHUNK_BYTES: nothing is held back while the client is waited for. *ret_size
 * 0 with ERROR_NONE is the end; after an error too it says how many bytes came before it. ERROR_ABORTED: the body was
 * cut. ERROR_EXPIRED: this worker must go, since a drain's deadline has passed. */
enum error intake_read(struct call *call, char *chunk, size_t *ret_size) MUST_CHECK;
/* Is there a place for files, as far as one can know before the first byte? False: the response has the 503. */
bool intake_has_store(struct call *call) MUST_CHECK;
/* The worker's heartbeat. */
void intake_beat(const struct call *call);

/* Counts an upload that ended: the two functions below do. */
void intake_count(const struct call *call, enum metric_stored result);

struct intake {
  struct call *call;
  struct spool_file *file;         /* whole, and finished into facts.sha256 and facts.size_bytes; stays the caller's */
  struct media *media;             /* as it was when the upload began; replaced by what was committed */
  struct media_change condition;   /* of an upload in one request: what precondition_check set */
  const struct upload_row *upload; /* the resumable one that is complete with it, NULL for none */
  struct media_file_facts facts;
  struct timeline timeline; /* what facts.timeline points to, unless that is NULL */
  char extension[8];
  char refusal[PROBE_REASON_SIZE]; /* why the file will never do, "" when it may */
};

/* Is the file audio or video? Then media->type is which. False: the response has the answer (422, 503 …). */
bool intake_look_into(struct intake *intake) MUST_CHECK;
/* Gives the file its name in media/<id>/, and commits the row. False: the response has the answer (404, 503, 507 …),
 * and nothing was changed. */
bool intake_store(struct intake *intake) MUST_CHECK;

#endif
