/* SPDX-License-Identifier: ISC */
/*
 * A text of JSON, read token by token, to the letter of RFC 8259 and stricter where json_gate.h says so. Internal to
 * the gate, which puts the tokens together. Every reader returns false once something is wrong, and the first problem
 * stands.
 */
#ifndef MEDIAGATE_HTTP_JSON_SCAN_H
#define MEDIAGATE_HTTP_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define JSON_REASON_SIZE 160

struct json_scan {
  const unsigned char *text; /* valid UTF-8 */
  size_t size;
  size_t at;
  enum error error; /* ERROR_NONE while all is well */
  char *reason;     /* JSON_REASON_SIZE bytes: "byte N: what is wrong" */
};

/* Notes the first problem. Always false, so that readers can `return json_scan_refuse(…)`. */
bool json_scan_refuse_at(struct json_scan *scan, size_t at, const char *reason);
bool json_scan_refuse(struct json_scan *scan, const char *reason); /* at the position */

/* The byte at the position, -1 at the end. */
static inline int json_scan_peek(const struct json_scan *scan) {
  return scan->at < scan->size ? scan->text[scan->at] : -1;
}

static inline bool json_scan_take(struct json_scan *scan, int byte) {
  if (json_scan_peek(scan) != byte) {
    return false;
  }
  scan->at++;
  return true;
}

static inline bool json_scan_is_digit(int byte) {
  return byte >= '0' && byte <= '9';
}

/* A string with its quotes, the first of which stands at the position. Its decoded bytes are appended to `decoded`
 * unless that is NULL. */
bool json_scan_take_string(struct json_scan *scan, struct text *decoded);
/* Integers fit 64 bits, others are finite. */
bool json_scan_take_number(struct json_scan *scan);
/* true, false, null. */
bool json_scan_take_word(struct json_scan *scan, const char *word);

#endif
