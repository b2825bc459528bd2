/* SPDX-License-Identifier: ISC */
/*
 * What a package job did, for the administrator who asks why: each step with its time, what ffmpeg was asked and what
 * it said. Paths of this machine do not stand in it, and secrets never come near it. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_JOB_LOG_H
#define MEDIAGATE_PACKAGE_FFMPEG_JOB_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define JOB_LOG_MAX 32768 /* bytes; what comes later is left out, and the log says so */

struct job_log {
  struct text text; /* printable ASCII and line feeds; free it with text_free */
  int64_t began_ms; /* monotonic */
};

/* One line, with the seconds since it began. */
void job_log_line(struct job_log *log, const char *format, ...) PRINTF_LIKE(2, 3);
/* A command line from its program on: what stands before it is the sandbox. `folder` and `input` are paths. */
void job_log_command(struct job_log *log, const char *const *argv, const char *folder, const char *input);
/* What a program said, a line of the log each. */
void job_log_words(struct job_log *log, const char *words, const char *folder, const char *input);

#endif
