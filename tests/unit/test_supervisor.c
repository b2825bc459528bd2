/* SPDX-License-Identifier: ISC */
/*
 * The supervisor and its workers with trivial callbacks, spoken to in FastCGI over their real sockets: what a request
 * does is chosen by its QUERY_STRING ("pid" answers the worker's pid, "hang" never answers, "slow" takes 300 ms).
 */
#include "config.h"

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi_client.h"
#include "process/supervisor.h"

#define DEADLINE_MS 15000

static int failing_forks; /* so many more of this process */

/* Stands before the C library's: a machine that has no room for another process. */
pid_t fork(void) {
  static pid_t (*usual)(void);
  if (usual == NULL) {
    *(void **)&usual = dlsym(RTLD_NEXT, "fork");
  }
  if (failing_forks > 0) {
    failing_forks--;
    errno = EAGAIN;
    return -1;
  }
  return usual();
}

static char folder[64];
static pid_t supervisor_pid;

static void sleep_ms(long ms) {
  (void)nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* --- callbacks --- */

static enum error start(void *context, const char *pool_name, struct scoreboard_slot *slot, void **ret_state) {
  (void)pool_name;
  *ret_state = slot;
  return context != NULL && strcmp(context, "broken") == 0 ? ERROR_INTERNAL : ERROR_NONE;
}

static void handle(void *state, struct FCGX_Request *request) {
  const char *action = FCGX_GetParam("QUERY_STRING", request->envp);
  (void)state;
  if (strcmp(action, "hang") == 0) {
    for (;;) {
      sleep_ms(1000);
    }
  }
  if (strcmp(action, "slow") == 0) {
    sleep_ms(300);
  }
  FCGX_FPrintF(request->out, "Status: 200 OK\r\n\r\n%d\n", (int)getpid());
}

static void stop(void *state) {
  (void)state;
}

static void ignore(void *context) {
  (void)context;
}

static struct supervisor_plan plan_of(enum pool_kind kind, size_t workers) {
  struct supervisor_plan plan = {.pool_count = 2,
                                 .restart_limit = 5,
                                 .restart_window_ms = 10000,
                                 .drain_deadline_ms = 5000,
                                 .callbacks = {.start = start, .handle = handle, .stop = stop}};
  plan.pools[0] = (struct pool_plan){
      .name = "pool", .kind = kind, .inherited_fd = -1, .workers = workers, .serving_deadline_ms = 1000};
  plan.pools[1] = (struct pool_plan){
      .name = "ticker", .kind = POOL_TICKING, .inherited_fd = -1, .workers = 1, .serving_deadline_ms = 1000};
  (void)snprintf(plan.pools[0].socket_path, sizeof plan.pools[0].socket_path, "%s/pool.sock", folder);
  return plan;
}

static enum error reload_same(void *context, struct supervisor_plan *ret_plan) {
  *ret_plan = *(const struct supervisor_plan *)context;
  return ERROR_NONE;
}

static void become_supervisor(struct supervisor_plan plan) {
  const struct supervisor_hooks hooks = {.reload = reload_same, .ready = ignore, .context = &plan};
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
  _exit((int)supervisor_run(&plan, &hooks));
}

/* Runs a supervisor in a child; its outcome is the exit code. */
static void begin(struct supervisor_plan plan) {
  supervisor_pid = fork();
  if (supervisor_pid == 0) {
    become_supervisor(plan);
  }
}

static int outcome(void) {
  int status = 0;
  for (int64_t end = clock_monotonic_ms() + DEADLINE_MS; clock_monotonic_ms() < end; sleep_ms(5)) {
    if (waitpid(supervisor_pid, &status, WNOHANG) == supervisor_pid) {
      supervisor_pid = 0;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
  }
  ck_abort_msg("the supervisor does not end");
  return -1;
}

static void make_folder(void) {
  (void)snprintf(folder, sizeof folder, "/tmp/mg-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
  char path[96];
  if (supervisor_pid > 0) {
    (void)kill(supervisor_pid, SIGKILL);
    (void)waitpid(supervisor_pid, NULL, 0);
  }
  (void)snprintf(path, sizeof path, "%s/pool.sock", folder);
  (void)unlink(path);
  (void)rmdir(folder);
}

/* --- requests --- */

static int open_connection(void) {
  char path[96];
  (void)snprintf(path, sizeof path, "%s/pool.sock", folder);
  return fcgi_client_connect(path, DEADLINE_MS);
}

static int ask(const char *action) {
  int fd = open_connection();
  int answer = fcgi_client_send(fd, action, false) ? fcgi_client_receive(fd, DEADLINE_MS) : -1;
  (void)close(fd);
  return answer;
}

static bool is_alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

static void wait_until_gone(pid_t pid) {
  for (int64_t end = clock_monotonic_ms() + DEADLINE_MS; clock_monotonic_ms() < end; sleep_ms(5)) {
    if (!is_alive(pid)) {
      return;
    }
  }
  ck_abort_msg("a worker does not end");
}

/* --- tests, most for both kinds of workers --- */

static const enum pool_kind kinds[] = {POOL_ACCEPTING, POOL_MULTIPLEXED};
#define KINDS ((int)(sizeof kinds / sizeof kinds[0]))

START_TEST(requests_are_answered_until_sigterm) {
  begin(plan_of(kinds[_i], 2));
  for (int i = 0; i < 20; i++) {
    ck_assert_int_gt(ask("pid"), 0);
  }
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(what_is_being_served_or_queued_at_sigterm_is_answered) {
  int fds[4];
  begin(plan_of(kinds[_i], 1));
  ck_assert_int_gt(ask("pid"), 0);
  for (int i = 0; i < 4; i++) {
    fds[i] = open_connection();
    ck_assert(fcgi_client_send(fds[i], "slow", false));
  }
  sleep_ms(50);
  (void)kill(supervisor_pid, SIGTERM);
  for (int i = 0; i < 4; i++) {
    ck_assert_int_gt(fcgi_client_receive(fds[i], DEADLINE_MS), 0);
    (void)close(fds[i]);
  }
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(a_worker_that_dies_is_replaced) {
  begin(plan_of(kinds[_i], 1));
  int first = ask("pid");
  ck_assert_int_gt(first, 0);
  (void)kill(first, SIGKILL);
  wait_until_gone(first);
  int second = ask("pid");
  ck_assert_int_gt(second, 0);
  ck_assert_int_ne(second, first);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(a_reload_replaces_the_workers_without_losing_a_request) {
  begin(plan_of(kinds[_i], 1));
  int first = ask("pid");
  int fd = open_connection();
  ck_assert(fcgi_client_send(fd, "slow", false));
  (void)kill(supervisor_pid, SIGHUP);
  for (int i = 0; i < 50; i++) {
    ck_assert_int_gt(ask("pid"), 0);
  }
  ck_assert_int_gt(fcgi_client_receive(fd, DEADLINE_MS), 0);
  (void)close(fd);
  wait_until_gone(first);
  ck_assert_int_gt(ask("pid"), 0);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(a_worker_that_hangs_is_killed) {
  begin(plan_of(kinds[_i], 1));
  int first = ask("pid");
  ck_assert_int_eq(ask("hang"), -1);
  wait_until_gone(first);
  ck_assert_int_gt(ask("pid"), 0);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(workers_that_hang_do_not_count_as_dying) {
  struct supervisor_plan plan = plan_of(kinds[_i], 1);
  plan.pools[0].serving_deadline_ms = 100;
  plan.restart_limit = 1;
  begin(plan);
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(ask("hang"), -1);
  }
  ck_assert_int_gt(ask("pid"), 0);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

START_TEST(a_second_sigterm_does_not_wait) {
  struct supervisor_plan plan = plan_of(kinds[_i], 1);
  plan.pools[0].serving_deadline_ms = 60000;
  plan.drain_deadline_ms = 60000;
  begin(plan);
  ck_assert_int_gt(ask("pid"), 0);
  int fd = open_connection();
  ck_assert(fcgi_client_send(fd, "hang", false));
  sleep_ms(50);
  (void)kill(supervisor_pid, SIGTERM);
  sleep_ms(100);
  ck_assert_int_eq(waitpid(supervisor_pid, NULL, WNOHANG), 0);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
  (void)close(fd);
}
END_TEST

START_TEST(the_drain_deadline_ends_a_worker_that_hangs) {
  struct supervisor_plan plan = plan_of(kinds[_i], 1);
  plan.pools[0].serving_deadline_ms = 60000;
  plan.drain_deadline_ms = 100;
  begin(plan);
  ck_assert_int_gt(ask("pid"), 0);
  int fd = open_connection();
  ck_assert(fcgi_client_send(fd, "hang", false));
  sleep_ms(50);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
  (void)close(fd);
}
END_TEST

START_TEST(no_worker_outlives_a_killed_supervisor) {
  begin(plan_of(kinds[_i], 1));
  int worker = ask("pid");
  (void)kill(supervisor_pid, SIGKILL);
  ck_assert_int_eq(outcome(), -1);
  wait_until_gone(worker);
}
END_TEST

START_TEST(workers_that_cannot_start_end_the_supervisor) {
  static char broken[] = "broken";
  struct supervisor_plan plan = plan_of(kinds[_i], 1);
  plan.callbacks.context = broken;
  log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_JSON);
  begin(plan);
  ck_assert_int_eq(outcome(), ERROR_LIMITED);
}
END_TEST

static int count_lines(const char *path, const char *word) {
  FILE *file = fopen(path, "r");
  char line[1024];
  int count = 0;
  ck_assert_ptr_nonnull(file);
  while (fgets(line, sizeof line, file) != NULL) {
    count += strstr(line, word) != NULL;
  }
  (void)fclose(file);
  return count;
}

START_TEST(forking_that_fails_is_told_once_and_tried_again_after_a_pause) {
  const struct supervisor_plan plan = plan_of(POOL_ACCEPTING, 1);
  char log[96];
  (void)snprintf(log, sizeof log, "%s/log", folder);
  int64_t before = clock_monotonic_ms();
  supervisor_pid = fork();
  if (supervisor_pid == 0) {
    if (freopen(log, "w", stderr) == NULL) {
      _exit(99);
    }
    failing_forks = 2;
    become_supervisor(plan);
  }
  ck_assert_int_gt(ask("pid"), 0);
  ck_assert_int_ge(clock_monotonic_ms() - before, 2 * 500);
  ck_assert_int_eq(count_lines(log, "fork_failed"), 1);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
  (void)unlink(log);
}
END_TEST

START_TEST(a_kept_connection_serves_many_requests_among_others) {
  int fds[20];
  begin(plan_of(POOL_MULTIPLEXED, 1));
  for (int i = 0; i < 20; i++) {
    fds[i] = open_connection();
  }
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 20; i++) {
      ck_assert(fcgi_client_send(fds[i], "pid", true));
    }
    for (int i = 0; i < 20; i++) {
      ck_assert_int_gt(fcgi_client_receive(fds[i], DEADLINE_MS), 0);
    }
  }
  (void)kill(supervisor_pid, SIGTERM);
  for (int i = 0; i < 20; i++) {
    ck_assert(fcgi_client_is_closed(fds[i], DEADLINE_MS));
    (void)close(fds[i]);
  }
  ck_assert_int_eq(outcome(), ERROR_NONE);
}
END_TEST

/* A worker has 256 places. Connections that are kept and idle take neither a newcomer's place nor the worker's ear for
 * the end of its socket. */
START_TEST(a_full_worker_serves_further_connections_and_keeps_none_of_them) {
  static int fds[300];
  struct supervisor_plan plan = plan_of(POOL_MULTIPLEXED, 1);
  int kept = 0;
  plan.drain_deadline_ms = 10 * DEADLINE_MS; /* a worker that had to be killed would fail the test */
  begin(plan);
  for (int i = 0; i < 300; i++) {
    fds[i] = open_connection();
    ck_assert(fcgi_client_send(fds[i], "pid", true));
    ck_assert_int_gt(fcgi_client_receive(fds[i], DEADLINE_MS), 0);
  }
  for (int i = 0; i < 300; i++) {
    kept += fcgi_client_send(fds[i], "pid", true) && fcgi_client_receive(fds[i], DEADLINE_MS) > 0;
  }
  ck_assert_int_eq(kept, 255);
  (void)kill(supervisor_pid, SIGTERM);
  ck_assert_int_eq(outcome(), ERROR_NONE);
  for (int i = 0; i < 300; i++) {
    (void)close(fds[i]);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("supervisor");
  TCase *tests = tcase_create("supervisor");
  tcase_set_timeout(tests, 60);
  tcase_add_checked_fixture(tests, make_folder, remove_folder);
  tcase_add_loop_test(tests, requests_are_answered_until_sigterm, 0, KINDS);
  tcase_add_loop_test(tests, what_is_being_served_or_queued_at_sigterm_is_answered, 0, KINDS);
  tcase_add_loop_test(tests, a_worker_that_dies_is_replaced, 0, KINDS);
  tcase_add_loop_test(tests, a_reload_replaces_the_workers_without_losing_a_request, 0, KINDS);
  tcase_add_loop_test(tests, a_worker_that_hangs_is_killed, 0, KINDS);
  tcase_add_loop_test(tests, workers_that_hang_do_not_count_as_dying, 0, KINDS);
  tcase_add_loop_test(tests, a_second_sigterm_does_not_wait, 0, KINDS);
  tcase_add_loop_test(tests, the_drain_deadline_ends_a_worker_that_hangs, 0, KINDS);
  tcase_add_loop_test(tests, no_worker_outlives_a_killed_supervisor, 0, KINDS);
  tcase_add_loop_test(tests, workers_that_cannot_start_end_the_supervisor, 0, KINDS);
  tcase_add_test(tests, forking_that_fails_is_told_once_and_tried_again_after_a_pause);
  tcase_add_test(tests, a_kept_connection_serves_many_requests_among_others);
  tcase_add_test(tests, a_full_worker_serves_further_connections_and_keeps_none_of_them);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
