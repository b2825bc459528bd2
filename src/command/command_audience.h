/* SPDX-License-Identifier: ISC */
/* Opens what is said of viewers as the settings want it, for the commands that count views. */
#ifndef MEDIAGATE_COMMAND_COMMAND_AUDIENCE_H
#define MEDIAGATE_COMMAND_COMMAND_AUDIENCE_H

#include "audience/audience.h"
#include "audience/device_list.h"
#include "config/settings.h"

/* Logs what is missing, with `tell`: once for each ingest is enough. ERROR_MEMORY. */
enum error command_audience_open(const struct settings *settings, bool tell, struct audience **ret_audience) MUST_CHECK;

/* The list of browsers and systems; NULL where this build has none, which the log says. */
struct device_list *command_devices_open(const struct settings *settings);

#endif
