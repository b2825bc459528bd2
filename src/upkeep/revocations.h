/* SPDX-License-Identifier: ISC */
/*
 * The revocation files made anew from their rows: before the first worker serves, and each minute, which brings over
 * what other nodes revoked.
 */
#ifndef MEDIAGATE_UPKEEP_REVOCATIONS_H
#define MEDIAGATE_UPKEEP_REVOCATIONS_H

#include "base/error.h"
#include "store/engine/database.h"

/* Forgets rows that have expired, makes the files that are missing, and removes those whose time is over. A file whose
 * row is missing before its time gives it back. */
enum error revocations_rebuild(struct database *database, const char *data_dir) MUST_CHECK;

#endif
