/* SPDX-License-Identifier: ISC */
/*
 * What the chores work on. Who runs them fills it in and outlives them.
 */
#ifndef MEDIAGATE_UPKEEP_UPKEEP_H
#define MEDIAGATE_UPKEEP_UPKEEP_H

#include <stdbool.h>

#include "audience/device_list.h"
#include "config/settings.h"
#include "files/media_folder.h"
#include "ingest/ingester.h"
#include "ingest/log_rotation.h"
#include "store/engine/database.h"

struct upkeep {
  const struct settings *settings;
  struct database *database;
  struct media_folder *media_folder; /* NULL in ingest */
  struct ingester *ingester;         /* this and what follows: NULL but in ingest */
  struct log_rotation *rotation;
  struct device_list *devices; /* NULL: this machine has no list, and user agents stay as they are */
  const char *node;            /* the name of this machine */
  const char *reload;          /* in serve: names the reload that this process began with; "" for a start */
  bool told_reload;
  /* Tells who watches this process that a long chore is alive. May be NULL. */
  void (*beat)(void *context);
  /* Must the process end? A chore then stops where it is; the next process begins it anew. May be NULL. */
  bool (*is_stopping)(void *context);
  void *context;
};

void upkeep_beat(const struct upkeep *upkeep);
bool upkeep_is_stopping(const struct upkeep *upkeep);

#endif
