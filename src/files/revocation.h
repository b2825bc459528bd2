/* SPDX-License-Identifier: ISC */
/*
 * revoked/<name>: an empty file that makes nginx refuse a grant (32 hex digits) or all grants of an
 * issuer tag (8 digits), and not find a deleted medium ("m<id>": its files may be in nginx's cache). revoked/.present
 * says that the folder is what it should be: without it nginx plays nothing.
 */
#ifndef MEDIAGATE_FILES_REVOCATION_H
#define MEDIAGATE_FILES_REVOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Until when a file refuses lies in the file itself: it is modified GRANT_REVOKED_SECONDS before that. So a database
 * that went back in time (a restore, a fail-over without the last commits) takes no revocation back. */
struct revocation {
  const char *name;
  int64_t expires_at; /* seconds */
};

/* Durable when it returns. ERROR_INVALID for another name. Twice is fine: the later end counts. */
enum error revocation_write(const char *data_dir, const struct revocation *revocation) MUST_CHECK;
/* The same for all grants of an issuer tag. */
enum error revocation_write_tag(const char *data_dir, uint32_t issuer_tag, int64_t expires_at) MUST_CHECK;
/* The same for all files of a medium that was deleted. */
enum error revocation_write_tombstone(const char *data_dir, int64_t media_id, int64_t expires_at) MUST_CHECK;
/* Makes the files of these rows that are missing, removes files without a row whose time is over, and calls
 * `without_row` for those whose time is not. */
enum error revocation_rebuild(const char *data_dir, const struct revocation *rows, size_t count,
                              void (*without_row)(void *context, const struct revocation *revocation),
                              void *context) MUST_CHECK;

/* Would nginx find what was revoked? ERROR_NOT_FOUND: the folder was never filled, or is gone. */
enum error revocation_check(const char *data_dir) MUST_CHECK;

#endif
