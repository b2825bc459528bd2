/* SPDX-License-Identifier: ISC */
/* Judges the values of the settings. Internal to the settings. */
#ifndef MEDIAGATE_CONFIG_SETTINGS_CHECK_H
#define MEDIAGATE_CONFIG_SETTINGS_CHECK_H

#include "config/settings_internal.h"

/* True when the value's form is checked; every text and list must have one. */
bool settings_has_form(const struct settings_row *row);
/* Judges every value and what must fit together; lowers host names. */
void settings_check(struct settings_loading *loading);

#endif
