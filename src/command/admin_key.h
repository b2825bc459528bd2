/* SPDX-License-Identifier: ISC */
/* mediagate admin key: API keys, by who runs the machine. A part of the command admin. */
#ifndef MEDIAGATE_COMMAND_ADMIN_KEY_H
#define MEDIAGATE_COMMAND_ADMIN_KEY_H

/* argv[0] is "key". Returns the exit status. */
int admin_key(int argc, char **argv, const char *config_path);

#endif
