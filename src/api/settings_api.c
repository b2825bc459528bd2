/* SPDX-License-Identifier: ISC */
/*
 * GET /settings: what this `mediagate serve` runs on, and where each value came from. Files of keys are named, never
 * read; passwords in connection strings are ***.
 */
#include "config.h"

#include "api/handlers.h"

#include <string.h>

#include "api/call.h"
#include "api/reply.h"
#include "config/settings.h"
#include "store/engine/connection_string.h"

static void append_value(struct text *body, const struct settings *settings, const struct settings_row *row) {
  struct text masked = {0};
  reply_name(body, "value");
  if (!settings_is_connection_string(row)) {
    settings_append_json(settings, row, body);
    return;
  }
  connection_string_append_masked(&masked, *(char *const *)((const char *)settings + row->offset));
  text_append_json_string(body, masked.length == 0 ? "" : masked.data, masked.length);
  body->failed = body->failed || masked.failed;
  text_free(&masked);
}

static void append_setting(struct text *body, const struct settings *settings, const struct settings_row *row) {
  static const char *const sources[] = {
      [SETTINGS_FROM_DEFAULT] = "default", [SETTINGS_FROM_FILE] = "file", [SETTINGS_FROM_ENVIRONMENT] = "environment"};
  reply_separate(body);
  text_append(body, "{");
  reply_string(body, "name", row->name);
  append_value(body, settings, row);
  reply_string(body, "source", sources[settings_source(settings, row)]);
  reply_name(body, "default");
  text_append_json_string(body, row->default_text, strlen(row->default_text));
  reply_string(body, "unit", row->unit);
  reply_boolean(body, "reloadable", row->reloadable);
  reply_string(body, "description", row->help);
  text_append(body, "}");
}

void settings_api_list(struct call *call) {
  size_t count;
  const struct settings_row *rows = settings_rows(&count);
  struct text *body = reply_begin(call->response, 200);
  reply_name(body, "items");
  text_append(body, "[");
  for (size_t i = 0; i < count; i++) {
    append_setting(body, call->app->settings, &rows[i]);
  }
  text_append(body, "]");
  reply_end(call->response);
}
