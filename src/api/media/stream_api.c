/* SPDX-License-Identifier: ISC */
/* Stream URLs: issued by GET, revoked, and where nginx finds a remote file. */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/media/stream_grant.h"
#include "api/media/stream_urls.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "files/revocation.h"
#include "metrics/metric.h"
#include "store/accounts/grant_store.h"

/* False: the response has the 422. */
static bool read_query(struct call *call, struct stream_terms *terms) {
  struct response *response = call->response;
  const int64_t longest = stream_grant_longest_ttl(call);
  const char *ttl = query_get(call->query, "ttl_seconds");
  uint64_t seconds;
  if (ttl != NULL) {
    if (text_parse_u64(ttl, strlen(ttl), (uint64_t)longest, &seconds) == ERROR_NONE && seconds > 0) {
      terms->ttl_seconds = (int64_t)seconds;
    } else {
      response_field_error(response, "?ttl_seconds", "must be a whole number from 1 to %" PRId64, longest);
    }
  }
  stream_grant_read_texts(call, "?", query_get(call->query, "viewer"), query_get(call->query, "bind_ip"), response,
                          terms);
  const char *download = query_get(call->query, "download");
  if (download != NULL && strcmp(download, "true") != 0 && strcmp(download, "false") != 0) {
    response_field_error(response, "?download", "must be true or false");
  }
  terms->download = download != NULL && strcmp(download, "true") == 0;
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

void stream_api_issue(struct call *call) {
  int64_t id;
  if (!call_media_id(call, &id)) {
    return;
  }
  struct stream_terms terms = stream_grant_usual_terms(call, id);
  if (read_query(call, &terms)) {
    stream_grant_reply(call, 200, &terms);
  } else {
    stream_grant_note_refusal(call, id, METRIC_REFUSAL_PARAMETERS, "wrong parameters");
  }
}

/* Is there a clock by which a grant of this time may be alive? *ret_expires_at_us: when there is none any more. */
static bool may_be_alive(int64_t issued_ms, int64_t *ret_expires_at_us) {
  int64_t now_ms = clock_now_us() / 1000;
  int64_t latest_ms = issued_ms > now_ms ? issued_ms : now_ms;
  *ret_expires_at_us = (latest_ms + GRANT_REVOKED_SECONDS * INT64_C(1000)) * 1000;
  return issued_ms >= now_ms - GRANT_REVOKED_SECONDS * INT64_C(1000) &&
         issued_ms <= now_ms + GRANT_CLOCK_AHEAD_SECONDS * INT64_C(1000);
}

void stream_api_revoke(struct call *call) {
  const char *grant_id = call->match->parameters[0];
  int64_t time_ms = 0, expires_at_us = 0;
  uint32_t issuer_tag;
  if (grant_id_parse(grant_id, &time_ms, &issuer_tag) != ERROR_NONE || !may_be_alive(time_ms, &expires_at_us)) {
    response_problem(call->response, 404, "No grant that could still be alive has this id.");
    return;
  }
  enum error error = grant_store_revoke(call->app->database, grant_id, call->account->id, expires_at_us);
  if (error == ERROR_NONE) {
    const struct revocation revocation = {.name = grant_id, .expires_at = expires_at_us / 1000000};
    error = revocation_write(call->app->settings->data_dir, &revocation);
  }
  if (error != ERROR_NONE) {
    call_fail(call, error, "revoking a grant");
    return;
  }
  metric_add(METRIC_GRANTS_REVOKED, 0, 0, 1);
  log_event(LOG_LEVEL_INFO, "grant_revoked", LOG_I64("account_id", call->account->id), LOG_STR("grant_id", grant_id));
  response_empty(call->response, 204);
}

static void redirect_to_origin(struct call *call, const struct media *media, const char *stream_name) {
  struct file_url url;
  const char *reason;
  char expected[STREAM_FILE_SIZE];
  if (media->file.stored_name[0] != '\0' || !stream_urls_file(media, expected) || strcmp(expected, stream_name) != 0 ||
      file_url_parse(media->file_url, &url, &reason) != ERROR_NONE) {
    response_problem(call->response, 404, "The medium has no such file.");
    return;
  }
  if (!file_url_origin_is_listed(&url, &call->app->settings->origin_hosts)) {
    log_event(LOG_LEVEL_WARNING, "origin_not_listed", LOG_I64("media_id", media->id),
              LOG_STR("scheme", url.origin.scheme), LOG_STR("host", url.origin.host), LOG_I64("port", url.origin.port));
    /* The viewer reads this, so it does not name the origin; the log does. */
    response_problem(call->response, 502,
                     "The origin of this medium is not listed in origin_hosts: add it there, run "
                     "`mediagate nginx-config` and reload.");
    return;
  }
  struct text location = {.data = NULL}, target = {.data = NULL};
  file_url_append_location(&url, &location);
  text_append(&location, "/");
  file_url_append_target(&url, &target);
  if (location.failed || target.failed) {
    response_error(call->response, ERROR_MEMORY);
  } else {
    response_header(call->response, "X-Accel-Redirect", location.data);
    response_header(call->response, "X-Origin-Target", target.data); /* nginx would decode it in the other one */
    response_header(call->response, "Cache-Control",
                    "private, max-age=60"); /* nginx keeps it, and has the same for files */
    response_empty(call->response, 200);
  }
  text_free(&location);
  text_free(&target);
}

void stream_api_origin(struct call *call) {
  const char *media_text = request_parameter(call->request, "STREAM_MEDIA");
  const char *stream_name = request_parameter(call->request, "STREAM_FILE");
  uint64_t id;
  if (media_text == NULL || stream_name == NULL ||
      text_parse_u64(media_text, strlen(media_text), INT64_MAX, &id) != ERROR_NONE) {
    response_problem(call->response, 404, "There is nothing at this path.");
    return;
  }
  struct media storage = {.id = 0};
  const struct media *media;
  enum error error = app_media(call->app, (int64_t)id, &storage, &media);
  if (error == ERROR_NONE) {
    redirect_to_origin(call, media, stream_name);
  } else {
    call_fail_media(call, error, (int64_t)id, "finding a medium");
  }
  media_free(&storage);
}
