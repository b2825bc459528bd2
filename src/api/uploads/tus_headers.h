/* SPDX-License-Identifier: ISC */
/*
 * The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and checked. Pure but for the response
 * that says what is wrong.
 */
#ifndef MEDIAGATE_API_UPLOADS_TUS_HEADERS_H
#define MEDIAGATE_API_UPLOADS_TUS_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/media/media_fields.h"
#include "api/call.h"
#include "domain/medium.h"
#include "files/chunk_checksum.h"

#define TUS_VERSION "1.0.0"

/* What Upload-Metadata says of the medium: either media_id, or title and perhaps type. */
struct tus_metadata {
  int64_t media_id; /* 0: one is to be made */
  char title[MEDIUM_TITLE_MAX * 4 + 1];
  enum media_type type; /* MEDIA_UNKNOWN: it was not told */
};

/* False: the response has the 412. */
bool tus_headers_check_version(const struct call *call) MUST_CHECK;
/* False: the body is none of tus, and the response has the 415. */
bool tus_headers_check_type(const struct call *call) MUST_CHECK;
/* A header that is a whole number, such as UPLOAD_OFFSET; *ret_number stays when it is absent. False: the response has
 * the 400. */
bool tus_headers_number(const struct call *call, const char *name, int64_t *ret_number) MUST_CHECK;
/* Upload-Length, or UPLOAD_LENGTH_UNKNOWN for Upload-Defer-Length: 1. False: the response has the 400. */
bool tus_headers_length(const struct call *call, int64_t *ret_length) MUST_CHECK;
/* NULL without Upload-Checksum. False: the response has the 400. */
bool tus_headers_checksum(const struct call *call, struct chunk_checksum **ret_checksum) MUST_CHECK;
/* Upload-Metadata; `header` may be NULL. False: the response has the 422. */
bool tus_headers_metadata(const char *header, struct response *response, struct tus_metadata *ret_metadata) MUST_CHECK;
/* The value of a header, NULL when it is absent or empty: tus_headers_get(call, "UPLOAD_METADATA"). */
const char *tus_headers_get(const struct call *call, const char *name);

#endif
