/* SPDX-License-Identifier: ISC */
/*
 * A file that the operator has put below library_dir is linked, not copied; nginx serves it from
 * there. Its content is looked into as an upload's is, but for playlists, whose segments are the
 * operator's business.
 */
#include "config.h"

#include "api/media/library_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "api/media/probe_facts.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/medium.h"
#include "files/library_link.h"
#include "files/playlist.h"
#include "files/stored_file.h"

static const struct {
  const char *suffix, *content_type, *container;
} playlists[] = {
    {".m3u8", "application/vnd.apple.mpegurl", "hls"},
    {".mpd", "application/dash+xml", "dash"},
};

static bool describe_playlist(const char *stored_name, struct media_file_facts *facts) {
  size_t length = strlen(stored_name);
  for (size_t i = 0; i < sizeof playlists / sizeof *playlists; i++) {
    size_t suffix_length = strlen(playlists[i].suffix);
    if (length > suffix_length && strcasecmp(stored_name + length - suffix_length, playlists[i].suffix) == 0) {
      snprintf(facts->content_type, sizeof facts->content_type, "%s", playlists[i].content_type);
      snprintf(facts->container, sizeof facts->container, "%s", playlists[i].container);
      return true;
    }
  }
  return false;
}

/* So that views know how much of it they got, and which parts; without, they do not. */
static void read_playlist(struct call *call, int64_t media_id, struct media_file_facts *facts,
                          struct timeline *timeline) {
  struct playlist playlist = {.segments = 0};
  enum error error = playlist_read(call->app->media_folder, media_id, facts->stored_name, &playlist);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "segments_unknown", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(error));
  }
  facts->segment_count = playlist.segments;
  facts->duration_seconds = playlist.duration_seconds;
  if (playlist.has_timeline) {
    *timeline = playlist.timeline;
    facts->timeline = timeline;
  }
}

static enum error look_into_library_file(struct call *call, int64_t media_id, const struct media_fields *fields,
                                         struct media_file_facts *facts, struct timeline *timeline,
                                         char ret_reason[PROBE_REASON_SIZE]) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  char extension[8]; /* the link keeps the file's own */
  /* A type that the same request tells must be the file's. */
  const struct probe_wanted wanted = {.type = fields->type, .either = !fields->has_type, .timeline = timeline};
  enum media_type found;
  enum error error = stored_file_open(call->app->media_folder, media_id, facts->stored_name, &fd);
  if (error != ERROR_NONE) {
    return error == ERROR_INVALID ? ERROR_INTERNAL : error;
  }
  return probe_facts_read(call->app, fd, &wanted, facts, &found, extension, ret_reason);
}

/* False: the response has the answer. */
static bool describe_library_file(struct call *call, int64_t media_id, const struct media_fields *fields,
                                  struct media_file_facts *facts, struct timeline *timeline) {
  if (describe_playlist(facts->stored_name, facts)) {
    read_playlist(call, media_id, facts, timeline);
    return true;
  }
  char reason[PROBE_REASON_SIZE] = "";
  enum error error = look_into_library_file(call, media_id, fields, facts, timeline, reason);
  if (error == ERROR_INVALID || error == ERROR_TIMEOUT) {
    response_field_error(call->response, "/file_url", "the file cannot be used: %.150s",
                         error == ERROR_TIMEOUT ? "looking into it took too long" : reason);
    response_problem_fields(call->response);
  } else if (error == ERROR_UNSUPPORTED) {
    log_event(LOG_LEVEL_ERROR, "probe_impossible", LOG_STR("reason", reason));
    response_header(call->response, "Retry-After", "60");
    response_problem(call->response, 503, "Files cannot be looked into on this server just now; its log says why.");
  } else if (error == ERROR_NOT_FOUND) {
    call_fail_media(call, error, media_id, "looking into a file of the library");
  } else if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "probe_failed", LOG_I64("media_id", media_id), LOG_STR("reason", reason));
    call_fail(call, error, "looking into a file of the library");
  }
  return error == ERROR_NONE;
}

/* Links the file. False: the response has the answer. */
static bool link_file(struct call *call, int64_t media_id, const char *path, struct media_file_facts *facts) {
  char reason[LIBRARY_LINK_REASON_SIZE] = "";
  enum error error =
      library_link_create(call->app->media_folder, media_id, path, facts->stored_name, &facts->size_bytes, reason);
  switch (error) {
  case ERROR_NONE:
    return true;
  case ERROR_INVALID:
  case ERROR_NOT_FOUND:
  case ERROR_DENIED:
  case ERROR_UNSUPPORTED:
    response_field_error(call->response, "/file_url", "%.180s", reason);
    response_problem_fields(call->response);
    return false;
  default:
    call_fail(call, error, "linking a file of the library");
    return false;
  }
}

bool library_file_attach(struct call *call, int64_t media_id, const struct media_fields *fields,
                         const struct media_change *condition, struct media *ret_media) {
  struct media_folder *folder = call->app->media_folder;
  struct media_file_facts facts = {.size_bytes = 0};
  struct timeline timeline;
  char old_name[MEDIUM_STORED_NAME_SIZE] = "";
  enum error error = ERROR_NONE;
  if (!link_file(call, media_id, fields->parsed.library_path, &facts)) {
    return false;
  }
  if (describe_library_file(call, media_id, fields, &facts, &timeline)) {
    struct media_change change = media_fields_change(fields);
    change.if_updated_at_us = condition->if_updated_at_us;
    change.if_no_file = condition->if_no_file;
    error = media_store_set_file(call->app->database, media_id, &facts, &change, ret_media, old_name);
    if (error == ERROR_NONE) {
      media_folder_note_replaced(folder, media_id, old_name);
      media_folder_settle(folder, media_id, facts.stored_name);
      return true; /* what it replaced is swept after the longest TTL */
    }
    call_fail_media(call, error, media_id, "storing a medium's file");
    if (error == ERROR_UNKNOWN_OUTCOME) {
      return false; /* the row may name the link: the sweep will find out */
    }
  }
  error = stored_file_remove(folder, media_id, facts.stored_name);
  if (error != ERROR_NONE) { /* the sweep will */
    log_event(LOG_LEVEL_WARNING, "link_not_removed", LOG_I64("media_id", media_id), LOG_ERROR_FIELD(error));
  }
  return false;
}
