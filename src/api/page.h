/* SPDX-License-Identifier: ISC */
/*
 * The items of one page of a list, written row by row as the store hands them over. One row more than the page holds is
 * asked for: it tells that there is another page.
 */
#ifndef MEDIAGATE_API_PAGE_H
#define MEDIAGATE_API_PAGE_H

#include "api/call.h"

struct page {
  struct text *body;
  int limit, count;
  int64_t last_time_us, last_id;
};

/* Begins the answer, and its array. */
struct page page_begin(struct call *call, const struct call_page *asked);
/* Opens the object of the next row, which page_end_row closes. False: the row is of the page behind. */
bool page_begin_row(struct page *page, int64_t time_us, int64_t id);
void page_end_row(struct page *page);
/* Ends the array and the answer, with the cursor of the next page. */
void page_end(struct call *call, const struct page *page);

#endif
