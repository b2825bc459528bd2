/* SPDX-License-Identifier: ISC */
/* The checksum that a client sends with one piece of a file: sha1 or sha256. */
#ifndef MEDIAGATE_FILES_CHUNK_CHECKSUM_H
#define MEDIAGATE_FILES_CHUNK_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define CHUNK_CHECKSUM_ALGORITHMS "sha1,sha256"

struct chunk_checksum;

/* `expected` is the digest in base64, as long as the algorithm's. ERROR_UNSUPPORTED: no such algorithm.
 * ERROR_INVALID: not such a digest. */
enum error chunk_checksum_new(const char *algorithm, size_t algorithm_length, const char *expected,
                              struct chunk_checksum **ret_checksum) MUST_CHECK;
void chunk_checksum_free(struct chunk_checksum *checksum); /* NULL is fine */
enum error chunk_checksum_add(struct chunk_checksum *checksum, const void *bytes, size_t size) MUST_CHECK;
/* Once, at the end. */
bool chunk_checksum_fits(struct chunk_checksum *checksum) MUST_CHECK;

#endif
