/* SPDX-License-Identifier: ISC */
/*
 * Only the views of which something is so: of a country, from a page, on a phone, of a rendition. Filters stack: a view
 * must fit all of them. Statements take a filter as one parameter, an array of texts.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_FILTER_H
#define MEDIAGATE_STORE_VIEWS_VIEW_FILTER_H

#include <stdbool.h>

#include "base/text.h"

/* With a filter so many views of all media are counted, and no more are asked for: there is no sample of them. */
#define VIEW_FILTER_OF_ALL_MAX 200000

/* With a filter a page of a list looks at so many views at most, however few of them fit. */
#define VIEW_FILTER_PAGE_MAX 20000

enum view_filter_by {
  VIEW_FILTER_COUNTRY,
  VIEW_FILTER_REFERRER,
  VIEW_FILTER_VIEWER,
  VIEW_FILTER_SOURCE,
  VIEW_FILTER_DEVICE,
  VIEW_FILTER_SYSTEM,
  VIEW_FILTER_BROWSER,
  VIEW_FILTER_RENDITION, /* a name of domain/rendition.h: something of the view was delivered from it */
  VIEW_FILTER_COUNT_
};

struct view_filter {
  const char *values[VIEW_FILTER_COUNT_]; /* NULL: any. Borrowed */
};

/* As the API calls it: "country", … Static storage. */
const char *view_filter_name(enum view_filter_by by);
bool view_filter_is_set(const struct view_filter *filter);
/* The array for a statement; NULL when memory was out. */
const char *view_filter_array(const struct view_filter *filter, struct text *array);

/* Internal to the stores of views: the condition on a row v of media_view_log, with the filter as parameter p ("$7").
 * Devices are looked up for each view, since views are few where there is a filter. */
/* clang-format off */
#define VIEW_FILTER_ITEM(p, i) "(" p "::text[])[" i "]"
#define VIEW_FILTER_IS(p, i, column) "(" VIEW_FILTER_ITEM(p, i) " is null or " column " = " VIEW_FILTER_ITEM(p, i) ")"
#define VIEW_FILTER_SQL(p) \
  VIEW_FILTER_IS(p, "1", "v.country") " and " VIEW_FILTER_IS(p, "2", "v.referrer") \
  " and " VIEW_FILTER_IS(p, "3", "v.viewer") " and " VIEW_FILTER_IS(p, "4", "v.source") \
  " and (" VIEW_FILTER_ITEM(p, "8") " is null or v.renditions & " VIEW_FILTER_ITEM(p, "8") "::int8 <> 0)" \
  " and ((" VIEW_FILTER_ITEM(p, "5") " is null and " VIEW_FILTER_ITEM(p, "6") " is null" \
  "  and " VIEW_FILTER_ITEM(p, "7") " is null)" \
  " or exists (select from user_agent a where a.id = v.user_agent_id and " VIEW_FILTER_IS(p, "5", "a.device") \
  "  and " VIEW_FILTER_IS(p, "6", "a.system") " and " VIEW_FILTER_IS(p, "7", "a.browser") "))"
/* clang-format on */

#endif
