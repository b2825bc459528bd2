/* SPDX-License-Identifier: ISC */
/*
 * How packages are made, as the settings say.
 */
#ifndef MEDIAGATE_COMMAND_PACKAGE_OPTIONS_H
#define MEDIAGATE_COMMAND_PACKAGE_OPTIONS_H

#include "config/settings.h"
#include "package/transcode.h"

/* Without progress, context, stop and log. */
struct transcode_options package_options(const struct settings *settings);

#endif
