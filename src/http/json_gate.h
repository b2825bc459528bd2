/* SPDX-License-Identifier: ISC */
/*
 * The strict gate before json-c: RFC 8259 to the letter, and more. Refused besides bad syntax: nesting beyond the
 * limit, an object with a member twice (escapes are no way around) or with very many, NUL in any spelling, lone
 * surrogates, overlong and otherwise invalid UTF-8, integers that do not fit 64 bits, numbers that are not finite, a
 * byte order mark. Pure; allocates for the names of members only.
 */
#ifndef MEDIAGATE_HTTP_JSON_GATE_H
#define MEDIAGATE_HTTP_JSON_GATE_H

#include <stddef.h>

#include "base/error.h"
#include "http/json_scan.h"

#define JSON_GATE_MAX_MEMBERS 256
/* ERROR_NONE: the text is one JSON object; it begins at *ret_start and is *ret_size bytes long, blanks around it
 * excluded. ERROR_INVALID: "byte N: reason" in ret_reason, N counted from 0. ERROR_MEMORY. */
enum error json_gate_check(const char *text, size_t size, size_t max_depth, size_t *ret_start, size_t *ret_size,
                           char ret_reason[JSON_REASON_SIZE]) MUST_CHECK;

#endif
