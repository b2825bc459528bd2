/* SPDX-License-Identifier: ISC */
/*
 * Rotates nginx's delivery log and deletes what is counted and old. A kill at any step loses no line: a renamed log
 * stays a log, nginx is asked again as long as it has not opened a new one, and nothing is deleted before it has.
 * Several may run, and logrotate beside them.
 */
#ifndef MEDIAGATE_INGEST_LOG_ROTATION_H
#define MEDIAGATE_INGEST_LOG_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/outage.h"
#include "ingest/log_follower.h"
#include "store/engine/database.h"

struct log_rotation {
  struct database *database;
  const char *log_dir;
  const char *nginx_pid_file;
  int64_t size_bytes;   /* a log that grew to it, or whose first line is a day old, is rotated; 0: none is */
  int64_t retention_us; /* a rotated log that is counted is kept so long after its last line */
  struct outage outage; /* it cannot be done; zero-initialise */
};

/* Does what is due. ERROR_NONE also when somebody else does it just now, and when it cannot be done, which the log says
 * once. Errors are those of the database and of the folder. */
enum error log_rotation_turn(struct log_rotation *rotation) MUST_CHECK;
/* Rotates now, if nginx's log has a line; returns when nginx has opened another. ERROR_NOT_FOUND: no nginx runs by its
 * pid file. ERROR_DENIED: it cannot be signalled, or the log not renamed. ERROR_CONFLICT: somebody else rotates just
 * now. ERROR_TIMEOUT: nginx did not open its log. */
enum error log_rotation_rotate(const struct log_rotation *rotation) MUST_CHECK;

/* Is every line of the log in the database? A rest without a newline is none: for logs that nobody writes to any more.
 */
enum error log_rotation_is_counted(struct database *database, const struct log_file *file,
                                   bool *ret_counted) MUST_CHECK;

#endif
