/* SPDX-License-Identifier: ISC */
/* See upkeep.h. */
#include "config.h"

#include "upkeep/upkeep.h"

#include <stddef.h>

void upkeep_beat(const struct upkeep *upkeep) {
  if (upkeep->beat != NULL) {
    upkeep->beat(upkeep->context);
  }
}

bool upkeep_is_stopping(const struct upkeep *upkeep) {
  return upkeep->is_stopping != NULL && upkeep->is_stopping(upkeep->context);
}
