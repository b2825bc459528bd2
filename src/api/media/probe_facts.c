/* SPDX-License-Identifier: ISC */
/* What probing found, as a medium's facts. See probe_facts.h. */
#include "config.h"

#include "api/media/probe_facts.h"

#include <stdio.h>
#include <string.h>

#include "files/file_timeline.h"

/* A video needs a picture that moves, audio none (cover art is fine). */
static enum error check_type(const struct probe_result *probe, enum media_type type,
                             char ret_reason[PROBE_REASON_SIZE]) {
  if (type == MEDIA_VIDEO && !probe->has_video) {
    snprintf(ret_reason, PROBE_REASON_SIZE, "the medium is a video, but the file has audio only (%s)",
             probe->content_type);
    return ERROR_INVALID;
  }
  if (type == MEDIA_AUDIO && probe->has_video) {
    snprintf(ret_reason, PROBE_REASON_SIZE, "the medium is audio, but the file is a video (%s)", probe->content_type);
    return ERROR_INVALID;
  }
  return ERROR_NONE;
}

static void copy_facts(const struct probe_result *probe, struct media_file_facts *facts) {
  facts->duration_seconds = probe->duration_seconds;
  facts->width = probe->width;
  facts->height = probe->height;
  snprintf(facts->content_type, sizeof facts->content_type, "%s", probe->content_type);
  snprintf(facts->container, sizeof facts->container, "%s", probe->container);
  snprintf(facts->video_codec, sizeof facts->video_codec, "%s", probe->video_codec);
  snprintf(facts->audio_codec, sizeof facts->audio_codec, "%s", probe->audio_codec);
}

enum error probe_facts_read(const struct app *app, int fd, const struct probe_wanted *wanted,
                            struct media_file_facts *facts, enum media_type *ret_type, char ret_extension[8],
                            char ret_reason[PROBE_REASON_SIZE]) {
  const struct settings *settings = app->settings;
  const struct probe_options options = {.sandbox = settings->sandbox == SANDBOX_BUBBLEWRAP,
                                        .timeout_ms = settings->probe_timeout * 1000,
                                        .memory_bytes = (uint64_t)settings->probe_memory << 20,
                                        .beat = app->beat,
                                        .beat_context = app->beat_context};
  struct probe_result probe;
  enum error error = probe_file(fd, &options, &probe, ret_reason);
  if (error == ERROR_NONE && !wanted->either) {
    error = check_type(&probe, wanted->type, ret_reason);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  copy_facts(&probe, facts);
  if (wanted->timeline != NULL && file_timeline_read(fd, &options, &probe, facts->size_bytes, wanted->timeline)) {
    facts->timeline = wanted->timeline;
  }
  *ret_type = probe.has_video ? MEDIA_VIDEO : MEDIA_AUDIO;
  memcpy(ret_extension, probe.extension, sizeof probe.extension);
  return ERROR_NONE;
}
