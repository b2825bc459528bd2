/* SPDX-License-Identifier: ISC */
/*
 * What stands in a job's log, and what must not.
 */
#include "config.h"

#include "package/ffmpeg/job_log.h"

#include <string.h>

#include "base/clock.h"
#include "unit.h"

START_TEST(no_path_of_the_machine_stands_in_it) {
  static const char *const argv[] = {"bwrap", "--bind", "/srv/data/packaging/0a",       "/output", "ffmpeg",
                                     "-i",    "/input", "/srv/data/packaging/0a/x.mpd", NULL};
  struct job_log log = {.began_ms = clock_monotonic_ms()};
  job_log_command(&log, argv, "/srv/data/packaging/0a", "/input");
  job_log_words(&log, "[mov] /input: bad \x1b[31m\r\n/srv/data/packaging/0a/x: full\n", "/srv/data/packaging/0a",
                "/input");
  ck_assert_ptr_nonnull(strstr(log.text.data, " ffmpeg -i INPUT OUTPUT/x.mpd\n"));
  ck_assert_ptr_nonnull(strstr(log.text.data, "| [mov] INPUT: bad ?[31m\n         | OUTPUT/x: full\n"));
  ck_assert_ptr_null(strstr(log.text.data, "/srv"));
  ck_assert_ptr_null(strstr(log.text.data, "bwrap"));
  text_free(&log.text);
}
END_TEST

START_TEST(it_does_not_grow_without_end) {
  struct job_log log = {.began_ms = clock_monotonic_ms()};
  for (int i = 0; i < 10000; i++) {
    job_log_line(&log, "line %d\n", i);
    job_log_words(&log, "a\nb\n", "", "");
  }
  ck_assert_uint_lt(log.text.length, JOB_LOG_MAX + 1000);
  ck_assert_ptr_nonnull(strstr(log.text.data, "line 0?\n"));
  text_free(&log.text);
}
END_TEST

UNIT_MAIN("job_log", no_path_of_the_machine_stands_in_it, it_does_not_grow_without_end)
