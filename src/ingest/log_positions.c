/* SPDX-License-Identifier: ISC */
/* There are few logs at a time, so a look from one end to the other is enough. */
#include "config.h"

#include "ingest/log_positions.h"

#include <string.h>

_Static_assert(LOG_ID_SIZE == DELIVERY_LOG_ID_SIZE, "what the follower calls a log is what the store calls one");

enum error log_positions_find(struct log_positions *positions, struct database *database,
                              const unsigned char id[LOG_ID_SIZE], struct delivery_log **ret_log) {
  for (size_t i = 0; i < positions->count; i++) {
    if (memcmp(positions->known[i].id, id, LOG_ID_SIZE) == 0) {
      *ret_log = &positions->known[i];
      return ERROR_NONE;
    }
  }
  struct delivery_log log;
  memcpy(log.id, id, sizeof log.id);
  enum error error = delivery_store_position(database, id, &log.position);
  if (error != ERROR_NONE) {
    return error;
  }
  if (positions->count == LOG_POSITIONS_MAX) {
    positions->count = 0;
  }
  positions->known[positions->count] = log;
  *ret_log = &positions->known[positions->count++];
  return ERROR_NONE;
}

void log_positions_forget(struct log_positions *positions) {
  positions->count = 0;
}
