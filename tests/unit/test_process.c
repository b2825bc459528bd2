/* SPDX-License-Identifier: ISC */
/*
 * The pure parts of the process layer, and its files: states, the restart limit, sockets, the pid lock, reloads.
 */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/listener.h"
#include "process/pid_lock.h"
#include "process/restart_limit.h"
#include "process/scoreboard.h"
#include "process/service.h"
#include "unit.h"

/* --- states --- */

static const char *const legal_transitions[] = {
    "free>starting", "starting>idle", "starting>draining", "idle>idle",        "idle>serving",
    "idle>draining", "serving>idle",  "serving>serving",   "serving>draining", "draining>draining",
};

START_TEST(only_the_listed_transitions_are_legal) {
  for (int from = 0; from < WORKER_STATE_COUNT_; from++) {
    for (int to = 0; to < WORKER_STATE_COUNT_; to++) {
      char name[40];
      bool listed = false;
      (void)snprintf(name, sizeof name, "%s>%s", worker_state_name(from), worker_state_name(to));
      for (size_t i = 0; i < UNIT_ROWS(legal_transitions); i++) {
        listed = listed || strcmp(name, legal_transitions[i]) == 0;
      }
      ck_assert_msg(worker_state_may_follow(from, to) == listed, "%s", name);
    }
  }
}
END_TEST

START_TEST(a_slot_is_shared_with_a_child_and_can_be_reset) {
  struct scoreboard *scoreboard = NULL;
  ck_assert_int_eq(scoreboard_create(3, &scoreboard), ERROR_NONE);
  struct scoreboard_slot *slot = scoreboard_slot_at(scoreboard, 2);
  scoreboard_set_state(slot, WORKER_STARTING);
  pid_t child = fork();
  if (child == 0) {
    scoreboard_set_state(slot, WORKER_IDLE);
    scoreboard_count_request(slot);
    _exit(0);
  }
  ck_assert_int_eq(waitpid(child, NULL, 0), child);
  ck_assert_int_eq(scoreboard_state(slot), WORKER_IDLE);
  ck_assert_uint_eq(scoreboard_requests(slot), 1);
  ck_assert_int_gt(scoreboard_last_beat_ms(slot), 0);
  ck_assert_int_eq(scoreboard_state(scoreboard_slot_at(scoreboard, 1)), WORKER_FREE);
  ck_assert(!scoreboard_is_overdue(slot) && !scoreboard_is_stopping(slot));
  scoreboard_stop_by(slot, INT64_MAX);
  ck_assert(!scoreboard_is_overdue(slot) && scoreboard_is_stopping(slot));
  scoreboard_stop_by(slot, 1);
  ck_assert(scoreboard_is_overdue(slot));
  scoreboard_reset(slot);
  ck_assert(!scoreboard_is_overdue(slot));
  ck_assert_int_eq(scoreboard_state(slot), WORKER_FREE);
  scoreboard_free(scoreboard);
}
END_TEST

/* --- the restart limit --- */

static const struct {
  int64_t times_ms[8]; /* 0 ends */
  size_t limit;
  bool reached; /* by the last of them */
  const char *description;
} limit_rows[] = {
    {{1000}, 1, true, "a limit of one"},
    {{1000, 1001}, 3, false, "too few"},
    {{1000, 1001, 1002}, 3, true, "as many at once"},
    {{1000, 6000, 11000}, 3, true, "just within the window"},
    {{1000, 6000, 11001}, 3, false, "just outside the window"},
    {{1000, 1001, 20000, 20001}, 3, false, "the old ones no longer count"},
    {{1000, 1001, 20000, 20001, 20002}, 3, true, "the new ones alone"},
};

START_TEST(restarts_are_counted_in_their_window) {
  for (size_t i = 0; i < UNIT_ROWS(limit_rows); i++) {
    static struct restart_limit ring;
    memset(&ring, 0, sizeof ring);
    bool reached = false;
    for (const int64_t *time = limit_rows[i].times_ms; *time != 0; time++) {
      reached = restart_limit_note(&ring, *time, limit_rows[i].limit, 10000);
    }
    ck_assert_msg(reached == limit_rows[i].reached, "%s", limit_rows[i].description);
  }
}
END_TEST

START_TEST(the_restart_ring_wraps) {
  static struct restart_limit ring;
  for (int64_t time = 1; time <= 3 * RESTART_LIMIT_MAX; time++) {
    ck_assert(restart_limit_note(&ring, time * 100, 11, 1000) == (time >= 11));
    ck_assert(!restart_limit_note(&(struct restart_limit){.count = 0}, time, 2, 1000));
  }
}
END_TEST

/* --- sockets --- */

static char folder[64];

static void make_folder(void) {
  (void)snprintf(folder, sizeof folder, "/tmp/mg-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
  static const char *const names[] = {"a.sock", "serve.pid"};
  for (size_t i = 0; i < UNIT_ROWS(names); i++) {
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)unlink(path);
  }
  (void)rmdir(folder);
}

static const char *in_folder(const char *name) {
  static char path[96];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
    return fd;
  }
  (void)close(fd);
  return -1;
}

START_TEST(a_socket_is_for_the_group_only_and_taken_once) {
  const char *path = in_folder("a.sock");
  struct stat status;
  int fd = -1;
  int second = -1;
  ck_assert_int_eq(listener_open(path, &fd), ERROR_NONE);
  ck_assert_int_eq(stat(path, &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0660);
  ck_assert_int_eq(listener_open(path, &second), ERROR_CONFLICT);
  ck_assert_int_eq(listener_adopt(fd), ERROR_NONE);
  ck_assert_int_eq(listener_adopt(STDERR_FILENO), ERROR_INVALID);
  (void)close(fd);
}
END_TEST

START_TEST(a_stale_socket_is_replaced_but_no_other_file) {
  const char *path = in_folder("a.sock");
  int fd = -1;
  ck_assert_int_eq(listener_open(path, &fd), ERROR_NONE);
  (void)close(fd); /* as a kill -9 leaves it */
  ck_assert_int_eq(access(path, F_OK), 0);
  ck_assert_int_eq(listener_open(path, &fd), ERROR_NONE);
  (void)close(fd);
  (void)unlink(path);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  (void)fclose(file);
  ck_assert_int_eq(listener_open(path, &fd), ERROR_CONFLICT);
  ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_named_so) {
  char path[200];
  int fd = -1;
  memset(path, 'a', sizeof path);
  path[0] = '/';
  path[108] = '\0';
  ck_assert_int_eq(listener_open(path, &fd), ERROR_TOO_LARGE);
}
END_TEST

START_TEST(a_shut_socket_gives_what_is_queued_and_takes_no_more) {
  const char *path = in_folder("a.sock");
  char kept[96];
  int fd = -1;
  (void)snprintf(kept, sizeof kept, "%s", path);
  ck_assert_int_eq(listener_open(kept, &fd), ERROR_NONE);
  int queued = connect_to(kept);
  ck_assert_int_ge(queued, 0);
  listener_shut(fd, kept);
  ck_assert_int_eq(connect_to(kept), -1);
  int accepted = accept(fd, NULL, NULL);
  ck_assert_int_ge(accepted, 0);
  ck_assert_int_eq(accept(fd, NULL, NULL), -1);
  (void)close(accepted);
  (void)close(queued);
  (void)close(fd);
}
END_TEST

/* --- the pid lock --- */

START_TEST(a_pid_lock_is_held_by_one_process_and_known_as_stale_after_a_crash) {
  const char *path = in_folder("serve.pid");
  int ready[2];
  int fd = -1;
  pid_t other = 0;
  char byte;
  ck_assert_int_eq(pipe(ready), 0);
  pid_t holder = fork();
  if (holder == 0) {
    pid_t before = -1;
    _exit(pid_lock_take(path, &fd, &before) == ERROR_NONE && before == 0 && write(ready[1], "x", 1) == 1 ? pause() : 1);
  }
  ck_assert_int_eq(read(ready[0], &byte, 1), 1);
  ck_assert_int_eq(pid_lock_take(path, &fd, &other), ERROR_CONFLICT);
  ck_assert_int_eq(other, holder);
  (void)kill(holder, SIGKILL);
  ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
  ck_assert_int_eq(pid_lock_take(path, &fd, &other), ERROR_NONE);
  ck_assert_int_eq(other, holder);
  pid_lock_release(path, fd);
  ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* --- reloads --- */

static pid_t fork_waiting_child(void) {
  pid_t pid = fork();
  if (pid == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      (void)pause();
    }
  }
  return pid;
}

/* As the supervisor: each SIGHUP replaces the child, and a signal that comes meanwhile waits. Each is told to `log_fd`.
 */
static void replace_on_hangup(int log_fd) {
  sigset_t hangup;
  int number;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)sigemptyset(&hangup);
  (void)sigaddset(&hangup, SIGHUP);
  (void)sigprocmask(SIG_BLOCK, &hangup, NULL);
  pid_t child = fork_waiting_child();
  while (write(log_fd, "x", 1) == 1 && sigwait(&hangup, &number) == 0) {
    pid_t replacement = fork_waiting_child();
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    child = replacement;
  }
  _exit(1);
}

/* The first reload of the two may be one that somebody else began before us. */
START_TEST(children_are_replaced_by_a_reload_that_began_after_the_call) {
  char steps[8];
  int log[2];
  ck_assert_int_eq(pipe2(log, O_NONBLOCK), 0);
  pid_t pid = fork();
  if (pid == 0) {
    replace_on_hangup(log[1]);
  }
  while (read(log[0], steps, 1) != 1) {
    (void)usleep(1000);
  }
  ck_assert_int_eq(service_replace_children(pid, 10000), ERROR_NONE);
  ssize_t reloads = read(log[0], steps, sizeof steps);
  ck_assert_int_ge(reloads, 1); /* the second is told of a moment after its child was replaced */
  for (int i = 0; i < 5000 && reloads < 2; i++) {
    (void)usleep(1000);
    ssize_t more = read(log[0], steps, sizeof steps);
    reloads += more > 0 ? more : 0;
  }
  ck_assert_int_eq(reloads, 2);
  (void)kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  ck_assert_int_eq(service_replace_children(pid, 100), ERROR_NOT_FOUND);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("process");
  TCase *tests = tcase_create("process");
  tcase_add_checked_fixture(tests, make_folder, remove_folder);
  tcase_add_test(tests, only_the_listed_transitions_are_legal);
  tcase_add_test(tests, a_slot_is_shared_with_a_child_and_can_be_reset);
  tcase_add_test(tests, restarts_are_counted_in_their_window);
  tcase_add_test(tests, the_restart_ring_wraps);
  tcase_add_test(tests, a_socket_is_for_the_group_only_and_taken_once);
  tcase_add_test(tests, a_stale_socket_is_replaced_but_no_other_file);
  tcase_add_test(tests, a_path_that_is_too_long_is_named_so);
  tcase_add_test(tests, a_shut_socket_gives_what_is_queued_and_takes_no_more);
  tcase_add_test(tests, a_pid_lock_is_held_by_one_process_and_known_as_stale_after_a_crash);
  tcase_add_test(tests, children_are_replaced_by_a_reload_that_began_after_the_call);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
