/* SPDX-License-Identifier: ISC */
/* See trace_context.h; section 3.2 of the recommendation. */
#include "config.h"

#include "http/trace_context.h"

#include <string.h>

#define ID_AT     3
#define ID_DIGITS 32
#define PARENT_AT (ID_AT + ID_DIGITS + 1)
#define DIGITS    16 /* of the parent */
#define FLAGS_AT  (PARENT_AT + DIGITS + 1)
#define LENGTH    (FLAGS_AT + 2)

_Static_assert(LENGTH + 1 == TRACE_PARENT_SIZE, "a traceparent has 55 characters");

static const char digits[] = "0123456789abcdef";

/* So many digits, one of them not 0, and then `end`. */
static bool is_number(const char *text, size_t length, char end) {
  return strspn(text, digits) == length && text[length] == end && strspn(text, "0") < length;
}

void trace_context_parse(const char *traceparent, struct trace_context *ret_trace) {
  struct trace_context trace = {.sampled = false};
  bool known = strncmp(traceparent, "00-", 3) == 0;
  bool later = strspn(traceparent, digits) == 2 && traceparent[2] == '-' && strncmp(traceparent, "ff", 2) != 0;
  *ret_trace = trace;
  if ((!known && !later) || !is_number(traceparent + ID_AT, ID_DIGITS, '-') ||
      !is_number(traceparent + PARENT_AT, DIGITS, '-') || strspn(traceparent + FLAGS_AT, digits) != 2) {
    return;
  }
  char end = traceparent[LENGTH];
  if (end != '\0' && (known || end != '-')) {
    return;
  }
  memcpy(trace.id, traceparent + ID_AT, ID_DIGITS);
  memcpy(trace.parent, traceparent, LENGTH);
  trace.sampled = strchr("13579bdf", traceparent[FLAGS_AT + 1]) != NULL;
  *ret_trace = trace;
}
