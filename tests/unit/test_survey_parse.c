/* SPDX-License-Identifier: ISC */
/*
 * What ffprobe says of a source's streams, by rows: which are packaged, in which order, and as what.
 */
#include "config.h"

#include "package/source/survey_parse.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define PICTURE(index, more)                                                                                           \
  "{\"index\":" index ",\"codec_type\":\"video\",\"codec_name\":\"h264\",\"width\":640,\"height\":360," more           \
  "\"r_frame_rate\":\"25/1\",\"avg_frame_rate\":\"25/1\"}"
#define SOUND(index, more)                                                                                             \
  "{\"index\":" index ",\"codec_type\":\"audio\",\"codec_name\":\"aac\",\"sample_rate\":\"48000\"," more               \
  "\"channels\":2}"
#define MARKED(what) "\"disposition\":{\"" what "\":1},"

static const struct {
  const char *streams;
  int picture;
  const char *sounds; /* their indexes, in order */
  const char *description;
} stream_rows[] = {
    {PICTURE("0", "") "," SOUND("1", ""), 0, "1", "a film"},
    {SOUND("0", "") "," PICTURE("1", MARKED("attached_pic")), -1, "0", "a song with its cover"},
    {PICTURE("0", MARKED("attached_pic")) "," PICTURE("1", ""), 1, "", "a cover before the film"},
    {SOUND("0", MARKED("comment")) "," SOUND("1", MARKED("default")), -1, "1 0", "the default is no commentary"},
    {SOUND("0", "") "," SOUND("1", "") "," SOUND("2", MARKED("default")), -1, "2 0 1", "the third is the default"},
    {SOUND("0", MARKED("comment")) "," SOUND("1", ""), -1, "1 0", "commentary first, none is the default"},
    {SOUND("0", "\"disposition\":{\"comment\":1,\"default\":1},") "," SOUND("1", ""), -1, "1 0",
     "commentary that is the default all the same"},
    {SOUND("0", MARKED("default")) "," SOUND("1", MARKED("default")), -1, "0 1", "two are the default"},
    {"{\"index\":0,\"codec_type\":\"audio\",\"sample_rate\":\"48000\",\"channels\":2}," SOUND("1", ""), -1, "1",
     "a sound of no known codec first"},
    {"{\"index\":0,\"codec_type\":\"audio\",\"codec_name\":\"ac4\",\"channels\":0}," SOUND("1", ""), -1, "1",
     "a sound that could not be opened"},
    {"{\"index\":0,\"codec_type\":\"data\",\"codec_name\":\"bin_data\"}," PICTURE("1", ""), 1, "", "data first"},
    {"{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\"}," PICTURE("1", ""), 1, "",
     "a picture without size"},
    {SOUND("0", "") "," SOUND("1", "") "," SOUND("2", "") "," SOUND("3", "") "," SOUND("4", "") "," SOUND(
         "5", "") "," SOUND("6", "") "," SOUND("7", "") "," SOUND("8", "") "," SOUND("9", MARKED("default")),
     -1, "9 0 1 2 3 4 5 6", "more than are taken"},
    {"7,null,[]," SOUND("1", ""), -1, "1", "streams that are none"},
};

static enum error parse(const char *streams, struct package_source *ret_source) {
  char json[4096];
  snprintf(json, sizeof json, "{\"streams\":[%s]}", streams);
  return survey_parse_streams(json, strlen(json), ret_source);
}

START_TEST(finds_the_streams_that_can_be_packaged) {
  for (size_t i = 0; i < UNIT_ROWS(stream_rows); i++) {
    struct package_source source;
    char sounds[64] = "";
    ck_assert_msg(parse(stream_rows[i].streams, &source) == ERROR_NONE, "%s", stream_rows[i].description);
    ck_assert_msg(source.picture.stream == stream_rows[i].picture, "%s: picture %d", stream_rows[i].description,
                  source.picture.stream);
    for (size_t j = 0; j < source.sound_count; j++) {
      snprintf(sounds + strlen(sounds), sizeof sounds - strlen(sounds), "%s%d", j > 0 ? " " : "",
               source.sounds[j].stream);
    }
    ck_assert_msg(strcmp(sounds, stream_rows[i].sounds) == 0, "%s: sounds %s", stream_rows[i].description, sounds);
  }
}
END_TEST

static const struct {
  const char *members;
  enum source_colour colour;
  const char *description;
} colour_rows[] = {
    {"\"color_space\":\"bt709\",", SOURCE_COLOUR_BT709, "HD"},
    {"\"color_space\":\"smpte170m\",", SOURCE_COLOUR_BT601, "SD of 525 lines"},
    {"\"color_space\":\"bt470bg\",", SOURCE_COLOUR_BT601, "SD of 625 lines"},
    {"", SOURCE_COLOUR_BT601, "nothing is said of a small one"},
    {"\"height\":720,", SOURCE_COLOUR_BT709, "nothing is said of a large one"},
    {"\"color_transfer\":\"smpte2084\",\"color_space\":\"bt2020nc\",", SOURCE_COLOUR_PQ, "HDR10"},
    {"\"color_transfer\":\"arib-std-b67\",", SOURCE_COLOUR_HLG, "HLG"},
    {"\"color_space\":\"bt2020nc\",", SOURCE_COLOUR_OTHER, "wide colours, not HDR"},
    {"\"pix_fmt\":\"gbrp\",\"color_space\":\"gbr\",", SOURCE_COLOUR_OTHER, "RGB in H.264"},
    {"\"pix_fmt\":\"argb\",", SOURCE_COLOUR_OTHER, "RGB"},
};

START_TEST(tells_colours_apart) {
  for (size_t i = 0; i < UNIT_ROWS(colour_rows); i++) {
    struct package_source source;
    char stream[400];
    snprintf(stream, sizeof stream,
             "{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\",\"width\":640,%s\"height\":%s}",
             colour_rows[i].members, strstr(colour_rows[i].members, "720") != NULL ? "720" : "360");
    ck_assert_int_eq(parse(stream, &source), ERROR_NONE);
    ck_assert_msg(source.picture.colour == colour_rows[i].colour, "%s: %d", colour_rows[i].description,
                  (int)source.picture.colour);
  }
}
END_TEST

static const struct {
  const char *members, *format;
  bool plain;
  const char *description;
} plain_rows[] = {
    {"", "mov,mp4", true, "what most cameras make"},
    {"", "matroska,webm", true, "the same in Matroska"},
    {"", "mpegts", false, "a stream, whose pictures may change their size"},
    {"\"field_order\":\"tt\",", "mov,mp4", false, "interlaced"},
    {"\"sample_aspect_ratio\":\"1:1\",", "mov,mp4", true, "square pixels"},
    {"\"sample_aspect_ratio\":\"64:45\",", "mov,mp4", false, "other pixels"},
    {"\"color_range\":\"pc\",", "mov,mp4", false, "the full range of values"},
    {"\"color_transfer\":\"smpte2084\",", "mov,mp4", false, "HDR"},
    {"\"color_space\":\"bt2020nc\",", "mov,mp4", false, "BT.2020"},
    {"\"side_data_list\":[{\"rotation\":180}],", "mov,mp4", false, "upside down"},
    {"\"side_data_list\":[{\"rotation\":0}],", "mov,mp4", true, "not turned, and says so"},
};

START_TEST(knows_what_may_be_copied) {
  for (size_t i = 0; i < UNIT_ROWS(plain_rows); i++) {
    char json[600];
    struct package_source source;
    snprintf(json, sizeof json,
             "{\"streams\":[{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\",\"profile\":\"High\","
             "\"pix_fmt\":\"yuv420p\",\"width\":640,%s\"height\":360}],\"format\":{\"format_name\":\"%s\"}}",
             plain_rows[i].members, plain_rows[i].format);
    ck_assert_int_eq(survey_parse_streams(json, strlen(json), &source), ERROR_NONE);
    ck_assert_msg(source.picture.plain == plain_rows[i].plain, "%s", plain_rows[i].description);
  }
}
END_TEST

START_TEST(keeps_languages_and_names_that_may_stand_in_playlists) {
  struct package_source source;
  ck_assert_int_eq(
      parse(SOUND("0", "\"tags\":{\"language\":\"nep\",\"title\":\"a \\\"<b>\\n\\u00e9 c\"},") "," SOUND(
                "1", "\"tags\":{\"language\":\"und\"},") "," SOUND("2", "\"tags\":{\"language\":\"x\\\"\"},"),
            &source),
      ERROR_NONE);
  ck_assert_str_eq(source.sounds[0].language, "nep");
  ck_assert_str_eq(source.sounds[0].name, "a b c");
  ck_assert_str_eq(source.sounds[1].language, "");
  ck_assert_str_eq(source.sounds[2].language, "");
}
END_TEST

#define SUBTITLE(index, codec, more)                                                                                   \
  "{\"index\":" index ",\"codec_type\":\"subtitle\",\"codec_name\":\"" codec "\"" more "}"

START_TEST(finds_texts_and_names_what_is_left_out) {
  static const char json[] =
      "{\"streams\":[" PICTURE("0", "") "," SUBTITLE("1", "subrip", ",\"disposition\":{\"forced\":1},\"tags\":{\"language\":\"nep\"}") "," SUBTITLE(
          "2", "hdmv_pgs_subtitle",
          ",\"tags\":{\"language\":\"eng\"}") "," SUBTITLE("3", "ass",
                                                           ",\"disposition\":{\"hearing_"
                                                           "impaired\":1}") ","
                                                                            "{\"index\":4,\"codec_"
                                                                            "type\":\"audio\","
                                                                            "\"codec_name\":"
                                                                            "\"ac4\",\"channels\":"
                                                                            "0}],"
                                                                            "\"chapters\":[{"
                                                                            "\"start_time\":\"1."
                                                                            "400000\",\"end_"
                                                                            "time\":\"5.4\","
                                                                            "\"tags\":{\"title\":"
                                                                            "\"A\\nb \u2603\"}},"
                                                                            "{\"start_time\":\"5."
                                                                            "4\",\"end_time\":\"5."
                                                                            "4\"},{\"start_time\":"
                                                                            "\"x\"}],\"format\":{"
                                                                            "\"start_time\":\"1."
                                                                            "4\"}}";
  struct package_source source;
  ck_assert_int_eq(survey_parse_streams(json, strlen(json), &source), ERROR_NONE);
  ck_assert_uint_eq(source.subtitle_count, 2);
  ck_assert(source.subtitles[0].stream == 1 && source.subtitles[0].forced && !source.subtitles[0].sdh);
  ck_assert(source.subtitles[1].stream == 3 && !source.subtitles[1].forced && source.subtitles[1].sdh);
  ck_assert_str_eq(source.subtitles[0].language, "nep");
  ck_assert_uint_eq(source.left_out_count, 2);
  ck_assert_str_eq(source.left_out[0], "subtitles 2 (eng, hdmv_pgs_subtitle): they are pictures, no text");
  ck_assert_str_eq(source.left_out[1], "sound 4 (ac4): nothing here decodes it");
  ck_assert_uint_eq(source.chapter_count, 1);
  ck_assert(source.chapters[0].begin < 0.001 && source.chapters[0].end > 3.999);
  ck_assert_str_eq(source.chapters[0].title, "A b \u2603");
}
END_TEST

START_TEST(knows_which_sound_begins_late) {
  static const struct {
    const char *members, *format;
    bool late;
  } rows[] = {{"\"start_time\":\"1.400000\",", "1.400000", false},
              {"\"start_time\":\"2.100000\",", "1.400000", true},
              {"\"start_time\":\"-0.007000\",", "-0.007000", false},
              {"", "0.000000", true},
              {"\"start_time\":\"0.000000\",", "N/A", true}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char json[400];
    struct package_source source;
    snprintf(json, sizeof json,
             "{\"streams\":[{\"index\":0,\"codec_type\":\"audio\",\"codec_name\":\"aac\",\"sample_rate\":\"48000\",%s"
             "\"channels\":2}],\"format\":{\"start_time\":\"%s\"}}",
             rows[i].members, rows[i].format);
    ck_assert_int_eq(survey_parse_streams(json, strlen(json), &source), ERROR_NONE);
    ck_assert_msg(source.sounds[0].late == rows[i].late, "row %zu", i);
  }
}
END_TEST

START_TEST(what_has_no_streams_is_refused) {
  static const char *const rows[] = {"", "{}", "[]", "{\"streams\":{}}", "{\"streams\":[", "{\"streams\":[]}"};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct package_source source;
    ck_assert_int_eq(survey_parse_streams(rows[i], strlen(rows[i]), &source), ERROR_INVALID);
  }
}
END_TEST

static const struct {
  double picture, sound, expected;
  const char *description;
} length_rows[] = {
    {12, 12.023, 12, "sound ends a packet later"},
    {12, 11.98, 12, "or earlier"},
    {6, 20, 20, "a long sound"},
    {20, 6, 20, "a long picture"},
    {0, 5, 5, "sound alone"},
    {0, 0, 0, "nothing is known"},
};

START_TEST(a_package_is_as_long_as_the_longer_of_both) {
  for (size_t i = 0; i < UNIT_ROWS(length_rows); i++) {
    const struct package_source source = {.picture_seconds = length_rows[i].picture,
                                          .sound_seconds = length_rows[i].sound};
    double seconds = source_seconds(&source);
    ck_assert_msg(seconds == length_rows[i].expected, "%s: %f", length_rows[i].description, seconds);
  }
  ck_assert(survey_parse_end("a-0.crc,0.000000,12.040000\n") == 12.04);
  ck_assert(survey_parse_end("a,0,3\nb,3,7.5\n") == 7.5);
  ck_assert(survey_parse_end("") == 0 && survey_parse_end("a,b") == 0 && survey_parse_end("a,0,inf\n") == 0);
}
END_TEST

UNIT_MAIN("survey_parse", finds_the_streams_that_can_be_packaged, tells_colours_apart, knows_what_may_be_copied,
          keeps_languages_and_names_that_may_stand_in_playlists, knows_which_sound_begins_late,
          finds_texts_and_names_what_is_left_out, what_has_no_streams_is_refused,
          a_package_is_as_long_as_the_longer_of_both)
