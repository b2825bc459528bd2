/* SPDX-License-Identifier: ISC */
/*
 * Packages that would not play, each a good one with one thing changed; and the playlists of the good one.
 */
#include "config.h"

#include "package/playlist/package_check.h"

#include <stdio.h>
#include <string.h>

#include "package/playlist/package_playlists.h"
#include "unit.h"

#define SEGMENTS 3

/* Two renditions and a sound of 12 seconds, in segments of 4. */
struct sample {
  struct package_segment segments[3][SEGMENTS];
  struct package_tracks tracks;
};

static const struct planned_picture planned = {.codec = PICTURE_CODEC_H264};
static const struct source_sound nepali = {.stream = 1, .language = "nep"};

static void make_sample(struct sample *sample) {
  static const int64_t sizes[] = {1000000, 300000, 64000};
  *sample = (struct sample){.tracks = {.count = 3}};
  for (size_t i = 0; i < 3; i++) {
    struct package_track *track = &sample->tracks.list[i];
    *track = (struct package_track){.segments = sample->segments[i], .count = SEGMENTS, .rate = {25, 1}};
    track->init = (struct fragment_init){.timescale = 1000,
                                         .entry = {.is_picture = i < 2,
                                                   .width = i == 0 ? 640 : 426,
                                                   .height = i == 0 ? 360 : 240,
                                                   .bits = i < 2 ? 8 : 0,
                                                   .pixel_across = 1,
                                                   .pixel_down = 1,
                                                   .channels = 2}};
    snprintf(track->init.entry.codec, sizeof track->init.entry.codec, "%s", i < 2 ? "avc1.64001e" : "mp4a.40.2");
    track->planned = i < 2 ? &planned : NULL;
    track->sound = i < 2 ? NULL : &nepali;
    for (int64_t j = 0; j < SEGMENTS; j++) {
      track->segments[j].size_bytes = sizes[i] * (j == 1 ? 2 : 1);
      track->segments[j].times = (struct fragment_times){.decode_begin = 4000 * j,
                                                         .begin = 4000 * j,
                                                         .end = 4000 * (j + 1),
                                                         .duration = 4000,
                                                         .samples = i < 2 ? 100 : 4,
                                                         .begins_with_key = true};
    }
  }
}

static void shift(struct package_track *track, size_t from, int64_t by) {
  for (size_t i = from; i < track->count; i++) {
    track->segments[i].times.decode_begin += by;
    track->segments[i].times.begin += by;
    track->segments[i].times.end += by;
  }
}

static void lengthen_last(struct package_track *track, int64_t by) {
  track->segments[track->count - 1].times.end += by;
  track->segments[track->count - 1].times.duration += by;
}

static void begins_late(struct package_tracks *tracks) {
  shift(&tracks->list[2], 0, 1000);
}
static void has_a_gap(struct package_tracks *tracks) {
  shift(&tracks->list[0], 1, 500);
}
static void has_an_edit_list(struct package_tracks *tracks) {
  tracks->list[1].init.has_edit_list = true;
}
static void has_another_codec(struct package_tracks *tracks) {
  tracks->list[0].init.entry.codec[0] = '\0';
}
static void is_another_codec_than_planned(struct package_tracks *tracks) {
  snprintf(tracks->list[1].init.entry.codec, SAMPLE_ENTRY_CODEC_SIZE, "av01.0.04M.08");
}
static void has_ten_bits(struct package_tracks *tracks) {
  tracks->list[0].init.entry.bits = 10;
}
static void is_hdr_by_its_word(struct package_tracks *tracks) {
  tracks->list[0].init.entry.transfer = 16;
}
static void begins_without_a_key(struct package_tracks *tracks) {
  tracks->list[0].segments[1].times.begins_with_key = false;
}
static void shows_later_than_it_says(struct package_tracks *tracks) {
  tracks->list[0].segments[0].times.begin = 80;
}
static void has_a_long_segment(struct package_tracks *tracks) {
  lengthen_last(&tracks->list[2], 60000);
}
static void is_not_aligned(struct package_tracks *tracks) {
  tracks->list[1].segments[0].times.duration += 40;
  shift(&tracks->list[1], 1, 40);
  tracks->list[1].segments[2].times.duration -= 40;
  tracks->list[1].segments[2].times.end -= 40;
}
static void has_too_little_sound(struct package_tracks *tracks) {
  tracks->list[2].count = 2;
}
static void has_longer_sound(struct package_tracks *tracks) {
  lengthen_last(&tracks->list[2], 1000);
}
static void has_a_segment_of_no_time(struct package_tracks *tracks) {
  tracks->list[2].segments[2].times.duration = 0;
  tracks->list[2].segments[2].times.end = 8000;
}

static void has_overlapping_packets(struct package_tracks *tracks) {
  tracks->list[2].segments[1].times.samples = 20;
}

static const struct {
  void (*spoil)(struct package_tracks *tracks);
  double seconds; /* of the source */
  const char *reason;
} check_rows[] = {
    {begins_late, 12, "the sound has a gap of 1.000 s at 1.0 s"},
    {has_a_gap, 12, "the picture has a gap of 0.500 s at 4.5 s"},
    {has_an_edit_list, 12, "the picture has an edit list"},
    {has_another_codec, 12, "a track has a codec that packages do not have"},
    {is_another_codec_than_planned, 12, "a picture is av01.0.04M.08 of 8 bits, not h264"},
    {has_ten_bits, 12, "a picture is avc1.64001e of 10 bits, not h264"},
    {is_hdr_by_its_word, 12, "a picture is avc1.64001e of 8 bits in HDR, not h264"},
    {begins_without_a_key, 12, "the segment of the picture at 4.0 s begins without a key picture"},
    {shows_later_than_it_says, 12, "the picture at 0.1 s begins apart from its segment"},
    {has_a_long_segment, 12, "a segment of the sound lasts 64.0 s"},
    {is_not_aligned, 12, "the segments of two sizes do not begin at the same times"},
    {has_overlapping_packets, 12, "packets of the sound at 4.0 s overlap or are missing"},
    {has_too_little_sound, 12, "the sound is 8.0 s long, the file 12.0 s"},
    {has_longer_sound, 0, "picture and sound end 1.0 s apart"},
    {has_a_segment_of_no_time, 12, "a segment of the sound lasts 0.0 s"},
};

START_TEST(what_would_not_play_is_refused_in_words) {
  for (size_t i = 0; i < UNIT_ROWS(check_rows); i++) {
    struct sample sample;
    char reason[PACKAGE_CHECK_REASON_SIZE] = "";
    make_sample(&sample);
    check_rows[i].spoil(&sample.tracks);
    ck_assert_msg(package_check(&sample.tracks, check_rows[i].seconds, reason) == ERROR_INVALID, "row %zu", i);
    ck_assert_str_eq(reason, check_rows[i].reason);
  }
}
END_TEST

START_TEST(what_plays_is_taken) {
  struct sample sample;
  char reason[PACKAGE_CHECK_REASON_SIZE];
  make_sample(&sample);
  ck_assert_int_eq(package_check(&sample.tracks, 12, reason), ERROR_NONE);
  ck_assert_int_eq(package_check(&sample.tracks, 0, reason), ERROR_NONE);
  lengthen_last(&sample.tracks.list[2], 20); /* a packet of sound */
  ck_assert_int_eq(package_check(&sample.tracks, 12, reason), ERROR_NONE);
}
END_TEST

START_TEST(playlists_say_what_is_there) {
  struct sample sample;
  static const struct source_subtitle subtitle = {.language = "nep", .forced = true};
  const struct package_beside beside = {.texts = {.list = {{.subtitle = &subtitle, .name = "Signs 1"}}, .count = 1}};
  struct text text = {0};
  make_sample(&sample);
  package_playlists_media(&text, &sample.tracks, 1);
  ck_assert_str_eq(text.data, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n"
                              "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init-1.m4s\"\n"
                              "#EXTINF:4.000000,\nseg-1-00001.m4s\n#EXTINF:4.000000,\nseg-1-00002.m4s\n"
                              "#EXTINF:4.000000,\nseg-1-00003.m4s\n#EXT-X-ENDLIST\n");
  text_clear(&text);
  package_playlists_master(&text, &sample.tracks, &beside);
  ck_assert_str_eq(text.data,
                   "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
                   "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"nep 2\",LANGUAGE=\"nep\",DEFAULT=YES,"
                   "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"media_2.m3u8\"\n"
                   "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"Signs 1\",LANGUAGE=\"nep\",DEFAULT=NO,"
                   "AUTOSELECT=YES,FORCED=YES,URI=\"subtitle-0.m3u8\"\n"
                   "#EXT-X-STREAM-INF:BANDWIDTH=4256000,AVERAGE-BANDWIDTH=2837334,RESOLUTION=640x360,"
                   "FRAME-RATE=25.000,CODECS=\"avc1.64001e,mp4a.40.2\",AUDIO=\"sound\","
                   "SUBTITLES=\"subtitles\"\nmedia_0.m3u8\n"
                   "#EXT-X-STREAM-INF:BANDWIDTH=1456000,AVERAGE-BANDWIDTH=970667,RESOLUTION=426x240,"
                   "FRAME-RATE=25.000,CODECS=\"avc1.64001e,mp4a.40.2\",AUDIO=\"sound\","
                   "SUBTITLES=\"subtitles\"\nmedia_1.m3u8\n");
  text_clear(&text);
  package_playlists_dash(&text, &sample.tracks, &beside);
  ck_assert_ptr_nonnull(strstr(text.data, "mediaPresentationDuration=\"PT12.000S\""));
  ck_assert_ptr_nonnull(strstr(text.data, "<S t=\"0\" d=\"4000\" r=\"2\"/>"));
  ck_assert_ptr_nonnull(strstr(text.data, "lang=\"nep\""));
  ck_assert_ptr_nonnull(strstr(text.data, "frameRate=\"25/1\""));
  text_free(&text);
}
END_TEST

START_TEST(hdr_is_told_with_its_colours) {
  struct sample sample;
  struct text text = {0};
  char reason[PACKAGE_CHECK_REASON_SIZE];
  static const struct planned_picture hdr = {.codec = PICTURE_CODEC_HEVC, .hdr = true};
  const struct package_beside beside = {.texts = {.count = 0}};
  make_sample(&sample);
  struct package_track *track = &sample.tracks.list[1];
  snprintf(track->init.entry.codec, SAMPLE_ENTRY_CODEC_SIZE, "hvc1.2.4.L63.90");
  track->planned = &hdr;
  track->init.entry.bits = 10;
  ck_assert_int_eq(package_check(&sample.tracks, 12, reason), ERROR_INVALID); /* it says nothing of it */
  track->init.entry.transfer = 18;
  track->init.entry.primaries = track->init.entry.matrix = 9;
  ck_assert_int_eq(package_check(&sample.tracks, 12, reason), ERROR_NONE);
  package_playlists_master(&text, &sample.tracks, &beside);
  ck_assert_ptr_nonnull(strstr(text.data, ",VIDEO-RANGE=SDR,CODECS=\"avc1.64001e,"));
  ck_assert_ptr_nonnull(strstr(text.data, ",VIDEO-RANGE=HLG,CODECS=\"hvc1.2.4.L63.90,"));
  text_clear(&text);
  package_playlists_dash(&text, &sample.tracks, &beside);
  const char *second = strstr(text.data, "<AdaptationSet id=\"1\" contentType=\"video\"");
  ck_assert_ptr_nonnull(second);
  ck_assert_ptr_nonnull(strstr(second, "cicp:TransferCharacteristics\" value=\"18\"/>"));
  ck_assert_ptr_eq(strstr(text.data, "cicp:"), strstr(second, "cicp:")); /* none in the first set */
  text_free(&text);
}
END_TEST

/* H.264 first, and players of DASH change among pictures of one codec alone. */
START_TEST(each_codec_has_a_set_of_its_own) {
  struct sample sample;
  struct text text = {0};
  const struct package_beside beside = {.texts = {.count = 0}};
  make_sample(&sample);
  snprintf(sample.tracks.list[1].init.entry.codec, SAMPLE_ENTRY_CODEC_SIZE, "hvc1.1.6.L63.90");
  package_playlists_dash(&text, &sample.tracks, &beside);
  const char *first = strstr(text.data, "<AdaptationSet id=\"0\" contentType=\"video\"");
  const char *second = strstr(text.data, "<AdaptationSet id=\"1\" contentType=\"video\"");
  ck_assert(first != NULL && second != NULL && first < second);
  ck_assert_ptr_nonnull(strstr(second, "<Representation id=\"1\" codecs=\"hvc1.1.6.L63.90\""));
  ck_assert_ptr_nonnull(strstr(second, "<AdaptationSet id=\"3\" contentType=\"audio\""));
  text_clear(&text);
  package_playlists_master(&text, &sample.tracks, &beside);
  ck_assert_ptr_nonnull(strstr(text.data, "CODECS=\"hvc1.1.6.L63.90,mp4a.40.2\""));
  text_free(&text);
}
END_TEST

/* A film of one short picture: no stretch is half a segment long, so the whole counts. */
START_TEST(a_short_last_segment_is_no_peak) {
  struct sample sample;
  make_sample(&sample);
  struct package_track *track = &sample.tracks.list[0];
  track->segments[2].times.duration = 40;
  track->segments[2].times.end = 8040;
  track->segments[1].size_bytes = 1000000;
  ck_assert_int_eq(package_track_peak_rate(track, 4), 3960397); /* the last two, 4.04 s */
  track->count = 1;
  track->segments[0].times.duration = track->segments[0].times.end = 40;
  ck_assert_int_eq(package_track_peak_rate(track, 4), 200000000);
}
END_TEST

/* Players may believe that all playlists of a package tell the same. */
START_TEST(all_playlists_tell_the_longest_segment) {
  struct sample sample;
  struct text text = {0};
  make_sample(&sample);
  ck_assert_int_eq(package_tracks_target_seconds(&sample.tracks), 4);
  lengthen_last(&sample.tracks.list[0], 1200);
  ck_assert_int_eq(package_tracks_target_seconds(&sample.tracks), 6);
  package_playlists_media(&text, &sample.tracks, 2);
  ck_assert_ptr_nonnull(strstr(text.data, "#EXT-X-TARGETDURATION:6\n"));
  text_free(&text);
}
END_TEST

UNIT_MAIN("package_check", what_would_not_play_is_refused_in_words, what_plays_is_taken, playlists_say_what_is_there,
          each_codec_has_a_set_of_its_own, hdr_is_told_with_its_colours, a_short_last_segment_is_no_peak,
          all_playlists_tell_the_longest_segment)
