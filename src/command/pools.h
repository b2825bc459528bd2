/* SPDX-License-Identifier: ISC */
/*
 * What a pool is: one row a pool, of what its workers run as and what they open. How the supervisor runs them is made
 * from it.
 */
#ifndef MEDIAGATE_COMMAND_POOLS_H
#define MEDIAGATE_COMMAND_POOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/settings.h"
#include "domain/pool.h"
#include "process/supervisor.h"

struct pool_row {
  enum pool_kind kind;
  int64_t workers;
  int64_t nice;
  int64_t deadline_seconds; /* without a heartbeat while serving: the supervisor kills the worker */
  int64_t statement_timeout_ms;
  bool caches;       /* it has a row cache and remembers access tokens */
  bool access_keys;  /* it issues or verifies access tokens */
  bool stream_keys;  /* it signs stream URLs */
  bool totp_keys;    /* it reads the secrets of second factors */
  bool webhook_keys; /* it shows the secrets of webhooks */
  bool media_folder; /* it opens data_dir and library_dir */
  bool objects;      /* and the bucket, where media files are in one */
  bool audience;     /* it says of viewers what the audience lists know */
  bool chores;       /* it does serve's chores */
};

/* The pool as the settings want it. */
struct pool_row pools_row(enum pool pool, const struct settings *settings);

/* The sockets that systemd passed, by pool; -1 where there is none. */
struct pools_sockets {
  int fds[POOL_COUNT];
};
void pools_inherit_sockets(struct pools_sockets *ret_sockets);

/* All pools as the settings want them, without callbacks. ERROR_TOO_LARGE: run_dir is too long for a socket's path. */
enum error pools_plan(const struct settings *settings, const struct pools_sockets *sockets,
                      struct supervisor_plan *ret_plan) MUST_CHECK;

#endif
