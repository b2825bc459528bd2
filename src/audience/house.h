/* SPDX-License-Identifier: ISC */
/* Who is of the house and no audience: some networks, and some viewers by their ids. */
#ifndef MEDIAGATE_AUDIENCE_HOUSE_H
#define MEDIAGATE_AUDIENCE_HOUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct house;

/* Keeps copies. ERROR_INVALID: a network that network_parse does not take. ERROR_MEMORY. */
enum error house_new(const char *const *networks, size_t network_count, const char *const *viewers, size_t viewer_count,
                     struct house **ret_house) MUST_CHECK;
void house_free(struct house *house);
/* viewer_or_null: an id, NULL or "" for none. */
bool house_has(const struct house *house, const char *address, const char *viewer_or_null);

#endif
