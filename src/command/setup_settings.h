/* SPDX-License-Identifier: ISC */
/* The settings file of `mediagate setup`: made where there is none, changed where that was asked. */
#ifndef MEDIAGATE_COMMAND_SETUP_SETTINGS_H
#define MEDIAGATE_COMMAND_SETUP_SETTINGS_H

#include "command/setup_steps.h"

/* Notes a setting that is to change; false, after a message, when there are too many. */
bool setup_change(struct setup *setup, const char *name, const char *value) MUST_CHECK;
/* Makes the settings file, or makes the changes in it, and reads it into setup->settings. */
bool setup_settings(struct setup *setup) MUST_CHECK;

#endif
