/* SPDX-License-Identifier: ISC */
/*
 * JSON request bodies: a strict gate before json-c (size, depth, NUL, control bytes, UTF-8, duplicate keys, NaN, whole
 * input, numbers that fit), then typed fields. Wrong, missing and unknown fields are noted in the response, all at
 * once.
 */
#ifndef MEDIAGATE_HTTP_JSON_BODY_H
#define MEDIAGATE_HTTP_JSON_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "http/json_scan.h"

struct json_object;
struct request;
struct response;

#define JSON_BODY_MAX_BYTES (64 * 1024)
#define JSON_BODY_MAX_DEPTH 16

/* Parses text into an object. ERROR_INVALID with the reason and the byte offset in ret_reason.
 * Pure: the fuzz target and the tests call this. */
enum error json_body_parse(const char *text, size_t size, struct json_object **ret_object,
                           char ret_reason[JSON_REASON_SIZE]) MUST_CHECK;
/* Reads and parses the request's body, which must be application/json with an object at the top. On failure the
 * response holds the answer (400, 413, 415) and the return value is not ERROR_NONE. */
enum error json_body_read(struct request *request, struct response *response,
                          struct json_object **ret_object) MUST_CHECK;

/* Typed access. Each notes a field error in `response` when the field is missing, null or of another type, or out of
 * the given bounds; the result is then NULL. *_optional: absent is fine, and NULL too; null counts as
 * absent. Strings live as long as the object. Lengths are in code points. A string with NUL or control characters is an
 * error. */
const char *json_body_string(struct json_object *object, const char *name, size_t min_length, size_t max_length,
                             struct response *response);
const char *json_body_string_optional(struct json_object *object, const char *name, size_t min_length,
                                      size_t max_length, struct response *response);
/* Secrets: valid UTF-8 of min..max bytes, control characters allowed except NUL. */
const char *json_body_password(struct json_object *object, const char *name, size_t min_bytes, size_t max_bytes,
                               struct response *response);
/* Absent or null: *ret_value stays, and so it does where an error is noted. */
void json_body_boolean_optional(struct json_object *object, const char *name, bool *ret_value,
                                struct response *response);
void json_body_integer_optional(struct json_object *object, const char *name, int64_t min, int64_t max,
                                int64_t *ret_value, struct response *response);
/* An array of min_count to max_count strings, as json_body_string takes them; ret_strings has room for max_count.
 * Returns how many; 0 where an error is noted. Absent or null is fine where min_count is 0. */
size_t json_body_strings(struct json_object *object, const char *name, size_t min_count, size_t max_count,
                         const char *ret_strings[], struct response *response);
/* Is the member there, and not null? */
bool json_body_has(struct json_object *object, const char *name);
/* Notes every member that is not in the NULL-terminated list. */
void json_body_refuse_unknown(struct json_object *object, const char *const known[], struct response *response);

#endif
