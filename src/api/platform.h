/* SPDX-License-Identifier: ISC */
/*
 * What GET /metrics and GET /status tell of the whole platform. One worker of the api pool asks the database between
 * its requests, every 5 seconds, and all workers read what it found in shared memory: no scrape ever waits for the
 * database.
 */
#ifndef MEDIAGATE_API_PLATFORM_H
#define MEDIAGATE_API_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "api/app.h"
#include "store/analytics/platform_store.h"

struct platform {
  int64_t read_ms; /* clock_monotonic_ms when the database was asked */
  struct platform_state state;
};

/* About every second, between requests. */
void platform_refresh(struct app *app);
/* False: nobody could read it yet. */
bool platform_read(const struct app *app, struct platform *ret_platform);

#endif
