/* SPDX-License-Identifier: ISC */
/*
 * Remembers whether something that is tried again and again fails, so that its caller logs an outage once when it
 * begins and once when it ends. Logs nothing itself.
 */
#ifndef MEDIAGATE_BASE_OUTAGE_H
#define MEDIAGATE_BASE_OUTAGE_H

#include "base/error.h"

/* Zero-initialise: there is no outage. */
struct outage {
  enum error error; /* of the last attempt */
};

enum outage_news {
  OUTAGE_SAME,  /* nothing to log */
  OUTAGE_BEGAN, /* it fails now, or fails in another way than before */
  OUTAGE_ENDED, /* it works again */
};

/* Takes the outcome of one more attempt. */
enum outage_news outage_note(struct outage *outage, enum error error) MUST_CHECK;

#endif
