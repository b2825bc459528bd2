/* SPDX-License-Identifier: ISC */
/*
 * The system's log (syslog, and so the journal): what an operator's command changed. Its own stderr is a terminal that
 * nobody keeps.
 */
#ifndef MEDIAGATE_COMMAND_SYSTEM_LOG_H
#define MEDIAGATE_COMMAND_SYSTEM_LOG_H

#include <stdint.h>

/* One line of facility authpriv: the event, the account (0: none), and who ran the command. Lost where no system log
 * runs. */
void system_log_event(const char *event, int64_t account_id);

#endif
