/* SPDX-License-Identifier: ISC */
/*
 * The text of an API key: mgk_<id>_<secret><check>, a labelled secret. Only the SHA-256 of the secret is stored.
 */
#ifndef MEDIAGATE_SECURITY_API_KEY_H
#define MEDIAGATE_SECURITY_API_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "security/labelled_secret.h"

#define API_KEY_BEGINNING   "mgk_"
#define API_KEY_SECRET_SIZE LABELLED_SECRET_SIZE
#define API_KEY_TEXT_SIZE   LABELLED_SECRET_TEXT_SIZE

enum error api_key_new_secret(char ret_secret[API_KEY_SECRET_SIZE], unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
void api_key_format(int64_t id, const char *secret, char ret_text[API_KEY_TEXT_SIZE]);
/* Does the text begin as a key does? */
bool api_key_is_meant(const char *text, size_t length);
/* ERROR_INVALID: not of this form, or the check does not fit. */
enum error api_key_parse(const char *text, size_t length, int64_t *ret_id,
                         char ret_secret[API_KEY_SECRET_SIZE]) MUST_CHECK;
/* Keys that were found good a moment ago: the same key comes with hundreds of calls a second. A memo tells only what a
 * text says; whether the key is good is asked anew each time. Zeroed at the beginning, one for each worker. */
#define API_KEY_MEMO_SLOTS 64

struct api_key_memo {
  struct {
    size_t length; /* 0: empty */
    char text[API_KEY_TEXT_SIZE];
    int64_t id;
    unsigned char hash[DIGEST_SIZE];
  } slots[API_KEY_MEMO_SLOTS];
};

/* The id of a key and the hash of its secret. ERROR_INVALID as above; ERROR_MEMORY. */
enum error api_key_read(const struct api_key_memo *memo, const char *text, size_t length, int64_t *ret_id,
                        unsigned char ret_hash[DIGEST_SIZE]) MUST_CHECK;
/* Remembers a good key, which strangers cannot make: so they cannot choose what falls where. */
void api_key_keep(struct api_key_memo *memo, const char *text, size_t length, int64_t id,
                  const unsigned char hash[DIGEST_SIZE]);
/* In constant time. */
bool api_key_hash_is(const unsigned char hash[DIGEST_SIZE], const unsigned char expected[DIGEST_SIZE]);

#endif
