/* SPDX-License-Identifier: ISC */
/*
 * Secrets with a label: <beginning><id>_<secret><check>, as "mgk_17_…". The id is decimal; the secret is 43 characters
 * of A-Z a-z 0-9 chosen evenly (256 bits); the check is the CRC-32 of all before it, in 6 characters. Programs that
 * look for leaked secrets find one by its beginning and prove it by its check. Only the SHA-256 of the secret is
 * stored.
 */
#ifndef MEDIAGATE_SECURITY_LABELLED_SECRET_H
#define MEDIAGATE_SECURITY_LABELLED_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"

#define LABELLED_SECRET_SIZE      44 /* with its NUL */
#define LABELLED_SECRET_TEXT_SIZE 80 /* the longest text, and a NUL; a beginning has 4 characters */

enum error labelled_secret_new(char ret_secret[LABELLED_SECRET_SIZE], unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
void labelled_secret_format(const char *beginning, int64_t id, const char *secret,
                            char ret_text[LABELLED_SECRET_TEXT_SIZE]);
/* Does the text begin so? */
bool labelled_secret_is_meant(const char *beginning, const char *text, size_t length);
/* ERROR_INVALID: not of this form, or the check does not fit. */
enum error labelled_secret_parse(const char *beginning, const char *text, size_t length, int64_t *ret_id,
                                 char ret_secret[LABELLED_SECRET_SIZE]) MUST_CHECK;
/* The same, with the hash of the secret. ERROR_MEMORY. */
enum error labelled_secret_read(const char *beginning, const char *text, size_t length, int64_t *ret_id,
                                unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;

#endif
