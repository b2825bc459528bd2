/* SPDX-License-Identifier: ISC */
/*
 * What may become a password (NIST SP 800-63B section 5.1.1.2): long enough, none of the most used ones, not the
 * account's own name. No rules of composition. Pure.
 */
#ifndef MEDIAGATE_SECURITY_PASSWORD_POLICY_H
#define MEDIAGATE_SECURITY_PASSWORD_POLICY_H

#include <stddef.h>

#include "base/error.h"

/* `password` is UTF-8 and is judged as it compares (security/password.h), `email` is normalised. ERROR_INVALID: it may
 * not; *ret_complaint is static text that completes "the password …". ERROR_MEMORY. */
enum error password_policy_check(const char *password, size_t min_bytes, const char *email,
                                 const char **ret_complaint) MUST_CHECK;

#endif
