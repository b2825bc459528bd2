/* SPDX-License-Identifier: ISC */
/*
 * Steps at which a worker dies. Linked into the program before the C library, these functions stand before its own and
 * count the calls that change something outside of the process (files, messages to PostgreSQL and to nginx) or hear
 * what became of it. The file that MEDIAGATE_DYING names says which pool's worker, and before which of such calls of a
 * request, it ends as by kill -9. The test that writes it goes through all of them.
 */

#include "config.h"

#undef _FORTIFY_SOURCE /* its inline functions would have these names too */

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Shared with the test, which writes it. */
struct plan {
  char process[16];     /* the name that a worker of the pool has */
  _Atomic int64_t left; /* before the call that makes this 0, the worker dies; 0: nobody does */
};

static struct plan *plan;
static pid_t serving; /* this process, since it has accepted a connection; 0 before */

__attribute__((constructor)) static void open_plan(void) {
  const char *path = getenv("MEDIAGATE_DYING");
  int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    plan = (void *)plan == MAP_FAILED ? NULL : plan;
    (void)close(fd);
  }
}

static void step(void) {
  char name[16] = "";
  if (plan == NULL || serving != getpid() || plan->left == 0 || prctl(PR_GET_NAME, name) != 0 ||
      strncmp(name, plan->process, sizeof name) != 0) {
    return;
  }
  if (atomic_fetch_sub(&plan->left, 1) == 1) {
    (void)kill(getpid(), SIGKILL);
  }
}

/* The C library's own function. */
#define USUAL(name)                                                                                                    \
  static __typeof__(name) *usual;                                                                                      \
  if (usual == NULL) {                                                                                                 \
    *(void **)&usual = dlsym(RTLD_NEXT, #name);                                                                        \
  }

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library has others */

int accept(int fd, struct sockaddr *address, socklen_t *length) {
  USUAL(accept)
  int accepted = usual(fd, address, length);
  serving = accepted < 0 ? 0 : getpid();
  return accepted;
}

int openat(int fd, const char *path, int flags, ...) {
  USUAL(openat)
  bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = makes ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (makes) {
    step();
  }
  return usual(fd, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  USUAL(write)
  if (fd > STDERR_FILENO) { /* a line of the log changes nothing */
    step();
  }
  return usual(fd, bytes, size);
}

int mkdirat(int fd, const char *path, mode_t mode) {
  USUAL(mkdirat)
  step();
  return usual(fd, path, mode);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  USUAL(renameat)
  step();
  return usual(from_fd, from, to_fd, to);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  USUAL(linkat)
  step();
  return usual(from_fd, from, to_fd, to, flags);
}

int unlinkat(int fd, const char *path, int flags) {
  USUAL(unlinkat)
  step();
  return usual(fd, path, flags);
}

int fsync(int fd) {
  USUAL(fsync)
  step();
  return usual(fd);
}

int ftruncate(int fd, off_t length) {
  USUAL(ftruncate)
  step();
  return usual(fd, length);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  USUAL(send)
  step();
  return usual(fd, bytes, size, flags);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags) {
  USUAL(recv)
  step();
  return usual(fd, bytes, size, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
