/* SPDX-License-Identifier: ISC */
/* A batch's grants are mostly of one day or two, so their salts are at hand. */
#include "config.h"

#include "ingest/view_marks.h"

#include <string.h>

#include "base/log.h"

void view_marks_refresh(struct view_marks *marks) {
  struct text problems = {0};
  audience_refresh(marks->audience, &problems);
  if (problems.length > 0) {
    log_event(LOG_LEVEL_WARNING, "audience_incomplete", LOG_STR("problem", problems.data));
  }
  text_free(&problems);
}

enum error view_marks_fill(struct view_marks *marks, struct view_change *view) {
  const unsigned char *salt = NULL;
  struct audience_mark mark;
  enum error error = ERROR_NONE;
  if (audience_needs_salt(marks->audience)) {
    error = address_salts_get(&marks->salts, marks->database, view->granted_us, &salt);
  }
  if (error == ERROR_NONE) {
    const struct audience_viewer viewer = {
        .address = view->address, .user_agent = view->user_agent, .viewer = view->viewer};
    error = audience_judge(marks->audience, &viewer, salt, &mark);
  }
  if (error == ERROR_NONE) {
    memcpy(view->address, mark.address.shown, sizeof view->address);
    memcpy(view->address_key, mark.address.key, sizeof view->address_key);
    memcpy(view->country, mark.country, sizeof view->country);
    view->address_hash = mark.address.hash;
    view->robot = mark.robot;
    view->internal = mark.internal;
  }
  return error;
}
