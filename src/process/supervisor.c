/* SPDX-License-Identifier: ISC */
/*
 * The supervisor's sockets, signals and loop; the workers themselves are in crew.c.
 */
#include "config.h"

#include "process/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/crew.h"
#include "process/listener.h"
#include "process/restart_limit.h"

/* How long to sleep between two looks at the workers: short while something is under way. */
#define SETTLED_WAIT_MS   500
#define UNSETTLED_WAIT_MS 20

struct supervisor {
  struct supervisor_plan plan;
  const struct supervisor_hooks *hooks;
  int listen_fds[SUPERVISOR_MAX_POOLS];
  int signal_fd;
  sigset_t signals_before;
  struct crew *crew;
  struct restart_limit deaths;
  bool reload_wanted;
  bool settled;
  bool stopping;
  enum error outcome;
};

/* --- sockets --- */

static enum error open_listener(const struct pool_plan *pool, int *ret_fd) {
  enum error error = ERROR_NONE;
  *ret_fd = -1;
  if (pool->kind == POOL_TICKING) {
    return ERROR_NONE;
  }
  errno = 0;
  if (pool->inherited_fd >= 0) {
    error = listener_adopt(pool->inherited_fd);
    *ret_fd = pool->inherited_fd;
  } else {
    error = listener_open(pool->socket_path, ret_fd);
  }
  if (error != ERROR_NONE) {
    log_event(
        LOG_LEVEL_ERROR, "socket_failed", LOG_STR("pool", pool->name), LOG_STR("path", pool->socket_path),
        LOG_STR("error", errno != 0 ? strerror(errno) : error_strerror(error)),
        LOG_STR("remedy", error == ERROR_CONFLICT    ? "something else listens there or the file is no socket: stop or "
                                                       "remove it"
                          : error == ERROR_TOO_LARGE ? "a socket's path has at most 107 bytes: choose a shorter run_dir"
                                                     : "check that run_dir exists and that we may write there"));
  }
  return error;
}

static enum error open_listeners(struct supervisor *supervisor) {
  for (size_t i = 0; i < SUPERVISOR_MAX_POOLS; i++) {
    supervisor->listen_fds[i] = -1;
  }
  for (size_t i = 0; i < supervisor->plan.pool_count; i++) {
    enum error error = open_listener(&supervisor->plan.pools[i], &supervisor->listen_fds[i]);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  return ERROR_NONE;
}

static bool owns_listener(const struct supervisor *supervisor, size_t pool) {
  return supervisor->listen_fds[pool] >= 0 && supervisor->plan.pools[pool].inherited_fd < 0;
}

static void close_listeners(struct supervisor *supervisor) {
  for (size_t i = 0; i < supervisor->plan.pool_count; i++) {
    if (owns_listener(supervisor, i) && !supervisor->stopping) { /* else listener_shut removed it */
      (void)unlink(supervisor->plan.pools[i].socket_path);
    }
    if (supervisor->listen_fds[i] >= 0) {
      (void)close(supervisor->listen_fds[i]);
    }
  }
}

/* --- signals --- */

static void list_signals(sigset_t *ret_signals) {
  (void)sigemptyset(ret_signals);
  (void)sigaddset(ret_signals, SIGTERM);
  (void)sigaddset(ret_signals, SIGINT);
  (void)sigaddset(ret_signals, SIGHUP);
  (void)sigaddset(ret_signals, SIGCHLD);
}

void supervisor_hold_signals(void) {
  sigset_t signals;
  list_signals(&signals);
  (void)sigprocmask(SIG_BLOCK, &signals, NULL);
}

static enum error catch_signals(struct supervisor *supervisor) {
  sigset_t signals;
  list_signals(&signals);
  (void)sigprocmask(SIG_BLOCK, &signals, &supervisor->signals_before);
  supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return supervisor->signal_fd < 0 ? ERROR_IO : ERROR_NONE;
}

/* Own sockets take no new connection, and their workers go once the queue is empty: nothing that nginx got through is
 * lost. An inherited socket lives on in systemd, so those workers are told by a signal. */
static void begin_stop(struct supervisor *supervisor, enum error outcome) {
  supervisor->stopping = true;
  supervisor->outcome = outcome;
  log_event(LOG_LEVEL_INFO, "draining", LOG_I64("workers", crew_size(supervisor->crew)),
            LOG_I64("deadline_ms", supervisor->plan.drain_deadline_ms));
  if (supervisor->hooks->stopping != NULL) {
    supervisor->hooks->stopping(supervisor->hooks->context);
  }
  for (size_t i = 0; i < supervisor->plan.pool_count; i++) {
    bool own = owns_listener(supervisor, i);
    if (own) {
      listener_shut(supervisor->listen_fds[i], supervisor->plan.pools[i].socket_path);
    }
    crew_retire_pool(supervisor->crew, i, !own);
  }
}

static void handle_stop_signal(struct supervisor *supervisor, const char *name) {
  if (supervisor->stopping) {
    log_event(LOG_LEVEL_WARNING, "stopping_at_once", LOG_STR("signal", name),
              LOG_I64("workers", crew_size(supervisor->crew)));
    crew_kill(supervisor->crew);
  } else {
    begin_stop(supervisor, ERROR_NONE);
  }
}

static void read_signals(struct supervisor *supervisor) {
  struct signalfd_siginfo info;
  while (read(supervisor->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    switch (info.ssi_signo) {
    case SIGTERM:
    case SIGINT:
      handle_stop_signal(supervisor, info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
      break;
    case SIGHUP:
      supervisor->reload_wanted = true;
      break;
    default:
      break; /* SIGCHLD: each round reaps */
    }
  }
}

/* --- the loop --- */

static void reload(struct supervisor *supervisor) {
  struct supervisor_plan plan;
  supervisor->reload_wanted = false;
  if (supervisor->hooks->reload == NULL || supervisor->hooks->reload(supervisor->hooks->context, &plan) != ERROR_NONE) {
    return;
  }
  supervisor->plan = plan;
  supervisor->settled = false;
  crew_set_plan(supervisor->crew, &plan);
}

static void note_deaths(struct supervisor *supervisor, size_t deaths) {
  const struct supervisor_plan *plan = &supervisor->plan;
  for (; deaths > 0 && !supervisor->stopping; deaths--) {
    if (restart_limit_note(&supervisor->deaths, clock_monotonic_ms(), plan->restart_limit, plan->restart_window_ms)) {
      log_event(LOG_LEVEL_ERROR, "restart_limit_reached", LOG_I64("restart_limit", plan->restart_limit),
                LOG_I64("restart_window_ms", plan->restart_window_ms),
                LOG_STR("remedy", "the worker_died lines before this one say what went wrong"));
      begin_stop(supervisor, ERROR_LIMITED);
    }
  }
}

static void supervise_crews(struct supervisor *supervisor) {
  struct pollfd signals = {.fd = supervisor->signal_fd, .events = POLLIN};
  while (!supervisor->stopping || crew_size(supervisor->crew) > 0) {
    if (!supervisor->stopping) {
      crew_balance(supervisor->crew);
      if (!supervisor->settled && crew_is_settled(supervisor->crew)) {
        supervisor->settled = true;
        supervisor->hooks->ready(supervisor->hooks->context);
      }
      /* One reload at a time: while old workers finish, the next one waits. */
      if (supervisor->settled && supervisor->reload_wanted && crew_is_settled(supervisor->crew)) {
        reload(supervisor);
        continue;
      }
    }
    bool quiet = !supervisor->stopping && crew_is_settled(supervisor->crew);
    (void)poll(&signals, 1, quiet ? SETTLED_WAIT_MS : UNSETTLED_WAIT_MS);
    read_signals(supervisor);
    note_deaths(supervisor, crew_reap(supervisor->crew));
    crew_watch(supervisor->crew);
    crew_measure(supervisor->crew);
  }
}

enum error supervisor_run(const struct supervisor_plan *plan, const struct supervisor_hooks *hooks) {
  struct supervisor supervisor = {.plan = *plan, .hooks = hooks, .signal_fd = -1};
  enum error error = open_listeners(&supervisor);
  if (error != ERROR_NONE) {
    goto out;
  }
  error = catch_signals(&supervisor);
  if (error == ERROR_NONE) {
    error = crew_new(plan, supervisor.listen_fds, supervisor.signal_fd, &supervisor.crew);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "supervisor_failed", LOG_ERROR_FIELD(error), LOG_STR("errno", strerror(errno)));
    goto out;
  }
  if (plan->board != NULL) {
    metric_board_enter_supervisor(plan->board);
  }
  supervise_crews(&supervisor);
  error = supervisor.outcome;
out:
  crew_free(supervisor.crew);
  close_listeners(&supervisor);
  if (supervisor.signal_fd >= 0) {
    (void)close(supervisor.signal_fd);
    (void)sigprocmask(SIG_SETMASK, &supervisor.signals_before, NULL);
  }
  return error;
}
