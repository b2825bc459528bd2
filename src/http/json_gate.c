/* SPDX-License-Identifier: ISC */
/*
 * A recursive descent over the text that builds nothing. json-c alone lets through what json_gate.h lists.
 */
#include "config.h"

#include "http/json_gate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "http/json_scan.h"

struct gate {
  struct json_scan scan;
  size_t max_depth;
  struct text names; /* of the open objects' members, each as its length (4 bytes) and its decoded bytes */
};

static void gate_skip_blanks(struct gate *gate) {
  int byte = json_scan_peek(&gate->scan);
  while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
    gate->scan.at++;
    byte = json_scan_peek(&gate->scan);
  }
}

static bool gate_take_value(struct gate *gate, size_t depth);

/* Is the last of the names, which begins at `last`, among those before it that begin at `first`? */
static bool gate_is_repeated(const struct text *names, size_t first, size_t last) {
  size_t size = names->length - last;
  for (size_t at = first; at < last;) {
    uint32_t length;
    memcpy(&length, names->data + at, sizeof length);
    size_t whole = sizeof length + length;
    if (whole == size && memcmp(names->data + at + sizeof length, names->data + last + sizeof length, length) == 0) {
      return true;
    }
    at += whole;
  }
  return false;
}

/* A member's name, which must be new in its object, whose names begin at `first`. */
static bool take_name(struct gate *gate, size_t first) {
  size_t start = gate->scan.at;
  size_t last = gate->names.length;
  uint32_t length = 0;
  if (json_scan_peek(&gate->scan) != '"') {
    return json_scan_refuse(&gate->scan, "a member's name in quotes is expected");
  }
  text_append_bytes(&gate->names, &length, sizeof length);
  if (!json_scan_take_string(&gate->scan, &gate->names)) {
    return false;
  }
  if (gate->names.failed) {
    gate->scan.error = ERROR_MEMORY;
    return false;
  }
  length = (uint32_t)(gate->names.length - last - sizeof length);
  memcpy(gate->names.data + last, &length, sizeof length);
  return !gate_is_repeated(&gate->names, first, last) ||
         json_scan_refuse_at(&gate->scan, start, "a member occurs twice");
}

static bool take_object(struct gate *gate, size_t depth) {
  size_t first = gate->names.length;
  size_t members = 0;
  gate->scan.at++; /* the brace */
  gate_skip_blanks(gate);
  if (json_scan_take(&gate->scan, '}')) {
    return true;
  }
  do {
    if (++members > JSON_GATE_MAX_MEMBERS) {
      return json_scan_refuse(&gate->scan, "an object has too many members");
    }
    gate_skip_blanks(gate);
    if (!take_name(gate, first)) {
      return false;
    }
    gate_skip_blanks(gate);
    if (!json_scan_take(&gate->scan, ':')) {
      return json_scan_refuse(&gate->scan, "a colon is expected");
    }
    if (!gate_take_value(gate, depth)) {
      return false;
    }
  } while (json_scan_take(&gate->scan, ','));
  gate->names.length = first; /* the names of this object are forgotten */
  return json_scan_take(&gate->scan, '}') || json_scan_refuse(&gate->scan, "a comma or } is expected");
}

static bool take_array(struct gate *gate, size_t depth) {
  gate->scan.at++; /* the bracket */
  gate_skip_blanks(gate);
  if (json_scan_take(&gate->scan, ']')) {
    return true;
  }
  do {
    if (!gate_take_value(gate, depth)) {
      return false;
    }
  } while (json_scan_take(&gate->scan, ','));
  return json_scan_take(&gate->scan, ']') || json_scan_refuse(&gate->scan, "a comma or ] is expected");
}

/* A value and the blanks around it. `depth` objects and arrays are open. */
static bool gate_take_value(struct gate *gate, size_t depth) {
  bool good;
  gate_skip_blanks(gate);
  int byte = json_scan_peek(&gate->scan);
  if ((byte == '{' || byte == '[') && depth == gate->max_depth) {
    return json_scan_refuse(&gate->scan, "the nesting is too deep");
  }
  if (byte == '{') {
    good = take_object(gate, depth + 1);
  } else if (byte == '[') {
    good = take_array(gate, depth + 1);
  } else if (byte == '"') {
    good = json_scan_take_string(&gate->scan, NULL);
  } else if (byte == '-' || json_scan_is_digit(byte)) {
    good = json_scan_take_number(&gate->scan);
  } else if (byte == 't' || byte == 'f') {
    good = json_scan_take_word(&gate->scan, byte == 't' ? "true" : "false");
  } else if (byte == 'n') {
    good = json_scan_take_word(&gate->scan, "null");
  } else {
    good = json_scan_refuse(&gate->scan, byte == 0 ? "NUL is not allowed" : "a value is expected");
  }
  gate_skip_blanks(gate);
  return good;
}

/* Where the first character begins that is not valid UTF-8. */
static size_t first_invalid_utf8(const char *text, size_t size) {
  size_t at = 0;
  while (at < size) {
    size_t length = 1;
    while (length <= 4 && at + length <= size && !text_is_utf8(text + at, length)) {
      length++;
    }
    if (length > 4 || at + length > size) {
      return at;
    }
    at += length;
  }
  return size;
}

enum error json_gate_check(const char *text, size_t size, size_t max_depth, size_t *ret_start, size_t *ret_size,
                           /* NOLINTNEXTLINE(readability-non-const-parameter): struct gate writes it */
                           char ret_reason[JSON_REASON_SIZE]) {
  struct gate gate = {
      .scan = {.text = (const unsigned char *)text, .size = size, .reason = ret_reason},
      .max_depth = max_depth,
  };
  if (!text_is_utf8(text, size)) {
    (void)json_scan_refuse_at(&gate.scan, first_invalid_utf8(text, size), "invalid UTF-8");
    return gate.scan.error;
  }
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
    (void)json_scan_refuse_at(&gate.scan, 0, "a byte order mark is not allowed");
    return gate.scan.error;
  }
  gate_skip_blanks(&gate);
  size_t start = gate.scan.at;
  if (start == size) {
    (void)json_scan_refuse_at(&gate.scan, start, "the text is empty");
  } else if (json_scan_peek(&gate.scan) != '{') {
    (void)json_scan_refuse_at(&gate.scan, start, "an object is expected");
  } else if (gate_take_value(&gate, 0) && gate.scan.at < size) {
    (void)json_scan_refuse_at(&gate.scan, gate.scan.at, "something follows the object");
  }
  text_free(&gate.names);
  if (gate.scan.error == ERROR_NONE) {
    size_t end = size;
    while (text[end - 1] != '}') {
      end--;
    }
    *ret_start = start;
    *ret_size = end - start;
  }
  return gate.scan.error;
}
