/* SPDX-License-Identifier: ISC */
/*
 * Which addresses a webhook may reach: those of the public internet, and those that the operator names. What is judged
 * is the address of the connection, so a name that resolves to another one the second time gains nothing. Pure.
 */
#ifndef MEDIAGATE_NOTIFY_ADDRESS_JUDGE_H
#define MEDIAGATE_NOTIFY_ADDRESS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/network.h"

/* An IPv4-mapped address is judged as the IPv4 address. What is no address may not be reached. */
bool address_judge_permits(const char *address, const struct network *allowed, size_t allowed_count);

#endif
