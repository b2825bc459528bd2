/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/page.h"

#include "api/reply.h"

struct page page_begin(struct call *call, const struct call_page *asked) {
  struct page page = {.body = reply_begin(call->response, 200), .limit = asked->limit};
  reply_name(page.body, "items");
  text_append(page.body, "[");
  return page;
}

bool page_begin_row(struct page *page, int64_t time_us, int64_t id) {
  if (page->count++ >= page->limit) {
    return false;
  }
  reply_separate(page->body);
  text_append(page->body, "{");
  page->last_time_us = time_us;
  page->last_id = id;
  return true;
}

void page_end_row(struct page *page) {
  text_append(page->body, "}");
}

void page_end(struct call *call, const struct page *page) {
  text_append(page->body, "]");
  call_append_next_cursor(call, page->count > page->limit, page->last_time_us, page->last_id);
  reply_end(call->response);
}
