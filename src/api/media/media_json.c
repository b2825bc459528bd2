/* SPDX-License-Identifier: ISC */
/* A medium as JSON. Pure but for media_json_answer, which asks for the row. */
#include "config.h"

#include "api/media/media_json.h"

#include <string.h>

#include "api/media/file_url.h"
#include "api/media/package_remedy.h"
#include "api/media/precondition.h"
#include "api/reply.h"

/* Nothing that is known of a file is 0 or less, so that stands for "unknown" in the row. */
static void append_known(struct text *text, const char *name, int64_t value) {
  if (value > 0) {
    reply_integer(text, name, value);
  } else {
    reply_null(text, name);
  }
}

static void append_duration(struct text *text, double seconds) {
  if (seconds > 0) {
    reply_name(text, "duration_seconds");
    text_appendf(text, "%.3f", seconds);
  } else {
    reply_null(text, "duration_seconds");
  }
}

/* The members of an object that the database printed. */
static void append_facts(struct text *text, const char *facts_or_null) {
  size_t length = facts_or_null == NULL ? 0 : strlen(facts_or_null);
  if (length <= 2) {
    static const char none[] = "\"size_bytes\":null,\"copied\":null,\"codecs\":null,\"hdr\":null,\"chapters\":null,"
                               "\"subtitles\":null,\"left_out\":"
                               "null,\"storyboard\":null";
    reply_separate(text);
    text_append(text, none);
  } else {
    reply_separate(text);
    text_append_bytes(text, facts_or_null + 1, length - 2);
  }
}

/* null where nobody asked for one. */
static void append_package(struct text *text, const struct media_package *package) {
  bool running = strcmp(package->state, "running") == 0;
  if (package->state[0] == '\0') {
    reply_null(text, "package");
    return;
  }
  reply_name(text, "package");
  text_append(text, "{");
  reply_string(text, "state", package->state);
  reply_boolean(text, "served", package->name[0] != '\0');
  reply_integer(text, "progress_percent", package->progress);
  if (running && package->seconds_left >= 0) {
    reply_integer(text, "seconds_left", package->seconds_left);
  } else {
    reply_null(text, "seconds_left");
  }
  reply_string(text, "error", package->error);
  reply_string(text, "remedy", package_remedy(package->error));
  append_facts(text, package->facts);
  text_append(text, "}");
}

/* What the caller keeps here; nothing else reads it. */
static void append_own_fields(struct text *text, const struct media *media) {
  reply_string(text, "description", media->description);
  reply_name(text, "tags");
  text_append(text, media->tags != NULL ? media->tags : "[]");
  reply_string(text, "external_id", media->external_id);
  reply_name(text, "metadata");
  text_append(text, media->metadata != NULL ? media->metadata : "{}");
}

static void append_members(struct text *text, const struct media *media) {
  const struct media_file_facts *file = &media->file;
  reply_integer(text, "id", media->id);
  reply_string(text, "title", media->title);
  reply_string(text, "type", media_type_name(media->type));
  reply_string(text, "file_url", media->file_url);
  reply_time(text, "created_at", media->created_at_us);
  reply_time(text, "updated_at", media->updated_at_us);
  append_known(text, "created_by", media->created_by);
  append_known(text, "size_bytes", file->size_bytes);
  reply_string(text, "sha256", file->sha256);
  reply_string(text, "content_type", file->content_type);
  append_duration(text, file->duration_seconds);
  append_known(text, "width", file->width);
  append_known(text, "height", file->height);
  reply_string(text, "container", file->container);
  reply_string(text, "video_codec", file->video_codec);
  reply_string(text, "audio_codec", file->audio_codec);
  append_own_fields(text, media);
  append_package(text, &media->package);
  reply_name(text, "subtitles");
  text_append(text, media->subtitles != NULL ? media->subtitles : "[]");
  reply_name(text, "poster");
  text_append(text, media->poster != NULL ? media->poster : "null");
  reply_integer(text, "chapters", media->chapter_count);
  reply_boolean(text, "playable", file->stored_name[0] != '\0' || file_url_is_remote(media->file_url));
}

void media_json_append(struct text *text, const struct media *media) {
  text_append(text, "{");
  append_members(text, media);
  text_append(text, "}");
}

void media_json_respond(struct response *response, int status, const struct media *media) {
  char etag[PRECONDITION_ETAG_SIZE];
  precondition_etag(media, etag);
  response_header(response, "ETag", etag);
  append_members(reply_begin(response, status), media);
  reply_end(response);
}

void media_json_answer(struct call *call, int status, int64_t id) {
  struct media media = {.id = 0};
  enum error error = media_store_find(call->app->database, id, &media);
  if (error == ERROR_NONE) {
    media_json_respond(call->response, status, &media);
  } else {
    call_fail_media(call, error, id, "finding a medium");
  }
  media_free(&media);
}
