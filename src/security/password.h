/* SPDX-License-Identifier: ISC */
/*
 * Password hashing: argon2id in PHC strings. Stored parameters are parsed and capped before they are obeyed.
 */
#ifndef MEDIAGATE_SECURITY_PASSWORD_H
#define MEDIAGATE_SECURITY_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PASSWORD_HASH_SIZE 128
#define PASSWORD_MAX_BYTES 1024

struct password_cost {
  uint32_t memory_kib;
  uint32_t time;
};

enum error password_hash(const char *password, size_t size, struct password_cost cost,
                         char ret_hash[PASSWORD_HASH_SIZE]) MUST_CHECK;
/* ERROR_NONE: it fits. ERROR_DENIED: it does not. ERROR_INVALID: the stored hash is not one of ours or costs too much
 * (m <= 64 MiB, t <= 4, p = 1, argon2id). ERROR_MEMORY: try later, never "wrong password".
 * *ret_renew: it fits, but was made with another cost. */
enum error password_verify(const char *stored_hash, const char *password, size_t size, struct password_cost cost,
                           bool *ret_renew) MUST_CHECK;
/* Stands in for a verification where there is no account: costs the same time and fails in the same ways. ERROR_DENIED,
 * or ERROR_MEMORY: an overload must not tell a known account from an unknown one. */
enum error password_waste_time(const char *password, size_t size, struct password_cost cost) MUST_CHECK;

#endif
