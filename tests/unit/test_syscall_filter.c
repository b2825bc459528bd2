/* SPDX-License-Identifier: ISC */
/*
 * What a process with a filter can still do: each row in a process of its own.
 */
#include "config.h"

#include "base/syscall_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/trial.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

static int result_of(long result) {
  return result < 0 ? errno : 0;
}

static int open_to_read(void) {
  return result_of(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static int open_to_write(void) {
  return result_of(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int open_to_truncate(void) {
  return result_of(open("/dev/null", O_RDONLY | O_TRUNC));
}

static int make_file(void) {
  return result_of(open("/tmp/mediagate-no-such-file", O_RDONLY | O_CREAT | O_EXCL, 0600));
}

static int make_folder(void) {
  return result_of(mkdir("/nowhere/here", 0700)) == ENOENT ? 0 : errno;
}

static int connect_nowhere(void) {
  return result_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

static int open_raw(void) {
  return result_of(socket(AF_INET, SOCK_RAW, IPPROTO_TCP));
}

static int ask_for_routes(void) {
  return result_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int ask_for_audit(void) {
  return result_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 9));
}

static int open_packets(void) {
  return result_of(socket(AF_PACKET, SOCK_DGRAM, 0));
}

static int run_program(void) {
  char name[] = "true";
  char *const argv[] = {name, NULL};
  return result_of(execv("/bin/true", argv));
}

static int fork_process(void) {
  pid_t pid = fork();
  if (pid == 0) {
    _exit(0);
  }
  return result_of(pid);
}

static int fork_into_namespace(void) {
  return result_of(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static void *do_nothing(void *nothing) {
  return nothing;
}

static int start_thread(void) {
  pthread_t thread;
  int error_number = pthread_create(&thread, NULL, do_nothing, NULL);
  return error_number == 0 ? pthread_join(thread, NULL) : error_number;
}

static int trace(void) {
  return result_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int mount_something(void) {
  return result_of(mount("none", "/nowhere", "tmpfs", 0, NULL));
}

static int signal_itself(void) {
  return result_of(kill(getpid(), 0));
}

static int signal_parent(void) {
  return result_of(kill(getppid(), 0));
}

static int become_readable(void) {
  return result_of(prctl(PR_SET_DUMPABLE, 1));
}

static int name_itself(void) {
  return result_of(prctl(PR_SET_NAME, "name"));
}

static int call_unknown(void) {
  return result_of(syscall(5000));
}

static int call_32_bit(void) {
#ifdef __x86_64__
  return result_of(syscall(0x40000000 + SYS_getpid)); /* of the x32 machine */
#else
  return 0;
#endif
}

#define READS   0U
#define FILES   ((unsigned)SYSCALLS_CHANGE_FILES)
#define NET     ((unsigned)SYSCALLS_NETWORK)
#define THREADS ((unsigned)SYSCALLS_THREADS)
#define SIGNALS ((unsigned)SYSCALLS_SIGNAL_OTHERS)
#define RUNS    ((unsigned)(SYSCALLS_PROGRAMS | SYSCALLS_THREADS))

static const struct filter_row {
  unsigned groups;
  int (*call)(void);
  int error_number, signal_number;
  const char *description;
} filter_rows[] = {
    {READS, open_to_read, 0, 0, "files are read"},
    {READS, open_to_write, EACCES, 0, "a file is not written"},
    {READS, open_to_truncate, EACCES, 0, "nor cut"},
    {READS, make_file, EACCES, 0, "nor made"},
    {READS, make_folder, ENOSYS, 0, "nor is a folder"},
    {FILES, open_to_write, 0, 0, "who changes files writes"},
    {FILES, make_folder, 0, 0, "and makes folders"},
    {READS, connect_nowhere, ENOSYS, 0, "no sockets without the network"},
    {NET, connect_nowhere, 0, 0, "sockets with it"},
    {NET, open_raw, ENOSYS, 0, "none that is raw"},
    {NET, ask_for_routes, 0, 0, "the resolver asks for the machine's addresses"},
    {NET, ask_for_audit, ENOSYS, 0, "and for nothing else of netlink's"},
    {NET, open_packets, 0, SIGSYS, "packets end it"},
    {NET | FILES, run_program, 0, SIGSYS, "a program ends it"},
    {RUNS, run_program, 0, 0, "who runs programs does"},
    {NET, fork_process, ENOSYS, 0, "it does not fork"},
    {THREADS, fork_process, 0, 0, "but with threads"},
    {NET, start_thread, ENOSYS, 0, "no threads"},
    {THREADS, start_thread, 0, 0, "but where they are wanted"},
    {RUNS, fork_into_namespace, ENOSYS, 0, "never into a namespace"},
    {RUNS | FILES | NET | SIGNALS, trace, 0, SIGSYS, "tracing ends it, whatever else it may do"},
    {RUNS | FILES | NET | SIGNALS, mount_something, 0, SIGSYS, "and so does mounting"},
    {READS, signal_itself, 0, 0, "it signals itself"},
    {READS, signal_parent, EPERM, 0, "and nobody else"},
    {SIGNALS, signal_parent, 0, 0, "but where it is meant to"},
    {READS, become_readable, ENOSYS, 0, "its memory stays closed to its account"},
    {READS, name_itself, 0, 0, "it may have a name"},
    {READS, call_unknown, ENOSYS, 0, "a call of a newer kernel is not there"},
    {READS, call_32_bit, 0, SIGSYS, "calls of another kind of machine end it"},
};

static int enter_and_call(void *context) {
  const struct filter_row *row = context;
  return syscall_filter_enter(row->groups) == ERROR_NONE ? row->call() : 250;
}

START_TEST(a_filter_lets_through_what_the_rows_say) {
  for (size_t i = 0; i < UNIT_ROWS(filter_rows) && !HAS_SANITIZER; i++) {
    struct filter_row row = filter_rows[i];
    struct trial_result result;
    ck_assert_int_eq(trial_run(enter_and_call, &row, &result), ERROR_NONE);
    if (row.call == call_32_bit && result.signal_number == 0) {
      row.signal_number = 0; /* another machine */
    }
    ck_assert_msg(result.signal_number == row.signal_number && result.error_number == row.error_number,
                  "%s: signal %d, %s", row.description, result.signal_number, strerror(result.error_number));
  }
}
END_TEST

static int guard_and_call(void *context) {
  const struct filter_row *row = context;
  return syscall_filter_enter_guard() == ERROR_NONE ? row->call() : 250;
}

START_TEST(a_guard_ends_what_is_dangerous_alone) {
  struct filter_row rows[] = {{0, run_program, 0, 0, "a program runs"},
                              {0, trace, 0, SIGSYS, "tracing ends it"},
                              {0, open_to_write, 0, 0, "files"}};
  for (size_t i = 0; i < UNIT_ROWS(rows) && !HAS_SANITIZER; i++) {
    struct trial_result result;
    ck_assert_int_eq(trial_run(guard_and_call, &rows[i], &result), ERROR_NONE);
    ck_assert_msg(result.signal_number == rows[i].signal_number && result.error_number == 0, "%s", rows[i].description);
  }
}
END_TEST

/* As the kernel takes them: 8 bytes an instruction, at most 4096. */
START_TEST(a_filter_is_a_program_that_others_set_up) {
  struct text program = {0};
  ck_assert_int_eq(syscall_filter_append(RUNS | FILES, &program), ERROR_NONE);
  ck_assert_uint_gt(program.length, 0);
  ck_assert_uint_eq(program.length % 8, 0);
  ck_assert_uint_le(program.length / 8, 4096);
  text_free(&program);
}
END_TEST

UNIT_MAIN("syscall_filter", a_filter_lets_through_what_the_rows_say, a_guard_ends_what_is_dangerous_alone,
          a_filter_is_a_program_that_others_set_up)
