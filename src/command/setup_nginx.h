/* SPDX-License-Identifier: ISC */
/* What nginx needs, of `mediagate setup`: its files, a certificate, the line that includes them. */
#ifndef MEDIAGATE_COMMAND_SETUP_NGINX_H
#define MEDIAGATE_COMMAND_SETUP_NGINX_H

#include "command/setup_steps.h"

/* After setup_settings. What is there stays, but for what the settings decide. False after a message. */
bool setup_nginx(const struct setup *setup) MUST_CHECK;

#endif
