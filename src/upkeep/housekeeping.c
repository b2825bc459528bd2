/* SPDX-License-Identifier: ISC */
/*
 * A list of chores, each with its interval. All are due at the start; one that fails is due again
 * soon, so that they are made up for when the database returns.
 */
#include "config.h"

#include "upkeep/housekeeping.h"

#include <stdlib.h>

#include "upkeep/media_sweep.h"
#include "upkeep/upload_sweep.h"
#include "base/clock.h"
#include "base/log.h"
#include "upkeep/revocations.h"
#include "ingest/view_rule.h"
#include "store/media/package_store.h"
#include "store/accounts/session_store.h"
#include "store/views/user_agent_store.h"
#include "store/views/view_partitions.h"

#define RETRY_MS                  10000
#define SWEEP_BATCH               1000
#define PACKAGE_JOBS_KEPT_SECONDS (30LL * 24 * 3600)
#define FULL_SWEEP_MS             (24LL * 3600 * 1000)
#define USER_AGENT_SWEEP_MS       (6LL * 3600 * 1000)

typedef enum error chore_function(struct app *app);

struct chore {
  const char *name;
  int64_t interval_ms;
  chore_function *run;
};

/* --- the chores --- */

static enum error sweep_sessions(struct app *app) {
  int64_t total = 0;
  bool more = true;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && more && !app->is_overdue(app->beat_context)) {
    int64_t deleted = 0;
    error = session_store_sweep(app->database, SWEEP_BATCH, &deleted, &more);
    total += error == ERROR_NONE ? deleted : 0;
  }
  if (total > 0) {
    log_event(LOG_LEVEL_INFO, "sessions_swept", LOG_I64("deleted", total));
  }
  return error;
}

static enum error rebuild_revocations(struct app *app) {
  return revocations_rebuild(app->database, app->settings->data_dir);
}

static enum error sweep_noted(struct app *app) {
  struct sweep_counts counts;
  return media_sweep_run(app, false, &counts);
}

static enum error sweep_everything(struct app *app) {
  struct sweep_counts counts;
  return media_sweep_run(app, true, &counts);
}

static enum error sweep_uploads(struct app *app) {
  int64_t removed = 0;
  return upload_sweep_run(app, &removed);
}

/* What ended a while ago is in the media's rows and the log. */
static enum error sweep_package_jobs(struct app *app) {
  int64_t deleted = 0;
  enum error error;
  do {
    error = package_store_sweep(app->database, PACKAGE_JOBS_KEPT_SECONDS, SWEEP_BATCH, &deleted);
  } while (error == ERROR_NONE && deleted == SWEEP_BATCH && !app->is_overdue(app->beat_context));
  return error;
}

/* Months of views: there in time, gone in time. */
static enum error turn_months(struct app *app) {
  int64_t kept_since_us = view_rule_kept_since(clock_now_us(), app->settings->view_retention);
  char name[VIEW_PARTITION_NAME_SIZE] = "";
  enum error error = view_partitions_make_ahead(app->database);
  do {
    if (error == ERROR_NONE && kept_since_us > 0) {
      error = view_partitions_expire(app->database, kept_since_us, name);
    }
    if (error == ERROR_NONE && name[0] != '\0') {
      log_event(LOG_LEVEL_INFO, "views_expired", LOG_STR("table", name));
    }
  } while (error == ERROR_NONE && name[0] != '\0' && !app->is_overdue(app->beat_context));
  return error;
}

/* Texts of user agents that no view holds any more, or never did. */
static enum error sweep_user_agents(struct app *app) {
  int64_t after_id = 0, total = 0;
  bool more = true;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && more && !app->is_overdue(app->beat_context)) {
    int64_t deleted = 0;
    error = user_agent_store_sweep(app->database, SWEEP_BATCH, &after_id, &deleted, &more);
    total += error == ERROR_NONE ? deleted : 0;
  }
  if (total > 0) {
    log_event(LOG_LEVEL_INFO, "user_agents_swept", LOG_I64("deleted", total));
  }
  return error;
}

static const struct chore chores[] = {
    {"rebuild_revocations", 60 * 1000,
     rebuild_revocations}, /* first, should the database have been away at the start */
    {"sweep_sessions", 60 * 1000, sweep_sessions},
    {"sweep_everything", FULL_SWEEP_MS, sweep_everything},
    {"sweep_noted", 60 * 1000, sweep_noted},
    {"sweep_uploads", 60 * 1000, sweep_uploads},
    {"sweep_package_jobs", 3600 * 1000, sweep_package_jobs},
    {"turn_months", 60 * 1000, turn_months},
    {"sweep_user_agents", USER_AGENT_SWEEP_MS, sweep_user_agents},
};
#define CHORE_COUNT (sizeof chores / sizeof chores[0])

/* --- when --- */

struct housekeeping {
  struct app *app;
  int64_t due_ms[CHORE_COUNT];
  bool failing[CHORE_COUNT];
};

enum error housekeeping_new(struct app *app, struct housekeeping **ret_housekeeping) {
  struct housekeeping *housekeeping = calloc(1, sizeof *housekeeping);
  if (housekeeping == NULL) {
    return ERROR_MEMORY;
  }
  housekeeping->app = app;
  *ret_housekeeping = housekeeping;
  return ERROR_NONE;
}

void housekeeping_free(struct housekeeping *housekeeping) {
  free(housekeeping);
}

/* One line when a chore begins to fail, not one each time. */
static void note_outcome(struct housekeeping *housekeeping, size_t index, enum error error) {
  bool failed = error != ERROR_NONE;
  if (failed && !housekeeping->failing[index]) {
    log_event(LOG_LEVEL_WARNING, "chore_failed", LOG_STR("chore", chores[index].name), LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(housekeeping->app->database)));
  } else if (!failed && housekeeping->failing[index]) {
    log_event(LOG_LEVEL_INFO, "chore_recovered", LOG_STR("chore", chores[index].name));
  }
  housekeeping->failing[index] = failed;
}

void housekeeping_tick(struct housekeeping *housekeeping) {
  struct app *app = housekeeping->app;
  for (size_t i = 0; i < CHORE_COUNT && !app->is_overdue(app->beat_context); i++) {
    if (clock_monotonic_ms() < housekeeping->due_ms[i]) {
      continue;
    }
    app->beat(app->beat_context);
    enum error error = chores[i].run(app);
    if (app->is_overdue(app->beat_context)) {
      return; /* told to stop: what was cut short is no failure */
    }
    note_outcome(housekeeping, i, error);
    housekeeping->due_ms[i] = clock_monotonic_ms() + (error == ERROR_NONE ? chores[i].interval_ms : RETRY_MS);
  }
}
