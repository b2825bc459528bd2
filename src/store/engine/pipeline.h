/* SPDX-License-Identifier: ISC */
/*
 * A transaction whose statements are sent together and answered together: one round trip, however many statements and
 * however far the server. For what holds a lock that others wait for. No statement can depend on the answer of another
 * one; each that must not go on ends the transaction by an error of its own.
 */
#ifndef MEDIAGATE_STORE_ENGINE_PIPELINE_H
#define MEDIAGATE_STORE_ENGINE_PIPELINE_H

#include "base/error.h"
#include "store/engine/database.h"

/* Until pipeline_end, statements are queued: they give no rows and no number of rows, and an error means that they
 * could not be sent. */
enum error pipeline_begin(struct database *database) MUST_CHECK;
/* Commits what was queued and takes all answers; of several errors it is the first. With an error given nothing is
 * committed, and that is the result. ERROR_UNKNOWN_OUTCOME: it may be committed. */
enum error pipeline_end(struct database *database, enum error error) MUST_CHECK;

#endif
