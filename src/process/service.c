/* SPDX-License-Identifier: ISC */
/*
 * Reads /proc for what a pid file cannot tell: whether the process is the one meant, and which
 * children it has.
 */
#include "config.h"

#include "process/service.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text_parse.h"

#define PID_MAX         4194304 /* Linux's PID_MAX_LIMIT */
#define CHILDREN_MAX    2048
#define POLL_NANOSECOND 50000000

static enum error read_pid(const char *path, pid_t *ret_pid) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  uint64_t pid;
  enum error error = file_read(path, 64, &text);
  if (error != ERROR_NONE) {
    return error;
  }
  if (text.length == 0) {
    return ERROR_NOT_FOUND;
  }
  text_trim(text.data);
  if (text_parse_u64(text.data, strlen(text.data), PID_MAX, &pid) != ERROR_NONE || pid < 2) {
    return ERROR_NOT_FOUND;
  }
  *ret_pid = (pid_t)pid;
  return ERROR_NONE;
}

enum error service_find(const char *pid_file, const char *program, pid_t *ret_pid) {
  __attribute__((cleanup(text_free))) struct text command_line = {0};
  char proc[48];
  pid_t pid;
  enum error error = read_pid(pid_file, &pid);
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(proc, sizeof proc, "/proc/%ld/cmdline", (long)pid);
  error = file_read(proc, 65536, &command_line);
  if (error != ERROR_NONE || command_line.length == 0 ||
      memmem(command_line.data, command_line.length, program, strlen(program)) == NULL) {
    return ERROR_NOT_FOUND;
  }
  *ret_pid = pid;
  return ERROR_NONE;
}

/* The children of a process now: at most CHILDREN_MAX. ERROR_NOT_FOUND: there is no such process. */
static enum error list_children(pid_t pid, pid_t ret_children[CHILDREN_MAX], size_t *ret_count) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  char proc[64];
  size_t count = 0;
  snprintf(proc, sizeof proc, "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
  enum error error = file_read(proc, 65536, &text);
  if (error != ERROR_NONE) {
    return error;
  }
  for (char *at = text.data; at != NULL && count < CHILDREN_MAX;) {
    char *end;
    long child = strtol(at, &end, 10);
    if (end == at) {
      break;
    }
    ret_children[count++] = (pid_t)child;
    at = end;
  }
  *ret_count = count;
  return ERROR_NONE;
}

static enum error send_signal(pid_t pid, int signal_number) {
  if (kill(pid, signal_number) == 0) {
    return ERROR_NONE;
  }
  return errno == ESRCH ? ERROR_NOT_FOUND : ERROR_DENIED;
}

enum error service_reload(pid_t pid) {
  return send_signal(pid, SIGHUP);
}

enum error service_check(pid_t pid) {
  return send_signal(pid, 0);
}

enum error service_reopen_logs(pid_t pid) {
  return send_signal(pid, SIGUSR1);
}

static bool any_in(const pid_t *children, size_t count, const pid_t *now, size_t now_count) {
  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < now_count; j++) {
      if (children[i] == now[j]) {
        return true;
      }
    }
  }
  return false;
}

/* Waits until none of these is a child of `pid` any more. */
static enum error wait_replaced(pid_t pid, const pid_t *children, size_t count, int64_t timeout_ms) {
  int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
  for (;;) {
    pid_t now[CHILDREN_MAX];
    size_t now_count;
    enum error error = list_children(pid, now, &now_count);
    if (error != ERROR_NONE) {
      return error;
    }
    if (!any_in(children, count, now, now_count)) {
      return ERROR_NONE;
    }
    if (clock_monotonic_ms() > deadline_ms) {
      return ERROR_TIMEOUT;
    }
    nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECOND}, NULL);
  }
}

static enum error replace_children(pid_t pid, int64_t timeout_ms) {
  pid_t children[CHILDREN_MAX];
  size_t count;
  enum error error = list_children(pid, children, &count);
  if (error == ERROR_NONE) {
    error = service_reload(pid);
  }
  return error == ERROR_NONE ? wait_replaced(pid, children, count, timeout_ms) : error;
}

enum error service_replace_children(pid_t pid, int64_t timeout_ms) {
  enum error error = replace_children(pid, timeout_ms);
  return error == ERROR_NONE ? replace_children(pid, timeout_ms) : error;
}
