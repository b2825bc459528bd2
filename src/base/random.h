/* SPDX-License-Identifier: ISC */
/*
 * Randomness from the kernel (getrandom). Aborts when the kernel has none: nothing here can go on without.
 */
#ifndef MEDIAGATE_BASE_RANDOM_H
#define MEDIAGATE_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *ret_bytes, size_t size);
uint32_t random_u32(void);

#endif
