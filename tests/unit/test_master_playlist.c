/* SPDX-License-Identifier: ISC */
/* A master as ffmpeg writes it, with subtitles named and its playlists found from the folder beside it. */
#include "config.h"

#include "package/playlist/master_playlist.h"

#include <string.h>

#include "unit.h"

static const char master[] = "#EXTM3U\n#EXT-X-VERSION:7\n"
                             "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"group_A1\",NAME=\"audio_2\",DEFAULT=YES,"
                             "URI=\"media_2.m3u8\"\n"
                             "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"group_A1\"\nmedia_0.m3u8\n\n"
                             "#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"group_A1\"\r\nmedia_1.m3u8";

START_TEST(names_subtitles_and_moves_playlists) {
  static const struct master_text texts[] = {{.track = {.name = "de", .language = "de"}, .stored_name = "0b.vtt"},
                                             {.track = {.name = "Para surdos", .language = "pt-BR", .sdh = true}}};
  struct text text = {0};
  ck_assert_int_eq(master_playlist_append(&text, master, "0a", texts, 2), ERROR_NONE);
  ck_assert_str_eq(
      text.data, "#EXTM3U\n#EXT-X-VERSION:7\n"
                 "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"group_A1\",NAME=\"audio_2\",DEFAULT=YES,"
                 "URI=\"../0a/media_2.m3u8\"\n"
                 "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"de\",LANGUAGE=\"de\",DEFAULT=NO,"
                 "AUTOSELECT=YES,FORCED=NO,URI=\"de.m3u8\"\n"
                 "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"Para surdos\",LANGUAGE=\"pt-BR\","
                 "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,"
                 "public.accessibility.describes-music-and-sound\",URI=\"pt-BR.m3u8\"\n"
                 "#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"group_A1\",SUBTITLES=\"subtitles\"\n../0a/media_0.m3u8\n\n"
                 "#EXT-X-STREAM-INF:BANDWIDTH=2,AUDIO=\"group_A1\",SUBTITLES=\"subtitles\"\n../0a/media_1.m3u8\n");
  text_free(&text);
}
END_TEST

START_TEST(without_subtitles_playlists_move_all_the_same) {
  struct text text = {0};
  ck_assert_int_eq(
      master_playlist_append(&text, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmedia_0.m3u8\n", "0a", NULL, 0),
      ERROR_NONE);
  ck_assert_str_eq(text.data, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n../0a/media_0.m3u8\n");
  text_free(&text);
}
END_TEST

START_TEST(streams_name_the_group_once) {
  static const struct master_text texts[] = {{.track = {.name = "de", .language = "de"}}};
  struct text text = {0};
  ck_assert_int_eq(master_playlist_append(&text,
                                          "#EXT-X-MEDIA:TYPE=SUBTITLES,URI=\"subtitle-0.m3u8\"\n"
                                          "#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES=\"subtitles\"\nmedia_0.m3u8\n",
                                          "0a", texts, 1),
                   ERROR_NONE);
  ck_assert_ptr_nonnull(strstr(text.data, "URI=\"../0a/subtitle-0.m3u8\"\n#EXT-X-MEDIA"));
  ck_assert_ptr_nonnull(strstr(text.data, "BANDWIDTH=1,SUBTITLES=\"subtitles\"\n../0a/media_0.m3u8"));
  text_free(&text);
}
END_TEST

START_TEST(a_manifest_has_them_too) {
  static const struct master_text texts[] = {
      {.track = {.name = "Signs", .language = "de", .forced = true}, .stored_name = "0b.vtt"}};
  struct text text = {0};
  ck_assert_int_eq(master_playlist_append_dash(&text,
                                               "<MPD>\n  <Period id=\"0\" start=\"PT0S\">\n    <AdaptationSet/>\n"
                                               "  </Period>\n</MPD>\n",
                                               "0a", texts, 1),
                   ERROR_NONE);
  ck_assert_str_eq(text.data,
                   "<MPD>\n  <Period id=\"0\" start=\"PT0S\">\n    <BaseURL>../0a/</BaseURL>\n    <AdaptationSet/>\n"
                   "    <AdaptationSet id=\"200\" contentType=\"text\" mimeType=\"text/vtt\" lang=\"de\">\n"
                   "      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"forced-subtitle\"/>\n"
                   "      <Label>Signs</Label>\n      <Representation id=\"text-200\" bandwidth=\"256\">\n"
                   "        <BaseURL>../0b.vtt</BaseURL>\n      </Representation>\n    </AdaptationSet>\n"
                   "  </Period>\n</MPD>\n");
  text_clear(&text);
  ck_assert_int_eq(master_playlist_append_dash(&text, "<MPD/>", "0a", texts, 1), ERROR_INVALID);
  text_free(&text);
}
END_TEST

START_TEST(what_has_no_streams_is_no_master) {
  struct text text = {0};
  ck_assert_int_eq(master_playlist_append(&text, "#EXTM3U\n#EXTINF:4,\nseg.m4s\n", "0a", NULL, 0), ERROR_INVALID);
  text_free(&text);
}
END_TEST

START_TEST(a_subtitle_is_a_playlist_of_one_file) {
  struct text text = {0};
  text_track_append_playlist(&text, "../0b.vtt", 6.04);
  ck_assert_str_eq(text.data, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:7\n#EXT-X-MEDIA-SEQUENCE:0\n"
                              "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:6.040,\n../0b.vtt\n#EXT-X-ENDLIST\n");
  text_clear(&text);
  text_track_append_playlist(&text, "../0b.vtt", 0.2);
  ck_assert_ptr_nonnull(strstr(text.data, "TARGETDURATION:1\n"));
  text_free(&text);
}
END_TEST

UNIT_MAIN("master_playlist", names_subtitles_and_moves_playlists, without_subtitles_playlists_move_all_the_same,
          streams_name_the_group_once, a_manifest_has_them_too, what_has_no_streams_is_no_master,
          a_subtitle_is_a_playlist_of_one_file)
