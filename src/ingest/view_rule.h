/* SPDX-License-Identifier: ISC */
/*
 * What counts as viewing, in one place. A view is one grant played from one address (of IPv6: from one /64): the first
 * delivery that counts opens it, later ones add to it. Each delivery gets a verdict, which depends on that delivery
 * alone (and on how long views are kept), so that lines may be read in any order.
 */
#ifndef MEDIAGATE_INGEST_VIEW_RULE_H
#define MEDIAGATE_INGEST_VIEW_RULE_H

#include "ingest/delivery_line.h"

enum view_verdict {
  VIEW_COUNTS,
  VIEW_BEGINS,    /* the line of a long delivery's beginning; the one of its end counts */
  VIEW_NOT_A_GET, /* HEAD asks, it does not play */
  VIEW_REFUSED,   /* neither 200 nor 206: forged, expired, revoked, missing, unchanged, out of range */
  VIEW_NO_BODY,   /* not one byte was delivered */
  VIEW_ACCESSORY, /* a playlist, poster, thumbnail or text track: fetched without playing anything */
  VIEW_EXPIRED,   /* of a grant so old that its views are not kept any more */
  VIEW_VERDICTS_
};

/* Views of grants issued before kept_since_us are not kept; 0: all are. */
enum view_verdict view_rule_judge(const struct delivery *delivery, int64_t kept_since_us);
/* The beginning of the UTC month that lies `months` before now's: what `view_retention` keeps begins there. 0 for 0. */
int64_t view_rule_kept_since(int64_t now_us, int64_t months);
/* As it stands in logs; never NULL. */
const char *view_verdict_name(enum view_verdict verdict);
/* Why, in a sentence; never NULL. */
const char *view_verdict_reason(enum view_verdict verdict);

#endif
