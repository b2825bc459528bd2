/* SPDX-License-Identifier: ISC */
/* A PostgreSQL connection string, keywords or a URI, as libpq reads it. */
#ifndef MEDIAGATE_STORE_ENGINE_CONNECTION_STRING_H
#define MEDIAGATE_STORE_ENGINE_CONNECTION_STRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Could libpq connect by this? The name of a database alone is one too. Why not cannot be said without parts of what
 * may be a password. */
bool connection_string_is_valid(const char *string);
/* Appends the string so that it can be shown. One with a password is written anew as keywords, with *** for each value
 * that libpq holds for secret. One that libpq would refuse becomes *** as a whole. */
void connection_string_append_masked(struct text *text, const char *string);
/* Copies the value of a keyword, such as host, as the string itself gives it; "" when it does not. False: it is longer
 * than the room, or libpq would refuse the string. */
bool connection_string_get(const char *string, const char *keyword, char *ret_value, size_t size) MUST_CHECK;
/* Tells each keyword and value that libpq would connect by: those of the environment first, then the string's own. A
 * string that libpq would refuse tells the environment's. */
void connection_string_tell(const char *string, void (*tell)(void *context, const char *keyword, const char *value),
                            void *context);

#endif
