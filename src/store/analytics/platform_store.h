/* SPDX-License-Identifier: ISC */
/* What the database knows of the whole platform, for GET /metrics and GET /status. */
#ifndef MEDIAGATE_STORE_ANALYTICS_PLATFORM_STORE_H
#define MEDIAGATE_STORE_ANALYTICS_PLATFORM_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"
#include "store/views/delivery_sum_store.h"

#define PLATFORM_NODES_MAX 32
#define PLATFORM_NODE_SIZE 65

struct platform_node {
  char name[PLATFORM_NODE_SIZE];
  int64_t unread_bytes;
  int64_t unread_seconds;
  bool up; /* heard of within INGEST_SILENT_SECONDS */
};

/* Plain data: it is copied into shared memory. */
struct platform_state {
  int64_t uploads_open;
  int64_t uploads_reserved_bytes;
  int64_t videos, audios;
  int64_t media_bytes;
  int64_t jobs_queued, jobs_running;
  int64_t queue_age_seconds;
  int64_t lines_counted, lines_skipped, lines_rejected;
  int64_t views_of_people, views_of_robots;
  int64_t watching;
  int64_t node_count;
  struct platform_node nodes[PLATFORM_NODES_MAX];
  struct delivery_sums sums;
};

/* Costs milliseconds, but for the counts of media and their bytes: those read each row that is not deleted. */
enum error platform_store_read(struct database *database, struct platform_state *ret_state) MUST_CHECK;

#endif
