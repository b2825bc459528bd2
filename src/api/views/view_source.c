/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/views/view_source.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "store/engine/statement.h"

#define LAG_MAX_SECONDS 300

static void tell(struct view_source *source, int64_t lag_seconds) {
  char seconds[24];
  if (!source->told) {
    snprintf(seconds, sizeof seconds, "%" PRId64, lag_seconds);
    response_header(source->call->response, "Analytics-Lag", seconds);
    source->told = true;
  }
}

enum error view_source_ask(struct view_source *source, view_source_read *read, void *context) {
  struct app *app = source->call->app;
  int64_t lag_seconds = 0;
  if (app->analytics != NULL && statement_lag(app->analytics, &lag_seconds) == ERROR_NONE &&
      lag_seconds <= LAG_MAX_SECONDS) {
    enum error error = read(app->analytics, context);
    if (error == ERROR_NONE) {
      tell(source, lag_seconds);
      return ERROR_NONE;
    }
    log_event(LOG_LEVEL_INFO, "analytics_asked_again", LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(app->analytics)),
              LOG_STR("meaning", "the primary is asked instead"));
  }
  return read(app->database, context);
}
