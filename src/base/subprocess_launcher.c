/* SPDX-License-Identifier: ISC */
/*
 * The launcher and its socket. A request is one packet: a head, the arguments with a NUL behind each, and the
 * descriptors. The launcher trusts nothing in it: who asks may have been taken over by what it reads of strangers.
 */
#include "config.h"

#include "base/subprocess_launcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define ARGUMENTS_MAX 512
#define TEXT_MAX      (96 * 1024) /* a packet of twice that still fits a socket's usual buffer */
#define FD_COUNT      5
#define SOCKET_FD     (STDERR_FILENO + 1) /* so what a request brings is above what a child gets */

struct request_head {
  uint64_t cpu_seconds, memory_bytes, file_size_bytes;
  uint64_t argument_count, text_bytes;
};

struct request {
  struct request_head head;
  char text[TEXT_MAX];
};

/* The process's own launcher: a program has one way to start others, as it has one log. */
static struct {
  int fd; /* 0: none */
  pid_t pid;
  int64_t cpu_us;
} mine;

bool subprocess_launcher_is_on(void) {
  return mine.fd > 0;
}

bool subprocess_launcher_is_gone(void) {
  struct pollfd polled = {.fd = mine.fd};
  return mine.fd > 0 && poll(&polled, 1, 0) > 0 && polled.revents != 0;
}

int64_t subprocess_launched_cpu_us(void) {
  return mine.cpu_us;
}

void subprocess_launcher_note_cpu(int64_t cpu_us) {
  mine.cpu_us += cpu_us;
}

/* --- asking --- */

static enum error write_arguments(const char *const argv[], struct request *request) {
  for (; argv[request->head.argument_count] != NULL; request->head.argument_count++) {
    const char *argument = argv[request->head.argument_count];
    size_t size = strlen(argument) + 1;
    if (size > TEXT_MAX - request->head.text_bytes || request->head.argument_count == ARGUMENTS_MAX) {
      return ERROR_TOO_LARGE;
    }
    memcpy(request->text + request->head.text_bytes, argument, size);
    request->head.text_bytes += size;
  }
  return ERROR_NONE;
}

static enum error send_request(const struct request *request, const int fds[FD_COUNT]) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_COUNT * sizeof(int))] = {0};
  struct iovec packet = {.iov_base = (void *)(uintptr_t)request,
                         .iov_len = offsetof(struct request, text) + request->head.text_bytes};
  struct msghdr message = {
      .msg_iov = &packet, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  ssize_t sent;
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(FD_COUNT * sizeof(int));
  memcpy(CMSG_DATA(rights), fds, FD_COUNT * sizeof(int));
  do {
    sent = sendmsg(mine.fd, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == (ssize_t)packet.iov_len ? ERROR_NONE : ERROR_UNAVAILABLE;
}

enum error subprocess_launcher_ask(const struct subprocess_child *child) {
  const int fds[FD_COUNT] = {child->input_fd, child->output_fd, child->error_fd, child->exec_error_fd,
                             child->control_fd};
  struct request *request = calloc(1, sizeof *request);
  if (request == NULL) {
    return ERROR_MEMORY;
  }
  request->head.cpu_seconds = child->limits->cpu_seconds;
  request->head.memory_bytes = child->limits->memory_bytes;
  request->head.file_size_bytes = child->limits->file_size_bytes;
  enum error error = write_arguments(child->argv, request);
  if (error == ERROR_NONE) {
    error = send_request(request, fds);
  }
  free(request);
  return error;
}

/* --- the launcher --- */

static void close_all(int fds[FD_COUNT]) {
  for (size_t i = 0; i < FD_COUNT; i++) {
    file_close_cleanup(&fds[i]);
    fds[i] = -1;
  }
}

/* False when it was not FD_COUNT descriptors; then none is left open. */
static bool take_fds(struct msghdr *message, int ret_fds[FD_COUNT]) {
  const struct cmsghdr *rights = CMSG_FIRSTHDR(message);
  size_t count = 0;
  int fds[FD_COUNT] = {-1, -1, -1, -1, -1};
  if (rights != NULL && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
    count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(rights), (count < FD_COUNT ? count : FD_COUNT) * sizeof(int));
  }
  if (count != FD_COUNT) {
    close_all(fds);
    return false;
  }
  memcpy(ret_fds, fds, sizeof fds);
  return true;
}

/* Splits the text; false when it is not what the head says. */
static bool take_arguments(struct request *request, size_t size, const char *ret_argv[ARGUMENTS_MAX + 1]) {
  size_t at = 0;
  if (size < sizeof request->head || size - sizeof request->head != request->head.text_bytes ||
      request->head.argument_count == 0 || request->head.argument_count > ARGUMENTS_MAX) {
    return false;
  }
  for (uint64_t i = 0; i < request->head.argument_count; i++) {
    const char *end = memchr(request->text + at, '\0', request->head.text_bytes - at);
    if (end == NULL) {
      return false;
    }
    ret_argv[i] = request->text + at;
    at = (size_t)(end + 1 - request->text);
  }
  ret_argv[request->head.argument_count] = NULL;
  return at == request->head.text_bytes;
}

/* Says why nothing was started. */
static void refuse(int exec_error_fd, int reason) {
  (void)!write(exec_error_fd, &reason, sizeof reason);
}

static void launch(const struct subprocess_launcher *launcher, struct request *request, size_t size,
                   struct subprocess_child child) {
  const char *argv[ARGUMENTS_MAX + 1];
  struct subprocess_limits limits = {.cpu_seconds = request->head.cpu_seconds,
                                     .memory_bytes = request->head.memory_bytes,
                                     .file_size_bytes = request->head.file_size_bytes};
  if (!take_arguments(request, size, argv) || !launcher->permits(argv, launcher->permits_context)) {
    refuse(child.exec_error_fd, EPERM);
    return;
  }
  pid_t parent = getpid();
  child.argv = argv;
  child.limits = &limits;
  pid_t pid = fork();
  if (pid == 0) {
    subprocess_child_run(&child, parent);
  }
  if (pid < 0) {
    refuse(child.exec_error_fd, errno);
  }
}

/* One request. False: the process that asks has ended. */
static bool serve_one(const struct subprocess_launcher *launcher, int fd, struct request *request,
                      struct subprocess_child child) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_COUNT * sizeof(int))];
  struct iovec packet = {.iov_base = request, .iov_len = sizeof *request};
  struct msghdr message = {
      .msg_iov = &packet, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  int fds[FD_COUNT];
  ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) {
    return size < 0 && errno == EINTR;
  }
  if (!take_fds(&message, fds)) {
    return true;
  }
  child.input_fd = fds[0];
  child.output_fd = fds[1];
  child.error_fd = fds[2];
  child.exec_error_fd = fds[3];
  child.control_fd = fds[4];
  launch(launcher, request, (size_t)size, child);
  close_all(fds);
  return true;
}

/* Signals stay blocked: the end of the socket ends it, and SIGKILL the death of its parent. */
_Noreturn static void run_launcher(const struct subprocess_launcher *launcher, int fd) {
  struct text path = {0}, data = {0};
  char *environment[3];
  struct request *request = calloc(1, sizeof *request);
  (void)signal(SIGCHLD, SIG_IGN); /* the kernel reaps the watchers, which say themselves how it went */
  (void)prctl(PR_SET_NAME, "mg:launcher");
  if (launcher->forget != NULL) {
    launcher->forget(launcher->forget_context);
  }
  if (dup2(fd, SOCKET_FD) != SOCKET_FD || syscall(SYS_close_range, SOCKET_FD + 1, ~0U, 0) != 0 || request == NULL ||
      subprocess_make_environment(&path, environment) != ERROR_NONE ||
      (launcher->data != NULL && launcher->data(&data) != ERROR_NONE)) {
    _exit(1);
  }
  const struct subprocess_child child = {.environment = environment, .data = launcher->data == NULL ? NULL : &data};
  while (serve_one(launcher, SOCKET_FD, request, child)) {
  }
  _exit(0);
}

enum error subprocess_launcher_start(const struct subprocess_launcher *launcher) {
  int ends[2];
  sigset_t all;
  sigset_t before;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return ERROR_IO;
  }
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(1);
    }
    run_launcher(launcher, ends[1]);
  }
  int reason = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  file_close_cleanup(&ends[1]);
  if (pid < 0) {
    file_close_cleanup(&ends[0]);
    errno = reason;
    return ERROR_MEMORY;
  }
  mine.fd = ends[0];
  mine.pid = pid;
  return ERROR_NONE;
}

void subprocess_launcher_stop(void) {
  if (mine.fd <= 0) {
    return;
  }
  file_close_cleanup(&mine.fd);
  mine.fd = 0;
  while (waitpid(mine.pid, NULL, 0) < 0 && errno == EINTR) {
  }
}
