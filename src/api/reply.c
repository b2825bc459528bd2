/* SPDX-License-Identifier: ISC */
/* JSON answers, member by member; see the header. Knows nothing of what the members mean. */
#include "config.h"

#include "api/reply.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "domain/rendition.h"

struct text *reply_begin(struct response *response, int status) {
  response->status = status;
  response->content_type = "application/json";
  text_clear(&response->body);
  text_append(&response->body, "{");
  return &response->body;
}

void reply_end(struct response *response) {
  text_append(&response->body, "}");
  if (response->body.failed) {
    response_error(response, ERROR_MEMORY);
  }
}

void reply_separate(struct text *body) {
  if (body->failed || body->length == 0) {
    return;
  }
  char last = body->data[body->length - 1];
  if (last != '{' && last != '[') {
    text_append(body, ",");
  }
}

void reply_name(struct text *body, const char *name) {
  reply_separate(body);
  text_append(body, "\"");
  text_append(body, name);
  text_append(body, "\":");
}

void reply_integer(struct text *body, const char *name, int64_t value) {
  reply_name(body, name);
  text_append_i64(body, value);
}

void reply_number(struct text *body, const char *name, double value, int digits) {
  reply_name(body, name);
  text_appendf(body, "%.*f", digits, value);
}

void reply_boolean(struct text *body, const char *name, bool value) {
  reply_name(body, name);
  text_append(body, value ? "true" : "false");
}

void reply_string(struct text *body, const char *name, const char *value_or_null) {
  if (value_or_null == NULL || *value_or_null == '\0') {
    reply_null(body, name);
    return;
  }
  reply_name(body, name);
  text_append_json_string(body, value_or_null, strlen(value_or_null));
}

void reply_time(struct text *body, const char *name, int64_t time_us) {
  char time_text[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(time_us, time_text);
  reply_string(body, name, time_text);
}

void reply_null(struct text *body, const char *name) {
  reply_name(body, name);
  text_append(body, "null");
}

void reply_renditions(struct text *body, unsigned renditions) {
  reply_name(body, "renditions");
  text_append(body, "[");
  for (enum rendition_name rendition = RENDITION_0; rendition < RENDITION_COUNT_; rendition++) {
    if ((renditions & RENDITION_BIT(rendition)) != 0) {
      reply_separate(body);
      text_appendf(body, "\"%s\"", rendition_text(rendition));
    }
  }
  text_append(body, "]");
}

void reply_delivered(struct text *body, double points) {
  static const double points_per_percent = 100;
  if (points < 0) {
    reply_null(body, "delivered_percent");
  } else {
    reply_number(body, "delivered_percent", points / points_per_percent, 2);
  }
}
