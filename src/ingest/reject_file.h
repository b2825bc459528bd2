/* SPDX-License-Identifier: ISC */
/*
 * Lines of the delivery log that count nothing because they are no lines, kept for a person: a JSON object each, with
 * the log, the position in it and the reason. Written and synced before the position moves, so a crash in between may
 * leave an entry twice; log and position tell.
 */
#ifndef MEDIAGATE_INGEST_REJECT_FILE_H
#define MEDIAGATE_INGEST_REJECT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/outage.h"
#include "base/text.h"
#include "domain/digest.h"
#include "ingest/delivery_line.h"
#include "ingest/log_follower.h"

#define REJECT_FILE_MAX (INT64_C(16) << 20) /* bytes; then it becomes "PATH.old", of which there is one */

#define REJECT_FILE_NAME_SIZE 96

/* rejected.log, or rejected-NODE.log where the node has a name: nodes may share the folder. */
void reject_file_name(const char *node_name, char ret_name[REJECT_FILE_NAME_SIZE]);

struct reject_file {
  const char *path;
  struct text pending;
  size_t count; /* of pending entries */
  /* What was written last, so that a batch that is tried again is not written again. */
  unsigned char written_id[DIGEST_SIZE];
  int64_t written_until;
  struct outage outage; /* it cannot be written */
};

/* Of a longer line the first kilobytes are kept. Bytes that are no UTF-8 become U+FFFD. */
void reject_file_add(struct reject_file *rejects, const struct log_file *file, int64_t position,
                     enum delivery_reject reject, const char *line, size_t size);
/* Writes the pending entries, all of positions before `until`, and forgets them. Until that
 * works nothing may be counted, which the log says once. A full disk is ERROR_NO_SPACE. */
enum error reject_file_flush(struct reject_file *rejects, const struct log_file *file, int64_t until) MUST_CHECK;
void reject_file_forget(struct reject_file *rejects);
void reject_file_free(struct reject_file *rejects);

#endif
