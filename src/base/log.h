/* SPDX-License-Identifier: ISC */
/*
 * The log: one event a line on stderr, JSON by default, readable text when stderr is a terminal.
 * One write(2) a line, or for whole lines that were held, so lines of several processes never mix. Only api, ingest,
 * process and command code calls this. Never pass a password, a token, a signature or a full stream URL.
 *
 *   log_event(LOG_LEVEL_INFO, "upload_stored", LOG_I64("media_id", id), LOG_STR("sha256", hex));
 *
 * A line has time (RFC 3339, microseconds, UTC), level, event, pid, request_id and trace_id (when they are
 * set), then the fields.
 */
#ifndef MEDIAGATE_BASE_LOG_H
#define MEDIAGATE_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

struct log_field {
  const char *name;
  enum { LOG_FIELD_STRING, LOG_FIELD_INTEGER, LOG_FIELD_DOUBLE } kind;
  const char *string; /* NULL is written as null */
  int64_t integer;
  double number;
};

#define LOG_STR(field_name, value)                                                                                     \
  ((struct log_field){.name = (field_name), .kind = LOG_FIELD_STRING, .string = (value)})
#define LOG_I64(field_name, value)                                                                                     \
  ((struct log_field){.name = (field_name), .kind = LOG_FIELD_INTEGER, .integer = (int64_t)(value)})
#define LOG_F64(field_name, value)                                                                                     \
  ((struct log_field){.name = (field_name), .kind = LOG_FIELD_DOUBLE, .number = (value)})
#define LOG_ERROR_FIELD(value) LOG_STR("error", error_strerror(value))

void log_configure(enum log_level level, enum log_format format);
/* The id of the request being served; "" or NULL for none. Copied. */
void log_set_request_id(const char *request_id);
/* The trace that the request is a part of (W3C Trace Context), the same way. */
void log_set_trace_id(const char *trace_id);
void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t field_count);
/* From here on lines are collected, up to 3 KiB or the next error, until log_release writes them: for a process that
 * serves many requests at a stretch. One that is killed in between takes them along. */
void log_hold(void);
void log_release(void);

/* The sentinel field at the front keeps a call without fields valid C. */
#define log_event(level, event, ...)                                                                                   \
  log_write((level), (event), (const struct log_field[]){{.name = NULL}, ##__VA_ARGS__},                               \
            sizeof((const struct log_field[]){{.name = NULL}, ##__VA_ARGS__}) / sizeof(struct log_field))

#endif
