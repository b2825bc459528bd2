/* SPDX-License-Identifier: ISC */
/* Says of each delivery log that cannot be read that it cannot: once, until it can, since it is tried each second. */
#ifndef MEDIAGATE_INGEST_LOG_COMPLAINTS_H
#define MEDIAGATE_INGEST_LOG_COMPLAINTS_H

#include <stddef.h>

struct complained_logs {
  char **paths;
  size_t count;
};

/* Zero-initialise. */
struct log_complaints {
  struct complained_logs told; /* in the turn before */
  struct complained_logs now;
};

/* error_number: as in log_skipped. */
void log_complaints_tell(struct log_complaints *complaints, const char *path, int error_number);
/* All logs were looked at: who was not told of this time can be read again, or is gone. */
void log_complaints_end_turn(struct log_complaints *complaints);
void log_complaints_free(struct log_complaints *complaints);

#endif
