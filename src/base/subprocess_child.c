/* SPDX-License-Identifier: ISC */
/*
 * A watcher and the program that it watches. The program alone could be told to die with its parent, but what it forked
 * would not be: a bwrap that is killed while it sets up its sandbox leaves a child that waits for it for ever. So the
 * watcher outlives the parent for the moment that it takes to kill the program's whole process group.
 *
 * Async-signal-safe calls only, as after any fork.
 */
#include "config.h"

#include "base/subprocess_child.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NO_START 126

static void limit_softly(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limits = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
  if (setrlimit((__rlimit_resource_t)resource, &limits) != 0) {
    _exit(EXIT_NO_START);
  }
}

static void limit(int resource, uint64_t value) {
  limit_softly(resource, value, value);
}

static void apply_limits(const struct subprocess_limits *limits) {
  limit(RLIMIT_FSIZE, limits->file_size_bytes);
  if (limits->cpu_seconds > 0) {
    limit_softly(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 2);
  }
  if (limits->memory_bytes > 0) {
    limit(RLIMIT_AS, limits->memory_bytes);
  }
}

static void reset_signals(void) {
  for (int number = 1; number < NSIG; number++) {
    (void)signal(number, SIG_DFL); /* fails for SIGKILL and SIGSTOP, which need no reset */
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Dies with `parent`, by that signal. */
static void die_with(pid_t parent, int signal_number) {
  prctl(PR_SET_PDEATHSIG, signal_number);
  if (getppid() != parent) {
    _exit(EXIT_NO_START); /* it died before PR_SET_PDEATHSIG was in force */
  }
}

_Noreturn static void report_errno(const struct subprocess_child *child) {
  int exec_errno = errno;
  (void)!write(child->exec_error_fd, &exec_errno, sizeof exec_errno);
  _exit(127);
}

_Noreturn static void become_program(const struct subprocess_child *child, pid_t watcher) {
  reset_signals();
  setsid();
  die_with(watcher, SIGKILL);
  if (dup2(child->input_fd, STDIN_FILENO) < 0 || dup2(child->output_fd, STDOUT_FILENO) < 0 ||
      dup2(child->error_fd, STDERR_FILENO) < 0 ||
      syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    report_errno(child);
  }
  apply_limits(child->limits);
  /* execvpe takes argv without const for historical reasons and does not change it. */
  execvpe(child->argv[0], (char *const *)(uintptr_t)child->argv, child->environment);
  report_errno(child);
}

/* The group is the program's own, unless it has not come to setsid yet. */
static void kill_group(pid_t program) {
  (void)kill(-program, SIGKILL);
  (void)kill(program, SIGKILL);
}

_Noreturn static void end_like(int status) {
  if (WIFEXITED(status)) {
    _exit(WEXITSTATUS(status));
  }
  reset_signals();
  (void)kill(getpid(), WTERMSIG(status));
  _exit(EXIT_NO_START);
}

/* The group is killed while the program is not reaped yet: until then nobody else can get the group's id. */
_Noreturn static void watch(pid_t program) {
  sigset_t awaited;
  siginfo_t ended;
  int number = 0;
  int status = 0;
  (void)syscall(SYS_close_range, 0, ~0U, 0); /* the parent's connections and the program's pipes must be able to end */
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  do {
    if (sigwait(&awaited, &number) == 0 && number == SIGTERM) {
      kill_group(program);
    }
    ended.si_pid = 0;
    (void)waitid(P_PID, (id_t)program, &ended, WEXITED | WNOHANG | WNOWAIT);
  } while (ended.si_pid == 0);
  kill_group(program);
  (void)waitpid(program, &status, 0);
  end_like(status);
}

void subprocess_child_run(const struct subprocess_child *child, pid_t parent) {
  die_with(parent, SIGTERM); /* blocked: watch() takes it */
  limit(RLIMIT_CORE, 0);
  (void)signal(SIGCHLD, SIG_DFL); /* before the fork: it discards a SIGCHLD that is pending, which watch() would miss */
  pid_t watcher = getpid();
  pid_t program = fork();
  if (program == 0) {
    become_program(child, watcher);
  }
  if (program < 0) {
    report_errno(child);
  }
  watch(program);
}
