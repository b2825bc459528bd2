/* SPDX-License-Identifier: ISC */
/* Sessions: log in, refresh, log out. Accounts themselves are account_api's. */
#ifndef MEDIAGATE_API_ACCOUNTS_AUTH_API_H
#define MEDIAGATE_API_ACCOUNTS_AUTH_API_H

#include <stdbool.h>

#include "api/routes.h"
#include "security/password.h"

void auth_api_login(struct call *call);   /* POST /auth/login */
void auth_api_refresh(struct call *call); /* POST /auth/refresh */
void auth_api_logout(struct call *call);  /* POST /auth/logout */

/* The limits and the answer that everything shares that checks a password. Counting comes before
 * hashing, so that parallel guesses cannot race and a flood costs a row, not an argon2. False: the
 * response has the 429 or 503. */
bool auth_api_count_attempt(struct call *call, const char *email) MUST_CHECK;
void auth_api_forgive_attempt(struct call *call, const char *email);
/* The password's cost by the settings. */
struct password_cost auth_api_password_cost(const struct app *app);

#endif
