/* SPDX-License-Identifier: ISC */
/*
 * A table of workers; a worker's index is its slot on the scoreboard.
 */
#include "config.h"

#include "process/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/metric_board.h"
#include "process/multiplexer.h"
#include "process/process_usage.h"
#include "process/scoreboard.h"

_Static_assert((int)METRIC_STATE_COUNT == (int)WORKER_STATE_COUNT_ - (int)WORKER_STARTING, "the states but free");

/* So many workers of a pool start at once beyond its size while old ones are replaced. */
#define SURGE             4
#define NUDGE_INTERVAL_MS 200
/* A machine that has no room for another process rarely has some at once. */
#define FORK_PAUSE_MS 500

struct member {
  pid_t pid; /* 0: a free place */
  size_t pool;
  uint64_t generation; /* of the plan that it was forked by */
  bool retiring;
  bool killed;
  int64_t deadline_ms; /* of retiring */
  int64_t nudged_ms;
};

struct crew {
  struct supervisor_plan plan;
  uint64_t generation;
  int listen_fds[SUPERVISOR_MAX_POOLS];
  int signal_fd;
  struct scoreboard *scoreboard;
  int64_t watched_at_ms; /* when crew_watch last ran */
  int64_t lenient_until_ms;
  int64_t fork_again_ms; /* not before that time, since forking failed; 0: it did not */
  size_t size;
  struct member members[SUPERVISOR_MAX_WORKERS];
};

enum error crew_new(const struct supervisor_plan *plan, const int *listen_fds, int signal_fd, struct crew **ret_crew) {
  struct crew *crew = calloc(1, sizeof *crew);
  if (crew == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = scoreboard_create(SUPERVISOR_MAX_WORKERS, &crew->scoreboard);
  if (error != ERROR_NONE) {
    free(crew);
    return error;
  }
  crew->plan = *plan;
  crew->signal_fd = signal_fd;
  crew->watched_at_ms = clock_monotonic_ms();
  memcpy(crew->listen_fds, listen_fds, plan->pool_count * sizeof *listen_fds);
  *ret_crew = crew;
  return ERROR_NONE;
}

void crew_free(struct crew *crew) {
  if (crew != NULL) {
    scoreboard_free(crew->scoreboard);
    free(crew);
  }
}

void crew_set_plan(struct crew *crew, const struct supervisor_plan *plan) {
  crew->plan = *plan;
  crew->generation++;
}

size_t crew_size(const struct crew *crew) {
  return crew->size;
}

static struct scoreboard_slot *slot_of(const struct crew *crew, size_t index) {
  return scoreboard_slot_at(crew->scoreboard, index);
}

/* --- forking --- */

/* In the child. Signals are still blocked, as the supervisor has them. */
_Noreturn static void become_worker(struct crew *crew, size_t index, pid_t supervisor) {
  const struct pool_plan *pool = &crew->plan.pools[crew->members[index].pool];
  const struct worker_callbacks *callbacks = &crew->plan.callbacks;
  struct scoreboard_slot *slot = slot_of(crew, index);
  int listen_fd = crew->listen_fds[crew->members[index].pool];
  enum error error;
  char name[16];
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* after a kill -9 of the supervisor nobody watches over us */
  if (getppid() != supervisor) {
    _exit(WORKER_EXIT_STOPPED);
  }
  worker_prepare_signals();
  (void)snprintf(name, sizeof name, "mg:%s", pool->name);
  (void)prctl(PR_SET_NAME, name); /* what ps and top show */
  if (crew->plan.board != NULL) {
    metric_board_enter(crew->plan.board, index);
  }
  (void)close(crew->signal_fd);
  for (size_t i = 0; i < crew->plan.pool_count; i++) {
    if (crew->listen_fds[i] >= 0 && crew->listen_fds[i] != listen_fd) {
      (void)close(crew->listen_fds[i]);
    }
  }
  if (pool->nice != 0) {
    (void)setpriority(PRIO_PROCESS, 0, pool->nice); /* lowering one's own priority needs no privilege */
  }
  switch (pool->kind) {
  case POOL_MULTIPLEXED:
    error = multiplexer_run(listen_fd, pool->name, callbacks, slot);
    break;
  case POOL_TICKING:
    error = ticker_run(pool->name, callbacks, slot);
    break;
  default:
    error = worker_run(listen_fd, pool->name, callbacks, slot);
    break;
  }
  _exit(error == ERROR_NONE      ? (worker_is_renewing() ? WORKER_EXIT_RENEWED : WORKER_EXIT_STOPPED)
        : error == ERROR_INVALID ? WORKER_EXIT_START_FAILED
                                 : WORKER_EXIT_FAILED);
}

/* Once, until a fork succeeds again. */
static void note_fork_failure(struct crew *crew, size_t pool, int reason) {
  if (crew->fork_again_ms == 0) {
    log_event(LOG_LEVEL_ERROR, "fork_failed", LOG_STR("pool", crew->plan.pools[pool].name),
              LOG_STR("error", strerror(reason)),
              LOG_STR("remedy", "it is tried again and again; look at the limits of processes and memory"));
  }
  crew->fork_again_ms = clock_monotonic_ms() + FORK_PAUSE_MS;
}

static void spawn(struct crew *crew, size_t pool) {
  size_t index = 0;
  while (index < SUPERVISOR_MAX_WORKERS && crew->members[index].pid != 0) {
    index++;
  }
  if (index == SUPERVISOR_MAX_WORKERS) {
    return; /* the next step finds a place */
  }
  struct member *member = &crew->members[index];
  *member = (struct member){.pool = pool, .generation = crew->generation};
  scoreboard_reset(slot_of(crew, index));
  scoreboard_set_state(slot_of(crew, index), WORKER_STARTING);
  if (crew->plan.board != NULL) {
    metric_board_begin(crew->plan.board, index);
  }
  pid_t supervisor = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    become_worker(crew, index, supervisor);
  }
  if (pid < 0) {
    note_fork_failure(crew, pool, errno);
    scoreboard_reset(slot_of(crew, index));
    return;
  }
  crew->fork_again_ms = 0;
  member->pid = pid;
  crew->size++;
  log_event(LOG_LEVEL_DEBUG, "worker_started", LOG_STR("pool", crew->plan.pools[pool].name), LOG_I64("worker", pid));
}

/* --- balance --- */

struct counts {
  size_t fresh; /* of the current plan, starting or up */
  size_t up;    /* of those, the ones that have been idle */
  size_t old;   /* of an older plan, not yet told to stop */
};

static struct counts count_pool(const struct crew *crew, size_t pool) {
  struct counts counts = {0};
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    const struct member *member = &crew->members[i];
    if (member->pid == 0 || member->pool != pool || member->retiring) {
      continue;
    }
    if (member->generation == crew->generation) {
      counts.fresh++;
      counts.up += scoreboard_state(slot_of(crew, i)) != WORKER_STARTING;
    } else {
      counts.old++;
    }
  }
  return counts;
}

static void retire_member(struct crew *crew, size_t index, bool by_signal) {
  struct member *member = &crew->members[index];
  member->retiring = true;
  member->deadline_ms = clock_monotonic_ms() + crew->plan.drain_deadline_ms;
  scoreboard_stop_by(slot_of(crew, index), member->deadline_ms);
  if (by_signal) {
    (void)kill(member->pid, SIGTERM);
  }
}

static void retire_one_old(struct crew *crew, size_t pool) {
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    const struct member *member = &crew->members[i];
    if (member->pid != 0 && member->pool == pool && !member->retiring && member->generation != crew->generation) {
      retire_member(crew, i, true);
      return;
    }
  }
}

void crew_balance(struct crew *crew) {
  if (clock_monotonic_ms() < crew->fork_again_ms) {
    return;
  }
  for (size_t pool = 0; pool < crew->plan.pool_count; pool++) {
    size_t wanted = crew->plan.pools[pool].workers;
    struct counts counts = count_pool(crew, pool);
    while (counts.fresh < wanted && counts.fresh + counts.old < wanted + SURGE) {
      size_t before = crew->size;
      spawn(crew, pool);
      if (crew->size == before) {
        return; /* could not fork: once more at a later step */
      }
      counts.fresh++;
    }
    for (; counts.old > 0 && counts.up + counts.old > wanted; counts.old--) {
      retire_one_old(crew, pool);
    }
  }
}

bool crew_is_settled(const struct crew *crew) {
  size_t total = 0;
  for (size_t pool = 0; pool < crew->plan.pool_count; pool++) {
    if (count_pool(crew, pool).up != crew->plan.pools[pool].workers) {
      return false;
    }
    total += crew->plan.pools[pool].workers;
  }
  return crew->size == total;
}

void crew_retire_pool(struct crew *crew, size_t pool, bool by_signal) {
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    if (crew->members[i].pid != 0 && crew->members[i].pool == pool) {
      retire_member(crew, i, by_signal);
    }
  }
}

/* --- watching --- */

static void kill_member(struct crew *crew, size_t index, const char *why) {
  struct member *member = &crew->members[index];
  const struct scoreboard_slot *slot = slot_of(crew, index);
  member->killed = true;
  log_event(LOG_LEVEL_WARNING, "worker_killed", LOG_STR("pool", crew->plan.pools[member->pool].name),
            LOG_I64("worker", member->pid), LOG_STR("why", why),
            LOG_STR("state", worker_state_name(scoreboard_state(slot))),
            LOG_I64("silent_ms", clock_monotonic_ms() - scoreboard_last_beat_ms(slot)));
  (void)kill(member->pid, SIGKILL); /* a stopped process dies of nothing less */
}

static int64_t silence_allowed_ms(const struct crew *crew, const struct member *member, enum worker_state state) {
  switch (state) {
  case WORKER_STARTING:
    return SUPERVISOR_STARTING_DEADLINE_MS;
  case WORKER_SERVING:
    return crew->plan.pools[member->pool].serving_deadline_ms;
  case WORKER_IDLE:
    return SUPERVISOR_IDLE_DEADLINE_MS;
  default:
    return INT64_MAX; /* draining: the deadline of retiring ends it */
  }
}

/* Its time is over: a read that waits for a silent client returns, and the request can be refused. Again and again,
 * since one may come in the moment before the read begins. */
static void nudge(struct member *member, int64_t now) {
  if (now - member->nudged_ms >= NUDGE_INTERVAL_MS) {
    member->nudged_ms = now;
    (void)kill(member->pid, WORKER_NUDGE_SIGNAL);
  }
}

void crew_watch(struct crew *crew) {
  int64_t now = clock_monotonic_ms();
  /* Was it us who did not run (a suspended machine, a debugger)? Then give the workers time to beat again. */
  if (now - crew->watched_at_ms > SUPERVISOR_IDLE_DEADLINE_MS / 2) {
    crew->lenient_until_ms = now + SUPERVISOR_IDLE_DEADLINE_MS / 2;
  }
  crew->watched_at_ms = now;
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    struct member *member = &crew->members[i];
    if (member->pid == 0 || member->killed) {
      continue;
    }
    const struct scoreboard_slot *slot = slot_of(crew, i);
    enum worker_state state = scoreboard_state(slot);
    if (member->retiring && now > member->deadline_ms) {
      nudge(member, now);
    }
    if (member->retiring && now > member->deadline_ms + SUPERVISOR_OVERDUE_GRACE_MS) {
      kill_member(crew, i, "past its drain deadline");
    } else if (now >= crew->lenient_until_ms &&
               now - scoreboard_last_beat_ms(slot) > silence_allowed_ms(crew, member, state)) {
      kill_member(crew, i, "no heartbeat");
    }
  }
}

void crew_kill(struct crew *crew) {
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    if (crew->members[i].pid != 0) {
      crew->members[i].killed = true;
      (void)kill(crew->members[i].pid, SIGKILL);
    }
  }
}

void crew_measure(const struct crew *crew) {
  uint64_t counts[SUPERVISOR_MAX_POOLS][WORKER_STATE_COUNT_] = {{0}};
  for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
    if (crew->members[i].pid != 0) {
      counts[crew->members[i].pool][scoreboard_state(slot_of(crew, i))]++;
    }
  }
  for (size_t pool = 0; pool < crew->plan.pool_count && pool < METRIC_WORKER_COUNT; pool++) {
    for (enum worker_state state = WORKER_STARTING; state < WORKER_STATE_COUNT_; state++) {
      metric_set(METRIC_WORKERS, pool, (size_t)state - WORKER_STARTING, counts[pool][state]);
    }
    metric_set(METRIC_WORKERS_CONFIGURED, pool, 0, crew->plan.pools[pool].workers);
  }
  process_usage_report(false); /* what it waits for are workers, which tell their own */
}

/* --- reaping --- */

static const char *exit_meaning(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
    return "killed by SIGSYS: it made a system call that is forbidden to it; the kernel's log (audit, type 1326) says "
           "which";
  }
  if (WIFSIGNALED(status)) {
    return strsignal(WTERMSIG(status));
  }
  switch (WEXITSTATUS(status)) {
  case WORKER_EXIT_STOPPED:
    return "stopped";
  case WORKER_EXIT_START_FAILED:
    return "could not start";
  case WORKER_EXIT_FAILED:
    return "could not go on";
  case WORKER_EXIT_RENEWED:
    return "begins anew";
  default:
    return "unexpected exit code";
  }
}

static enum metric_exit exit_reason(const struct member *member, int status) {
  if (member->killed) {
    return METRIC_EXIT_WATCHDOG;
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_RENEWED) {
    return METRIC_EXIT_RENEW;
  }
  return member->retiring ? METRIC_EXIT_DRAIN : METRIC_EXIT_CRASH;
}

static bool bury(struct crew *crew, size_t index, int status) {
  struct member *member = &crew->members[index];
  struct scoreboard_slot *slot = slot_of(crew, index);
  bool asked = member->retiring || (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_RENEWED);
  bool hung = member->killed; /* no storm: its deadline is what slows it down, and a dead network hangs all at once */
  log_event(asked ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, asked ? "worker_stopped" : "worker_died",
            LOG_STR("pool", crew->plan.pools[member->pool].name), LOG_I64("worker", member->pid),
            LOG_STR("why", exit_meaning(status)), LOG_I64("exit_code", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
            LOG_STR("state", worker_state_name(scoreboard_state(slot))),
            LOG_I64("requests", scoreboard_requests(slot)));
  if (member->pool < METRIC_WORKER_COUNT) {
    metric_add(METRIC_WORKER_EXITS, member->pool, exit_reason(member, status), 1);
  }
  if (crew->plan.board != NULL) {
    metric_board_fold(crew->plan.board, index);
  }
  scoreboard_reset(slot);
  *member = (struct member){0};
  crew->size--;
  return !asked && !hung;
}

size_t crew_reap(struct crew *crew) {
  size_t unasked = 0;
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    for (size_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
      if (crew->members[i].pid == pid) {
        unasked += bury(crew, i, status);
        break;
      }
    }
  }
  return unasked;
}
