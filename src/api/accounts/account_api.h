/* SPDX-License-Identifier: ISC */
/* Accounts of administrators: sign up, who am I, a new password. */
#ifndef MEDIAGATE_API_ACCOUNTS_ACCOUNT_API_H
#define MEDIAGATE_API_ACCOUNTS_ACCOUNT_API_H

#include "api/routes.h"

void account_api_signup(struct call *call);   /* POST /auth/signup */
void account_api_me(struct call *call);       /* GET /auth/me */
void account_api_password(struct call *call); /* PUT /auth/password */

#endif
