/* SPDX-License-Identifier: ISC */
/*
 * Query strings and form bodies: name=value pairs, strictly decoded. Pure.
 */
#ifndef MEDIAGATE_HTTP_QUERY_H
#define MEDIAGATE_HTTP_QUERY_H

#include <stddef.h>

#include "base/error.h"

#define QUERY_MAX_PAIRS 32

struct query_pair {
  char *name;
  char *value;
};

struct query {
  struct query_pair pairs[QUERY_MAX_PAIRS];
  size_t count;
};

/* ERROR_INVALID: bad escapes, NUL, invalid UTF-8, control characters, too many pairs. Release with query_free. */
enum error query_parse(const char *text, size_t length, struct query *ret_query) MUST_CHECK;
/* The same of a form: its values may hold control characters, since a password is any text. */
enum error query_parse_form(const char *text, size_t length, struct query *ret_query) MUST_CHECK;
void query_free(struct query *query);
/* The value, or NULL when absent. A name that occurs twice is found by query_repeated. */
const char *query_get(const struct query *query, const char *name);
/* Adds a pair behind the others. ERROR_MEMORY; ERROR_TOO_LARGE: there are too many. */
enum error query_add(struct query *query, const char *name, const char *value) MUST_CHECK;
/* The first name that occurs twice, or NULL. */
const char *query_repeated(const struct query *query);
/* The first name that is not in the NULL-terminated list, or NULL. */
const char *query_unknown(const struct query *query, const char *const known[]);

#endif
