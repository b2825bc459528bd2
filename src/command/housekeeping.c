/* SPDX-License-Identifier: ISC */
/*
 * A list of chores, each with its interval. All are due at the start; one that fails is due again
 * soon, so that they are made up for when the database returns.
 */
#include "config.h"

#include "command/housekeeping.h"

#include <stdlib.h>
#include <string.h>

#include "api/media_sweep.h"
#include "base/clock.h"
#include "base/log.h"
#include "library/revocation.h"
#include "store/grant_store.h"
#include "store/session_store.h"

#define RETRY_MS      10000
#define FULL_SWEEP_MS (24LL * 3600 * 1000)

typedef enum error chore_function(struct app *app);

struct chore {
  const char *name;
  int64_t interval_ms;
  chore_function *run;
};

/* --- the chores --- */

static enum error sweep_sessions(struct app *app) {
  int64_t deleted = 0;
  enum error error = session_store_sweep(app->database, &deleted);
  if (error == ERROR_NONE && deleted > 0) {
    log_event(LOG_LEVEL_INFO, "sessions_swept", LOG_I64("deleted", deleted));
  }
  return error;
}

struct names {
  char **items;
  size_t count;
  size_t capacity;
  bool failed;
};

static void collect_name(void *context, const char *name, int64_t expires_at_us) {
  struct names *names = context;
  (void)expires_at_us; /* the rows are those that have not expired */
  if (names->count == names->capacity) {
    size_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
    char **items = realloc(names->items, capacity * sizeof *items);
    names->failed = names->failed || items == NULL;
    if (items == NULL) {
      return;
    }
    names->items = items;
    names->capacity = capacity;
  }
  char *copy = strdup(name);
  names->failed = names->failed || copy == NULL;
  if (copy != NULL) {
    names->items[names->count++] = copy;
  }
}

static enum error rebuild_revocations(struct app *app) {
  struct names names = {0};
  int64_t deleted = 0;
  enum error error = grant_store_sweep(app->database, &deleted);
  if (error == ERROR_NONE) {
    error = grant_store_list_revoked(app->database, collect_name, &names);
  }
  if (error == ERROR_NONE) {
    error = names.failed ? ERROR_MEMORY
                         : revocation_rebuild(app->settings->data_dir, (const char *const *)names.items, names.count);
  }
  for (size_t i = 0; i < names.count; i++) {
    free(names.items[i]);
  }
  free(names.items);
  return error;
}

static enum error sweep_noted(struct app *app) {
  struct sweep_counts counts;
  return media_sweep_run(app, false, &counts);
}

static enum error sweep_everything(struct app *app) {
  struct sweep_counts counts;
  return media_sweep_run(app, true, &counts);
}

static const struct chore chores[] = {
    {"rebuild_revocations", 60 * 1000,
     rebuild_revocations}, /* first: until then a restored node plays what was revoked */
    {"sweep_sessions", 60 * 1000, sweep_sessions},
    {"sweep_everything", FULL_SWEEP_MS, sweep_everything},
    {"sweep_noted", 60 * 1000, sweep_noted},
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
