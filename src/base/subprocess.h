/* SPDX-License-Identifier: ISC */
/*
 * A limited child process whose output is collected, waited for without stopping the caller's heartbeat.
 * Used for tools that read hostile input. The child gets an empty environment (PATH and LC_ALL only),
 * no descriptors but 0, 1, 2 and perhaps 3, default signals, its own session, and dies with its parent, however that
 * dies, together with what it forked.
 */
#ifndef MEDIAGATE_BASE_SUBPROCESS_H
#define MEDIAGATE_BASE_SUBPROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct subprocess_limits {
  int64_t wall_ms;          /* killed after this long */
  uint64_t cpu_seconds;     /* RLIMIT_CPU: SIGXCPU, SIGKILL 2 seconds later; 0: none */
  uint64_t memory_bytes;    /* RLIMIT_AS; 0: none */
  uint64_t file_size_bytes; /* RLIMIT_FSIZE */
  size_t output_bytes;      /* of stdout; more ends the child */
  size_t error_bytes;       /* of stderr; the rest is read and dropped */
  /* Ends the child once it is true, within 200 ms; NULL: nothing does. A handler of signals or the beat may set it. */
  const volatile sig_atomic_t *stop;
  /* Appends what the child shall find as fd 3, to read, 60 KiB at most; NULL: it has no fd 3. */
  enum error (*data)(struct text *ret_data);
};

/* Called at least every 200 ms while waiting; may be NULL. */
typedef void subprocess_beat(void *context);

struct subprocess_result {
  int exit_code;     /* 0..255, or -1 when a signal ended it */
  int signal_number; /* 0 unless a signal ended it */
  struct text output;
  struct text errors;
};

/* argv[0] is looked up in PATH. stdin_fd is given to the child as fd 0, -1 is /dev/null.
 * ERROR_TIMEOUT: killed at wall_ms. ERROR_TOO_LARGE: killed for too much output. ERROR_NOT_FOUND: no such
 * program. ERROR_ABORTED: *stop became true. ERROR_NONE means that it ran and ended; look at exit_code. Free the result
 * in every case. */
enum error subprocess_run(const char *const argv[], int stdin_fd, const struct subprocess_limits *limits,
                          subprocess_beat *beat, void *beat_context, struct subprocess_result *ret_result) MUST_CHECK;
void subprocess_result_free(struct subprocess_result *result);

/* --- the launcher ---
 * A process that closes itself up can start no programs any more. So it forks a launcher first: from then on
 * subprocess_run asks that for its children. The launcher starts what `permits` lets through and nothing else. It ends
 * with the process that forked it, and takes the children along. */
struct subprocess_launcher {
  bool (*permits)(const char *const argv[], void *context);
  void *permits_context;
  /* Gives each child its fd 3, whatever the limits of a request say; NULL: they have none. */
  enum error (*data)(struct text *ret_data);
  /* In the launcher, once: forgets what it shall not know. May be NULL. */
  void (*forget)(void *context);
  void *forget_context;
};

/* Once in a process. */
enum error subprocess_launcher_start(const struct subprocess_launcher *launcher) MUST_CHECK;
/* Ends the launcher, if one was started, and returns when it is gone: nothing of this process runs on after it. */
void subprocess_launcher_stop(void);
/* Did a launcher that was started end? Nothing can be run then. */
bool subprocess_launcher_is_gone(void);
/* Processor time of the children that a launcher ran so far: they are none that getrusage knows. */
int64_t subprocess_launched_cpu_us(void);

#endif
