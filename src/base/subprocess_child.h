/* SPDX-License-Identifier: ISC */
/*
 * The child's side of subprocess.h, between fork and exec. Private to it.
 */
#ifndef MEDIAGATE_BASE_SUBPROCESS_CHILD_H
#define MEDIAGATE_BASE_SUBPROCESS_CHILD_H

#include <sys/types.h>

#include "base/subprocess.h"
#include "base/text.h"

/* The descriptors are above 3, so that none is overwritten by another's dup2. */
struct subprocess_child {
  const char *const *argv;
  char *const *environment;
  const struct subprocess_limits *limits;
  const struct text *data; /* what the program finds as fd 3; NULL: it has none */
  int input_fd;
  int output_fd;
  int error_fd;
  int exec_error_fd; /* carries errno when exec failed; closed by a good exec */
  int control_fd;    /* a sequenced-packet socket: gets a subprocess_end; the other side's end of writing kills */
};

/* How a program ended. */
struct subprocess_end {
  int status;     /* of waitpid */
  int64_t cpu_us; /* that it and what it waited for took */
};

/* PATH and LC_ALL. `path` keeps the text, and is freed by the caller. */
enum error subprocess_make_environment(struct text *path, char *environment[3]) MUST_CHECK;

/* In the child that was just forked, all signals blocked: becomes the watcher of the program, which is one more fork
 * away, and says on control_fd how it ended. The end of control_fd, SIGTERM, or the death of `parent`, kills the
 * program and all that it left in its session's first process group. */
_Noreturn void subprocess_child_run(const struct subprocess_child *child, pid_t parent);

#endif
