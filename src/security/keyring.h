/* SPDX-License-Identifier: ISC */
/*
 * Keys in a file, one `kid secret;` a line ("#" begins a comment): the first signs, all verify.
 * kid is [a-z0-9]{1,8}; a secret is 32 to 64 bytes in base64url without padding. nginx includes the stream keys' file
 * in a map. Comments before a key's line tell its life, which `mediagate keys` keeps: "# created TIME", "# pending"
 * (made by a rotation that is not through: it has never signed), "# retired TIME" (it has not signed since). TIME is
 * RFC 3339.
 */
#ifndef MEDIAGATE_SECURITY_KEYRING_H
#define MEDIAGATE_SECURITY_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define KEYRING_MAX_KEYS     16
#define KEYRING_KID_SIZE     9
#define KEYRING_PROBLEM_SIZE 200

struct keyring_key {
  char kid[KEYRING_KID_SIZE];
  char secret_text[90];     /* as it stands in the file: what stream signing uses */
  unsigned char secret[64]; /* decoded: what HMAC uses */
  size_t secret_size;
  int64_t created_at; /* seconds; 0 unknown */
  int64_t retired_at; /* seconds; 0: it signs, or when it last did is unknown */
  bool pending;
};

struct keyring {
  struct keyring_key keys[KEYRING_MAX_KEYS];
  size_t count; /* at least 1 */
};

/* Pure. ERROR_INVALID with "line N: what; what to do" in ret_problem: no key, a duplicate kid, a weak or broken secret.
 */
enum error keyring_parse(const char *text, size_t size, struct keyring **ret_keyring,
                         char ret_problem[KEYRING_PROBLEM_SIZE]) MUST_CHECK;
/* Reads a secret file (file_read_secret) and parses it. Release with keyring_free, which wipes. */
enum error keyring_load(const char *path, struct keyring **ret_keyring,
                        char ret_problem[KEYRING_PROBLEM_SIZE]) MUST_CHECK;
void keyring_free(struct keyring *keyring);
/* NULL when there is no such kid. */
const struct keyring_key *keyring_find(const struct keyring *keyring, const char *kid);
const struct keyring_key *keyring_signing(const struct keyring *keyring);
/* A new random 256-bit key with a kid that the ring does not have yet. */
void keyring_generate(const struct keyring *keyring_or_null, int64_t now_seconds, struct keyring_key *ret_key);
/* The text of a key file with these keys in this order. It holds secrets: wipe it. */
void keyring_append_text(const struct keyring_key *keys, size_t count, struct text *ret_text);

#endif
