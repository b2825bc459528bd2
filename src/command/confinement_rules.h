/* SPDX-License-Identifier: ISC */
/* The files and ports of a role. Private to confinement.c. */
#ifndef MEDIAGATE_COMMAND_CONFINEMENT_RULES_H
#define MEDIAGATE_COMMAND_CONFINEMENT_RULES_H

#include <stdbool.h>

#include "base/error.h"
#include "config/settings.h"
#include "process/landlock.h"

#define CONFINEMENT_PATHS_MAX 96
#define CONFINEMENT_PORTS_MAX 64

struct confinement_rules {
  struct landlock_path paths[CONFINEMENT_PATHS_MAX];
  char *owned[CONFINEMENT_PATHS_MAX]; /* each path, malloc'd */
  uint16_t ports[CONFINEMENT_PORTS_MAX];
  struct landlock_rules landlock;
  bool failed; /* memory or room is out */
};

/* `path` is copied; "" is passed over. */
void confinement_rules_add_path(struct confinement_rules *rules, const char *path, bool writes);
/* The folder that it stands in: the file may be replaced. */
void confinement_rules_add_folder_of(struct confinement_rules *rules, const char *path);
/* What every process needs: libraries, time zones, the resolver, certificates, itself in /proc. */
void confinement_rules_add_system(struct confinement_rules *rules, const struct settings *settings);
/* The servers of the connection strings, and what libpq reads. */
void confinement_rules_add_databases(struct confinement_rules *rules, const struct settings *settings);
/* The port of the S3 service that keeps media files; without one nothing. */
void confinement_rules_add_bucket(struct confinement_rules *rules, const struct settings *settings);
void confinement_rules_free(struct confinement_rules *rules);

#endif
