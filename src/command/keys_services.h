/* SPDX-License-Identifier: ISC */
/*
 * What a rotation asks of the services that run: that they read a key file again, and that nginx accepts a key.
 */
#ifndef MEDIAGATE_COMMAND_KEYS_SERVICES_H
#define MEDIAGATE_COMMAND_KEYS_SERVICES_H

#include "base/error.h"
#include "config/settings.h"
#include "security/keyring.h"

/* Reloads `mediagate serve` and waits until every worker is a new one. ERROR_NONE also when it does not run: it reads
 * the keys when it starts. Failures are printed. */
enum error keys_reload_pools(const struct settings *settings) MUST_CHECK;
/* Reloads nginx. Failures are printed: ERROR_NOT_FOUND when it does not run here. */
enum error keys_reload_nginx(const struct settings *settings) MUST_CHECK;
/* Asks nginx_url for a stream that cannot exist, signed with this key, until nginx answers 404 every time (a key that
 * it does not know is 403). ERROR_TIMEOUT when it does not come to that; printed. */
enum error keys_probe_nginx(const struct settings *settings, const struct keyring_key *key) MUST_CHECK;
/* The converse: returns when nginx refuses what this key signs. */
enum error keys_probe_forgotten(const struct settings *settings, const struct keyring_key *key) MUST_CHECK;

#endif
