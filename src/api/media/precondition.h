/* SPDX-License-Identifier: ISC */
/*
 * ETags of media, and the conditions of requests that change one (RFC 9110 section 13): If-Match, so that no change is
 * lost under another, and If-None-Match: *, so that no file is replaced.
 */
#ifndef MEDIAGATE_API_MEDIA_PRECONDITION_H
#define MEDIAGATE_API_MEDIA_PRECONDITION_H

#include <stdbool.h>

#include "api/call.h"
#include "store/media/media_store.h"

#define PRECONDITION_ETAG_SIZE 40

/* Another one after each change of the medium and of its file. */
void precondition_etag(const struct media *media, char ret_etag[PRECONDITION_ETAG_SIZE]);
/* Has the request a condition? Then the medium must be read first. */
bool precondition_is_set(const struct call *call);
/* Holds for the medium as it is? Then *ret_change has what the store must find unchanged. False: the response has the
 * 412. */
bool precondition_check(struct call *call, const struct media *media, struct media_change *ret_change) MUST_CHECK;

#endif
