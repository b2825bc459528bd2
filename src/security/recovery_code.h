/* SPDX-License-Identifier: ISC */
/*
 * Recovery codes: each is good once in place of a code of the second factor. 80 random bits as four groups of four
 * letters and digits; only a SHA-256 of them and of the account is stored, which is enough because nobody can guess
 * what it was made from.
 */
#ifndef MEDIAGATE_SECURITY_RECOVERY_CODE_H
#define MEDIAGATE_SECURITY_RECOVERY_CODE_H

#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"

#define RECOVERY_CODE_SIZE 20 /* "xxxx-xxxx-xxxx-xxxx" and a NUL */
#define RECOVERY_CODES     10 /* of an account */

enum error recovery_code_new(int64_t account_id, char ret_code[RECOVERY_CODE_SIZE],
                             unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
/* What is stored of this code. Capitals are small letters, blanks and hyphens are nothing. ERROR_DENIED: it has another
 * form. */
enum error recovery_code_hash(int64_t account_id, const char *code, unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;

#endif
