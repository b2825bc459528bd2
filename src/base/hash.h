/* SPDX-License-Identifier: ISC */
/*
 * FNV-1a in 64 bits, for tables in memory and for telling lists apart. It is no secret: where strangers choose the
 * keys, begin with a random seed. For what must not be forged there is OpenSSL.
 */
#ifndef MEDIAGATE_BASE_HASH_H
#define MEDIAGATE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325) /* where there is no seed */

/* Goes on from `hash`. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);
uint64_t hash_text(uint64_t hash, const char *text); /* without its NUL */
/* At the end, where the low bits choose the place: the high ones reach them. */
uint64_t hash_mix(uint64_t hash);

#endif
