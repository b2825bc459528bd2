/* SPDX-License-Identifier: ISC */
/*
 * What good settings leave open all the same: each is a line of check-config and of the log at a start.
 */
#ifndef MEDIAGATE_COMMAND_COMMAND_WARNINGS_H
#define MEDIAGATE_COMMAND_COMMAND_WARNINGS_H

#include "config/settings.h"

/* Called once for each: the setting's name, what is open, and what closes it. */
typedef void command_warning(void *context, const char *setting, const char *meaning, const char *remedy);

void command_warnings_tell(const struct settings *settings, command_warning *tell, void *context);
/* As warnings `setting_is_open` in the log. */
void command_warnings_log(const struct settings *settings);

#endif
