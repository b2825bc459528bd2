/* SPDX-License-Identifier: ISC */
/*
 * One resumable upload while a request works on it: its row, and its file with the lock.
 *
 * Which bytes count: the row's offset is written after they were synced, so those are durable. What of the file lies
 * behind it was written by a worker that died before it could say so, and counts too while the machine runs on
 * (upload_file.h), unless it came with a checksum, which then nobody has looked at. Opening an upload settles this
 * first.
 */
#ifndef MEDIAGATE_API_UPLOADS_TUS_UPLOAD_H
#define MEDIAGATE_API_UPLOADS_TUS_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "files/chunk_checksum.h"
#include "files/spool_file.h"
#include "store/media/upload_store.h"

struct tus_upload {
  struct call *call;
  struct upload_row row;   /* row.offset: what a client may be told */
  struct spool_file *file; /* NULL once the medium has it */
};

/* Waits a little for who has it. Its own account's only. False: the response has the answer (404, 410, 422 for a file
 * that was refused, 423, 503 …). */
bool tus_upload_open(struct call *call, const char *id, struct tus_upload *ret_upload) MUST_CHECK;
/* The same, but one that was refused is opened too: row.refusal says why, and there is no file. */
bool tus_upload_look(struct call *call, const char *id, struct tus_upload *ret_upload) MUST_CHECK;
/* The same of any row, and of its file if there is one: the caller judges both. */
bool tus_upload_take(struct call *call, const char *id, struct tus_upload *ret_upload) MUST_CHECK;
/* So many bytes may it have, as the settings and its URL have it. */
int64_t tus_upload_most(const struct call *call, const struct upload_row *row);
void tus_upload_close(struct tus_upload *upload);

/* Stores the request's body behind row.offset. With a checksum all of it or nothing; without, whatever came stays, also
 * when the rest does not come. ERROR_DENIED: the checksum does not fit. ERROR_TOO_LARGE: more than the upload's length.
 * ERROR_ABORTED, ERROR_EXPIRED, ERROR_NO_SPACE … */
enum error tus_upload_receive(struct tus_upload *upload, struct chunk_checksum *checksum) MUST_CHECK;
bool tus_upload_is_whole(const struct tus_upload *upload);
/* A whole upload becomes its medium's file, once; then row.media_id is the medium. False: the response has the answer:
 * 422, and the upload is refused for good, or something that passes, and it can be tried again. */
bool tus_upload_finish(struct tus_upload *upload) MUST_CHECK;
/* Row and file are gone. False: the response has the answer (404, 423, 503). */
bool tus_upload_terminate(struct call *call, const char *id) MUST_CHECK;

#endif
