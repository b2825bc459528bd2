/* SPDX-License-Identifier: ISC */
/* The numbers of segments, as their names tell them. */
#include "config.h"

#include "domain/segment_name.h"

#include <string.h>

#include "unit.h"

START_TEST(finds_the_number) {
  static const struct {
    const char *file;
    int64_t expected;
    const char *description;
  } rows[] = {
      {"seg-00012.m4s", 12, "ffmpeg's DASH muxer"},
      {"video/seg-00012.m4s", 12, "in a folder"},
      {"v2/a1/seg-7.ts", 7, "digits of folders are none of the name's"},
      {"720p_003.ts", 3, "the last run of digits counts"},
      {"3x.ts", 3, "letters may follow"},
      {"0.cmfv", 0, "zero"},
      {"SEG-5.TS", 5, "the extension in capitals"},
      {"a-123456789012345.ts", INT64_C(123456789012345), "as many digits as are read"},
      {"a-9123456789012345.ts", INT64_C(123456789012345), "of more the last ones"},
      {"seg.m4s", -1, "no digits"},
      {"1/seg.m4s", -1, "none but in the folder"},
      {"seg-1.mp4", -1, "a film: its digits number nothing"},
      {"seg-1", -1, "no extension"},
      {"seg-1.", -1, "an empty extension"},
      {"", -1, "nothing"},
      {".ts", -1, "an extension alone"},
      {"1.ts/seg", -1, "a folder called like a segment"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    int64_t number = segment_name_number(rows[i].file, strlen(rows[i].file));
    ck_assert_msg(number == rows[i].expected, "%s: %lld", rows[i].description, (long long)number);
  }
}
END_TEST

START_TEST(reads_no_further_than_the_length) {
  ck_assert_int_eq(segment_name_number("seg-12.ts34.m4s", strlen("seg-12.ts")), 12);
}
END_TEST

UNIT_MAIN("segment_name", finds_the_number, reads_no_further_than_the_length)
