/* SPDX-License-Identifier: ISC */
/*
 * Which pictures a package has, by rows: codecs, sizes, and what is too small for a codec.
 */
#include "config.h"

#include "package/source/picture_plan.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct {
  const char *codecs;
  int width, height;
  const char *plan, *description;
} plan_rows[] = {
    {"h264", 640, 360, "h264:640x360 h264:426x240", "one codec"},
    {"", 640, 360, "h264:640x360 h264:426x240", "none is H.264"},
    {"h264 hevc av1", 640, 360, "h264:640x360 h264:426x240 hevc:640x360 hevc:426x240 av1:640x360 av1:426x240",
     "all, H.264 first"},
    {"av1", 640, 360, "av1:640x360 av1:426x240", "H.264 left out on purpose"},
    {"h264 hevc av1", 320, 60, "h264:320x60", "too low for the others"},
    {"hevc", 60, 320, "h264:60x320", "too narrow, and nothing else would be left"},
    {"hevc", 64, 64, "hevc:64x64", "as small as it may be"},
};

static struct picture_wishes wish(const char *codecs) {
  struct picture_wishes wishes = {.sizes = {.largest = 1080, .smaller = {240}, .count = 1}};
  for (int codec = 0; codec < PICTURE_CODECS; codec++) {
    wishes.codecs[codec] = strstr(codecs, picture_codec_name((enum picture_codec)codec)) != NULL;
  }
  return wishes;
}

START_TEST(each_size_in_each_codec) {
  for (size_t i = 0; i < UNIT_ROWS(plan_rows); i++) {
    struct picture_plan plan;
    char said[400] = "";
    const struct picture_wishes wishes = wish(plan_rows[i].codecs);
    picture_plan_make(&(struct source_picture){.width = plan_rows[i].width, .height = plan_rows[i].height}, &wishes,
                      &plan);
    for (size_t j = 0; j < plan.count; j++) {
      snprintf(said + strlen(said), sizeof said - strlen(said), "%s%s:%dx%d", j > 0 ? " " : "",
               picture_codec_name(plan.list[j].codec), plan.list[j].size.width, plan.list[j].size.height);
    }
    ck_assert_msg(strcmp(said, plan_rows[i].plan) == 0, "%s: %s", plan_rows[i].description, said);
  }
}
END_TEST

/* What is SDR comes first; of an HDR film HEVC is HDR, and SDR too only where nothing else is. */
static const struct {
  const char *codecs;
  enum source_colour colour;
  bool wide, keep;
  const char *plan, *description;
} hdr_rows[] = {
    {"h264", SOURCE_COLOUR_PQ, true, true, "h264 hevc-hdr", "HDR10 is kept beside SDR"},
    {"h264 hevc av1", SOURCE_COLOUR_HLG, true, true, "h264 av1 hevc-hdr", "HEVC is HDR alone"},
    {"hevc", SOURCE_COLOUR_PQ, true, true, "hevc hevc-hdr", "nothing else would be SDR"},
    {"h264 hevc", SOURCE_COLOUR_PQ, true, false, "h264 hevc", "it is tone-mapped by setting"},
    {"h264 hevc", SOURCE_COLOUR_PQ, false, true, "h264 hevc", "other colours than BT.2020 are not kept"},
    {"h264 hevc", SOURCE_COLOUR_BT709, true, true, "h264 hevc", "no HDR"},
};

START_TEST(hdr_is_kept_by_setting) {
  for (size_t i = 0; i < UNIT_ROWS(hdr_rows); i++) {
    struct picture_plan plan;
    char said[200] = "";
    struct picture_wishes wishes = wish(hdr_rows[i].codecs);
    wishes.keep_hdr = hdr_rows[i].keep;
    picture_plan_make(
        &(struct source_picture){.width = 320, .height = 180, .colour = hdr_rows[i].colour, .wide = hdr_rows[i].wide},
        &wishes, &plan);
    for (size_t j = 0; j < plan.count; j++) {
      snprintf(said + strlen(said), sizeof said - strlen(said), "%s%s%s", j > 0 ? " " : "",
               picture_codec_name(plan.list[j].codec), plan.list[j].hdr ? "-hdr" : "");
    }
    ck_assert_msg(strcmp(said, hdr_rows[i].plan) == 0, "%s: %s", hdr_rows[i].description, said);
    ck_assert(picture_plan_has_hdr(&plan) == (strstr(said, "hdr") != NULL));
  }
}
END_TEST

START_TEST(better_codecs_have_lower_ceilings) {
  struct picture_plan plan;
  const struct picture_wishes wishes = wish("h264 hevc av1");
  picture_plan_make(&(struct source_picture){.width = 1920, .height = 1080}, &wishes, &plan);
  ck_assert_uint_eq(plan.count, 6);
  ck_assert_int_eq(plan.list[0].size.maxrate_kbps, 5000);
  ck_assert_int_eq(plan.list[2].size.maxrate_kbps, 3500);
  ck_assert_int_eq(plan.list[4].size.maxrate_kbps, 3000);
  ck_assert(picture_plan_has(&plan, PICTURE_CODEC_AV1));
}
END_TEST

START_TEST(a_sound_has_no_pictures) {
  struct picture_plan plan;
  const struct picture_wishes wishes = wish("h264 av1");
  picture_plan_make(&(struct source_picture){.stream = -1, .width = 640, .height = 360}, &wishes, &plan);
  ck_assert(plan.count == 0 && !picture_plan_has(&plan, PICTURE_CODEC_H264));
}
END_TEST

START_TEST(codecs_have_names) {
  enum picture_codec codec = PICTURE_CODEC_H264;
  ck_assert(picture_codec_parse("av1", &codec) && codec == PICTURE_CODEC_AV1);
  ck_assert(picture_codec_parse("hevc", &codec) && codec == PICTURE_CODEC_HEVC);
  ck_assert(!picture_codec_parse("H264", &codec) && !picture_codec_parse("", &codec));
}
END_TEST

UNIT_MAIN("picture_plan", each_size_in_each_codec, hdr_is_kept_by_setting, better_codecs_have_lower_ceilings,
          a_sound_has_no_pictures, codecs_have_names)
