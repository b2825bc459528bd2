/* SPDX-License-Identifier: ISC */
/* What the logs say of one grant: every log that is still there, compressed or not, each line once and in time. */
#include "config.h"

#include "ingest/grant_story.h"

#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "unit.h"

#define GRANT "0193550000007000800000000000abcd"
#define OTHER "0193550000007000800000000000ffff"

static char folder[64];

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/mgstory.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void add_line(struct text *log, int second, const char *grant_id, const char *address, int status, int bytes) {
  text_appendf(log,
               "{\"time\":17953704%02d.000,\"request_id\":\"%032d\",\"media\":\"7\",\"grant\":\"%s\",\"viewer\":\"-\","
               "\"flags\":\"n\",\"file\":\"film.mp4\",\"address\":\"%s\",\"method\":\"GET\",\"status\":%d,"
               "\"body_bytes\":%d,\"content_range\":\"\",\"seconds\":0.000,\"completion\":\"OK\",\"user_agent\":\"\","
               "\"referrer_host\":\"\"}\n",
               second, second, grant_id, address, status, bytes);
}

/* In a file of that name, by gzip when it says so; all but the last `cut` bytes of it. */
static void write_log(const char *name, const struct text *log, size_t cut) {
  char *path = file_join(folder, name);
  ck_assert_ptr_nonnull(path);
  ck_assert(!log->failed);
  gzFile file = gzopen(path, strstr(name, ".gz") != NULL ? "wb" : "wbT");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(gzwrite(file, log->data, (unsigned)log->length), (int)log->length);
  ck_assert_int_eq(gzclose(file), Z_OK);
  if (cut > 0) {
    struct text bytes = {0};
    ck_assert_int_eq(file_read(path, 1 << 24, &bytes), ERROR_NONE);
    ck_assert_int_eq(file_replace(path, 0644, bytes.data, bytes.length - cut), ERROR_NONE);
    text_free(&bytes);
  }
  free(path);
}

static struct grant_story read_story(void) {
  struct grant_story story;
  ck_assert_int_eq(grant_story_read(folder, GRANT, 0, &story), ERROR_NONE);
  return story;
}

START_TEST(tells_every_log_in_time_and_each_line_once) {
  make_folder();
  struct text late = {0};
  struct text early = {0};
  add_line(&late, 50, GRANT, "192.0.2.1", 206, 100);
  add_line(&late, 51, OTHER, "192.0.2.1", 200, 5000);
  add_line(&late, 52, GRANT, "192.0.2.2", 200, 20);
  add_line(&late, 53, GRANT, "192.0.2.2", 403, 300);
  add_line(&early, 10, GRANT, "192.0.2.1", 200, 1);
  write_log("view.log", &late, 0);
  write_log("view.log.1", &early, 0);
  write_log("view.log.1.gz", &early, 0);
  write_log("review.log", &early, 0);
  struct grant_story story = read_story();
  ck_assert_int_eq(story.logs, 3);
  ck_assert_uint_eq(story.count, 4);
  ck_assert_int_eq(story.deliveries[0].body_bytes, 1);
  ck_assert_int_eq(story.deliveries[3].verdict, VIEW_REFUSED);
  ck_assert_int_eq(story.counted_lines, 3);
  ck_assert_int_eq(story.counted_bytes, 121);
  ck_assert_int_eq(story.viewers, 2);
  ck_assert_int_eq(story.damaged_logs + story.rejected, 0);
  grant_story_free(&story);
  text_free(&late);
  text_free(&early);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(lines_across_the_pieces_that_are_read_are_whole) {
  make_folder();
  struct text log = {0};
  for (int i = 0; i < 9000; i++) { /* some MiB: the grant's lines lie everywhere in the pieces */
    add_line(&log, i % 60, i % 7 == 0 ? GRANT : OTHER, "192.0.2.1", 200, 1);
  }
  /* As many request ids as seconds, so each second tells one. */
  write_log("view.log", &log, 0);
  struct grant_story story = read_story();
  ck_assert_uint_eq(story.count, 60);
  ck_assert_int_eq(story.rejected, 0);
  grant_story_free(&story);
  text_free(&log);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(a_damaged_log_is_told_as_far_as_it_goes) {
  make_folder();
  struct text log = {0};
  struct text torn = {0};
  add_line(&log, 10, GRANT, "192.0.2.1", 200, 1);
  write_log("view.log.2.gz", &log, 8);
  add_line(&torn, 20, GRANT, "192.0.2.1", 200, 1);
  torn.length -= 60; /* a full disk */
  add_line(&torn, 21, GRANT, "192.0.2.1", 200, 1);
  torn.length--; /* and no newline yet */
  write_log("view.log", &torn, 0);
  struct grant_story story = read_story();
  ck_assert_uint_eq(story.count, 2);
  ck_assert_int_eq(story.damaged_logs, 1);
  ck_assert_int_eq(story.rejected, 1);
  grant_story_free(&story);
  text_free(&log);
  text_free(&torn);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
  ck_assert_int_eq(grant_story_read(folder, GRANT, 0, &story), ERROR_NOT_FOUND);
}
END_TEST

UNIT_MAIN("grant_story", tells_every_log_in_time_and_each_line_once, lines_across_the_pieces_that_are_read_are_whole,
          a_damaged_log_is_told_as_far_as_it_goes)
