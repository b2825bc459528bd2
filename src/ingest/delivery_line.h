/* SPDX-License-Identifier: ISC */
/*
 * One line of nginx's delivery log (log_format mediagate_view or mediagate_start in deploy/mediagate.http.conf) as a
 * struct. Pure and strict: the fields of that format in their order, nothing else; a line that is anything else is
 * rejected with its reason. What a delivery means is not decided here: see view_rule.h.
 */
#ifndef MEDIAGATE_INGEST_DELIVERY_LINE_H
#define MEDIAGATE_INGEST_DELIVERY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/address.h"
#include "domain/digest.h"
#include "domain/grant.h"

#define DELIVERY_LINE_MAX 16384 /* bytes; what nginx writes stays below 8 KiB */

struct delivery {
  bool begins;         /* the line of a long delivery's beginning: nothing is known yet of method to referrer_host */
  int64_t time_us;     /* when the answer ended, or began; since 1970 */
  int64_t duration_us; /* from the request's first byte to the answer's last */
  int64_t granted_us;  /* when the grant was issued: a UUIDv7 begins with that */
  int64_t media_id;    /* 0: more than 63 bits, in a URL that was refused */
  int64_t body_bytes;
  int status;    /* 0: the connection broke before there was one */
  bool complete; /* nginx sent all of the answer */
  char request_id[REQUEST_ID_SIZE];
  char grant_id[GRANT_ID_SIZE];
  char viewer[VIEWER_SIZE]; /* "" for none */
  char address[ADDRESS_TEXT_SIZE];
  char method[17];         /* the beginning of a longer one */
  char content_range[129]; /* of a beginning: the range asked for, "" for all */
  char referrer_host[256];
  char file[1201];
  char user_agent[2049];
};

enum delivery_reject {
  DELIVERY_REJECT_NONE,
  DELIVERY_REJECT_EMPTY,
  DELIVERY_REJECT_OVERSIZED,
  DELIVERY_REJECT_NUL,
  DELIVERY_REJECT_UTF8,
  DELIVERY_REJECT_TORN,  /* it begins as a line and does not end as one */
  DELIVERY_REJECT_GLUED, /* another line begins within it */
  DELIVERY_REJECT_TIME,  /* from here on: the field that is missing, malformed or impossible */
  DELIVERY_REJECT_REQUEST_ID,
  DELIVERY_REJECT_MEDIA,
  DELIVERY_REJECT_GRANT,
  DELIVERY_REJECT_VIEWER,
  DELIVERY_REJECT_FLAGS,
  DELIVERY_REJECT_FILE,
  DELIVERY_REJECT_ADDRESS,
  DELIVERY_REJECT_METHOD,
  DELIVERY_REJECT_STATUS,
  DELIVERY_REJECT_BODY_BYTES,
  DELIVERY_REJECT_CONTENT_RANGE,
  DELIVERY_REJECT_SECONDS,
  DELIVERY_REJECT_COMPLETION,
  DELIVERY_REJECT_USER_AGENT,
  DELIVERY_REJECT_REFERRER_HOST,
  DELIVERY_REJECT_RANGE,
  DELIVERY_REJECT_END,      /* something follows the last field */
  DELIVERY_REJECT_DATABASE, /* given by the ingester: the database takes the line's neighbours, but not it */
  DELIVERY_REJECT_COUNT_
};

/* `line` without its newline. On a reject *ret_delivery is not to be used. */
enum delivery_reject delivery_line_parse(const char *line, size_t size, struct delivery *ret_delivery);
/* The reason as it stands in the reject file; never NULL. */
const char *delivery_reject_name(enum delivery_reject reject);
/* Of a glued line: where the last line that begins within it begins, 0 for none. That one may be whole: what nginx
 * writes after a torn line is. A client cannot write such a beginning, since quotes are escaped. */
size_t delivery_line_glued_at(const char *line, size_t size);

#endif
