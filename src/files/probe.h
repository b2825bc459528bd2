/* SPDX-License-Identifier: ISC */
/*
 * Is this file audio or video, and what is in it? container.h looks at its length. file(1) and ffprobe read it in a
 * sandbox (bubblewrap without network, read-only input, format and protocol white lists, limits on time, memory and
 * output): no parser of strangers' bytes runs in a process that holds keys.
 */
#ifndef MEDIAGATE_FILES_PROBE_H
#define MEDIAGATE_FILES_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/subprocess.h"
#include "domain/medium.h"

#define PROBE_REASON_SIZE 200

struct probe_options {
  bool sandbox; /* bubblewrap; false only where the operator said so */
  int64_t timeout_ms;
  uint64_t memory_bytes;
  subprocess_beat *beat;
  void *beat_context;
};

struct probe_result {
  char content_type[MEDIUM_CONTENT_TYPE_SIZE];
  char extension[8]; /* without the dot */
  char container[MEDIUM_CONTAINER_SIZE];
  double duration_seconds;   /* 0: not known */
  bool has_video, has_audio; /* cover art is not video */
  int width, height;
  char video_codec[MEDIUM_CODEC_SIZE], audio_codec[MEDIUM_CODEC_SIZE];
};

/* ERROR_INVALID: not audio or video, or not whole, with the reason in words in ret_reason.
 * ERROR_UNSUPPORTED: file, ffprobe or bubblewrap is missing or the sandbox cannot start (ret_reason says
 * what to do; for the log, not for the caller). ERROR_TIMEOUT: it took too long. */
enum error probe_file(int fd, const struct probe_options *options, struct probe_result *ret_result,
                      char ret_reason[PROBE_REASON_SIZE]) MUST_CHECK;

#endif
