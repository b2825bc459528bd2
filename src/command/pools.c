/* SPDX-License-Identifier: ISC */
/* The table of pools, and the supervisor's plan from it. */
#include "config.h"

#include "command/pools.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

_Static_assert(POOL_COUNT <= SUPERVISOR_MAX_POOLS, "the supervisor has room for all pools");

struct pool_row pools_row(enum pool pool, const struct settings *settings) {
  const struct pool_row rows[POOL_COUNT] = {
      /* The fast and api pools answer many short requests, so they cache the rows of their callers. With
       * fast_multiplexed off the fast pool does not: that loop is what the multiplexed one is measured against. */
      [POOL_FAST] = {.kind = settings->fast_multiplexed ? POOL_MULTIPLEXED : POOL_ACCEPTING,
                     .workers = settings->fast_workers,
                     .nice = settings->fast_nice,
                     .deadline_seconds = settings->request_deadline,
                     .statement_timeout_ms = settings->fast_statement_timeout,
                     .caches = settings->fast_multiplexed,
                     .access_keys = true,
                     .stream_keys = true,
                     .media_folder = true},
      [POOL_AUTH] = {.kind = POOL_ACCEPTING,
                     .workers = settings->auth_workers,
                     .nice = settings->auth_nice,
                     .deadline_seconds = settings->request_deadline,
                     .statement_timeout_ms = settings->auth_statement_timeout,
                     .access_keys = true,
                     .totp_keys = true},
      [POOL_API] = {.kind = POOL_ACCEPTING,
                    .workers = settings->api_workers,
                    .nice = settings->api_nice,
                    .deadline_seconds = settings->request_deadline,
                    .statement_timeout_ms = settings->api_statement_timeout,
                    .caches = true,
                    .access_keys = true,
                    .stream_keys = true,
                    .webhook_keys = true,
                    .media_folder = true,
                    .objects = true,
                    .audience = true},
      [POOL_UPLOAD] = {.kind = POOL_ACCEPTING,
                       .workers = settings->upload_workers,
                       .nice = settings->upload_nice,
                       .deadline_seconds = settings->upload_deadline,
                       .statement_timeout_ms = settings->upload_statement_timeout,
                       .access_keys = true,
                       .media_folder = true,
                       .objects = true},
      /* A sweep beats with each file, but one statement may take long. */
      [POOL_HOUSEKEEPING] = {.kind = POOL_TICKING,
                             .workers = 1,
                             .nice = 10,
                             .deadline_seconds = 600,
                             .statement_timeout_ms = settings->api_statement_timeout,
                             .media_folder = true,
                             .objects = true,
                             .chores = true},
  };
  return rows[pool];
}

static void log_ignored(const char *socket_name) {
  __attribute__((cleanup(text_free))) struct text remedy = {0};
  text_append(&remedy, "FileDescriptorName= must be a pool's name:");
  for (enum pool pool = 0; pool < POOL_HOUSEKEEPING; pool++) {
    text_appendf(&remedy, "%s %s", pool == 0 ? "" : ",", pool_name(pool));
  }
  log_event(LOG_LEVEL_WARNING, "socket_ignored", LOG_STR("name", socket_name),
            LOG_STR("remedy", remedy.failed ? "" : remedy.data));
}

void pools_inherit_sockets(struct pools_sockets *ret_sockets) {
  char **names = NULL;
  for (size_t i = 0; i < POOL_COUNT; i++) {
    ret_sockets->fds[i] = -1;
  }
  int count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; i++) {
    enum pool pool = POOL_HOUSEKEEPING;
    if (pool_find(names[i], &pool) == ERROR_NONE && pool < POOL_HOUSEKEEPING && ret_sockets->fds[pool] < 0) {
      ret_sockets->fds[pool] = SD_LISTEN_FDS_START + i;
    } else {
      log_ignored(names[i]);
      (void)close(SD_LISTEN_FDS_START + i);
    }
    free(names[i]);
  }
  free(names);
}

static enum error plan_pool(enum pool pool, const struct settings *settings, int inherited_fd,
                            struct pool_plan *ret_plan) {
  const struct pool_row row = pools_row(pool, settings);
  struct pool_plan plan = {
      .name = pool_name(pool),
      .kind = row.kind,
      .inherited_fd = inherited_fd,
      .workers = (size_t)row.workers,
      .nice = (int)row.nice,
      .serving_deadline_ms = row.deadline_seconds * 1000,
  };
  if (plan.kind != POOL_TICKING && snprintf(plan.socket_path, sizeof plan.socket_path, "%s/%s.sock", settings->run_dir,
                                            plan.name) >= (int)sizeof plan.socket_path) {
    return ERROR_TOO_LARGE;
  }
  *ret_plan = plan;
  return ERROR_NONE;
}

enum error pools_plan(const struct settings *settings, const struct pools_sockets *sockets,
                      struct supervisor_plan *ret_plan) {
  struct supervisor_plan plan = {
      .pool_count = POOL_COUNT,
      .restart_limit = (size_t)settings->restart_limit,
      .restart_window_ms = settings->restart_window * 1000,
      .drain_deadline_ms = settings->drain_deadline * 1000,
  };
  for (enum pool pool = 0; pool < POOL_COUNT; pool++) {
    enum error error = plan_pool(pool, settings, sockets->fds[pool], &plan.pools[pool]);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  *ret_plan = plan;
  return ERROR_NONE;
}
