/* SPDX-License-Identifier: ISC */
/* The fields of a webhook, as they are sent, and what its handlers share. */
#ifndef MEDIAGATE_API_WEBHOOKS_WEBHOOK_FIELDS_H
#define MEDIAGATE_API_WEBHOOKS_WEBHOOK_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "api/call.h"
#include "store/events/webhook_store.h"

struct json_object;

/* `all`: url and events must be there. Texts live as long as the object. False: the response has the 422. */
bool webhook_fields_read(struct call *call, struct json_object *object, bool all,
                         struct webhook_change *ret_fields) MUST_CHECK;
/* The path's id. False: the response has the 404. */
bool webhook_fields_id(struct call *call, int64_t *ret_id) MUST_CHECK;
/* ERROR_NOT_FOUND is 404. */
void webhook_fields_fail(struct call *call, enum error error, int64_t id, const char *doing);
/* 0 is null. */
void webhook_fields_time(struct text *body, const char *name, int64_t time_us);

#endif
