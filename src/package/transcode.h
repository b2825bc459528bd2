/* SPDX-License-Identifier: ISC */
/*
 * Makes a package of one source in a folder: runs ffmpeg in the sandbox and looks at what it left.
 */
#ifndef MEDIAGATE_PACKAGE_TRANSCODE_H
#define MEDIAGATE_PACKAGE_TRANSCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/timeline.h"
#include "package/ffmpeg/ffmpeg_run.h"

struct transcode_result {
  int segments;    /* of one rendition */
  bool has_poster; /* a film's */
  bool copied;     /* the largest rendition is a copy of the source's picture */
  int64_t size_bytes;
  bool has_timeline;
  struct timeline timeline; /* of its segments, from 1 on */
  struct text facts;        /* package_facts.h; free it in every case */
  double duration_seconds;  /* of the package, which is as long as its source */
};

/* `folder` is an absolute path of an empty folder. What goes wrong stands in ret_reason in words: ERROR_INVALID: the
 * source cannot be packaged, now or ever, or what became of it would not play. ERROR_ABORTED: *stop. ERROR_TIMEOUT:
 * more time, or processor time. ERROR_TOO_LARGE: more output than allowed. ERROR_UNSUPPORTED: ffmpeg or the sandbox is
 * missing. ERROR_NO_SPACE: the disk is full but for a hundredth. Files of a failed one stay in the folder. */
enum error transcode_run(int source_fd, const char *folder, const struct transcode_options *options,
                         struct transcode_result *ret_result, char ret_reason[TRANSCODE_REASON_SIZE]) MUST_CHECK;

#endif
