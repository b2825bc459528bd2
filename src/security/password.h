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

/* Passwords compare by the profile OpaqueString (RFC 8265): in NFC, with every space an ASCII one. Everything here
 * takes them as they were typed, in UTF-8. */
enum error password_hash(const char *password, size_t size, struct password_cost cost,
                         char ret_hash[PASSWORD_HASH_SIZE]) MUST_CHECK;
/* ERROR_NONE: it fits. ERROR_DENIED: it does not. ERROR_INVALID: the stored hash is not one of ours or costs too much
 * (m <= 64 MiB, t <= 4, p = 1, argon2id). ERROR_MEMORY: try later, never "wrong password".
 * *ret_renew: it fits, but was made with another cost, or of the password as it was typed. */
enum error password_verify(const char *stored_hash, const char *password, size_t size, struct password_cost cost,
                           bool *ret_renew) MUST_CHECK;
/* The cost in the fourth part of a PHC string. ERROR_INVALID: not one that password_verify obeys. */
enum error password_cost_parse(const char *text, struct password_cost *ret_cost) MUST_CHECK;
#define PASSWORD_COSTS_MAX 8
/* As password_verify, at the same price whether there is an account or not: one hash of each cost that is in use, of
 * which one is the account's. stored_hash NULL: there is none, ERROR_DENIED. `in_use` are the costs of all accounts'
 * hashes, at most PASSWORD_COSTS_MAX. An overload must not tell a known account from an unknown one either. */
enum error password_verify_alike(const char *stored_hash, const char *password, size_t size, struct password_cost cost,
                                 const struct password_cost *in_use, size_t in_use_count, bool *ret_renew) MUST_CHECK;

#endif
