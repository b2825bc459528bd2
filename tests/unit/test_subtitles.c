/* SPDX-License-Identifier: ISC */
/*
 * Subtitles by rows: what becomes of WebVTT and SRT, and which line is named when nothing does.
 */
#include "config.h"

#include "domain/medium.h"
#include "files/subtitles.h"

#include <string.h>

#include "unit.h"

#define CUE "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n"

struct good_row {
  const char *input, *expected, *description;
};

static const struct good_row good_rows[] = {
    {"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", CUE "Hi\n\n", "the shortest WebVTT"},
    {"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", CUE "Hi\n\n", "no end of the last line"},
    {"\xef\xbb\xbfWEBVTT words\r\n\r\n00:01.000 --> 00:02.000\r\nHi\r\n", CUE "Hi\n\n", "a byte order mark, CRLF"},
    {"WEBVTT\r\r00:01.000 --> 00:02.000\rHi\r", CUE "Hi\n\n", "CR alone"},
    {"WEBVTT\nKind: captions\n\nname\n00:01.000 --> 00:02.000\nHi\n", CUE "Hi\n\n", "header and name are left out"},
    {"WEBVTT\n\nNOTE\na\n\nSTYLE\nb\n\nREGION\nid:c\n\n00:01.000 --> 00:02.000 region:c\nHi\n", CUE "Hi\n\n",
     "comments, styles, regions"},
    {"WEBVTT\n\nNOTES 1\n00:01.000 --> 00:02.000\nHi\n\nSTYLE \nb\n\nREGION\tc\n", CUE "Hi\n\n",
     "a name that begins like a comment"},
    {"WEBVTT\n\n00:00:01.000\t-->  00:00:02.000  line:90%,end   align:start\n<v A>Hi</v> &amp;\nyou\n",
     "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:90%,end align:start\n<v A>Hi</v> &amp;\nyou\n\n", "settings, text"},
    {"WEBVTT\n\n100:00:01.000 --> 9999:59:59.999\nHi\n", "WEBVTT\n\n100:00:01.000 --> 9999:59:59.999\nHi\n\n", "hours"},
    {"1\n00:00:01,000 --> 00:00:02,000\nHi\n", CUE "Hi\n\n", "the shortest SRT"},
    {"1\n00:00:01,000 --> 00:00:02,000\n<font color=red>\nHi\n {\\an2} \nyou\n</font>\n", CUE "Hi\nyou\n\n",
     "a line of markup alone is no empty line"},
    {"\n\n1 \n00:00:01.000 --> 00:00:02.000\nHi\n \n\n", CUE "Hi\n\n", "SRT with points and empty lines"},
    {"1\n00:00:01,000 --> 00:00:02,000\n<B>a</B> <i>b</i> <font>c</font> 1 < 2 & 3 >\n",
     CUE "<b>a</b> <i>b</i> c 1 &lt; 2 &amp; 3 &gt;\n\n", "SRT's markup"},
    {"1\n00:00:01,000 --> 00:00:02,000\n<font color=\"#ff9117\">a</font> <3 {b}\n", CUE "a &lt;3 {b}\n\n", "<font>"},
    {"1\n00:00:01,000 --> 00:00:02,000\n{\\an8}Top{\\pos(1,2)}\n",
     "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nTop\n\n", "at the top"},
    {"1\n00:00:01,000 --> 00:00:02,000\n{\\an5}a\n", "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:50%\na\n\n",
     "in the middle"},
    {"1\n00:00:01,000 --> 00:00:02,000\n<i>a\nb</i>\n", CUE "<i>a\nb</i>\n\n", "markup over two lines"},
    {"1\n00:00:01,000 --> 00:00:02,000\na\n\nb\n\n2\n00:00:03,000 --> 00:00:04,000\nc\n",
     CUE "a\nb\n\n00:00:03.000 --> 00:00:04.000\nc\n\n", "an empty line in a text"},
    {"1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\n3\n",
     CUE "a\n\n00:00:03.000 --> 00:00:04.000\n3\n\n", "no empty line between cues, a number as text"},
    {"00:00:01,000 --> 00:00:02,000\na\n", CUE "a\n\n", "no number"},
    {"one\n00:00:01,000 --> 00:00:02,000\na\n", CUE "a\n\n", "a name"},
    {"1\n00:00:01,0 --> 00:00:02,00  \na\n", CUE "a\n\n", "few digits, blanks behind the times"},
    {"1\n0:00:01,000 --> 0:0:2,000\na\n", CUE "a\n\n", "one digit"},
    {"1\n00:01,000 --> 00:02,000\na\n", CUE "a\n\n", "no hours"},
    {"1\n00:00:01 --> 00:00:02\na\n", CUE "a\n\n", "whole seconds"},
    {"1\n00:00:01,000 --> 00:00:02,000 X1:40 X2:600 Y1:20 Y2:50\na\n", CUE "a\n\n", "coordinates"},
    {"1\n00:00:03,000 --> 00:00:04,000\nb\n\n2\n00:00:01,000 --> 00:00:02,000\na\n",
     CUE "a\n\n00:00:03.000 --> 00:00:04.000\nb\n\n", "out of order"},
    {"1\n00:00:02,000 --> 00:00:02,000\nb\n\n2\n00:00:01,000 --> 00:00:02,000\na\n", CUE "a\n\n", "no time at all"},
    {"1\n00:00:01,000 --> 00:00:02,000\na --> b\n", CUE "a --&gt; b\n\n", "an arrow in a text"},
    {"WEBVTT - x\n00:01.000 --> 00:02.000\nHi\n", CUE "Hi\n\n", "no empty line behind the header"},
    {"WEBVTT\n\n00:01.000 --> 00:02.000\n \nHi\n", CUE " \nHi\n\n", "a line of a blank, as YouTube has them"},
    {"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n00:03.000 --> 00:04.000\nb\n",
     CUE "Hi\n\n00:00:03.000 --> 00:00:04.000\nb\n\n", "no empty line between cues of WebVTT"},
    {"WEBVTT\n\n00:01.000 --> 00:02.000 colour:red line:0\nHi\n",
     "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0\nHi\n\n", "a setting that nobody knows"},
    {"WEBVTT\n\nwords\n\n0:00:01.000 --> 0:00:02.000\n<v Ada>a <00:00:01.500><c.yellow>b</c>&nbsp;\n",
     CUE "<v Ada>a <00:00:01.500><c.yellow>b</c>&nbsp;\n\n", "a block that is no cue, markup of WebVTT"},
    {"1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:01,000 --> 00:00:03,000\nb\n",
     CUE "\n00:00:01.000 --> 00:00:03.000\nb\n\n", "a cue without text, two at once"},
};

START_TEST(takes_what_the_rows_say) {
  for (size_t i = 0; i < UNIT_ROWS(good_rows); i++) {
    struct text vtt = {0};
    struct subtitles_result result;
    enum error error = subtitles_normalise(good_rows[i].input, strlen(good_rows[i].input), &vtt, &result);
    ck_assert_msg(error == ERROR_NONE, "%s: line %zu %s", good_rows[i].description, result.line, result.reason);
    ck_assert_msg(strcmp(vtt.data, good_rows[i].expected) == 0, "%s: %s", good_rows[i].description, vtt.data);
    text_free(&vtt);
  }
}
END_TEST

START_TEST(knows_when_the_last_cue_ends) {
  static const char vtt[] = CUE "Hi\n\n00:00:01.000 --> 01:00:03.500 line:90%\n12:00 --> no\n\n"
                                "00:00:02.000 --> 00:00:04.000\nb\n\n";
  ck_assert_int_eq(subtitles_end_ms(vtt, sizeof vtt - 1), 3603500);
  ck_assert_int_eq(subtitles_end_ms("WEBVTT\n", 7), 0);
}
END_TEST

struct bad_row {
  const char *input;
  size_t line;
  const char *description;
};

static const struct bad_row bad_rows[] = {
    {"", 1, "nothing"},
    {"WEBVTT\n", 1, "no cue"},
    {"WEBVTTX\n\n00:01.000 --> 00:02.000\nHi\n", 1, "another header"},
    {"\xff\xfe"
     "1\n",
     1, "not UTF-8"},
    {"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n00:01.000 --> 00:02.000\nHi\n", 2, "a segment of HLS"},
    {"WEBVTT\n\nname\nHi\n", 4, "no times"},
    {"WEBVTT\n\nname", 3, "an end in a cue"},
    {"WEBVTT\n\n00:01.000 --> 00:02,000\nHi\n", 3, "SRT's comma in WebVTT"},
    {"WEBVTT\n\n00:60.000 --> 01:02.000\nHi\n", 3, "60 seconds"},
    {"1\n00:00:01,000 -> 00:00:02,000\nHi\n", 3, "half an arrow, so no cue"},
    {"1\n00:00:02,000 --> 00:00:01,000\nHi\n", 2, "an end before its beginning"},
    {"1\n00:00:01,000 --> soon\nHi\n", 2, "half a pair of times"},
    {"WEBVTT\n\n00:01.000 --> 00:02.000\na --> b\n", 4, "an arrow in a text of WebVTT"},
    {"WEBVTT\n\n00:02.000 --> 00:02.000\nHi\n", 4, "one cue, of no time"},
    {"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", 3, "Windows-1252"},
};

START_TEST(names_the_line_that_is_wrong) {
  for (size_t i = 0; i < UNIT_ROWS(bad_rows); i++) {
    struct text vtt = {0};
    struct subtitles_result result;
    enum error error = subtitles_normalise(bad_rows[i].input, strlen(bad_rows[i].input), &vtt, &result);
    ck_assert_msg(error == ERROR_INVALID && result.line == bad_rows[i].line && result.reason != NULL,
                  "%s: %d, line %zu", bad_rows[i].description, error, result.line);
    text_free(&vtt);
  }
}
END_TEST

START_TEST(says_what_another_encoding_is_and_what_to_do) {
  static const struct {
    const char *input, *reason;
  } rows[] = {{"\xff\xfe"
               "1",
               "iconv -f UTF-16"},
              {"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", "iconv -f WINDOWS-1252"}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text vtt = {0};
    struct subtitles_result result;
    ck_assert_int_eq(subtitles_normalise(rows[i].input, strlen(rows[i].input), &vtt, &result), ERROR_INVALID);
    ck_assert_msg(strstr(result.reason, rows[i].reason) != NULL, "%s", result.reason);
    text_free(&vtt);
  }
}
END_TEST

START_TEST(knows_languages) {
  static const char *const good[] = {"en", "deu", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419"};
  static const char *const bad[] = {"",       "e",     "engl",  "EN",      "en-us",     "en-",       "-en",
                                    "en-USA", "en_US", "../en", "zh-hant", "zh-Hant-T", "en-US-x-a", "en-41"};
  for (size_t i = 0; i < UNIT_ROWS(good); i++) {
    ck_assert_msg(subtitles_is_language(good[i]), "%s", good[i]);
    ck_assert(strlen(good[i]) < MEDIUM_LANGUAGE_SIZE);
  }
  for (size_t i = 0; i < UNIT_ROWS(bad); i++) {
    ck_assert_msg(!subtitles_is_language(bad[i]), "%s", bad[i]);
  }
}
END_TEST

UNIT_MAIN("subtitles", takes_what_the_rows_say, knows_when_the_last_cue_ends, names_the_line_that_is_wrong,
          says_what_another_encoding_is_and_what_to_do, knows_languages)
