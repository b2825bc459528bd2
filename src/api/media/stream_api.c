/* SPDX-License-Identifier: ISC */
/*
 * Streams. Issuing a URL is the busiest call there is, so it asks for two rows that are usually
 * cached, signs, and writes its answer straight into the body. Each grant issued, refused or
 * revoked is a line in the log; the URL itself never is.
 */
#include "config.h"

#include "api/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/media/download_name.h"
#include "api/media/file_url.h"
#include "api/reply.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text_parse.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "domain/medium.h"
#include "files/library_guard.h"
#include "files/package_folder.h"
#include "files/revocation.h"
#include "metrics/metric.h"
#include "security/signed_url.h"
#include "store/accounts/grant_store.h"

#define STREAM_FILE_SIZE                                                                                               \
  (sizeof "remote/" + (MEDIUM_STORED_NAME_SIZE > FILE_URL_NAME_SIZE ? MEDIUM_STORED_NAME_SIZE : FILE_URL_NAME_SIZE))
#define PREFIX_MAX 1024 /* of a URL, up to its file */

/* What the caller asks for; also says why a grant is refused. */
struct wanted {
  int64_t ttl_seconds;
  const char *viewer; /* "-" for none */
  char bound_address[ADDRESS_TEXT_SIZE];
  bool download;
};

static void refuse_grant(const struct call *call, int64_t media_id, enum metric_refusal refusal, const char *reason) {
  metric_add(METRIC_GRANTS_REFUSED, refusal, 0, 1);
  log_event(LOG_LEVEL_INFO, "grant_refused", LOG_I64("account_id", call->account->id), LOG_I64("media_id", media_id),
            LOG_STR("reason", reason));
}

static int64_t longest_ttl(const struct call *call) {
  int64_t longest = call->app->settings->stream_ttl_max;
  return call->key != NULL && call->key->max_ttl_seconds > 0 && call->key->max_ttl_seconds < longest
             ? call->key->max_ttl_seconds
             : longest;
}

/* False: the response has the 422. */
static bool read_wanted(struct call *call, struct wanted *ret_wanted) {
  const struct settings *settings = call->app->settings;
  struct response *response = call->response;
  const int64_t longest = longest_ttl(call);
  *ret_wanted = (struct wanted){
      .ttl_seconds = settings->stream_ttl_default < longest ? settings->stream_ttl_default : longest, .viewer = "-"};
  const char *ttl = query_get(call->query, "ttl_seconds");
  uint64_t seconds;
  if (ttl != NULL) {
    if (text_parse_u64(ttl, strlen(ttl), (uint64_t)longest, &seconds) == ERROR_NONE && seconds > 0) {
      ret_wanted->ttl_seconds = (int64_t)seconds;
    } else {
      response_field_error(response, "?ttl_seconds", "must be a whole number from 1 to %" PRId64, longest);
    }
  }
  const char *viewer = query_get(call->query, "viewer");
  if (viewer != NULL && grant_viewer_is_valid(viewer)) {
    ret_wanted->viewer = viewer;
  } else if (viewer != NULL) {
    response_field_error(response, "?viewer", "must be 1 to 64 of A-Z a-z 0-9 _ -, and not - alone");
  }
  if (viewer == NULL && call->key != NULL && call->key->require_viewer) {
    response_field_error(response, "?viewer", "is required by this key");
  }
  const char *bind_ip = query_get(call->query, "bind_ip");
  if (bind_ip != NULL && address_canonical(bind_ip, ret_wanted->bound_address) != ERROR_NONE) {
    response_field_error(response, "?bind_ip", "must be an IPv4 or IPv6 address");
  }
  const char *download = query_get(call->query, "download");
  if (download != NULL && strcmp(download, "true") != 0 && strcmp(download, "false") != 0) {
    response_field_error(response, "?download", "must be true or false");
  }
  ret_wanted->download = download != NULL && strcmp(download, "true") == 0;
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

/* The end of the stream URL: a stored file's name, or remote/<name>. False: there is nothing to
 * stream. */
static bool stream_file(const struct media *media, char ret_file[STREAM_FILE_SIZE]) {
  if (media->file.stored_name[0] != '\0') {
    snprintf(ret_file, STREAM_FILE_SIZE, "%s", media->file.stored_name);
    return true;
  }
  struct file_url url;
  const char *reason;
  if (!file_url_is_remote(media->file_url) || file_url_parse(media->file_url, &url, &reason) != ERROR_NONE) {
    return false;
  }
  char name[FILE_URL_NAME_SIZE];
  file_url_name(&url, name);
  snprintf(ret_file, STREAM_FILE_SIZE, "remote/%s", name);
  return true;
}

/* With its dot; "" for none. */
static const char *stream_extension(const char *file) {
  const char *dot = strrchr(file, '.');
  return dot == NULL || strchr(dot, '/') != NULL ? "" : dot;
}

static bool stream_is_playlist(const char *extension) {
  return strcasecmp(extension, ".m3u8") == 0 || strcasecmp(extension, ".mpd") == 0;
}

/* Scheme and host, as the setting says or as the caller asked nginx, whose answer nginx has checked
 * against server_names. */
static void append_base(const struct call *call, struct text *body) {
  const char *public_url = call->app->settings->public_url;
  if (*public_url != '\0') {
    size_t length = strlen(public_url);
    text_append_bytes(body, public_url, public_url[length - 1] == '/' ? length - 1 : length);
  } else {
    text_append(body, call->request->scheme);
    text_append(body, "://");
    text_append(body, call->request->host);
  }
}

/* The URLs of one grant differ in their files alone: what the first one begins with is copied. */
static void reply_stream(struct text *body, const char *name, size_t prefix_begin, size_t prefix_length,
                         const char *folder, const char *file_or_null) {
  if (file_or_null == NULL) {
    reply_null(body, name);
    return;
  }
  char prefix[PREFIX_MAX];
  size_t length = prefix_length < sizeof prefix ? prefix_length : 0; /* a body that grows may move */
  memcpy(prefix, body->failed ? "" : body->data + prefix_begin, body->failed ? 0 : length);
  reply_name(body, name);
  text_append(body, "\"");
  text_append_bytes(body, prefix, length);
  text_append(body, folder);
  text_append(body, file_or_null);
  text_append(body, "\"");
}

/* Of two masters the one that names subtitles is the better. */
static const char *hls_folder(const struct media *media) {
  return media->package.master[0] != '\0' ? media->package.master : media->package.name;
}

/* `file_or_null`: the medium's own, NULL where its package is not to be told of (a download). */
static void reply_streams(struct text *body, size_t prefix_begin, size_t prefix_length, const struct media *media,
                          const char *file_or_null) {
  const char *extension = file_or_null == NULL ? "" : stream_extension(file_or_null);
  bool packaged = file_or_null != NULL && media->package.name[0] != '\0';
  bool playlist = stream_is_playlist(extension);
  bool dash = strcasecmp(extension, ".mpd") == 0;
  char folder[sizeof media->package.name + 1];
  char hls[sizeof folder];
  snprintf(folder, sizeof folder, "%s%s", media->package.name, packaged ? "/" : "");
  snprintf(hls, sizeof hls, "%s%s", packaged ? hls_folder(media) : "", packaged ? "/" : "");
  reply_name(body, "streams");
  text_append(body, "{");
  reply_stream(body, "progressive", prefix_begin, prefix_length, "", playlist ? NULL : file_or_null);
  reply_stream(body, "hls", prefix_begin, prefix_length, hls,
               packaged            ? PACKAGE_HLS
               : playlist && !dash ? file_or_null
                                   : NULL);
  reply_stream(body, "dash", prefix_begin, prefix_length, packaged ? folder : "",
               packaged ? PACKAGE_DASH
               : dash   ? file_or_null
                        : NULL);
  reply_stream(body, "poster", prefix_begin, prefix_length, folder,
               packaged && media->package.has_poster ? PACKAGE_POSTER : NULL);
  text_append(body, "}");
}

/* What most players like best: HLS once there is a package, the file itself before. */
static void reply_stream_url(struct call *call, const struct signed_url *url, const struct media *media,
                             const char *file, int64_t ttl_seconds) {
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "stream_url");
  text_append(body, "\"");
  size_t begin = body->length;
  char best[sizeof media->package.name + sizeof PACKAGE_HLS];
  bool packaged = media->package.name[0] != '\0' && !url->download;
  snprintf(best, sizeof best, "%s/%s", hls_folder(media), PACKAGE_HLS);
  append_base(call, body);
  enum error error = signed_url_append_path(call->app->stream_keys, url, packaged ? best : file, body);
  size_t prefix_length = body->length - begin - strlen(packaged ? best : file);
  if (error != ERROR_NONE) {
    call_fail(call, error, "signing a stream URL");
    return;
  }
  if (url->download) {
    download_name_append_query(body, media->title, stream_extension(file));
  }
  text_append(body, "\"");
  reply_streams(body, begin, prefix_length, media, url->download ? NULL : file);
  reply_time(body, "expires_at", url->expires_at * 1000000);
  reply_integer(body, "expires_in", ttl_seconds);
  reply_string(body, "grant_id", url->grant_id);
  reply_end(call->response);
  metric_add(METRIC_GRANTS_ISSUED, call->key == NULL ? METRIC_CALLER_ACCOUNT : METRIC_CALLER_KEY, 0, 1);
  log_event(LOG_LEVEL_INFO, "grant_issued", LOG_I64("account_id", call->account->id),
            LOG_I64("media_id", url->media_id), LOG_STR("viewer", url->viewer), LOG_I64("expires", url->expires_at),
            LOG_STR("grant_id", url->grant_id));
}

static void sign_grant(struct call *call, const struct media *media, const struct wanted *wanted, const char *file) {
  int64_t now_us = clock_now_us();
  struct signed_url url = {
      .expires_at = now_us / 1000000 + wanted->ttl_seconds, .media_id = media->id, .download = wanted->download};
  snprintf(url.viewer, sizeof url.viewer, "%s", wanted->viewer);
  memcpy(url.bound_address, wanted->bound_address, sizeof url.bound_address);
  grant_id_new(now_us, call->account->issuer_tag, url.grant_id);
  reply_stream_url(call, &url, media, file, wanted->ttl_seconds);
}

static void sign_download(struct call *call, const struct media *media, const struct wanted *wanted, const char *file) {
  const char *extension = stream_extension(file);
  if (stream_is_playlist(extension)) {
    refuse_grant(call, media->id, METRIC_REFUSAL_PLAYLIST, "a playlist is no download");
    response_problem(call->response, 409, "The medium is a playlist of many files, which cannot be downloaded as one.");
    return;
  }
  struct text named = {.data = NULL};
  text_append(&named, file);
  download_name_append_path(&named, media->title, media->id, extension);
  if (named.failed) {
    call_fail(call, ERROR_MEMORY, "naming a download");
  } else {
    sign_grant(call, media, wanted, named.data);
  }
  text_free(&named);
}

/* The library may have changed since the file was linked. What is gone from it just now is nginx's 404. False: the
 * response has the answer. */
static bool library_file_is_inside(struct call *call, const struct media *media) {
  if (media->file.stored_name[0] == '\0' || !file_url_is_library(media->file_url)) {
    return true;
  }
  enum error error = library_guard_check(call->app->media_folder, media->id, media->file.stored_name);
  if (error == ERROR_NONE || error == ERROR_NOT_FOUND) {
    return true;
  }
  if (error != ERROR_DENIED && error != ERROR_UNSUPPORTED) {
    call_fail(call, error, "looking at a file of the library");
    return false;
  }
  refuse_grant(call, media->id, METRIC_REFUSAL_NOT_IN_LIBRARY, "its file is not in the library any more");
  response_problem(call->response, 409,
                   "The medium's file does not lie in the library any more: put it back, or set file_url again.");
  return false;
}

static void issue_stream(struct call *call, const struct media *media, const struct wanted *wanted) {
  char file[STREAM_FILE_SIZE];
  if (call->app->stream_keys == NULL) {
    call_fail(call, ERROR_INTERNAL, "signing a stream URL in a pool without the keys");
    return;
  }
  if (!stream_file(media, file)) {
    refuse_grant(call, media->id, METRIC_REFUSAL_NO_FILE, "nothing to stream");
    response_problem(call->response, 409, "The medium has no file yet: upload one, or set file_url.");
    return;
  }
  if (!library_file_is_inside(call, media)) {
    return;
  }
  if (*call->app->settings->public_url == '\0' && *call->request->host == '\0') {
    response_problem(call->response, 400,
                     "Send a Host header; public_url is not set, so the stream URL would have none.");
    return;
  }
  if (wanted->download) {
    sign_download(call, media, wanted, file);
  } else {
    sign_grant(call, media, wanted, file);
  }
}

void stream_api_issue(struct call *call) {
  int64_t id;
  if (!call_media_id(call, &id)) {
    return;
  }
  struct wanted wanted;
  if (!read_wanted(call, &wanted)) {
    refuse_grant(call, id, METRIC_REFUSAL_PARAMETERS, "wrong parameters");
    return;
  }
  struct media storage = {.id = 0};
  const struct media *media;
  enum error error = app_media(call->app, id, &storage, &media);
  if (error == ERROR_NONE) {
    issue_stream(call, media, &wanted);
  } else {
    refuse_grant(call, id, error == ERROR_NOT_FOUND ? METRIC_REFUSAL_NO_MEDIUM : METRIC_REFUSAL_ERROR,
                 error_strerror(error));
    call_fail_media(call, error, id, "finding a medium");
  }
  media_free(&storage);
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
  if (media->file.stored_name[0] != '\0' || !stream_file(media, expected) || strcmp(expected, stream_name) != 0 ||
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
