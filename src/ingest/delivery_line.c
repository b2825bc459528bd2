/* SPDX-License-Identifier: ISC */
/*
 * A scanner by hand, since this is the hot path of counting: it walks the line once, field by field, in the order of
 * the log format. The tables of fields are that order.
 */
#include "config.h"

#include "ingest/delivery_line.h"

#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"
#include "domain/address.h"
#include "ingest/line_scanner.h"

#define LINE_BEGINS "{\"time\":"
#define START_EVENT ",\"event\":\"start\""

/* Impossible: before this program was, after it will be; a hundred days; 64 TiB. */
#define TIME_MIN_S     INT64_C(1577836800)
#define TIME_MAX_S     INT64_C(4102444800)
#define SECONDS_MAX    INT64_C(8640000)
#define BODY_BYTES_MAX (INT64_C(1) << 46)

#define GRANT_TIME_DIGITS 12
#define GRANT_AHEAD_US    (INT64_C(86400) * 1000000) /* a day: clocks differ */

/* --- the fields ------------------------------------------------------------------------------ */

static bool scan_time(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_milliseconds(scanner, TIME_MAX_S, &delivery->time_us) &&
         delivery->time_us >= TIME_MIN_S * 1000000;
}

static bool scan_request_id(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_word(scanner, LINE_HEX, 32, delivery->request_id, sizeof delivery->request_id);
}

#define MEDIA_DIGITS_MAX 19 /* of a stream URL */

/* Nineteen digits may be more than an id: 0 then, see check_possible. */
static bool scan_media(struct line_scanner *scanner, struct delivery *delivery) {
  if (!line_scanner_skip(scanner, "\"", 1)) {
    return false;
  }
  const char *digits = scanner->at;
  delivery->media_id = 0;
  bool fits = line_scanner_number(scanner, INT64_MAX, &delivery->media_id);
  if (fits ? delivery->media_id == 0 : scanner->at - digits != MEDIA_DIGITS_MAX || digits[0] == '0') {
    return false;
  }
  return line_scanner_skip(scanner, "\"", 1);
}

static bool scan_grant(struct line_scanner *scanner, struct delivery *delivery) {
  if (!line_scanner_word(scanner, LINE_HEX, 32, delivery->grant_id, sizeof delivery->grant_id)) {
    return false;
  }
  int64_t milliseconds = 0;
  for (int i = 0; i < GRANT_TIME_DIGITS; i++) {
    milliseconds = milliseconds * 16 + line_scanner_hex_value(delivery->grant_id[i]);
  }
  delivery->granted_us = milliseconds * 1000;
  return true;
}

static bool scan_viewer(struct line_scanner *scanner, struct delivery *delivery) {
  if (!line_scanner_word(scanner, LINE_VIEWER, 1, delivery->viewer, sizeof delivery->viewer)) {
    return false;
  }
  if (strcmp(delivery->viewer, "-") == 0) {
    delivery->viewer[0] = '\0';
  }
  return true;
}

static bool scan_flags(struct line_scanner *scanner, struct delivery *delivery) {
  (void)delivery; /* it does not matter to a view */
  char flags[3];
  if (!line_scanner_word(scanner, LINE_VIEWER, 1, flags, sizeof flags)) {
    return false;
  }
  return strcmp(flags, "n") == 0 || strcmp(flags, "i") == 0 || strcmp(flags, "d") == 0 || strcmp(flags, "id") == 0;
}

static bool scan_file(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_word(scanner, LINE_FILE, 1, delivery->file, sizeof delivery->file);
}

static bool scan_address(struct line_scanner *scanner, struct delivery *delivery) {
  char address[64];
  return line_scanner_word(scanner, LINE_ADDRESS, 2, address, sizeof address) &&
         address_canonical(address, delivery->address) == ERROR_NONE;
}

/* nginx takes any word for a method. What is too long for one is cut, and so still none that plays. */
static bool scan_method(struct line_scanner *scanner, struct delivery *delivery) {
  char method[DELIVERY_LINE_MAX];
  if (!line_scanner_word(scanner, LINE_METHOD, 1, method, sizeof method)) {
    return false;
  }
  size_t length = strnlen(method, sizeof delivery->method - 1);
  memcpy(delivery->method, method, length);
  delivery->method[length] = '\0';
  return true;
}

/* Three digits; nginx writes 000 where the connection broke before there was a status. */
static bool scan_status(struct line_scanner *scanner, struct delivery *delivery) {
  int status = 0;
  for (int i = 0; i < 3; i++) {
    char digit = scanner->at < scanner->end ? *scanner->at++ : '\0';
    if (digit < '0' || digit > '9') {
      return false;
    }
    status = status * 10 + (digit - '0');
  }
  delivery->status = status;
  return status == 0 || (status >= 100 && status <= 599);
}

static bool scan_body_bytes(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_number(scanner, BODY_BYTES_MAX, &delivery->body_bytes);
}

/* As the origin of a remote medium wrote it: any text. */
static bool scan_content_range(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_string(scanner, delivery->content_range, sizeof delivery->content_range);
}

static bool scan_seconds(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_milliseconds(scanner, SECONDS_MAX, &delivery->duration_us);
}

static bool scan_completion(struct line_scanner *scanner, struct delivery *delivery) {
  char completion[3];
  if (!line_scanner_string(scanner, completion, sizeof completion)) {
    return false;
  }
  delivery->complete = completion[0] != '\0';
  return completion[0] == '\0' || strcmp(completion, "OK") == 0;
}

static bool scan_user_agent(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_string(scanner, delivery->user_agent, sizeof delivery->user_agent);
}

static bool scan_referrer_host(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_word(scanner, LINE_HOST, 0, delivery->referrer_host, sizeof delivery->referrer_host);
}

/* As the client asked for it: nginx logs a beginning for ranges of this form only. */
static bool scan_range(struct line_scanner *scanner, struct delivery *delivery) {
  return line_scanner_word(scanner, LINE_FILE, 0, delivery->content_range, sizeof delivery->content_range) &&
         delivery->content_range[strspn(delivery->content_range, "bytes=-0123456789")] == '\0';
}

/* What stands before a value, and what reads it. */
#define FIELD(before, scan, reject)                                                                                    \
  { before, sizeof(before) - 1, scan, reject }
struct field {
  const char *before;
  size_t before_size;
  bool (*scan)(struct line_scanner *scanner, struct delivery *delivery);
  enum delivery_reject reject;
};
/* What both kinds of lines have, after the time. */
/* clang-format off */
#define SHARED_FIELDS \
  FIELD(",\"request_id\":", scan_request_id, DELIVERY_REJECT_REQUEST_ID), \
  FIELD(",\"media\":", scan_media, DELIVERY_REJECT_MEDIA), \
  FIELD(",\"grant\":", scan_grant, DELIVERY_REJECT_GRANT), \
  FIELD(",\"viewer\":", scan_viewer, DELIVERY_REJECT_VIEWER), \
  FIELD(",\"flags\":", scan_flags, DELIVERY_REJECT_FLAGS), \
  FIELD(",\"file\":", scan_file, DELIVERY_REJECT_FILE), \
  FIELD(",\"address\":", scan_address, DELIVERY_REJECT_ADDRESS)
/* clang-format on */
static const struct field end_fields[] = {
    SHARED_FIELDS,
    FIELD(",\"method\":", scan_method, DELIVERY_REJECT_METHOD),
    FIELD(",\"status\":", scan_status, DELIVERY_REJECT_STATUS),
    FIELD(",\"body_bytes\":", scan_body_bytes, DELIVERY_REJECT_BODY_BYTES),
    FIELD(",\"content_range\":", scan_content_range, DELIVERY_REJECT_CONTENT_RANGE),
    FIELD(",\"seconds\":", scan_seconds, DELIVERY_REJECT_SECONDS),
    FIELD(",\"completion\":", scan_completion, DELIVERY_REJECT_COMPLETION),
    FIELD(",\"user_agent\":", scan_user_agent, DELIVERY_REJECT_USER_AGENT),
    FIELD(",\"referrer_host\":", scan_referrer_host, DELIVERY_REJECT_REFERRER_HOST),
};
static const struct field start_fields[] = {
    SHARED_FIELDS,
    FIELD(",\"range\":", scan_range, DELIVERY_REJECT_RANGE),
    FIELD(",\"user_agent\":", scan_user_agent, DELIVERY_REJECT_USER_AGENT),
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* --- the line -------------------------------------------------------------------------------- */

static enum delivery_reject scan_fields(struct line_scanner *scanner, const struct field *fields, size_t count,
                                        struct delivery *delivery) {
  for (size_t i = 0; i < count; i++) {
    if (!line_scanner_skip(scanner, fields[i].before, fields[i].before_size) || !fields[i].scan(scanner, delivery)) {
      return fields[i].reject;
    }
  }
  return line_scanner_skip(scanner, "}", 1) && scanner->at == scanner->end ? DELIVERY_REJECT_NONE : DELIVERY_REJECT_END;
}

static void clear_end(struct delivery *delivery) {
  delivery->duration_us = 0;
  delivery->body_bytes = 0;
  delivery->status = 0;
  delivery->complete = false;
  delivery->method[0] = '\0';
  delivery->referrer_host[0] = '\0';
}

/* Without a signature anybody may write any medium and grant into a URL, and nginx logs it with its refusal. Of what it
 * did deliver they are real: one whose time is impossible is none of ours, and its view would lie in a month of its
 * own.
 */
static enum delivery_reject check_possible(const struct delivery *delivery) {
  if (!delivery->begins && delivery->status != 200 && delivery->status != 206) {
    return DELIVERY_REJECT_NONE;
  }
  if (delivery->media_id == 0) {
    return DELIVERY_REJECT_MEDIA;
  }
  return delivery->granted_us >= TIME_MIN_S * 1000000 && delivery->granted_us <= delivery->time_us + GRANT_AHEAD_US
             ? DELIVERY_REJECT_NONE
             : DELIVERY_REJECT_GRANT;
}

static enum delivery_reject scan_line(struct line_scanner *scanner, struct delivery *delivery) {
  if (!line_scanner_skip(scanner, LINE_BEGINS, sizeof LINE_BEGINS - 1) || !scan_time(scanner, delivery)) {
    return DELIVERY_REJECT_TIME;
  }
  delivery->begins = line_scanner_skip(scanner, START_EVENT, sizeof START_EVENT - 1);
  if (delivery->begins) {
    clear_end(delivery);
  }
  enum delivery_reject reject = delivery->begins ? scan_fields(scanner, start_fields, COUNT(start_fields), delivery)
                                                 : scan_fields(scanner, end_fields, COUNT(end_fields), delivery);
  return reject == DELIVERY_REJECT_NONE ? check_possible(delivery) : reject;
}

size_t delivery_line_glued_at(const char *line, size_t size) {
  const size_t begins = sizeof LINE_BEGINS - 1;
  for (size_t at = size < begins ? 0 : size - begins; at > 0; at--) {
    if (line[at] == '{' && memcmp(line + at, LINE_BEGINS, begins) == 0) {
      return at;
    }
  }
  return 0;
}

/* A line that went wrong in the writing is told apart from one with a wrong field. */
static enum delivery_reject explain_reject(const char *line, size_t size, enum delivery_reject reject) {
  if (delivery_line_glued_at(line, size) > 0) {
    return DELIVERY_REJECT_GLUED;
  }
  return line[0] == '{' && line[size - 1] != '}' ? DELIVERY_REJECT_TORN : reject;
}

enum delivery_reject delivery_line_parse(const char *line, size_t size, struct delivery *ret_delivery) {
  if (size == 0) {
    return DELIVERY_REJECT_EMPTY;
  }
  if (size > DELIVERY_LINE_MAX) {
    return DELIVERY_REJECT_OVERSIZED;
  }
  if (memchr(line, '\0', size) != NULL) {
    return DELIVERY_REJECT_NUL;
  }
  if (!text_is_utf8(line, size)) {
    return DELIVERY_REJECT_UTF8;
  }
  struct line_scanner scanner = {.at = line, .end = line + size};
  enum delivery_reject reject = scan_line(&scanner, ret_delivery);
  return reject == DELIVERY_REJECT_NONE ? reject : explain_reject(line, size, reject);
}

const char *delivery_reject_name(enum delivery_reject reject) {
  static const char *const names[] = {
      [DELIVERY_REJECT_NONE] = "none",
      [DELIVERY_REJECT_EMPTY] = "empty",
      [DELIVERY_REJECT_OVERSIZED] = "oversized",
      [DELIVERY_REJECT_NUL] = "nul",
      [DELIVERY_REJECT_UTF8] = "utf8",
      [DELIVERY_REJECT_TORN] = "torn",
      [DELIVERY_REJECT_GLUED] = "glued",
      [DELIVERY_REJECT_TIME] = "time",
      [DELIVERY_REJECT_REQUEST_ID] = "request_id",
      [DELIVERY_REJECT_MEDIA] = "media",
      [DELIVERY_REJECT_GRANT] = "grant",
      [DELIVERY_REJECT_VIEWER] = "viewer",
      [DELIVERY_REJECT_FLAGS] = "flags",
      [DELIVERY_REJECT_FILE] = "file",
      [DELIVERY_REJECT_ADDRESS] = "address",
      [DELIVERY_REJECT_METHOD] = "method",
      [DELIVERY_REJECT_STATUS] = "status",
      [DELIVERY_REJECT_BODY_BYTES] = "body_bytes",
      [DELIVERY_REJECT_CONTENT_RANGE] = "content_range",
      [DELIVERY_REJECT_SECONDS] = "seconds",
      [DELIVERY_REJECT_COMPLETION] = "completion",
      [DELIVERY_REJECT_USER_AGENT] = "user_agent",
      [DELIVERY_REJECT_REFERRER_HOST] = "referrer_host",
      [DELIVERY_REJECT_RANGE] = "range",
      [DELIVERY_REJECT_END] = "end",
      [DELIVERY_REJECT_DATABASE] = "database",
  };
  _Static_assert(sizeof names / sizeof *names == DELIVERY_REJECT_COUNT_, "every reason has a name");
  return names[reject];
}
