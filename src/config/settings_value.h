/* SPDX-License-Identifier: ISC */
/* One value of one setting: reads it, and words its problem. Internal to the settings. */
#ifndef MEDIAGATE_CONFIG_SETTINGS_VALUE_H
#define MEDIAGATE_CONFIG_SETTINGS_VALUE_H

#include "config/settings_internal.h"

/* "FILE:LINE: NAME WHAT" or "environment MEDIAGATE_NAME: WHAT". */
void settings_problem(struct settings_loading *loading, size_t row_index, const char *format, ...) PRINTF_LIKE(3, 4);
/* Reads a value as it stands in the table or in the environment; notes a problem when it does not fit. */
void settings_set_text(struct settings_loading *loading, size_t row_index, const char *value);
void settings_set_integer(struct settings_loading *loading, size_t row_index, int64_t value);
/* Appends one trimmed entry to the row's list. */
void settings_set_item(struct settings_loading *loading, size_t row_index, const char *item, size_t length);
/* The setting whose name is nearest to a misspelt one, NULL when none is near. */
const char *settings_nearest_name(const char *name);

#endif
