/* SPDX-License-Identifier: ISC */
/* There are few logs at a time, so a look from one end to the other is enough. */
#include "config.h"

#include "ingest/log_positions.h"

#include <string.h>

#include "domain/digest.h"

enum error log_positions_find(struct log_positions *positions, struct database *database,
                              const unsigned char id[DIGEST_SIZE], struct delivery_log **ret_log) {
  if (positions->generation != database_generation(database)) {
    positions->count = 0;
  }
  for (size_t i = 0; i < positions->count; i++) {
    if (memcmp(positions->known[i].id, id, DIGEST_SIZE) == 0) {
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
  if (positions->count == LOG_POSITIONS_MAX || positions->generation != database_generation(database)) {
    positions->count = 0; /* the last also where asking connected anew */
  }
  positions->generation = database_generation(database);
  positions->known[positions->count] = log;
  *ret_log = &positions->known[positions->count++];
  return ERROR_NONE;
}

void log_positions_forget(struct log_positions *positions) {
  positions->count = 0;
}
