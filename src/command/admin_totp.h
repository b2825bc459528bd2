/* SPDX-License-Identifier: ISC */
/* What `mediagate admin` does with second factors. Both print what they did or why not. */
#ifndef MEDIAGATE_COMMAND_ADMIN_TOTP_H
#define MEDIAGATE_COMMAND_ADMIN_TOTP_H

#include "config/settings.h"
#include "store/accounts/account_store.h"
#include "store/engine/database.h"

/* Removes the second factor of the account, which can then log in by its password alone, and enrol again. Returns an
 * exit code. */
int admin_totp_reset(struct database *database, const struct account *account);
/* Encrypts every secret under the key that encrypts now, so that older keys can be retired. Returns an exit code. */
int admin_totp_reseal(const struct settings *settings, struct database *database);

#endif
