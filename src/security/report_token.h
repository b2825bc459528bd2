/* SPDX-License-Identifier: ISC */
/*
 * What opens a shared report. The link has mgr_<id>_<secret><check>, a labelled secret. Where the report has a
 * password, whoever knows it gets mgs_<id>_<sealed> for a while, which stands for the link and the password.
 */
#ifndef MEDIAGATE_SECURITY_REPORT_TOKEN_H
#define MEDIAGATE_SECURITY_REPORT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/digest.h"
#include "security/keyring.h"
#include "security/labelled_secret.h"

#define REPORT_LINK_BEGINNING    "mgr_"
#define REPORT_SESSION_BEGINNING "mgs_"
#define REPORT_SESSION_MAX_BYTES 200

/* Does the text begin as a session does? */
bool report_session_is_meant(const char *text, size_t length);
/* Appends a session. It is bound to the report's link and to its password's hash: another of either ends it. */
enum error report_session_issue(const struct keyring *keys, int64_t report_id,
                                const unsigned char link_hash[DIGEST_SIZE], const char *hashed_password,
                                int64_t expires_at, struct text *ret_session) MUST_CHECK;
/* Which report does it say it is of? ERROR_INVALID: not of this form. */
enum error report_session_id(const char *text, size_t length, int64_t *ret_id) MUST_CHECK;
/* ERROR_DENIED: not one of ours, or of another link or password. ERROR_EXPIRED. ERROR_MEMORY. `text` as given to
 * report_session_id, which took it. */
enum error report_session_verify(const struct keyring *keys, const char *text, size_t length, int64_t report_id,
                                 const unsigned char link_hash[DIGEST_SIZE], const char *hashed_password,
                                 int64_t now_seconds) MUST_CHECK;

#endif
