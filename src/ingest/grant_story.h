/* SPDX-License-Identifier: ISC */
/* All that the retained delivery logs say of one grant, in the order of time, each line judged by view_rule. */
#ifndef MEDIAGATE_INGEST_GRANT_STORY_H
#define MEDIAGATE_INGEST_GRANT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/digest.h"
#include "ingest/delivery_line.h"
#include "ingest/view_rule.h"

struct story_delivery {
  size_t read;     /* so many were read before it */
  int64_t time_us; /* when it began, or ended */
  int64_t duration_us;
  int64_t media_id;
  int64_t body_bytes;
  enum view_verdict verdict;
  int status;
  bool begins;
  bool complete;
  char request_id[REQUEST_ID_SIZE];
  char address[ADDRESS_TEXT_SIZE];
  unsigned char network[ADDRESS_NETWORK_SIZE]; /* address_network of it */
  char method[17];
  char *file;
  char *range; /* what was delivered (Content-Range); of a beginning, what was asked for; "" for all */
  char *user_agent;
};

struct grant_story {
  struct story_delivery *deliveries;
  size_t count;
  size_t capacity;
  int64_t logs;         /* that were searched */
  int64_t damaged_logs; /* of these */
  int64_t rejected;     /* lines with the grant that are none */
  /* Of those that count: */
  int64_t counted_lines;
  int64_t counted_bytes;
  int64_t viewers; /* media and addresses (of IPv6: /64); each is a view */
};

/* grant_id: 32 hex digits. `kept_since_us` as in view_rule_judge. A line that stands in two logs, such as one that is
 * just being compressed, is told once. ERROR_NOT_FOUND: no such folder. */
enum error grant_story_read(const char *log_dir, const char *grant_id, int64_t kept_since_us,
                            struct grant_story *ret_story) MUST_CHECK;
void grant_story_free(struct grant_story *story);

#endif
