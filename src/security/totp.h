/* SPDX-License-Identifier: ISC */
/*
 * Codes of a second factor: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds, which is what every
 * authenticator app takes. The only file that includes liboath. Pure but for totp_secret_new.
 */
#ifndef MEDIAGATE_SECURITY_TOTP_H
#define MEDIAGATE_SECURITY_TOTP_H

#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define TOTP_SECRET_BYTES 20 /* as many as a SHA-1 has: RFC 4226 section 4, R6 */
#define TOTP_DIGITS       6
#define TOTP_STEP_SECONDS 30

void totp_secret_new(unsigned char ret_secret[TOTP_SECRET_BYTES]);
/* Is this the code of the present step, of the one before or of the one after? *ret_step is which: the number of steps
 * since 1970. ERROR_DENIED: no; a text that is no code at all, too. ERROR_MEMORY. */
enum error totp_verify(const unsigned char secret[TOTP_SECRET_BYTES], const char *code, int64_t now_seconds,
                       int64_t *ret_step) MUST_CHECK;
/* Appends the secret in base32, for who types it. */
enum error totp_append_base32(const unsigned char secret[TOTP_SECRET_BYTES], struct text *ret_text) MUST_CHECK;
/* Appends what an app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER&… */
enum error totp_append_uri(const unsigned char secret[TOTP_SECRET_BYTES], const char *issuer, const char *account,
                           struct text *ret_text) MUST_CHECK;

#endif
