/* SPDX-License-Identifier: ISC */
/*
 * Makes a package of one source in a folder: runs ffmpeg in the sandbox and looks at what it left.
 */
#ifndef MEDIAGATE_PACKAGE_TRANSCODE_H
#define MEDIAGATE_PACKAGE_TRANSCODE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "package/ffmpeg_arguments.h"

#define TRANSCODE_REASON_SIZE 200

struct transcode_options {
  bool sandbox; /* bubblewrap; false only where the operator said so */
  const char *preset;
  int max_height;        /* pixels, of the shorter side */
  int64_t memory_bytes;  /* of each ffmpeg's address space */
  int64_t time_factor;   /* so many seconds for each second of the source */
  int64_t cpu_factor;    /* so many seconds of processor time for each second of the source */
  int64_t output_factor; /* a package may become so many times as large as its source, and some */
  /* Called about five times a second with what is done, 0 to 100. */
  void (*progress)(void *context, int percent);
  void *context;
  volatile sig_atomic_t *stop; /* ends it */
};

struct transcode_result {
  int segments;    /* of one rendition */
  bool has_poster; /* a film's */
  int64_t size_bytes;
};

/* `folder` is an absolute path of an empty folder. What goes wrong stands in ret_reason in words: ERROR_INVALID: the
 * source cannot be packaged, now or ever. ERROR_ABORTED: *stop. ERROR_TIMEOUT: more time, or processor time.
 * ERROR_TOO_LARGE: more output than allowed. ERROR_UNSUPPORTED: ffmpeg or the sandbox is missing. ERROR_NO_SPACE: the
 * disk is full but for a hundredth. Files of a failed one stay in the folder. */
enum error transcode_run(int source_fd, const struct package_source *source, const char *folder,
                         const struct transcode_options *options, struct transcode_result *ret_result,
                         char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;

#endif
