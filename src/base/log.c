/* SPDX-License-Identifier: ISC */
/*
 * The log. A line is put together in memory and written by one write(2); a line that cannot be
 * written is lost, because nothing useful could be done about it.
 */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

/* A longer value is cut, so that a line usually stays within what a pipe takes in one piece. */
#define LOG_VALUE_MAX 1024
#define LOG_HELD_MAX  3072 /* and one line more: together within that, too */

static struct {
  enum log_level level;
  enum log_format format;
  char request_id[80];
  char trace_id[40];
  struct text lines; /* not written yet */
  bool held;
} state = {.level = LOG_LEVEL_INFO, .format = LOG_FORMAT_AUTO};

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void log_configure(enum log_level level, enum log_format format) {
  state.level = level;
  state.format = format;
}

void log_set_request_id(const char *request_id) {
  snprintf(state.request_id, sizeof(state.request_id), "%s", request_id == NULL ? "" : request_id);
}

void log_set_trace_id(const char *trace_id) {
  snprintf(state.trace_id, sizeof(state.trace_id), "%s", trace_id == NULL ? "" : trace_id);
}

static bool is_text(void) {
  if (state.format == LOG_FORMAT_AUTO) {
    return isatty(STDERR_FILENO) == 1;
  }
  return state.format == LOG_FORMAT_TEXT;
}

static size_t cut_length(const char *string) {
  size_t length = strnlen(string, LOG_VALUE_MAX + 1);

  if (length <= LOG_VALUE_MAX) {
    return length;
  }
  /* Not in the middle of a UTF-8 sequence. */
  length = LOG_VALUE_MAX;
  while (length > LOG_VALUE_MAX - 4 && ((unsigned char)string[length] & 0xC0) == 0x80) {
    length--;
  }
  return length;
}

static bool needs_quotes(const char *string, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)string[i];
    if (c <= ' ' || c >= 0x7F || c == '"' || c == '\\' || c == '=') {
      return true;
    }
  }
  return length == 0;
}

static void append_value(struct text *line, const struct log_field *field, bool readable) {
  switch (field->kind) {
  case LOG_FIELD_STRING:
    if (field->string == NULL) {
      text_append(line, "null");
      return;
    }
    size_t length = cut_length(field->string);
    if (readable && !needs_quotes(field->string, length)) {
      text_append_bytes(line, field->string, length);
    } else {
      text_append_json_string(line, field->string, length);
    }
    return;
  case LOG_FIELD_INTEGER:
    text_append_i64(line, field->integer);
    return;
  case LOG_FIELD_DOUBLE:
    if (isfinite(field->number)) {
      text_appendf(line, "%.17g", field->number);
    } else {
      text_append(line, "null"); /* JSON has no infinity */
    }
    return;
  }
}

static void append_field(struct text *line, const struct log_field *field, bool readable) {
  if (readable) {
    text_appendf(line, " %s=", field->name);
  } else {
    text_append(line, ",");
    text_append_json_string(line, field->name, strlen(field->name));
    text_append(line, ":");
  }
  append_value(line, field, readable);
}

static pid_t own_pid; /* 0: not asked for yet in this process */

static void forget_pid(void) {
  own_pid = 0;
}

/* A system call less for each line: the C library does not remember it. */
static pid_t find_pid(void) {
  static bool watching;
  if (!watching) {
    watching = pthread_atfork(NULL, NULL, forget_pid) == 0;
  }
  own_pid = own_pid != 0 && watching ? own_pid : getpid();
  return own_pid;
}

static void append_head(struct text *line, enum log_level level, const char *event, bool readable) {
  char now[CLOCK_RFC3339_SIZE];

  clock_format_rfc3339(clock_now_us(), now);
  if (readable) {
    text_appendf(line, "%s %-7s %s pid=%ld", now, level_names[level], event, (long)find_pid());
  } else {
    text_append(line, "{\"time\":\"");
    text_append(line, now);
    text_append(line, "\",\"level\":\"");
    text_append(line, level_names[level]);
    text_append(line, "\",\"event\":");
    text_append_json_string(line, event, strlen(event));
    text_append(line, ",\"pid\":");
    text_append_i64(line, find_pid());
  }
  if (state.request_id[0] != '\0') {
    append_field(line, &LOG_STR("request_id", state.request_id), readable);
  }
  if (state.trace_id[0] != '\0') {
    append_field(line, &LOG_STR("trace_id", state.trace_id), readable);
  }
}

static void write_lines(void) {
  struct text *lines = &state.lines;
  if (lines->failed) {
    text_free(lines);
  }
  ssize_t written = 0;
  do {
    written = lines->length == 0 ? 0 : write(STDERR_FILENO, lines->data, lines->length);
  } while (written < 0 && errno == EINTR);
  text_clear(lines);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t field_count) {
  int saved_errno = errno;
  if (level > state.level) {
    return;
  }
  bool readable = is_text();
  append_head(&state.lines, level, event, readable);
  for (size_t i = 0; i < field_count; i++) {
    if (fields[i].name != NULL) {
      append_field(&state.lines, &fields[i], readable);
    }
  }
  text_append(&state.lines, readable ? "\n" : "}\n");
  if (!state.held || level == LOG_LEVEL_ERROR || state.lines.failed || state.lines.length > LOG_HELD_MAX) {
    write_lines();
  }
  errno = saved_errno;
}

void log_hold(void) {
  state.held = true;
}

void log_release(void) {
  state.held = false;
  write_lines();
}
