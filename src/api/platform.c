/* SPDX-License-Identifier: ISC */
/*
 * A large library takes its time to be counted. So that this never becomes the database's main work, the pause grows
 * with it: at most a fiftieth of the time is spent.
 */
#include "config.h"

#include "api/platform.h"

#include <string.h>

#include "base/clock.h"

#define INTERVAL_MS  INT64_C(5000)
#define PAUSE_FACTOR 50

_Static_assert(sizeof(struct platform) <= METRIC_BOARD_PUBLISHED_MAX, "the board has room for it");

void platform_refresh(struct app *app) {
  static int64_t pause_ms = INTERVAL_MS; /* of what this worker found last */
  int64_t now_ms = clock_monotonic_ms();
  if (app->board == NULL || !metric_board_claim(app->board, now_ms, pause_ms)) {
    return;
  }
  struct platform platform;
  memset(&platform, 0, sizeof platform);
  platform.read_ms = now_ms;
  if (platform_store_read(app->database, &platform.state) == ERROR_NONE) { /* else the age of the last one tells */
    metric_board_publish(app->board, &platform, sizeof platform);
    int64_t wanted_ms = (clock_monotonic_ms() - now_ms) * PAUSE_FACTOR;
    pause_ms = wanted_ms > INTERVAL_MS ? wanted_ms : INTERVAL_MS;
  }
}

bool platform_read(const struct app *app, struct platform *ret_platform) {
  return app->board != NULL && metric_board_read(app->board, ret_platform, sizeof *ret_platform);
}
