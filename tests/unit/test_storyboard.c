/* SPDX-License-Identifier: ISC */
/*
 * Which small pictures a storyboard has, and where each is on its sheet.
 */
#include "config.h"

#include "package/ffmpeg/storyboard.h"

#include <string.h>

#include "unit.h"

START_TEST(small_pictures_are_as_many_as_a_viewer_can_use) {
  static const struct {
    double seconds;
    struct frame_rate rate;
    int step;
    const char *description;
  } rows[] = {{0.04, {25, 1}, 25, "one picture"},
              {60, {25, 1}, 25, "one a second"},
              {3600, {25, 1}, 125, "one each five seconds"},
              {86400, {30000, 1001}, 3596, "a day"},
              {60, {1, 1}, 1, "stills"},
              {0, {25, 1}, 250, "of unknown length"}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct package_source source = {.picture = {.width = 1920, .height = 1080, .rate = rows[i].rate},
                                    .picture_seconds = rows[i].seconds};
    struct storyboard plan = storyboard_plan(&source);
    ck_assert_msg(plan.step == rows[i].step, "%s: %d", rows[i].description, plan.step);
    ck_assert(plan.width == 160 && plan.height == 90);
  }
}
END_TEST

START_TEST(each_has_its_place_on_a_sheet) {
  const struct storyboard storyboard = {.width = 160,
                                        .height = 90,
                                        .step = 25,
                                        .rate = {25, 1},
                                        .count = 102,
                                        .sheets = 2,
                                        .seconds = 101.5,
                                        .largest_size = 50000};
  struct text text = {0};
  storyboard_append_vtt(&text, &storyboard);
  ck_assert_ptr_eq(strstr(text.data, "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nstoryboard-001.jpg#xywh=0,0,160,90\n\n"),
                   text.data);
  ck_assert_ptr_nonnull(strstr(text.data, "00:00:11.000 --> 00:00:12.000\nstoryboard-001.jpg#xywh=160,90,160,90\n"));
  ck_assert_ptr_nonnull(strstr(text.data, "00:01:41.000 --> 00:01:41.500\nstoryboard-002.jpg#xywh=160,0,160,90\n"));
  text_clear(&text);
  storyboard_append_playlist(&text, &storyboard);
  ck_assert_str_eq(text.data, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:100\n#EXT-X-MEDIA-SEQUENCE:1\n"
                              "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-IMAGES-ONLY\n#EXTINF:100.000000,\n"
                              "#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=10x10,DURATION=1.000000\nstoryboard-001.jpg\n"
                              "#EXTINF:1.500000,\n"
                              "#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=10x10,DURATION=1.000000\nstoryboard-002.jpg\n"
                              "#EXT-X-ENDLIST\n");
  text_clear(&text);
  storyboard_append_stream(&text, &storyboard);
  ck_assert_str_eq(text.data, "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=4000,RESOLUTION=160x90,CODECS=\"jpeg\","
                              "URI=\"storyboard.m3u8\"\n");
  text_clear(&text);
  storyboard_append_set(&text, &storyboard);
  ck_assert_ptr_nonnull(strstr(text.data, "media=\"storyboard-$Number%03d$.jpg\" timescale=\"25\" duration=\"2500\""));
  ck_assert_ptr_nonnull(strstr(text.data, "width=\"1600\" height=\"900\""));
  text_free(&text);
}
END_TEST

UNIT_MAIN("storyboard", small_pictures_are_as_many_as_a_viewer_can_use, each_has_its_place_on_a_sheet)
