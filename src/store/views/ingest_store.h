/* SPDX-License-Identifier: ISC */
/* How far the ingesters are (table ingest_node): each says it of its node every few seconds, /readyz reads it. */
#ifndef MEDIAGATE_STORE_VIEWS_INGEST_STORE_H
#define MEDIAGATE_STORE_VIEWS_INGEST_STORE_H

#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

#define INGEST_SILENT_SECONDS 15 /* an ingester that said nothing for so long hangs, ended, or cannot reach us */

#define INGEST_NODE_KEPT "14 days" /* SQL; a node that was not heard of for so long comes no more */

/* What is not counted yet on this node, now. Nodes that said nothing for INGEST_NODE_KEPT are forgotten. */
enum error ingest_store_say(struct database *database, const char *node, int64_t unread_bytes,
                            int64_t unread_seconds) MUST_CHECK;

struct ingest_state {
  int64_t nodes;        /* that were heard within a day */
  int64_t silent_nodes; /* of these, by INGEST_SILENT_SECONDS */
  int64_t unread_bytes; /* of all nodes, as they said it last */
  int64_t unread_seconds;
  int64_t heard_seconds; /* since the one heard least lately said it */
};
enum error ingest_store_state(struct database *database, struct ingest_state *ret_state) MUST_CHECK;

#endif
