/* SPDX-License-Identifier: ISC */
/* Every rejected line is kept, and once as long as nothing dies. */
#include "config.h"

#include "ingest/reject_file.h"

#include <string.h>

#include "base/file.h"
#include "unit.h"

static char folder[64];
static char path[80];

static size_t count(const char *text, const char *part) {
  size_t found = 0;
  for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
    found++;
  }
  return found;
}

static void expect_kept(size_t torn, size_t database) {
  struct text kept = {0};
  ck_assert_int_eq(file_read(path, 1 << 20, &kept), ERROR_NONE);
  ck_assert_uint_eq(count(kept.data, "\"reason\":\"torn\""), torn);
  ck_assert_uint_eq(count(kept.data, "\"reason\":\"database\""), database);
  ck_assert_uint_eq(count(kept.data, "\n"), torn + database);
  text_free(&kept);
}

START_TEST(what_the_database_refuses_is_kept_beside_what_was_torn) {
  snprintf(folder, sizeof folder, "/tmp/mgreject.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/rejected.log", folder);
  struct reject_file rejects = {.path = path};
  const struct log_file log = {.path = path, .id = {7}};
  /* A batch of 1,000 bytes with a torn line, which the database refuses as a whole; */
  reject_file_add(&rejects, &log, 100, DELIVERY_REJECT_TORN, "{\"time\":1", 9);
  ck_assert_uint_eq(rejects.count, 1);
  ck_assert_int_eq(reject_file_flush(&rejects, &log, 1000), ERROR_NONE);
  expect_kept(1, 0);
  /* halved, the torn line comes again, */
  reject_file_add(&rejects, &log, 100, DELIVERY_REJECT_TORN, "{\"time\":1", 9);
  ck_assert_uint_eq(rejects.count, 1);
  ck_assert_int_eq(reject_file_flush(&rejects, &log, 500), ERROR_NONE);
  expect_kept(1, 0);
  /* and at last alone the line that it was about. */
  reject_file_add(&rejects, &log, 600, DELIVERY_REJECT_DATABASE, "{\"time\":2}", 10);
  ck_assert_int_eq(reject_file_flush(&rejects, &log, 700), ERROR_NONE);
  expect_kept(1, 1);
  reject_file_free(&rejects);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

UNIT_MAIN("reject_file", what_the_database_refuses_is_kept_beside_what_was_torn)
