/* SPDX-License-Identifier: ISC */
/*
 * Texts that are kept where others may read them, such as the database: AES-256-GCM under a key that is derived from a
 * key of the server and a secret of whoever may read the text again.
 */
#ifndef MEDIAGATE_SECURITY_SEAL_H
#define MEDIAGATE_SECURITY_SEAL_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "security/keyring.h"

/* `purpose` keeps keys of different uses apart. Appends "<kid>.<base64url>". ERROR_MEMORY. */
enum error seal_text(const struct keyring *keys, const char *purpose, const char *secret, const char *plain,
                     size_t size, struct text *ret_sealed) MUST_CHECK;
/* The text again. ERROR_DENIED: sealed with another purpose or secret, by a key that is gone, or changed. ERROR_MEMORY.
 */
enum error seal_open(const struct keyring *keys, const char *purpose, const char *secret, const char *sealed,
                     struct text *ret_plain) MUST_CHECK;

#endif
