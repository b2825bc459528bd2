/* SPDX-License-Identifier: ISC */
/*
 * Segments of HLS playlists: by rows, and of stored ones, whose variants must lie beside them.
 */
#include "config.h"

#include "files/playlist.h"

#include <string.h>

#include "library_fixture.h"
#include "unit.h"

#define HEAD "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n"
#define VOD  HEAD "#EXTINF:2.0,\nseg-0.m4s\n#EXTINF:2.0,\nseg-1.m4s\n#EXTINF:1.0,\nseg-2.m4s\n#EXT-X-ENDLIST\n"

START_TEST(counts_segments) {
  static const struct {
    const char *text;
    enum error error;
    int64_t segments;
    const char *variant, *description;
  } rows[] = {
      {VOD, ERROR_NONE, 3, "", "a film"},
      {"\xef\xbb\xbf" VOD, ERROR_NONE, 3, "", "with a byte order mark"},
      {"#EXTM3U\r\n#EXTINF:2,\r\na1.ts\r\n\r\n#EXT-X-ENDLIST\r\n", ERROR_NONE, 1, "", "CRLF and empty lines"},
      {"#EXTM3U\n#EXTINF:2,\na1.ts\n#EXT-X-ENDLIST", ERROR_NONE, 1, "", "without a last newline"},
      {HEAD "a1.ts?v=1\na2.ts?v=1\n#EXT-X-ENDLIST\n", ERROR_NONE, 2, "", "with queries"},
      {HEAD "ad-0.ts\na-1.ts\nad-0.ts\na-2.ts\n#EXT-X-ENDLIST\n", ERROR_NONE, 3, "", "one that comes twice is one"},
      {HEAD "a.ts\nb.ts\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "", "no numbers"},
      {HEAD "a1.ts\nb.aac\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "", "one that is not called a segment"},
      {HEAD "seg-1-v1-a1.ts\nseg-2-v1-a1.ts\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "", "the last numbers are all the same"},
      {HEAD "a/0.ts\na/1.ts\nb/0.ts\nb/1.ts\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "", "each folder begins anew"},
      {HEAD "#EXTINF:2,\nseg-0.m4s\n", ERROR_NONE, 0, "", "a live one: who knows how long"},
      {HEAD "#EXTINF:2,\n#EXT-X-BYTERANGE:10@0\nfilm.mp4\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "", "ranges of a file"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/main.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhigh/main.m3u8\n",
       ERROR_NONE, 0, "low/main.m3u8", "a master playlist"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n# a comment\nlow.m3u8\n", ERROR_NONE, 0, "low.m3u8",
       "a comment between"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-ENDLIST\n", ERROR_NONE, 0, "low.m3u8",
       "a master that says it ends: no segments to sort"},
      {"", ERROR_INVALID, 0, "", "nothing"},
      {"#EXTM3U\n", ERROR_INVALID, 0, "", "an empty playlist"},
      {"a.ts\n", ERROR_INVALID, 0, "", "no playlist"},
      {"\n" VOD, ERROR_INVALID, 0, "", "something before it"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\na.ts\n", ERROR_INVALID, 0, "", "both kinds"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct playlist playlist = {.segments = 0};
    enum error error = playlist_parse(rows[i].text, strlen(rows[i].text), &playlist);
    ck_assert_msg(error == rows[i].error, "%s: %s", rows[i].description, error_strerror(error));
    ck_assert_msg(playlist.segments == rows[i].segments && strcmp(playlist.variant, rows[i].variant) == 0,
                  "%s: %lld %s", rows[i].description, (long long)playlist.segments, playlist.variant);
  }
}
END_TEST

START_TEST(draws_when_segments_play) {
  static const struct {
    const char *text;
    bool drawn;
    double seconds;
    int64_t first, middle, last;
    const char *description;
  } rows[] = {
      {VOD, true, 5, 0, 1, 3, "a short last segment"},
      {HEAD "#EXTINF:6.006,A title, with 9\na-7.ts\n#EXTINF:2,\na-8.ts\n#EXT-X-ENDLIST\n", true, 8.006, 7, 7, 9,
       "numbered from 7"},
      {HEAD "#EXTINF:1,\na-2.ts\n#EXTINF:1,\na-1.ts\n#EXT-X-ENDLIST\n", false, 0, 0, 0, 0, "numbers that fall"},
      {HEAD "#EXTINF:1,\na-1.ts\na-2.ts\n#EXT-X-ENDLIST\n", false, 0, 0, 0, 0, "one says no time"},
      {HEAD "#EXTINF:-1,\na-1.ts\n#EXT-X-ENDLIST\n", false, 0, 0, 0, 0, "a time that cannot be"},
      {HEAD "#EXTINF:1e9,\na-1.ts\n#EXT-X-ENDLIST\n", true, 1, 1, 1, 2, "a time that is no decimal one"},
      {HEAD "#EXTINF:2,\na-1.ts\n", false, 0, 0, 0, 0, "a live one"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct playlist playlist = {.segments = 0};
    ck_assert_int_eq(playlist_parse(rows[i].text, strlen(rows[i].text), &playlist), ERROR_NONE);
    const int64_t *marks = playlist.timeline.marks;
    ck_assert_msg(playlist.has_timeline == rows[i].drawn, "%s", rows[i].description);
    ck_assert_msg(!rows[i].drawn ||
                      (playlist.duration_seconds > rows[i].seconds - 0.001 &&
                       playlist.duration_seconds < rows[i].seconds + 0.001 && marks[0] == rows[i].first &&
                       marks[TIMELINE_STEPS / 2] == rows[i].middle && marks[TIMELINE_STEPS] == rows[i].last),
                  "%s: %f s, %lld %lld %lld", rows[i].description, playlist.duration_seconds, (long long)marks[0],
                  (long long)marks[TIMELINE_STEPS / 2], (long long)marks[TIMELINE_STEPS]);
  }
}
END_TEST

START_TEST(long_names_are_no_variant) {
  char text[2 * PLAYLIST_VARIANT_MAX];
  snprintf(text, sizeof text, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n%0*d\n", PLAYLIST_VARIANT_MAX, 7);
  struct playlist playlist;
  ck_assert_int_eq(playlist_parse(text, strlen(text), &playlist), ERROR_INVALID);
}
END_TEST

START_TEST(follows_the_first_variant) {
  static const struct {
    const char *master;
    int64_t segments;
    const char *description;
  } rows[] = {
      {VOD, 3, "no master"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/main.m3u8\n", 3, "beside it"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n./low/main.m3u8\n", 3, "with a dot"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n../film/low/main.m3u8\n", 0, "leads out"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/etc/passwd\n", 0, "absolute"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://example.org/main.m3u8\n", 0, "elsewhere"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nnone.m3u8\n", 0, "missing"},
      {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n", 0, "itself"},
      {"hello", 0, "no playlist"},
  };
  struct library_fixture fixture;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "data/media/7/film/low/main.m3u8", VOD);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct playlist playlist = {.segments = -1};
    library_fixture_write(&fixture, "data/media/7/film/master.m3u8", rows[i].master);
    ck_assert_int_eq(playlist_read(fixture.folder, 7, "film/master.m3u8", &playlist), ERROR_NONE);
    ck_assert_msg(playlist.segments == rows[i].segments, "%s: %lld", rows[i].description, (long long)playlist.segments);
    ck_assert_msg(playlist.has_timeline == (rows[i].segments > 0), "%s", rows[i].description);
  }
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("playlist", counts_segments, draws_when_segments_play, long_names_are_no_variant, follows_the_first_variant)
