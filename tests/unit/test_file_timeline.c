/* SPDX-License-Identifier: ISC */
/*
 * What ffprobe says of the places that it jumped to.
 */
#include "config.h"

#include "files/file_timeline.h"

#include "unit.h"

START_TEST(reads_where_jumps_landed) {
  static const struct {
    const char *output;
    bool known;
    int64_t first, middle, last;
    const char *description;
  } rows[] = {
      {"0.000000,48\n50.000000,900\n", true, 48, 900, 1000, "two places"},
      {"0.000000,48\n0.000000,48\n50.000000,900\n50.000000,900\n", true, 48, 900, 1000, "jumps that land together"},
      {"-0.04,48\n50,900\n", true, 48, 900, 1000, "it begins before 0"},
      {"0,48\nN/A,N/A\n50,900\n", true, 48, 900, 1000, "a packet without a time"},
      {"0,48\n50,N/A\n", true, 48, 524, 1000, "a packet without a place"},
      {"0,48\n50,900\n40,950\n", true, 48, 900, 1000, "one that went back"},
      {"0,48", true, 48, 524, 1000, "without a last newline"},
      {"", false, 0, 0, 0, "nothing"},
      {"N/A,N/A\n", false, 0, 0, 0, "nothing known"},
      {"hello\n", false, 0, 0, 0, "no numbers"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct timeline timeline;
    bool known = file_timeline_parse(rows[i].output, 100, 1000, &timeline);
    ck_assert_msg(known == rows[i].known, "%s", rows[i].description);
    const int64_t *marks = timeline.marks;
    ck_assert_msg(!known || (marks[0] == rows[i].first && marks[TIMELINE_STEPS / 2] == rows[i].middle &&
                             marks[TIMELINE_STEPS] == rows[i].last),
                  "%s: %lld %lld %lld", rows[i].description, (long long)marks[0], (long long)marks[TIMELINE_STEPS / 2],
                  (long long)marks[TIMELINE_STEPS]);
  }
}
END_TEST

UNIT_MAIN("file_timeline", reads_where_jumps_landed)
