/* SPDX-License-Identifier: ISC */
/*
 * The child's side of subprocess.h, between fork and exec. Private to it.
 */
#ifndef MEDIAGATE_BASE_SUBPROCESS_CHILD_H
#define MEDIAGATE_BASE_SUBPROCESS_CHILD_H

#include <sys/types.h>

#include "base/subprocess.h"

/* The descriptors are above 2, so that none is overwritten by another's dup2. */
struct subprocess_child {
  const char *const *argv;
  char *const *environment;
  const struct subprocess_limits *limits;
  int input_fd;
  int output_fd;
  int error_fd;
  int exec_error_fd; /* carries errno when exec failed; closed by a good exec */
};

/* In the child that was just forked, all signals blocked: becomes the watcher of the program, which is one more fork
 * away, and ends as it ends. SIGTERM, or the death of `parent`, kills the program and all that it left in its session's
 * first process group. */
_Noreturn void subprocess_child_run(const struct subprocess_child *child, pid_t parent);

#endif
