/* SPDX-License-Identifier: ISC */
/* See outage.h. */
#include "config.h"

#include "base/outage.h"

enum outage_news outage_note(struct outage *outage, enum error error) {
  enum error before = outage->error;
  outage->error = error;
  if (error == before) {
    return OUTAGE_SAME;
  }
  return error == ERROR_NONE ? OUTAGE_ENDED : OUTAGE_BEGAN;
}
