/* SPDX-License-Identifier: ISC */
/*
 * How far each log was read, as the database says. What is remembered of it is a guess that the commit checks; whoever
 * finds it wrong, or meets any error, forgets it. It ends with the connection that it came from.
 */
#ifndef MEDIAGATE_INGEST_LOG_POSITIONS_H
#define MEDIAGATE_INGEST_LOG_POSITIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "ingest/log_follower.h"
#include "store/views/delivery_store.h"

#define LOG_POSITIONS_MAX 256

/* Zero-initialise. */
struct log_positions {
  struct delivery_log known[LOG_POSITIONS_MAX];
  size_t count;
  uint64_t generation; /* database_generation of what is known */
};

/* *ret_log is good until the next call; who commits a new position writes it there. */
enum error log_positions_find(struct log_positions *positions, struct database *database,
                              const unsigned char id[DIGEST_SIZE], struct delivery_log **ret_log) MUST_CHECK;
void log_positions_forget(struct log_positions *positions);

#endif
