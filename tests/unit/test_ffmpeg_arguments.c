/* SPDX-License-Identifier: ISC */
/*
 * What ffmpeg is told, by words that must stand in the command line and words that must not; and what it has.
 */
#include "config.h"

#include "package/ffmpeg/ffmpeg_arguments.h"

#include <string.h>

#include "base/text.h"
#include "package/ffmpeg/encoder_list.h"
#include "unit.h"

/* A film of 10 seconds, 640x360, 25 pictures a second. */
static const struct package_source film = {.picture = {.width = 640, .height = 360, .rate = {25, 1}},
                                           .sounds = {{.stream = 1}},
                                           .sound_count = 1,
                                           .picture_seconds = 10,
                                           .sound_seconds = 10};

static struct picture_wishes wish(const char *codecs) {
  struct picture_wishes wishes = {.sizes = {.largest = 1080, .smaller = {240}, .count = 1}};
  for (int codec = 0; codec < PICTURE_CODECS; codec++) {
    wishes.codecs[codec] = strstr(codecs, picture_codec_name((enum picture_codec)codec)) != NULL;
  }
  return wishes;
}

static void tell(const struct package_source *source, const struct picture_wishes *wishes, struct text *ret_line) {
  static struct ffmpeg_arguments arguments;
  struct picture_plan plan;
  arguments = (struct ffmpeg_arguments){.count = 0};
  picture_plan_make(&source->picture, wishes, &plan);
  ffmpeg_arguments_package(&arguments, "/input", source, &plan, "veryfast");
  for (size_t i = 0; i < arguments.count; i++) {
    text_append(ret_line, " ");
    text_append(ret_line, arguments.argv[i]);
  }
  text_append(ret_line, " ");
}

static void expect(const struct text *line, const char *words, bool there) {
  ck_assert_msg((strstr(line->data, words) != NULL) == there, "%s \"%s\":\n%s", there ? "no" : "a", words, line->data);
}

START_TEST(each_codec_has_its_encoder_and_options) {
  struct text line = {0};
  const struct picture_wishes wishes = wish("h264 hevc av1");
  tell(&film, &wishes, &line);
  expect(&line, " -c:v:0 libx264 -maxrate:v:0 921k -bufsize:v:0 1842k -preset:v:0 veryfast -crf:v:0 23 ", true);
  expect(&line, " -c:v:2 libx265 -maxrate:v:2 645k ", true);
  expect(&line, " -forced-idr:v:2 1 -x265-params:v:2 open-gop=0:", true);
  expect(&line, " -tag:v:3 hvc1 ", true);
  expect(&line, " -c:v:5 libsvtav1 ", true);
  expect(&line, " -preset:v:5 10 -crf:v:5 35 -svtav1-params:v:5 lp=1 -g:v:5 100 ", true);
  expect(&line, " -force_key_frames expr:not(mod(n,100)) ", true);
  expect(&line, "split=3[sb][s0][s1];", true); /* a size is scaled once for all codecs */
  expect(&line, "format=yuv420p,split=3[v0][v2][v4];", true);
  expect(&line, " SVT_LOG=1 ffmpeg ", true);
  text_free(&line);
}
END_TEST

START_TEST(a_copy_is_the_first_picture_and_av1_beside_it_has_its_key_pictures) {
  struct text line = {0};
  struct package_source source = film;
  const struct picture_wishes wishes = wish("h264 av1");
  source.picture.plain = true;
  source.picture.copy_cut = 3.995;
  source.picture.key_pictures = 50;
  tell(&source, &wishes, &line);
  expect(&line, " -force_key_frames source ", true);
  expect(&line, " -g:v:2 50 ", true);
  expect(&line, " -c:v:0 copy ", true);
  expect(&line, " -c:v:0 libx264 ", false);
  expect(&line, " -c:v:1 libx264 ", true);
  expect(&line, "[v0]", false);
  expect(&line, "seg_duration=3.995000,streams=v", true);
  text_free(&line);
}
END_TEST

START_TEST(one_codec_has_no_words_of_others) {
  struct text line = {0};
  const struct picture_wishes wishes = wish("h264");
  tell(&film, &wishes, &line);
  expect(&line, "libx265", false);
  expect(&line, "libsvtav1", false);
  expect(&line, "hvc1", false);
  text_free(&line);
}
END_TEST

/* The storyboard is of what was tone-mapped. */
START_TEST(hdr_is_encoded_beside_what_is_tone_mapped) {
  struct text line = {0};
  struct package_source source = film;
  struct picture_wishes wishes = wish("h264");
  wishes.keep_hdr = true;
  source.picture.wide = true;
  source.picture.colour = SOURCE_COLOUR_PQ;
  tell(&source, &wishes, &line);
  expect(&line, ",split=2[hdr][sdr];[hdr]split=2[s2][s3];[s2]scale=", true);
  expect(&line, "format=yuv420p10le[v2]", true);
  expect(&line, ";[sdr]zscale=", true);
  expect(&line, "split=3[sb][s0][s1];[s0]", true);
  expect(&line, " -colorspace:v:2 bt2020nc -color_primaries:v:2 bt2020 -color_trc:v:2 smpte2084 ", true);
  expect(&line, " -colorspace bt709 ", true);
  expect(&line, " -profile:v:0 ", false);
  text_clear(&line);
  source.picture.colour = SOURCE_COLOUR_HLG;
  tell(&source, &wishes, &line);
  expect(&line, " -color_trc:v:3 arib-std-b67 ", true);
  wishes.keep_hdr = false;
  text_clear(&line);
  tell(&source, &wishes, &line);
  expect(&line, "[hdr]", false);
  expect(&line, "libx265", false);
  text_free(&line);
}
END_TEST

/* What each hardware is told of a film in H.264, HEVC that is HDR, and AV1, which stays in software. */
static const struct {
  enum picture_encoder encoder;
  const char *words, *description;
} hardware_rows[] = {
    {PICTURE_ENCODER_VAAPI, " -init_hw_device vaapi=hw:/dev/dri/renderD128 -filter_hw_device hw -protocol_whitelist ",
     "the device, before the input"},
    {PICTURE_ENCODER_VAAPI, "format=nv12,hwupload[v0]", "pictures on the card"},
    {PICTURE_ENCODER_VAAPI, "format=p010le,hwupload[v4]", "pictures of 10 bits on the card"},
    {PICTURE_ENCODER_VAAPI, "format=yuv420p[v2]", "pictures of AV1 in memory"},
    {PICTURE_ENCODER_VAAPI,
     " -c:v:0 h264_vaapi -maxrate:v:0 921k -bufsize:v:0 1842k -rc_mode:v:0 VBR -b:v:0 598k -g:v:0 100 ", "H.264"},
    {PICTURE_ENCODER_VAAPI, " -c:v:4 hevc_vaapi ", "HEVC"},
    {PICTURE_ENCODER_VAAPI, " -tag:v:4 hvc1 -profile:v:4 main10 ", "HEVC that is HDR"},
    {PICTURE_ENCODER_VAAPI, " -c:v:2 libsvtav1 ", "AV1"},
    {PICTURE_ENCODER_NVENC,
     " -c:v:0 h264_nvenc -maxrate:v:0 921k -bufsize:v:0 1842k -preset:v:0 p4 -rc:v:0 vbr "
     "-b:v:0 598k -forced-idr:v:0 1 -no-scenecut:v:0 1 -g:v:0 100 ",
     "H.264"},
    {PICTURE_ENCODER_NVENC, "format=p010le[v4]", "pictures of 10 bits"},
    {PICTURE_ENCODER_NVENC, " -c:v:5 hevc_nvenc ", "HEVC"},
    {PICTURE_ENCODER_QSV, " -init_hw_device vaapi=va:/dev/dri/renderD128 -init_hw_device qsv=hw@va ", "the device"},
    {PICTURE_ENCODER_QSV,
     " -c:v:0 h264_qsv -maxrate:v:0 921k -bufsize:v:0 1842k -preset:v:0 veryfast -b:v:0 598k "
     "-forced_idr:v:0 1 -g:v:0 100 ",
     "H.264"},
    {PICTURE_ENCODER_QSV, " -c:v:4 hevc_qsv ", "HEVC"},
    {PICTURE_ENCODER_SOFTWARE, " -c:v:4 libx265 ", "none"},
};

START_TEST(hardware_is_told_what_it_knows) {
  for (size_t i = 0; i < UNIT_ROWS(hardware_rows); i++) {
    struct text line = {0};
    struct package_source source = film;
    struct picture_wishes wishes = wish("h264 av1");
    wishes.encoder = hardware_rows[i].encoder;
    wishes.keep_hdr = true;
    source.picture.wide = true;
    source.picture.colour = SOURCE_COLOUR_HLG;
    tell(&source, &wishes, &line);
    ck_assert_msg(strstr(line.data, hardware_rows[i].words) != NULL, "%s: no \"%s\":\n%s", hardware_rows[i].description,
                  hardware_rows[i].words, line.data);
    expect(&line, "hw_device", wishes.encoder == PICTURE_ENCODER_VAAPI || wishes.encoder == PICTURE_ENCODER_QSV);
    text_free(&line);
  }
}
END_TEST

/* --- what it has -------------------------------------------------------------------------------- */

static const char list[] =
    "Encoders:\n V..... = Video\n ------\n V....D libx264              libx264 H.264 (codec h264)\n"
    " V....D libx264rgb           libx264 RGB\n V..... libsvtav1            SVT-AV1\n"
    " A....D aac                  AAC, not hevc_vaapi\n";

static const struct {
  const char *encoder;
  bool there;
} encoder_rows[] = {{"libx264", true},  {"libsvtav1", true},   {"libx26", false},
                    {"libx265", false}, {"hevc_vaapi", false}, {"V.....", false}};

START_TEST(encoders_are_told_by_their_whole_names) {
  for (size_t i = 0; i < UNIT_ROWS(encoder_rows); i++) {
    ck_assert_msg(encoder_list_has(list, encoder_rows[i].encoder) == encoder_rows[i].there, "%s",
                  encoder_rows[i].encoder);
  }
  ck_assert(!encoder_list_has("", "libx264") && encoder_list_has(" V libx264", "libx264"));
}
END_TEST

UNIT_MAIN("ffmpeg_arguments", each_codec_has_its_encoder_and_options,
          a_copy_is_the_first_picture_and_av1_beside_it_has_its_key_pictures, one_codec_has_no_words_of_others,
          hdr_is_encoded_beside_what_is_tone_mapped, hardware_is_told_what_it_knows,
          encoders_are_told_by_their_whole_names)
