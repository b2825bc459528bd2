/* SPDX-License-Identifier: ISC */
/*
 * Limited children: what they print, how they end, what they inherit, and that nothing of them is
 * left.
 */
#include "config.h"

#include "base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

static const struct subprocess_limits roomy = {
    .wall_ms = 10000, .cpu_seconds = 10, .file_size_bytes = 1 << 20, .output_bytes = 65536, .error_bytes = 64};

struct run_row {
  const char *script;
  enum error expected;
  int exit_code;
  int signal_number;
  const char *output;
  const char *errors;
  const char *description;
};

static const struct run_row run_rows[] = {
    {"printf hello", ERROR_NONE, 0, 0, "hello", "", "stdout is collected"},
    {"printf oops >&2; exit 3", ERROR_NONE, 3, 0, "", "oops", "stderr and the exit code are collected"},
    {"kill -SEGV $$", ERROR_NONE, -1, SIGSEGV, "", "", "the ending signal is told"},
    {"cat", ERROR_NONE, 0, 0, "", "", "stdin is empty without a descriptor"},
    {"head -c 1000000 /dev/zero | tr '\\0' x", ERROR_TOO_LARGE, -1, SIGKILL, NULL, "", "too much output ends it"},
    {"head -c 500000 /dev/zero >&2; printf done", ERROR_NONE, 0, 0, "done", NULL,
     "more on stderr is dropped, not waited on"},
    {"sleep 60 & printf left", ERROR_NONE, 0, 0, "left", "", "a process left in the group does not hold us up"},
    {"env | grep -v -e ^PATH= -e ^LC_ALL= -e ^PWD= -e ^SHLVL= -e ^_=", ERROR_NONE, 1, 0, "", "",
     "the environment is PATH and LC_ALL"},
    {"ls /proc/self/fd | wc -l", ERROR_NONE, 0, 0, "4\n", "", "0, 1, 2 and the folder that ls reads"},
    {"ulimit -c", ERROR_NONE, 0, 0, "0\n", "", "no core dumps"},
    /* 28 signals of the mask: glibc keeps 32 and 33 to itself */
    {"for name in SigBlk SigIgn; do grep $name /proc/self/status | tail -c 8; done", ERROR_NONE, 0, 0,
     "0000000\n0000000\n", "", "signals are as at birth"},
    {"trap 'exit 9' XFSZ; head -c 2000000 /dev/zero >/tmp/mediagate-test-$$; c=$?; rm -f "
     "/tmp/mediagate-test-$$; test $c -ne 0",
     ERROR_NONE, 0, 0, "", NULL, "files cannot grow without bound"},
};

static void run_one(const struct run_row *row) {
  const char *argv[] = {"sh", "-c", row->script, NULL};
  struct subprocess_result result;
  signal(SIGPIPE, SIG_IGN);                    /* must not reach the child */
  int inherited = open("/dev/null", O_RDONLY); /* nor may this */
  enum error error = subprocess_run(argv, -1, &roomy, NULL, NULL, &result);
  close(inherited);
  ck_assert_msg(error == row->expected, "%s: %s, stderr %s", row->description, error_strerror(error),
                result.errors.data);
  ck_assert_msg(result.exit_code == row->exit_code, "%s: exit %d", row->description, result.exit_code);
  ck_assert_msg(result.signal_number == row->signal_number, "%s: signal %d", row->description, result.signal_number);
  if (row->output != NULL) {
    ck_assert_msg(strcmp(result.output.length > 0 ? result.output.data : "", row->output) == 0, "%s: printed %s",
                  row->description, result.output.data);
  }
  if (row->errors != NULL) {
    ck_assert_str_eq(result.errors.length > 0 ? result.errors.data : "", row->errors);
  }
  ck_assert_uint_le(result.errors.length, roomy.error_bytes);
  subprocess_result_free(&result);
}

START_TEST(runs_as_the_rows_say) {
  for (size_t i = 0; i < UNIT_ROWS(run_rows); i++) {
    run_one(&run_rows[i]);
  }
}
END_TEST

static bool permit_all(const char *const argv[], void *context) {
  (void)argv;
  (void)context;
  return true;
}

static bool permit_true(const char *const argv[], void *context) {
  ck_assert_ptr_null(context);
  return strcmp(argv[0], "true") == 0 && argv[1] == NULL;
}

static enum error append_data(struct text *ret_data) {
  text_append_bytes(ret_data, "a\0b", 3);
  return ERROR_NONE;
}

/* The launcher of this test, and its end of the socket: the lowest number that was free. */
static int start_launcher(bool (*permits)(const char *const argv[], void *context)) {
  const struct subprocess_launcher launcher = {.permits = permits};
  int lowest = 0;
  while (fcntl(lowest, F_GETFD) >= 0) {
    lowest++;
  }
  ck_assert_int_eq(subprocess_launcher_start(&launcher), ERROR_NONE);
  return lowest;
}

START_TEST(a_launcher_runs_as_the_rows_say) {
  (void)start_launcher(permit_all);
  for (size_t i = 0; i < UNIT_ROWS(run_rows); i++) {
    run_one(&run_rows[i]);
  }
}
END_TEST

START_TEST(a_launcher_refuses_what_is_not_permitted) {
  const char *refused[] = {"true", "more", NULL}, *permitted[] = {"true", NULL};
  struct subprocess_result result;
  (void)start_launcher(permit_true);
  ck_assert_int_ne(subprocess_run(refused, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_int_eq(errno, EPERM);
  subprocess_result_free(&result);
  ck_assert_int_eq(subprocess_run(permitted, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_int_eq(result.exit_code, 0);
  subprocess_result_free(&result);
}
END_TEST

/* Whoever took the process over may send anything. */
START_TEST(a_launcher_outlives_what_is_no_request) {
  static const char *const packets[] = {"", "x", "0123456789012345678901234567890123456789", NULL};
  static char large[96 * 1024];
  const char *permitted[] = {"true", NULL};
  struct subprocess_result result;
  int fd = start_launcher(permit_true);
  memset(large, 0xff, sizeof large);
  for (size_t i = 1; packets[i] != NULL; i++) {
    ck_assert_int_gt(send(fd, packets[i], strlen(packets[i]), 0), 0);
  }
  ck_assert_int_gt(send(fd, large, sizeof large, 0), 0);
  ck_assert_int_eq(subprocess_run(permitted, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_int_eq(result.exit_code, 0);
  subprocess_result_free(&result);
  ck_assert(!subprocess_launcher_is_gone());
  shutdown(fd, SHUT_WR);
  for (int tries = 0; !subprocess_launcher_is_gone(); tries++) {
    ck_assert_msg(tries < 500, "it lives on");
    usleep(10000);
  }
  ck_assert_int_ne(subprocess_run(permitted, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  subprocess_result_free(&result);
}
END_TEST

/* Who replaces the program of a service that was stopped must not find it in use. */
START_TEST(a_launcher_that_was_stopped_is_gone) {
  (void)start_launcher(permit_all);
  subprocess_launcher_stop();
  ck_assert(!subprocess_launcher_is_gone()); /* there is none any more */
  ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
  ck_assert_int_eq(errno, ECHILD);
  subprocess_launcher_stop();
}
END_TEST

START_TEST(the_time_of_launched_programs_is_known) {
  const char *argv[] = {"sh", "-c", "i=0; while test $i -lt 20000; do i=$((i+1)); done", NULL};
  struct subprocess_result result;
  (void)start_launcher(permit_all);
  ck_assert_int_eq(subprocess_run(argv, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_int_gt(subprocess_launched_cpu_us(), 1000);
  subprocess_result_free(&result);
}
END_TEST

START_TEST(data_is_the_childs_fd_3) {
  const char *argv[] = {"sh", "-c", "od -An -c <&3; ls /proc/self/fd | wc -l", NULL};
  struct subprocess_limits limits = roomy;
  struct subprocess_result result;
  limits.data = append_data;
  ck_assert_int_eq(subprocess_run(argv, -1, &limits, NULL, NULL, &result), ERROR_NONE);
  ck_assert_str_eq(result.output.data, "   a  \\0   b\n5\n");
  subprocess_result_free(&result);
}
END_TEST

START_TEST(a_missing_program_is_not_found) {
  const char *argv[] = {"no-such-program-here", NULL};
  struct subprocess_result result;
  ck_assert_int_eq(subprocess_run(argv, -1, &roomy, NULL, NULL, &result), ERROR_NOT_FOUND);
  subprocess_result_free(&result);
}
END_TEST

START_TEST(stdin_is_the_given_descriptor) {
  const char *argv[] = {"cat", NULL};
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  ck_assert_int_eq(write(ends[1], "input", 5), 5);
  close(ends[1]);
  struct subprocess_result result;
  ck_assert_int_eq(subprocess_run(argv, ends[0], &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_str_eq(result.output.data, "input");
  subprocess_result_free(&result);
  close(ends[0]);
}
END_TEST

/* A program may be over before its watcher runs again after the fork. */
START_TEST(the_end_of_a_quick_program_is_never_missed) {
  const char *argv[] = {"true", NULL};
  for (int run = 0; run < 200; run++) {
    struct subprocess_result result;
    ck_assert_int_eq(subprocess_run(argv, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
    ck_assert_int_eq(result.exit_code, 0);
    subprocess_result_free(&result);
  }
}
END_TEST

static void count_beat(void *context) {
  (*(int *)context)++;
}

/* Nobody reaps in a container without an init, so a zombie counts as dead. */
static bool is_dead(pid_t pid) {
  char path[64];
  char state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *stat = fopen(path, "r");
  if (stat == NULL) {
    return true;
  }
  bool read = fscanf(stat, "%*d %*s %c", &state) == 1;
  fclose(stat);
  return !read || state == 'Z';
}

static void wait_until_dead(pid_t pid) {
  for (int tries = 0; !is_dead(pid); tries++) {
    ck_assert_msg(tries < 500, "process %d lives on", (int)pid);
    usleep(10000);
  }
}

static volatile sig_atomic_t stop_wanted;

static void want_stop(void *context) {
  (void)context;
  stop_wanted = 1;
}

START_TEST(a_wish_to_stop_ends_it) {
  const char *argv[] = {"sleep", "60", NULL};
  struct subprocess_limits limits = roomy;
  limits.stop = &stop_wanted;
  struct subprocess_result result;
  int64_t before_ms = clock_monotonic_ms();
  ck_assert_int_eq(subprocess_run(argv, -1, &limits, want_stop, NULL, &result), ERROR_ABORTED);
  ck_assert_int_lt(clock_monotonic_ms() - before_ms, 5000);
  subprocess_result_free(&result);
}
END_TEST

START_TEST(a_timeout_kills_the_group_while_the_heart_beats) {
  /* The grandchild ignores what a shell would pass on; its pid is told on stdout. */
  const char *argv[] = {"sh", "-c", "trap '' TERM INT HUP; sleep 60 & echo $!; wait", NULL};
  struct subprocess_limits limits = roomy;
  limits.wall_ms = 700;
  struct subprocess_result result;
  int beats = 0;
  int64_t before_ms = clock_monotonic_ms();
  ck_assert_int_eq(subprocess_run(argv, -1, &limits, count_beat, &beats, &result), ERROR_TIMEOUT);
  ck_assert_int_lt(clock_monotonic_ms() - before_ms, 5000);
  ck_assert_int_ge(beats, 3);
  pid_t grandchild = (pid_t)strtol(result.output.data, NULL, 10);
  ck_assert_int_gt(grandchild, 1);
  wait_until_dead(grandchild);
  subprocess_result_free(&result);
}
END_TEST

/* A killed bwrap leaves a child that waits for it; here a shell leaves one that waits for nothing and ignores
 * everything. */
START_TEST(what_the_program_forked_dies_with_a_killed_parent) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  pid_t parent = fork();
  if (parent == 0) {
    char script[128];
    snprintf(script, sizeof script, "trap '' TERM INT HUP; sleep 60 & echo $! $$ >/proc/%d/fd/%d; wait", (int)getpid(),
             ends[1]);
    const char *argv[] = {"sh", "-c", script, NULL};
    struct subprocess_result result;
    (void)!subprocess_run(argv, -1, &roomy, NULL, NULL, &result);
    _exit(1);
  }
  char line[64] = "";
  ck_assert_int_gt(read(ends[0], line, sizeof line - 1), 0);
  int program = 0;
  int grandchild = 0;
  ck_assert_int_eq(sscanf(line, "%d %d", &grandchild, &program), 2);
  ck_assert_int_eq(kill(parent, SIGKILL), 0);
  ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
  wait_until_dead(program);
  wait_until_dead(grandchild);
  close(ends[0]);
  close(ends[1]);
}
END_TEST

START_TEST(masked_and_ignored_signals_of_the_caller_do_not_matter) {
  sigset_t all;
  sigset_t after;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  signal(SIGCHLD, SIG_IGN);
  const char *argv[] = {"sh", "-c", "exit 7", NULL};
  struct subprocess_result result;
  ck_assert_int_eq(subprocess_run(argv, -1, &roomy, NULL, NULL, &result), ERROR_NONE);
  ck_assert_int_eq(result.exit_code, 7);
  subprocess_result_free(&result);
  sigprocmask(SIG_SETMASK, NULL, &after);
  ck_assert_int_eq(sigismember(&after, SIGTERM), 1);
  struct sigaction disposition;
  sigaction(SIGCHLD, NULL, &disposition);
  ck_assert_ptr_eq(disposition.sa_handler, SIG_IGN);
}
END_TEST

START_TEST(memory_is_limited) {
  const char *argv[] = {"/usr/bin/python3", "-c", "x = bytearray(400 << 20)", NULL};
  struct subprocess_limits limits = roomy;
  limits.memory_bytes = 128 << 20;
  struct subprocess_result result;
  enum error error = subprocess_run(argv, -1, &limits, NULL, NULL, &result);
  if (error != ERROR_NOT_FOUND) {
    ck_assert_int_eq(error, ERROR_NONE);
    ck_assert_int_ne(result.exit_code, 0);
  }
  subprocess_result_free(&result);
}
END_TEST

UNIT_MAIN("subprocess", runs_as_the_rows_say, a_launcher_runs_as_the_rows_say, a_launcher_refuses_what_is_not_permitted,
          a_launcher_outlives_what_is_no_request, a_launcher_that_was_stopped_is_gone,
          the_time_of_launched_programs_is_known, data_is_the_childs_fd_3, a_missing_program_is_not_found,
          stdin_is_the_given_descriptor, the_end_of_a_quick_program_is_never_missed,
          a_timeout_kills_the_group_while_the_heart_beats, a_wish_to_stop_ends_it,
          what_the_program_forked_dies_with_a_killed_parent, masked_and_ignored_signals_of_the_caller_do_not_matter,
          memory_is_limited)
