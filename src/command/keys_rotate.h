/* SPDX-License-Identifier: ISC */
/*
 * Rotation and retirement of keys. The key file is the only state: each phase leaves one that works, and a rotation
 * that was stopped goes on from what stands in it.
 */
#ifndef MEDIAGATE_COMMAND_KEYS_ROTATE_H
#define MEDIAGATE_COMMAND_KEYS_ROTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/keys_file.h"

/* Appends a new key (pending), has everyone who verifies read it, proves that for nginx, puts it first, reloads the
 * pools, and retires what is old enough. With `prepare` it stops before the new key signs, so that other machines can
 * get the file first. Says what it does; failures are printed. */
enum error keys_rotate(const struct settings *settings, enum keys_kind kind, bool prepare) MUST_CHECK;
/* Without kids: removes every key that nothing valid can be signed with. With kids: removes these; ERROR_CONFLICT for
 * one that may be in use, unless `force`, and always for the one that signs. */
enum error keys_retire(const struct settings *settings, enum keys_kind kind, const char *const *kids, size_t kid_count,
                       bool force) MUST_CHECK;
/* When nothing signed with this key is valid any more, in seconds; 0 when it is not known since when it does not sign,
 * and for totp keys, which sign nothing. */
int64_t keys_retire_time(const struct settings *settings, enum keys_kind kind, const struct keyring_key *key);

#endif
