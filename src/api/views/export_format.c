/* SPDX-License-Identifier: ISC */
/* Lines of an export; see the header. */
#include "config.h"

#include "api/views/export_format.h"

#include <inttypes.h>
#include <string.h>

#include "api/reply.h"
#include "base/clock.h"
#include "domain/rendition.h"

#define LINE_END "\r\n"
/* Empty cells before the last column. */
#define NOTHING ",,,,,,,,,,,,,,,,,,"

const char *export_format_content_type(enum export_format format) {
  return format == EXPORT_CSV ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
}

void export_format_header(enum export_format format, struct text *line) {
  if (format == EXPORT_CSV) {
    text_append(line,
                "id,media_id,timestamp,viewed_by_ip,viewer,grant_id,country,referrer,user_agent,bytes_sent,seconds,"
                "watched_seconds,delivered_percent,source,bot,internal,played,renditions,cursor" LINE_END);
  }
}

/* With blanks between. */
static void append_csv_renditions(struct text *line, unsigned renditions) {
  const char *separator = "";
  for (enum rendition_name rendition = RENDITION_0; rendition < RENDITION_COUNT_; rendition++) {
    if ((renditions & RENDITION_BIT(rendition)) != 0) {
      text_append(line, separator);
      text_append(line, rendition_text(rendition));
      separator = " ";
    }
  }
}

/* --- CSV --- */

#define FORMULA_BEGINS "=+-@\t\r"
/* The full-width signs too, which a spreadsheet with an East Asian setting takes for the plain ones. */
static const char *const wide_formula_begins[] = {"＝", "＋", "－", "＠"};
#define WIDE_FIRST_BYTE "\xef"

static bool begins_formula(const char *text) {
  for (size_t i = 0; i < sizeof wide_formula_begins / sizeof *wide_formula_begins; i++) {
    if (strncmp(text, wide_formula_begins[i], strlen(wide_formula_begins[i])) == 0) {
      return true;
    }
  }
  return strchr(FORMULA_BEGINS, *text) != NULL;
}

/* The next place from `at` where a spreadsheet would take what follows for a formula, or the end: in front, and behind
 * what those of many countries separate cells by, which no quotes keep them from in a line that begins without. */
static const char *find_formula(const char *text, const char *at) {
  at += strcspn(at, FORMULA_BEGINS WIDE_FIRST_BYTE);
  while (*at != '\0' && !(begins_formula(at) && (at == text || strchr(";\t\r\n", at[-1]) != NULL))) {
    at += 1 + strcspn(at + 1, FORMULA_BEGINS WIDE_FIRST_BYTE);
  }
  return at;
}

static bool csv_needs_quotes(const char *text) {
  return strpbrk(text, "\",\r\n") != NULL || *find_formula(text, text) != '\0';
}

static void append_csv_quoted(struct text *line, const char *text) {
  const char *from = text, *at = text;
  text_append(line, "\"");
  while (*at != '\0') {
    const char *quote = at + strcspn(at, "\"");
    const char *formula = find_formula(text, at);
    at = quote < formula ? quote : formula;
    if (*at != '\0') {
      text_append_bytes(line, from, (size_t)(at - from));
      text_append(line, *at == '"' ? "\"" : "'");
      from = at++;
    }
  }
  text_append(line, from);
  text_append(line, "\"");
}

/* NULL is empty, as "" is. */
static void append_csv_text(struct text *line, const char *text_or_null) {
  const char *text = text_or_null == NULL ? "" : text_or_null;
  text_append(line, ",");
  if (csv_needs_quotes(text)) {
    append_csv_quoted(line, text);
  } else {
    text_append(line, text);
  }
}

/* -1 is unknown: empty. */
static void append_csv_count(struct text *line, int64_t count) {
  text_append(line, ",");
  if (count >= 0) {
    text_append_i64(line, count);
  }
}

static void append_csv(const struct view *view, const char *cursor, struct text *line) {
  char time_text[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(view->timestamp_us, time_text);
  text_append_i64(line, view->id);
  text_append(line, ",");
  text_append_i64(line, view->media_id);
  append_csv_text(line, time_text);
  append_csv_text(line, view->viewed_by_ip);
  append_csv_text(line, view->viewer);
  append_csv_text(line, view->grant_id);
  append_csv_text(line, view->country);
  append_csv_text(line, view->referrer);
  append_csv_text(line, view->user_agent);
  append_csv_count(line, view->bytes_sent);
  append_csv_count(line, view->seconds);
  append_csv_count(line, view->watched_seconds);
  text_append(line, ",");
  if (view->delivered_points >= 0) {
    text_appendf(line, "%d.%02d", view->delivered_points / 100, view->delivered_points % 100);
  }
  append_csv_text(line, view->source);
  append_csv_text(line, view->robot ? "true" : "false");
  append_csv_text(line, view->internal ? "true" : "false");
  append_csv_text(line, view->played ? "true" : "false");
  text_append(line, ",");
  append_csv_renditions(line, view->renditions);
  append_csv_text(line, cursor);
  text_append(line, LINE_END);
}

/* --- NDJSON --- */

static void append_ndjson_count(struct text *line, const char *name, int64_t count) {
  if (count >= 0) {
    reply_integer(line, name, count);
  } else {
    reply_null(line, name);
  }
}

static void append_ndjson(const struct view *view, const char *cursor, struct text *line) {
  text_append(line, "{");
  reply_integer(line, "id", view->id);
  reply_integer(line, "media_id", view->media_id);
  reply_time(line, "timestamp", view->timestamp_us);
  reply_string(line, "viewed_by_ip", view->viewed_by_ip);
  reply_string(line, "viewer", view->viewer);
  reply_string(line, "grant_id", view->grant_id);
  reply_string(line, "country", view->country);
  reply_string(line, "referrer", view->referrer);
  reply_string(line, "user_agent", view->user_agent);
  append_ndjson_count(line, "bytes_sent", view->bytes_sent);
  append_ndjson_count(line, "seconds", view->seconds);
  append_ndjson_count(line, "watched_seconds", view->watched_seconds);
  reply_delivered(line, view->delivered_points);
  reply_string(line, "source", view->source);
  reply_boolean(line, "bot", view->robot);
  reply_boolean(line, "internal", view->internal);
  reply_boolean(line, "played", view->played);
  reply_renditions(line, view->renditions);
  reply_string(line, "cursor", cursor);
  text_append(line, "}\n");
}

void export_format_view(enum export_format format, const struct view *view, const char *cursor, struct text *line) {
  if (format == EXPORT_CSV) {
    append_csv(view, cursor, line);
  } else {
    append_ndjson(view, cursor, line);
  }
}

void export_format_complete(enum export_format format, int64_t views, struct text *line) {
  if (format == EXPORT_CSV) {
    text_append(line, NOTHING "complete" LINE_END);
  } else {
    text_appendf(line, "{\"views\":%" PRId64 ",\"cursor\":\"complete\"}\n", views);
  }
}
