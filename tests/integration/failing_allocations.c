/* SPDX-License-Identifier: ISC */
/*
 * The program in which one allocation fails. Linked into it before the C library, these functions stand before its own
 * and count what a worker allocates for a request. The file that MEDIAGATE_STARVED names says which pool's worker, and
 * which of its allocations gets nothing. The test that writes it goes through them.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Shared with the test, which writes it. */
struct plan {
  char process[16];     /* the name that a worker of the pool has */
  _Atomic int64_t left; /* the allocation that makes this 0 fails; 0: none does */
};

static struct plan *plan;

/* The names are glibc's own. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

__attribute__((constructor)) static void open_plan(void) {
  const char *path = getenv("MEDIAGATE_STARVED");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd >= 0) {
    plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    plan = (void *)plan == MAP_FAILED ? NULL : plan;
    (void)close(fd);
  }
}

static bool fails(void) {
  char name[16] = "";
  if (plan == NULL || plan->left == 0 || prctl(PR_GET_NAME, name) != 0 ||
      strncmp(name, plan->process, sizeof name) != 0 || atomic_fetch_sub(&plan->left, 1) != 1) {
    return false;
  }
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) {
  return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  return fails() ? NULL : __libc_realloc(block, size);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
