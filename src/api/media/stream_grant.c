/* SPDX-License-Identifier: ISC */
/*
 * Grants. Issuing a URL is the busiest call there is, so it asks for two rows that are usually cached, signs, and
 * writes its answer straight into the body. Each grant issued, renewed or refused is a line in the log; the URL itself
 * never is.
 */
#include "config.h"

#include "api/media/stream_grant.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/media/download_name.h"
#include "api/media/stream_urls.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/events/event_store.h"
#include "files/library_guard.h"
#include "http/json_body.h"

void stream_grant_note_refusal(const struct call *call, int64_t media_id, enum metric_refusal refusal,
                               const char *reason) {
  metric_add(METRIC_GRANTS_REFUSED, refusal, 0, 1);
  log_event(LOG_LEVEL_INFO, "grant_refused", LOG_I64("account_id", call->account->id), LOG_I64("media_id", media_id),
            LOG_STR("reason", reason));
}

int64_t stream_grant_longest_ttl(const struct call *call) {
  int64_t longest = call->app->settings->stream_ttl_max;
  return call->key != NULL && call->key->max_ttl_seconds > 0 && call->key->max_ttl_seconds < longest
             ? call->key->max_ttl_seconds
             : longest;
}

struct stream_terms stream_grant_usual_terms(const struct call *call, int64_t media_id) {
  const int64_t usual = call->app->settings->stream_ttl_default, longest = stream_grant_longest_ttl(call);
  return (struct stream_terms){.media_id = media_id, .ttl_seconds = usual < longest ? usual : longest, .viewer = "-"};
}

static void note_wrong(struct response *response, const char *prefix, const char *name, const char *detail) {
  char pointer[32];
  snprintf(pointer, sizeof pointer, "%s%s", prefix, name);
  response_field_error(response, pointer, "%s", detail);
}

void stream_grant_read_texts(const struct call *call, const char *prefix, const char *viewer, const char *bind_ip,
                             struct response *response, struct stream_terms *terms) {
  if (viewer != NULL && grant_viewer_is_valid(viewer)) {
    terms->viewer = viewer;
  } else if (viewer != NULL) {
    note_wrong(response, prefix, "viewer", "must be 1 to 64 of A-Z a-z 0-9 _ -, and not - alone");
  }
  if (viewer == NULL && call->key != NULL && call->key->require_viewer) {
    note_wrong(response, prefix, "viewer", "is required by this key");
  }
  if (bind_ip != NULL && address_canonical(bind_ip, terms->bound_address) != ERROR_NONE) {
    note_wrong(response, prefix, "bind_ip", "must be an IPv4 or IPv6 address");
  }
}

void stream_grant_read_members(const struct call *call, struct json_object *object, struct response *response,
                               struct stream_terms *terms) {
  const char *viewer = json_body_string_optional(object, "viewer", 1, VIEWER_SIZE - 1, response);
  const char *bind_ip = json_body_string_optional(object, "bind_ip", 1, ADDRESS_TEXT_SIZE - 1, response);
  json_body_integer_optional(object, "ttl_seconds", 1, stream_grant_longest_ttl(call), &terms->ttl_seconds, response);
  json_body_boolean_optional(object, "download", &terms->download, response);
  if (!response_has_field_errors(response)) {
    stream_grant_read_texts(call, "/", viewer, bind_ip, response, terms);
  }
}

/* --- what a medium has against it --- */

PRINTF_LIKE(5, 6)
static enum error refuse(const struct call *call, int64_t media_id, enum metric_refusal refusal,
                         struct stream_refusal *ret_refusal, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(ret_refusal->detail, sizeof ret_refusal->detail, format, arguments);
  va_end(arguments);
  ret_refusal->status = refusal == METRIC_REFUSAL_NO_MEDIUM ? 404 : refusal == METRIC_REFUSAL_PARAMETERS ? 400 : 409;
  stream_grant_note_refusal(call, media_id, refusal, ret_refusal->detail);
  return ERROR_DENIED;
}

/* The library may have changed since the file was linked. What is gone from it just now is nginx's 404. */
static enum error check_library(struct call *call, const struct media *media, struct stream_refusal *ret_refusal) {
  if (media->file.stored_name[0] == '\0' || !file_url_is_library(media->file_url)) {
    return ERROR_NONE;
  }
  enum error error = library_guard_check(call->app->media_folder, media->id, media->file.stored_name);
  if (error == ERROR_NOT_FOUND) {
    return ERROR_NONE;
  }
  if (error != ERROR_DENIED && error != ERROR_UNSUPPORTED) {
    return error;
  }
  return refuse(call, media->id, METRIC_REFUSAL_NOT_IN_LIBRARY, ret_refusal,
                "The medium's file does not lie in the library any more: put it back, or set file_url again.");
}

static enum error check_stream(struct call *call, const struct media *media, const struct stream_terms *terms,
                               char ret_file[STREAM_FILE_SIZE], struct stream_refusal *ret_refusal) {
  if (call->app->stream_keys == NULL) {
    return ERROR_INTERNAL;
  }
  if (!stream_urls_file(media, ret_file)) {
    return refuse(call, media->id, METRIC_REFUSAL_NO_FILE, ret_refusal,
                  "The medium has no file yet: upload one, or set file_url.");
  }
  enum error error = check_library(call, media, ret_refusal);
  if (error != ERROR_NONE) {
    return error;
  }
  if (*call->app->settings->public_url == '\0' && *call->request->host == '\0') {
    return refuse(call, media->id, METRIC_REFUSAL_PARAMETERS, ret_refusal,
                  "Send a Host header; public_url is not set, so the stream URL would have none.");
  }
  if (terms->download && stream_urls_is_playlist(stream_urls_extension(ret_file))) {
    return refuse(call, media->id, METRIC_REFUSAL_PLAYLIST, ret_refusal,
                  "The medium is a playlist of many files, which cannot be downloaded as one.");
  }
  return ERROR_NONE;
}

/* --- its URLs --- */

static enum error append_urls(struct call *call, struct text *body, const struct signed_url *url,
                              const struct media *media, const char *file) {
  if (!url->download) {
    return stream_urls_append(call, body, url, media, file);
  }
  struct text named = {.data = NULL};
  text_append(&named, file);
  download_name_append_path(&named, media->title, media->id, stream_urls_extension(file));
  enum error error = named.failed ? ERROR_MEMORY : stream_urls_append(call, body, url, media, named.data);
  text_free(&named);
  return error;
}

static enum error sign(struct call *call, struct text *body, const struct media *media,
                       const struct stream_terms *terms, const char *file) {
  const int64_t now_us = clock_now_us();
  const bool renewed = terms->grant_id[0] != '\0';
  struct signed_url url = {
      .expires_at = now_us / 1000000 + terms->ttl_seconds, .media_id = media->id, .download = terms->download};
  snprintf(url.viewer, sizeof url.viewer, "%s", terms->viewer);
  memcpy(url.bound_address, terms->bound_address, sizeof url.bound_address);
  if (renewed) {
    memcpy(url.grant_id, terms->grant_id, sizeof url.grant_id);
  } else {
    grant_id_new(now_us, call->account->issuer_tag, url.grant_id);
  }
  enum error error = append_urls(call, body, &url, media, file);
  if (error == ERROR_NONE && call->app->settings->event_grants) {
    error =
        event_store_note_grant(call->app->database, url.grant_id, url.media_id, url.viewer, url.expires_at, renewed);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  reply_time(body, "expires_at", url.expires_at * 1000000);
  reply_integer(body, "expires_in", terms->ttl_seconds);
  reply_string(body, "grant_id", url.grant_id);
  metric_add(METRIC_GRANTS_ISSUED, call->key == NULL ? METRIC_CALLER_ACCOUNT : METRIC_CALLER_KEY, 0, 1);
  log_event(LOG_LEVEL_INFO, renewed ? "grant_renewed" : "grant_issued", LOG_I64("account_id", call->account->id),
            LOG_I64("media_id", url.media_id), LOG_STR("viewer", url.viewer), LOG_I64("expires", url.expires_at),
            LOG_STR("grant_id", url.grant_id));
  return ERROR_NONE;
}

enum error stream_grant_append(struct call *call, struct text *body, const struct stream_terms *terms,
                               struct stream_refusal *ret_refusal) {
  struct media storage = {.id = 0};
  const struct media *media = NULL;
  char file[STREAM_FILE_SIZE];
  enum error error = app_media(call->app, terms->media_id, &storage, &media);
  if (error == ERROR_NOT_FOUND) {
    error = refuse(call, terms->media_id, METRIC_REFUSAL_NO_MEDIUM, ret_refusal, "There is no medium %" PRId64 ".",
                   terms->media_id);
  } else if (error != ERROR_NONE) {
    stream_grant_note_refusal(call, terms->media_id, METRIC_REFUSAL_ERROR, error_strerror(error));
  }
  if (error == ERROR_NONE) {
    error = check_stream(call, media, terms, file, ret_refusal);
  }
  if (error == ERROR_NONE) {
    error = sign(call, body, media, terms, file);
  }
  media_free(&storage);
  return error;
}

void stream_grant_reply(struct call *call, int status, const struct stream_terms *terms) {
  struct stream_refusal refusal = {.status = 0};
  struct text *body = reply_begin(call->response, status);
  enum error error = stream_grant_append(call, body, terms, &refusal);
  if (error == ERROR_NONE) {
    reply_end(call->response);
  } else if (error == ERROR_DENIED) {
    response_problem(call->response, refusal.status, "%s", refusal.detail);
  } else {
    call_fail(call, error, "issuing a stream URL");
  }
}
