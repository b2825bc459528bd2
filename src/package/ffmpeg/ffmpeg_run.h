/* SPDX-License-Identifier: ISC */
/*
 * Runs ffmpeg or ffprobe on one source with limits, in the sandbox, and puts in words how it ended.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_FFMPEG_RUN_H
#define MEDIAGATE_PACKAGE_FFMPEG_FFMPEG_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "files/sandbox.h"
#include "package/ffmpeg/ffmpeg_arguments.h"
#include "package/ffmpeg/job_log.h"

#define TRANSCODE_REASON_SIZE 256

struct transcode_options {
  bool sandbox; /* bubblewrap; false only where the operator said so */
  const char *preset;
  struct picture_wishes pictures;
  int64_t memory_bytes;  /* of each ffmpeg's address space */
  int64_t time_factor;   /* so many seconds for each second of the source */
  int64_t cpu_factor;    /* so many seconds of processor time for each second of the source */
  int64_t output_factor; /* a package may become so many times as large as its source, and some */
  /* Called about five times a second with what is done, 0 to 100. */
  void (*progress)(void *context, int percent);
  void *context;
  volatile sig_atomic_t *stop; /* ends it */
  struct job_log *log;         /* what was done; NULL: nobody asks */
};

/* What all runs on one source have in common. */
struct ffmpeg_run {
  const struct transcode_options *options;
  const char *folder; /* absolute; where ffmpeg writes */
  int folder_fd;
  int source_fd;
  int64_t max_bytes;          /* of the whole folder */
  double duration_seconds;    /* 0: not known yet, so no progress is told */
  double segment_seconds;     /* about */
  enum sandbox_device device; /* that the next program may use */
  /* Its own, zero at first. */
  int64_t looked_ms;
  int segments;               /* of the first rendition, when it was looked at */
  enum error error;           /* why we ended it */
  volatile sig_atomic_t stop; /* the caller's wish, or ours */
};

/* Begins a command line in the run's folder; returns the path of the input. */
const char *ffmpeg_run_begin(const struct ffmpeg_run *run, struct ffmpeg_arguments *arguments);
/* Runs it. What went wrong stands in ret_reason in words; the errors are those of transcode_run. */
enum error ffmpeg_run(struct ffmpeg_run *run, const struct ffmpeg_arguments *arguments, int64_t seconds,
                      int64_t cpu_seconds, char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;
/* The same, and what it printed (at most 256 KiB; more is ERROR_INVALID) is appended to ret_output. */
enum error ffmpeg_run_output(struct ffmpeg_run *run, const struct ffmpeg_arguments *arguments, int64_t seconds,
                             int64_t cpu_seconds, struct text *ret_output,
                             char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;
/* Puts the reason in words and returns the error. */
enum error ffmpeg_run_refuse(enum error error, char ret_reason[TRANSCODE_REASON_SIZE], const char *format, ...)
    PRINTF_LIKE(3, 4);
#define FFMPEG_RUN_STRANGE_FILE "ffmpeg left a file that is none of a package"

#endif
