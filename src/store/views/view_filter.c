/* SPDX-License-Identifier: ISC */
/* What a view must fit, as an array in the order of enum view_filter_by. */
#include "config.h"

#include "store/views/view_filter.h"

#include <stddef.h>

#include "domain/rendition.h"
#include "store/engine/array.h"

const char *view_filter_name(enum view_filter_by by) {
  static const char *const names[VIEW_FILTER_COUNT_] = {
      [VIEW_FILTER_COUNTRY] = "country", [VIEW_FILTER_REFERRER] = "referrer",  [VIEW_FILTER_VIEWER] = "viewer",
      [VIEW_FILTER_SOURCE] = "source",   [VIEW_FILTER_DEVICE] = "device",      [VIEW_FILTER_SYSTEM] = "system",
      [VIEW_FILTER_BROWSER] = "browser", [VIEW_FILTER_RENDITION] = "rendition"};
  return names[by];
}

bool view_filter_is_set(const struct view_filter *filter) {
  for (int i = 0; i < VIEW_FILTER_COUNT_; i++) {
    if (filter->values[i] != NULL) {
      return true;
    }
  }
  return false;
}

const char *view_filter_array(const struct view_filter *filter, struct text *array) {
  for (int i = 0; i < VIEW_FILTER_COUNT_; i++) {
    const char *value = filter->values[i];
    if (i == VIEW_FILTER_RENDITION && value != NULL) { /* as its bit; of a name that is none no view was delivered */
      enum rendition_name rendition = rendition_by_text(value);
      array_add_i64(array, rendition == RENDITION_COUNT_ ? 0 : RENDITION_BIT(rendition));
    } else {
      array_add_text(array, value == NULL ? "" : value);
    }
  }
  return array_end(array);
}
