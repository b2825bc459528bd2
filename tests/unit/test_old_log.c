/* SPDX-License-Identifier: ISC */
/* What is given by hand is a delivery log, or refused: noise must not become rejected lines, nor xz a log without hits.
 */
#include "config.h"

#include "ingest/old_log.h"

#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "ingest/log_search.h"
#include "unit.h"

#define LINE                                                                                                           \
  "{\"time\":1795370400.000,\"request_id\":\"00000000000000000000000000000001\",\"media\":\"7\","                      \
  "\"grant\":\"0193550000007000800000000000abcd\",\"viewer\":\"-\",\"flags\":\"n\",\"file\":\"film.mp4\","             \
  "\"address\":\"192.0.2.1\",\"method\":\"GET\",\"status\":200,\"body_bytes\":9,\"content_range\":\"\","               \
  "\"seconds\":0.000,\"completion\":\"OK\",\"user_agent\":\"\",\"referrer_host\":\"\"}"

#define ROW(text, expected, description)                                                                               \
  { text, sizeof(text) - 1, expected, description }

static char folder[64];
static char path[80];

static const struct {
  const char *bytes;
  size_t size;
  enum error expected;
  const char *description;
} samples[] = {
    ROW(LINE "\n", ERROR_NONE, "a line"),
    ROW("\n\n" LINE "\n", ERROR_NONE, "behind empty ones"),
    ROW("{\"time\":17\nhello\n" LINE "\n", ERROR_NONE, "behind a torn one and another's"),
    ROW("{\"time\":17953704" LINE "\n", ERROR_NONE, "glued to a torn one"),
    ROW("\0\0\0\0" LINE "\n", ERROR_NONE, "behind what a crash left"),
    ROW("", ERROR_INVALID, "empty"),
    ROW("hello\nworld\n", ERROR_INVALID, "a text"),
    ROW("{\"time\":\"2026-11-22T23:00:00Z\",\"level\":\"info\"}\n", ERROR_INVALID, "the log of another program"),
    ROW("\x7f"
        "ELF\n\1\2\3\n",
        ERROR_INVALID, "a program"),
    ROW("\xfd"
        "7zXZ\0\n" LINE "\n",
        ERROR_UNSUPPORTED, "xz"),
    ROW("\x28\xb5\x2f\xfd\n" LINE "\n", ERROR_UNSUPPORTED, "zstd"),
    ROW("BZh91AY\n" LINE "\n", ERROR_UNSUPPORTED, "bzip2"),
    ROW("\x04\x22\x4d\x18\n" LINE "\n", ERROR_UNSUPPORTED, "lz4"),
};

static void make_file(const char *bytes, size_t size) {
  snprintf(folder, sizeof folder, "/tmp/mgold.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/view.log.1", folder);
  ck_assert_int_eq(file_replace(path, 0644, bytes, size), ERROR_NONE);
}

START_TEST(only_delivery_logs_are_opened) {
  for (size_t i = 0; i < UNIT_ROWS(samples); i++) {
    struct old_log log;
    make_file(samples[i].bytes, samples[i].size);
    enum error error = old_log_open(path, folder, NULL, &log);
    ck_assert_msg(error == samples[i].expected, "%s: %s", samples[i].description, error_strerror(error));
    if (error == ERROR_NONE) {
      old_log_close(&log);
    }
    ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
  }
}
END_TEST

/* Of a log of many gigabytes nobody waits for the end. */
START_TEST(unpacking_can_be_stopped) {
  static const volatile sig_atomic_t stop = 1;
  struct old_log log;
  gzFile packed;
  make_file("", 0);
  packed = gzopen(path, "wb");
  ck_assert_ptr_nonnull(packed);
  ck_assert_int_gt(gzputs(packed, LINE "\n"), 0);
  ck_assert_int_eq(gzclose(packed), Z_OK);
  ck_assert_int_eq(old_log_open(path, folder, &stop, &log), ERROR_ABORTED);
  ck_assert_int_eq(old_log_open(path, folder, NULL, &log), ERROR_NONE);
  old_log_close(&log);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

struct search_result {
  int found, damaged;
};

static enum error on_found(void *context, const char *log, const char *line, size_t size) {
  struct search_result *result = context;
  (void)log, (void)line, (void)size;
  result->found++;
  return ERROR_NONE;
}

static void on_damaged(void *context, const char *log) {
  struct search_result *result = context;
  (void)log;
  result->damaged++;
}

START_TEST(a_search_names_what_it_cannot_read) {
  for (size_t i = 0; i < UNIT_ROWS(samples); i++) {
    struct search_result result = {0};
    int64_t logs = 0;
    make_file(samples[i].bytes, samples[i].size);
    const struct log_search search = {.log_dir = folder,
                                      .name = "view.log",
                                      .needle = "192.0.2.1",
                                      .found = on_found,
                                      .damaged = on_damaged,
                                      .context = &result};
    ck_assert_int_eq(log_search_run(&search, &logs), ERROR_NONE);
    ck_assert_msg(result.damaged == (samples[i].expected == ERROR_UNSUPPORTED), "%s", samples[i].description);
    ck_assert_msg(result.found == (samples[i].expected == ERROR_NONE), "%s", samples[i].description);
    ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
  }
}
END_TEST

UNIT_MAIN("old_log", only_delivery_logs_are_opened, unpacking_can_be_stopped, a_search_names_what_it_cannot_read)
