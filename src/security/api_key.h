/* SPDX-License-Identifier: ISC */
/*
 * The text of an API key: mgk_<id>_<secret><check>. The id is decimal; the secret is 43 characters of A-Z a-z 0-9
 * chosen evenly (256 bits); the check is the CRC-32 of all before it, in 6 characters. Programs that look for leaked
 * secrets find a key by its beginning and prove it by its check. Only the SHA-256 of the secret is stored.
 */
#ifndef MEDIAGATE_SECURITY_API_KEY_H
#define MEDIAGATE_SECURITY_API_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"

#define API_KEY_BEGINNING   "mgk_"
#define API_KEY_SECRET_SIZE 44 /* with its NUL */
#define API_KEY_TEXT_SIZE   80 /* the longest key, and a NUL */

enum error api_key_new_secret(char ret_secret[API_KEY_SECRET_SIZE], unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
void api_key_format(int64_t id, const char *secret, char ret_text[API_KEY_TEXT_SIZE]);
/* Does the text begin as a key does? */
bool api_key_is_meant(const char *text, size_t length);
/* ERROR_INVALID: not of this form, or the check does not fit. */
enum error api_key_parse(const char *text, size_t length, int64_t *ret_id,
                         char ret_secret[API_KEY_SECRET_SIZE]) MUST_CHECK;
/* Is this the secret of the hash? In constant time. ERROR_DENIED: no. ERROR_MEMORY. */
enum error api_key_verify(const char *secret, const unsigned char hash[DIGEST_SIZE]) MUST_CHECK;

#endif
