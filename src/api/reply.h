/* SPDX-License-Identifier: ISC */
/*
 * JSON answers written straight into the response's body: a status, then members in the order of
 * the calls, then the end. For objects whose shape is known this is as clear as a tree, and
 * allocates nothing but the body.
 *
 *   struct text *body = reply_begin(response, 200);
 *   reply_integer(body, "id", id);
 *   reply_end(response);
 */
#ifndef MEDIAGATE_API_REPLY_H
#define MEDIAGATE_API_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "http/response.h"

/* Sets the status and opens the object. */
struct text *reply_begin(struct response *response, int status);
/* Closes it. When memory ran out the answer becomes the problem that says so. */
void reply_end(struct response *response);

/* A comma unless the object or array has just been opened. */
void reply_separate(struct text *body);
/* `"name":`; the value is the caller's. Names need no escaping. */
void reply_name(struct text *body, const char *name);
void reply_integer(struct text *body, const char *name, int64_t value);
/* With so many digits after the point. */
void reply_number(struct text *body, const char *name, double value, int digits);
void reply_boolean(struct text *body, const char *name, bool value);
/* NULL and "" are null. */
void reply_string(struct text *body, const char *name, const char *value_or_null);
/* RFC 3339 in UTC. */
void reply_time(struct text *body, const char *name, int64_t time_us);
void reply_null(struct text *body, const char *name);
/* delivered_percent, of hundredths of a percent; null when they are negative. */
void reply_delivered(struct text *body, double points);
/* renditions, a list of names: of bits of domain/rendition.h. */
void reply_renditions(struct text *body, unsigned renditions);

#endif
