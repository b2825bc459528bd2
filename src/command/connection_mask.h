/* SPDX-License-Identifier: ISC */
/*
 * Masks the passwords in a PostgreSQL connection string, so that it can be shown.
 */
#ifndef MEDIAGATE_COMMAND_CONNECTION_MASK_H
#define MEDIAGATE_COMMAND_CONNECTION_MASK_H

#include "base/text.h"

/* Appends `connection` (keywords or URI) with every password's value replaced by ***. Rather masks too much than too
 * little. */
void connection_mask_append(struct text *text, const char *connection);

#endif
