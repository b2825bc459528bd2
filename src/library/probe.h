/* SPDX-License-Identifier: ISC */
/*
 * Is this file audio or video, and what is in it? libmagic first, then ffprobe in a sandbox (bubblewrap without network,
 * read-only input, format and protocol white lists, limits on time, memory and output).
 */
#ifndef MEDIAGATE_LIBRARY_PROBE_H
#define MEDIAGATE_LIBRARY_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/subprocess.h"

struct probe_options {
  bool sandbox; /* bubblewrap; false only where the operator said so */
  int64_t timeout_ms;
  uint64_t memory_bytes;
  subprocess_beat *beat;
  void *beat_context;
};

struct probe_result {
  char content_type[64];
  char extension[8];
  char container[64];
  double duration_seconds;
  bool has_video, has_audio;
  int width, height;
  char video_codec[32], audio_codec[32];
};

/* ERROR_INVALID: not audio or video, with the reason in words in ret_reason. ERROR_UNSUPPORTED: ffprobe or bubblewrap is missing or the
 * sandbox cannot start (ret_reason says what to do). ERROR_TIMEOUT: it took too long. */
enum error probe_file(int fd, const struct probe_options *options, struct probe_result *ret_result, char ret_reason[200]) MUST_CHECK;
/* The part that reads ffprobe's JSON; pure, for tests. */
enum error probe_parse(const char *json, size_t size, struct probe_result *ret_result, char ret_reason[200]) MUST_CHECK;

#endif
