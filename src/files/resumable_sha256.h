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
#include "domain/digest.h"

#define RESUMABLE_SHA256_STATE_SIZE 209 /* lower-case hex: 8 words, the count, the bytes of the unfinished block */

struct resumable_sha256;

enum error resumable_sha256_new(struct resumable_sha256 **ret_hash) MUST_CHECK;
void resumable_sha256_free(struct resumable_sha256 *hash); /* NULL is fine */
void resumable_sha256_restart(struct resumable_sha256 *hash);
enum error resumable_sha256_add(struct resumable_sha256 *hash, const void *bytes, size_t size) MUST_CHECK;
/* How many bytes were added. */
int64_t resumable_sha256_count(const struct resumable_sha256 *hash);
/* The hash ends with this: restart it before adding again. */
enum error resumable_sha256_finish(struct resumable_sha256 *hash, char ret_digest[DIGEST_HEX_SIZE]) MUST_CHECK;
void resumable_sha256_save(const struct resumable_sha256 *hash, char ret_state[RESUMABLE_SHA256_STATE_SIZE]);
/* ERROR_INVALID: not such a state; the hash is as before. */
enum error resumable_sha256_restore(struct resumable_sha256 *hash, const char *state) MUST_CHECK;

#endif
