/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/webhooks/webhook_fields.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "api/reply.h"
#include "base/text_parse.h"
#include "domain/origin.h"
#include "http/json_body.h"

#define EVENTS_MAX      64
#define DESCRIPTION_MAX 300

/* "https://host[:port][/path][?query]", in printable ASCII; nothing that a log would have to hide, and no fragment. */
static const char *judge_url(const struct call *call, const char *url) {
  struct origin origin;
  const char *reason = NULL;
  size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
  if (scheme == 0) {
    return "must be an https URL";
  }
  if (scheme == 7 && !call->app->settings->webhook_http) {
    return "must be an https URL (the setting webhook_http permits http)";
  }
  for (const char *at = url; *at != '\0'; at++) {
    if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}#", *at) != NULL) {
      return "must be percent-encoded, and without a fragment";
    }
  }
  size_t length = scheme + strcspn(url + scheme, "/?");
  return origin_parse(url, length, &origin, &reason) == ERROR_NONE ? NULL
                                                                   : "must name a host, without a user or a password";
}

/* "*", "room.*" or "room.verb". */
static bool is_pattern(const char *text) {
  const char *words = "abcdefghijklmnopqrstuvwxyz_";
  size_t room = strspn(text, words);
  const char *verb = text + room + 1;
  if (strcmp(text, "*") == 0) {
    return true;
  }
  return room > 0 && text[room] == '.' && strlen(text) < 64 &&
         (strcmp(verb, "*") == 0 || (*verb != '\0' && verb[strspn(verb, words)] == '\0'));
}

static const char *read_events(struct call *call, struct json_object *object, bool needed) {
  const char *patterns[EVENTS_MAX];
  if (!needed && !json_body_has(object, "events")) {
    return NULL;
  }
  size_t count = json_body_strings(object, "events", 1, EVENTS_MAX, patterns, call->response);
  for (size_t i = 0; i < count; i++) {
    if (!is_pattern(patterns[i])) {
      response_field_error(call->response, "/events", "must be types such as media.created, media.* or *");
      break;
    }
  }
  struct json_object *events = NULL;
  return json_object_object_get_ex(object, "events", &events) ? json_object_to_json_string(events) : NULL;
}

bool webhook_fields_read(struct call *call, struct json_object *object, bool all, struct webhook_change *ret_fields) {
  static const char *const created[] = {"url", "events", "description", NULL};
  static const char *const changed[] = {"url", "events", "description", "enabled", NULL};
  struct response *response = call->response;
  bool enabled = true;
  json_body_refuse_unknown(object, all ? created : changed, response);
  *ret_fields = (struct webhook_change){
      .url = all ? json_body_string(object, "url", 1, WEBHOOK_URL_SIZE - 1, response)
                 : json_body_string_optional(object, "url", 1, WEBHOOK_URL_SIZE - 1, response),
      .events = read_events(call, object, all),
      .description = json_body_string_optional(object, "description", 0, DESCRIPTION_MAX, response),
      .sets_disabled = !all && json_body_has(object, "enabled"),
  };
  json_body_boolean_optional(object, "enabled", &enabled, response);
  ret_fields->disabled = !enabled;
  const char *complaint = ret_fields->url == NULL ? NULL : judge_url(call, ret_fields->url);
  if (complaint != NULL) {
    response_field_error(response, "/url", "%s", complaint);
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  return true;
}

bool webhook_fields_id(struct call *call, int64_t *ret_id) {
  const char *text = call->match->parameters[0];
  uint64_t id;
  if (text_parse_u64(text, strlen(text), INT64_MAX, &id) != ERROR_NONE || id == 0) {
    response_problem(call->response, 404, "There is no such webhook; ids are whole numbers from 1 up.");
    return false;
  }
  *ret_id = (int64_t)id;
  return true;
}

void webhook_fields_fail(struct call *call, enum error error, int64_t id, const char *doing) {
  if (error == ERROR_NOT_FOUND) {
    response_problem(call->response, 404, "There is no webhook %" PRId64 ".", id);
  } else {
    call_fail(call, error, doing);
  }
}

void webhook_fields_time(struct text *body, const char *name, int64_t time_us) {
  if (time_us == 0) {
    reply_null(body, name);
  } else {
    reply_time(body, name, time_us);
  }
}
