/* SPDX-License-Identifier: ISC */
/*
 * SHA-256 that can be put down and taken up again: the state between two pieces as text, so that a file which comes
 * over days, through many processes, is not read once more at its end.
 */
#ifndef MEDIAGATE_FILES_RESUMABLE_SHA256_H
#define MEDIAGATE_FILES_RESUMABLE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RUNNING_HASH_DIGEST_SIZE 65  /* lower-case hex */
#define RUNNING_HASH_STATE_SIZE  209 /* lower-case hex: 8 words, the count, the bytes of the unfinished block */

struct running_hash;

enum error running_hash_new(struct running_hash **ret_hash) MUST_CHECK;
void running_hash_free(struct running_hash *hash); /* NULL is fine */
void running_hash_restart(struct running_hash *hash);
enum error running_hash_add(struct running_hash *hash, const void *bytes, size_t size) MUST_CHECK;
/* How many bytes were added. */
int64_t running_hash_count(const struct running_hash *hash);
/* The hash ends with this: restart it before adding again. */
enum error running_hash_finish(struct running_hash *hash, char ret_digest[RUNNING_HASH_DIGEST_SIZE]) MUST_CHECK;
void running_hash_save(const struct running_hash *hash, char ret_state[RUNNING_HASH_STATE_SIZE]);
/* ERROR_INVALID: not such a state; the hash is as before. */
enum error running_hash_restore(struct running_hash *hash, const char *state) MUST_CHECK;

#endif
