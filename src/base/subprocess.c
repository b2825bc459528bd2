/* SPDX-License-Identifier: ISC */
/*
 * Runs one limited child and collects what it prints. The wait is a poll loop over the two pipes
 * and the watcher's socket, so that the caller's heartbeat goes on and no SIGCHLD handler is needed: the signal
 * mask and the dispositions of the caller (a worker with masked signals, perhaps with SIGCHLD
 * ignored) are as before when it returns. What happens in the child is in subprocess_child.c.
 */
#include "config.h"

#include "base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/subprocess_child.h"
#include "base/subprocess_launcher.h"

#define BEAT_INTERVAL_MS 200
#define READ_SIZE        16384
#define LOWEST_FD        (STDERR_FILENO + 2) /* above all that a child is given */

/* The parent's side of one run. */
struct child {
  pid_t pid;      /* of the watcher; 0 when it is the launcher's child */
  int control_fd; /* readable when the program has ended */
  int output_fd;  /* non-blocking; -1 after its end */
  int error_fd;
  int exec_error_fd; /* carries errno when exec failed; closed by a good exec */
};

static void close_fd(int *fd) {
  file_close_cleanup(fd);
  *fd = -1;
}

/* Closes it when it cannot be moved. */
static enum error move_up(int *fd) {
  if (*fd >= LOWEST_FD) {
    return ERROR_NONE;
  }
  int moved = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_FD);
  close_fd(fd);
  *fd = moved;
  return moved < 0 ? ERROR_IO : ERROR_NONE;
}

/* A pipe whose ends are close-on-exec and no number that a child is given. */
static enum error make_pipe(int *ret_read_fd, int *ret_write_fd) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return ERROR_IO;
  }
  if (move_up(&ends[0]) != ERROR_NONE || move_up(&ends[1]) != ERROR_NONE) {
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    return ERROR_IO;
  }
  *ret_read_fd = ends[0];
  *ret_write_fd = ends[1];
  return ERROR_NONE;
}

static enum error open_input(int stdin_fd, int *ret_fd) {
  int source = stdin_fd >= 0 ? stdin_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (source < 0) {
    return ERROR_IO;
  }
  int copy = fcntl(source, F_DUPFD_CLOEXEC, LOWEST_FD);
  if (source != stdin_fd) {
    close_fd(&source);
  }
  if (copy < 0) {
    return ERROR_IO;
  }
  *ret_fd = copy;
  return ERROR_NONE;
}

static enum error fork_child(struct subprocess_child *start, struct child *child) {
  __attribute__((cleanup(text_free))) struct text path = {0};
  __attribute__((cleanup(text_free))) struct text data = {0};
  char *environment[3];
  enum error error = subprocess_make_environment(&path, environment);
  if (error == ERROR_NONE && start->limits->data != NULL) {
    error = start->limits->data(&data);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before); /* none of the parent's handlers runs in the child */
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    start->environment = environment;
    start->data = start->limits->data == NULL ? NULL : &data;
    subprocess_child_run(start, parent);
  }
  int fork_errno = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (pid < 0) {
    errno = fork_errno;
    return fork_errno == ENOMEM || fork_errno == EAGAIN ? ERROR_MEMORY : ERROR_IO;
  }
  child->pid = pid;
  return ERROR_NONE;
}

static void close_child(struct child *child) {
  close_fd(&child->control_fd);
  close_fd(&child->output_fd);
  close_fd(&child->error_fd);
  close_fd(&child->exec_error_fd);
}

/* The watcher takes the program and its whole group along, and says how it ended. One that was killed itself says
 * nothing. */
static void end_child(const struct child *child, int *ret_status) {
  struct subprocess_end end = {.status = SIGKILL};
  ssize_t got;
  (void)shutdown(child->control_fd, SHUT_WR);
  do {
    got = recv(child->control_fd, &end, sizeof end, 0);
  } while (got < 0 && errno == EINTR);
  *ret_status = end.status;
  if (child->pid == 0) {
    subprocess_launcher_note_cpu(got == (ssize_t)sizeof end ? end.cpu_us : 0);
    return;
  }
  while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
  }
}

static enum error make_ends(int stdin_fd, struct child *child, struct subprocess_child *start) {
  int ends[2];
  enum error error = open_input(stdin_fd, &start->input_fd);
  if (error == ERROR_NONE) {
    error = make_pipe(&child->output_fd, &start->output_fd);
  }
  if (error == ERROR_NONE) {
    error = make_pipe(&child->error_fd, &start->error_fd);
  }
  if (error == ERROR_NONE) {
    error = make_pipe(&child->exec_error_fd, &start->exec_error_fd);
  }
  if (error == ERROR_NONE &&
      (fcntl(child->output_fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(child->error_fd, F_SETFL, O_NONBLOCK) != 0 ||
       socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)) {
    error = ERROR_IO;
  }
  if (error == ERROR_NONE) {
    child->control_fd = ends[0];
    start->control_fd = ends[1];
    error = move_up(&start->control_fd);
  }
  return error;
}

static enum error start_child(const char *const argv[], int stdin_fd, const struct subprocess_limits *limits,
                              struct child *ret_child) {
  struct child child = {.control_fd = -1, .output_fd = -1, .error_fd = -1, .exec_error_fd = -1};
  struct subprocess_child start = {.argv = argv,
                                   .limits = limits,
                                   .input_fd = -1,
                                   .output_fd = -1,
                                   .error_fd = -1,
                                   .exec_error_fd = -1,
                                   .control_fd = -1};
  enum error error = make_ends(stdin_fd, &child, &start);
  if (error == ERROR_NONE) {
    error = subprocess_launcher_is_on() ? subprocess_launcher_ask(&start) : fork_child(&start, &child);
  }
  close_fd(&start.input_fd);
  close_fd(&start.output_fd);
  close_fd(&start.error_fd);
  close_fd(&start.exec_error_fd);
  close_fd(&start.control_fd);
  if (error != ERROR_NONE) {
    close_child(&child);
    return error;
  }
  *ret_child = child;
  return ERROR_NONE;
}

/* errno of a failed exec, 0 after a good one. Waits for the exec, which takes no input from
 * anybody. */
static int read_exec_error(struct child *child) {
  int exec_errno = 0;
  ssize_t got;
  do {
    got = read(child->exec_error_fd, &exec_errno, sizeof exec_errno);
  } while (got < 0 && errno == EINTR);
  close_fd(&child->exec_error_fd);
  return got == (ssize_t)sizeof exec_errno ? exec_errno : 0;
}

/* Takes what is there now. The end of the pipe closes *fd. */
static void read_available(int *fd, size_t max, struct text *text, bool *ret_overflow) {
  char buffer[READ_SIZE];
  while (*fd >= 0) {
    ssize_t got = read(*fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0 && errno == EAGAIN) {
      return;
    }
    if (got <= 0) {
      close_fd(fd);
      return;
    }
    size_t room = max > text->length ? max - text->length : 0;
    text_append_bytes(text, buffer, (size_t)got < room ? (size_t)got : room);
    if ((size_t)got > room) {
      *ret_overflow = true;
      return;
    }
  }
}

/* Runs until the child has ended, a limit is reached or memory is out. */
static enum error collect(struct child *child, const struct subprocess_limits *limits, subprocess_beat *beat,
                          void *beat_context, struct subprocess_result *result) {
  const int64_t deadline_ms = clock_monotonic_ms() + limits->wall_ms;
  for (;;) {
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0) {
      return ERROR_TIMEOUT;
    }
    if (beat != NULL) {
      beat(beat_context);
    }
    if (limits->stop != NULL && *limits->stop) {
      return ERROR_ABORTED;
    }
    struct pollfd polled[] = {{.fd = child->output_fd, .events = POLLIN},
                              {.fd = child->error_fd, .events = POLLIN},
                              {.fd = child->control_fd, .events = POLLIN}};
    int ready = poll(polled, 3, left_ms < BEAT_INTERVAL_MS ? (int)left_ms : BEAT_INTERVAL_MS);
    if (ready < 0 && errno != EINTR) {
      return ERROR_IO;
    }
    bool overflow = false;
    bool dropped = false; /* stderr beyond its limit is read and dropped */
    read_available(&child->error_fd, limits->error_bytes, &result->errors, &dropped);
    read_available(&child->output_fd, limits->output_bytes, &result->output, &overflow);
    if (overflow) {
      return ERROR_TOO_LARGE;
    }
    if (result->output.failed || result->errors.failed) {
      return ERROR_MEMORY;
    }
    if (ready > 0 && polled[2].revents != 0) {
      return ERROR_NONE; /* what it printed was read just now; what it left running in its group is
                            not waited for */
    }
  }
}

static void note_status(int status, struct subprocess_result *result) {
  if (WIFEXITED(status)) {
    result->exit_code = WEXITSTATUS(status);
  } else {
    result->exit_code = -1;
    result->signal_number = WTERMSIG(status);
  }
}

static enum error exec_failure(int exec_errno) {
  errno = exec_errno;
  return exec_errno == ENOENT || exec_errno == ENOTDIR ? ERROR_NOT_FOUND : file_error_from_errno(exec_errno);
}

enum error subprocess_run(const char *const argv[], int stdin_fd, const struct subprocess_limits *limits,
                          subprocess_beat *beat, void *beat_context, struct subprocess_result *ret_result) {
  *ret_result = (struct subprocess_result){.exit_code = -1};
  /* With SIGCHLD ignored the kernel would reap the child itself and its status would be lost. */
  struct sigaction standard = {.sa_handler = SIG_DFL};
  struct sigaction before;
  sigaction(SIGCHLD, NULL, &before);
  bool ignored = (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN;
  if (ignored) {
    sigaction(SIGCHLD, &standard, NULL);
  }
  struct child child;
  enum error error = start_child(argv, stdin_fd, limits, &child);
  if (error == ERROR_NONE) {
    int status = 0;
    int exec_errno = read_exec_error(&child);
    error = exec_errno != 0 ? exec_failure(exec_errno) : collect(&child, limits, beat, beat_context, ret_result);
    end_child(&child, &status);
    note_status(status, ret_result);
    close_child(&child);
  }
  if (ignored) {
    sigaction(SIGCHLD, &before, NULL);
  }
  return error;
}

void subprocess_result_free(struct subprocess_result *result) {
  if (result == NULL) {
    return;
  }
  text_free(&result->output);
  text_free(&result->errors);
}
