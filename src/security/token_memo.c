/* SPDX-License-Identifier: ISC */
/* A table of tokens by a hash of their text; see the header. */
#include "config.h"

#include "security/token_memo.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define TEXT_MAX 512 /* what we issue is some 330 bytes long; longer ones are verified each time */

struct slot {
  size_t length; /* 0: empty */
  char text[TEXT_MAX];
  struct access_token token;
};

struct token_memo {
  size_t count;
  struct slot slots[];
};

enum error token_memo_new(size_t slots, struct token_memo **ret_memo) {
  struct token_memo *memo = calloc(1, sizeof *memo + slots * sizeof *memo->slots);
  if (memo == NULL) {
    return ERROR_MEMORY;
  }
  memo->count = slots;
  *ret_memo = memo;
  return ERROR_NONE;
}

void token_memo_free(struct token_memo *memo) {
  if (memo != NULL) {
    explicit_bzero(memo->slots, memo->count * sizeof *memo->slots);
    free(memo);
  }
}

/* Only good tokens are kept, so nobody can choose what falls where. */
static struct slot *slot_of(struct token_memo *memo, const char *text, size_t length) {
  return &memo->slots[hash_bytes(HASH_BEGIN, text, length) % memo->count];
}

enum error token_memo_verify(struct token_memo *memo, const struct keyring *keyring, const char *text, size_t length,
                             int64_t now_seconds, struct access_token *ret_token) {
  if (memo == NULL || length == 0 || length > TEXT_MAX) {
    return access_token_verify(keyring, text, length, now_seconds, ret_token);
  }
  struct slot *slot = slot_of(memo, text, length);
  if (slot->length == length && CRYPTO_memcmp(slot->text, text, length) == 0) {
    if (now_seconds >= slot->token.expires_at) {
      return ERROR_EXPIRED;
    }
    *ret_token = slot->token;
    return ERROR_NONE;
  }
  enum error error = access_token_verify(keyring, text, length, now_seconds, ret_token);
  if (error == ERROR_NONE) {
    memcpy(slot->text, text, length);
    slot->length = length;
    slot->token = *ret_token;
  }
  return error;
}
