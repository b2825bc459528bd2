/* SPDX-License-Identifier: ISC */
/*
 * The definition of a view. Whoever changes it changes docs/design/views.md, "What counts", too.
 */
#include "config.h"

#include "ingest/view_rule.h"

#include <string.h>
#include <strings.h>
#include <time.h>

static bool is_accessory(const char *file) {
  static const char *const extensions[] = {"m3u8", "mpd", "vtt", "srt", "ttml", "key", "jpg", "jpeg", "png", "webp"};
  const char *dot = strrchr(file, '.');
  for (size_t i = 0; dot != NULL && i < sizeof extensions / sizeof *extensions; i++) {
    if (strcasecmp(dot + 1, extensions[i]) == 0) {
      return true;
    }
  }
  return false;
}

enum view_verdict view_rule_judge(const struct delivery *delivery, int64_t kept_since_us) {
  if (delivery->begins) {
    return VIEW_BEGINS;
  }
  if (strcmp(delivery->method, "GET") != 0) {
    return VIEW_NOT_A_GET;
  }
  if (delivery->status != 200 && delivery->status != 206) {
    return VIEW_REFUSED;
  }
  if (delivery->body_bytes < 1) {
    return VIEW_NO_BODY;
  }
  if (is_accessory(delivery->file)) {
    return VIEW_ACCESSORY;
  }
  return delivery->granted_us < kept_since_us ? VIEW_EXPIRED : VIEW_COUNTS;
}

int64_t view_rule_kept_since(int64_t now_us, int64_t months) {
  time_t now = (time_t)(now_us / 1000000);
  struct tm month;
  if (months == 0 || gmtime_r(&now, &month) == NULL) {
    return 0;
  }
  struct tm first = {.tm_year = month.tm_year, .tm_mon = month.tm_mon - (int)months, .tm_mday = 1};
  int64_t since_us = (int64_t)timegm(&first) * 1000000; /* it takes a month before January for one of the year before */
  return since_us > 0 ? since_us : 0;
}

const char *view_verdict_name(enum view_verdict verdict) {
  static const char *const names[] = {
      [VIEW_COUNTS] = "counts",   [VIEW_BEGINS] = "begins",   [VIEW_NOT_A_GET] = "not_a_get",
      [VIEW_REFUSED] = "refused", [VIEW_NO_BODY] = "no_body", [VIEW_ACCESSORY] = "accessory",
      [VIEW_EXPIRED] = "expired",
  };
  _Static_assert(sizeof names / sizeof *names == VIEW_VERDICTS_, "every verdict has a name");
  return names[verdict];
}

const char *view_verdict_reason(enum view_verdict verdict) {
  static const char *const reasons[] = {
      [VIEW_COUNTS] = "opens the view, or adds to it",
      [VIEW_BEGINS] = "only says that a delivery began; the line of its end counts",
      [VIEW_NOT_A_GET] = "only GET plays",
      [VIEW_REFUSED] =
          "answered with neither 200 nor 206: forged, expired, revoked, missing, unchanged or out of range",
      [VIEW_NO_BODY] = "the connection broke before the first byte of the file",
      [VIEW_ACCESSORY] = "a playlist, picture, text track or key: fetched without playing anything",
      [VIEW_EXPIRED] = "the grant is so old that its views are not kept any more (view_retention)",
  };
  _Static_assert(sizeof reasons / sizeof *reasons == VIEW_VERDICTS_, "every verdict has a reason");
  return reasons[verdict];
}
