/* SPDX-License-Identifier: ISC */
/*
 * The definition of a view. Whoever changes it changes docs/architecture.md, "Views", too.
 */
#include "config.h"

#include "ingest/view_rule.h"

#include <string.h>
#include <strings.h>

static bool is_accessory(const char *file) {
  static const char *const extensions[] = {"m3u8", "mpd", "vtt", "jpg", "jpeg", "png", "webp"};
  const char *dot = strrchr(file, '.');
  for (size_t i = 0; dot != NULL && i < sizeof extensions / sizeof *extensions; i++) {
    if (strcasecmp(dot + 1, extensions[i]) == 0) {
      return true;
    }
  }
  return false;
}

enum view_verdict view_rule_judge(const struct delivery *delivery) {
  if (strcmp(delivery->method, "GET") != 0) {
    return VIEW_NOT_A_GET;
  }
  if (delivery->status != 200 && delivery->status != 206) {
    return VIEW_REFUSED;
  }
  if (delivery->body_bytes < 1) {
    return VIEW_NO_BODY;
  }
  return is_accessory(delivery->file) ? VIEW_ACCESSORY : VIEW_COUNTS;
}

const char *view_verdict_name(enum view_verdict verdict) {
  static const char *const names[] = {
      [VIEW_COUNTS] = "counts",   [VIEW_NOT_A_GET] = "not_a_get", [VIEW_REFUSED] = "refused",
      [VIEW_NO_BODY] = "no_body", [VIEW_ACCESSORY] = "accessory",
  };
  _Static_assert(sizeof names / sizeof *names == VIEW_VERDICTS_, "every verdict has a name");
  return names[verdict];
}
