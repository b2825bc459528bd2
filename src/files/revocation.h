/* SPDX-License-Identifier: ISC */
/*
 * revoked/<name>: an empty file that makes nginx refuse a grant (32 hex digits) or all grants of an
 * issuer tag (8 digits). revoked/.present says that the folder is what it should be: without it nginx plays nothing.
 */
#ifndef MEDIAGATE_FILES_REVOCATION_H
#define MEDIAGATE_FILES_REVOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Durable when it returns. ERROR_INVALID for another name. Twice is fine. */
enum error revocation_write(const char *data_dir, const char *name) MUST_CHECK;
/* Makes the folder hold exactly these names (sorted or not): rebuilds missing ones, removes others
 * that are older than a minute. */
enum error revocation_rebuild(const char *data_dir, const char *const *names, size_t count) MUST_CHECK;

/* Would nginx find what was revoked? ERROR_NOT_FOUND: the folder was never filled, or is gone. */
enum error revocation_check(const char *data_dir) MUST_CHECK;

#endif
