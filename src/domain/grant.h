/* SPDX-License-Identifier: ISC */
/*
 * A grant: what one stream URL allows. Its id is a UUIDv7 (RFC 9562 section 5.7) in 32 hex digits: the time of issue,
 * random bits, and as its last 8 digits the issuer tag of the account that issued it, so that all grants of an account
 * can be revoked. A viewer is the caller's own, opaque name of who may watch.
 */
#ifndef MEDIAGATE_DOMAIN_GRANT_H
#define MEDIAGATE_DOMAIN_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define GRANT_ID_SIZE 33
#define VIEWER_SIZE   65
/* No grant lives longer, whatever stream_ttl_max was when it was issued; so no view begins later after its grant. */
#define GRANT_LIFE_MAX_SECONDS 604800
/* A grant has the time of the machine that issued it. A clock may be so far behind, and so far ahead, without its
 * grants getting out of hand. */
#define GRANT_CLOCK_BEHIND_SECONDS 86400
#define GRANT_CLOCK_AHEAD_SECONDS  (366 * 86400)
/* A revocation of now must be kept so long, until nothing lives any more that it refuses. */
#define GRANT_REVOKED_SECONDS (GRANT_LIFE_MAX_SECONDS + GRANT_CLOCK_BEHIND_SECONDS)

/* A new grant: the time, random bits, the issuer tag. */
void grant_id_new(int64_t now_us, uint32_t issuer_tag, char ret_grant_id[GRANT_ID_SIZE]);
/* ERROR_INVALID unless 32 lower-case hex digits of a UUIDv7 (version and variant checked). */
enum error grant_id_parse(const char *text, int64_t *ret_time_ms, uint32_t *ret_issuer_tag) MUST_CHECK;
/* [A-Za-z0-9_-]{1,64} but not "-" alone. */
bool grant_viewer_is_valid(const char *viewer);

#endif
