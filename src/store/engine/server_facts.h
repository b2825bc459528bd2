/* SPDX-License-Identifier: ISC */
/* What the PostgreSQL server says of itself, for `mediagate doctor`. */
#ifndef MEDIAGATE_STORE_ENGINE_SERVER_FACTS_H
#define MEDIAGATE_STORE_ENGINE_SERVER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

struct server_facts {
  int64_t version; /* 150004 is 15.4 */
  bool fsync;
  bool full_page_writes;
  bool autovacuum;
  bool track_counts;       /* without it autovacuum does nothing */
  bool knows_time_zones;   /* Europe/Berlin, for one */
  bool is_superuser;       /* the role that we are */
  int64_t max_connections; /* of all clients */
};

enum error server_facts_read(struct database *database, struct server_facts *ret_facts) MUST_CHECK;

#endif
