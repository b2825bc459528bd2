/* SPDX-License-Identifier: ISC */
/*
 * A watcher and the program that it watches. The program alone could be told to die with its parent, but what it forked
 * would not be: a bwrap that is killed while it sets up its sandbox leaves a child that waits for it for ever. So the
 * watcher outlives the parent for the moment that it takes to kill the program's whole process group.
 *
 * Async-signal-safe calls only, as after any fork, but in subprocess_make_environment.
 */
#include "config.h"

#include "base/subprocess_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NO_START 126
#define DEFAULT_PATH  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DATA_FD       (STDERR_FILENO + 1)

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

/* A pipe holds 64 KiB, so writing does not wait. What was fd 3 is nothing of the child's: see subprocess_child.h. */
static bool give_data(const struct subprocess_child *child) {
  int ends[2];
  if (child->data == NULL) {
    return true;
  }
  if (pipe2(ends, O_CLOEXEC) != 0 || write(ends[1], child->data->data, child->data->length) < 0) {
    return false;
  }
  if (ends[1] == DATA_FD && (ends[1] = fcntl(ends[1], F_DUPFD_CLOEXEC, DATA_FD + 1)) < 0) {
    return false;
  }
  if (ends[0] == DATA_FD) {
    return fcntl(DATA_FD, F_SETFD, 0) == 0;
  }
  return dup2(ends[0], DATA_FD) == DATA_FD;
}

_Noreturn static void become_program(const struct subprocess_child *child, pid_t watcher) {
  reset_signals();
  setsid();
  die_with(watcher, SIGKILL);
  if (dup2(child->input_fd, STDIN_FILENO) < 0 || dup2(child->output_fd, STDOUT_FILENO) < 0 ||
      dup2(child->error_fd, STDERR_FILENO) < 0 || !give_data(child) ||
      syscall(SYS_close_range, child->data != NULL ? DATA_FD + 1 : DATA_FD, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
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

/* Keeps the socket as fd 0 and nothing else: the parent's connections and the program's pipes must be able to end. */
static int keep_control(int control_fd) {
  if (dup2(control_fd, STDIN_FILENO) < 0) {
    return -1;
  }
  (void)syscall(SYS_close_range, STDIN_FILENO + 1, ~0U, 0);
  return STDIN_FILENO;
}

static int64_t microseconds(struct timeval time) {
  return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static bool has_ended(pid_t program) {
  siginfo_t ended = {.si_pid = 0};
  (void)waitid(P_PID, (id_t)program, &ended, WEXITED | WNOHANG | WNOWAIT);
  return ended.si_pid != 0;
}

/* Did the parent ask for the end, or end itself? Takes the signals that came. */
static bool is_told_to_end(struct pollfd *signals, struct pollfd *control) {
  struct signalfd_siginfo signalled;
  bool told = control->revents != 0;
  if (told) {
    control->fd = -1; /* it stays readable */
  }
  while (read(signals->fd, &signalled, sizeof signalled) == (ssize_t)sizeof signalled) {
    told = told || signalled.ssi_signo == SIGTERM;
  }
  return told;
}

/* Looks at the program before it waits: a SIGCHLD that comes in between is waited for. */
static void wait_for_end(pid_t program, int control) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  struct pollfd polled[] = {{.fd = signalfd(-1, &awaited, SFD_NONBLOCK), .events = POLLIN},
                            {.fd = control, .events = POLLIN}};
  if (polled[0].fd < 0 || control < 0) {
    kill_group(program);
    return;
  }
  while (!has_ended(program)) {
    (void)poll(polled, 2, -1);
    if (is_told_to_end(&polled[0], &polled[1])) {
      kill_group(program);
    }
  }
}

/* The group is killed while the program is not reaped yet: until then nobody else can get the group's id. */
_Noreturn static void watch(pid_t program, int control_fd) {
  struct rusage usage = {.ru_maxrss = 0};
  struct subprocess_end end = {.status = SIGKILL};
  int control = keep_control(control_fd);
  wait_for_end(program, control);
  kill_group(program);
  (void)waitpid(program, &end.status, 0);
  (void)getrusage(RUSAGE_CHILDREN, &usage);
  end.cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
  (void)send(control, &end, sizeof end, MSG_NOSIGNAL | MSG_DONTWAIT);
  _exit(0);
}

enum error subprocess_make_environment(struct text *path, char *environment[3]) {
  static char locale[] = "LC_ALL=C.UTF-8";
  const char *value = getenv("PATH");
  text_append(path, "PATH=");
  text_append(path, value != NULL && value[0] != '\0' ? value : DEFAULT_PATH);
  if (path->failed) {
    return ERROR_MEMORY;
  }
  environment[0] = path->data;
  environment[1] = locale;
  environment[2] = NULL;
  return ERROR_NONE;
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
  watch(program, child->control_fd);
}
