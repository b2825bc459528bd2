/* SPDX-License-Identifier: ISC */
/* A medium as JSON: every member, and null for what is not known. */
#include "config.h"

#include "api/media/media_json.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define TIME_US 1795600600000000 /* 2026-11-25T09:56:40Z */

START_TEST(a_bare_medium_has_every_member) {
  struct media media = {
      .id = 7, .title = "A \"film\"\\", .type = MEDIA_VIDEO, .created_at_us = TIME_US, .updated_at_us = TIME_US};
  struct text text = {.data = NULL};
  media_json_append(&text, &media);
  ck_assert_str_eq(
      text.data,
      "{\"id\":7,\"title\":\"A \\\"film\\\"\\\\\",\"type\":\"video\",\"file_url\":null,"
      "\"created_at\":\"2026-11-25T09:56:40Z\",\"updated_at\":\"2026-11-25T09:56:40Z\",\"created_by\":null,"
      "\"size_bytes\":null,\"sha256\":null,\"content_type\":null,\"duration_seconds\":null,\"width\":null,"
      "\"height\":null,\"container\":null,\"video_codec\":null,\"audio_codec\":null,\"description\":null,\"tags\":[],"
      "\"external_id\":null,\"metadata\":{},\"package\":null,\"subtitles\":[],"
      "\"poster\":null,\"chapters\":0,\"playable\":false}");
  text_free(&text);
}
END_TEST

START_TEST(an_uploaded_file_is_described) {
  struct media media = {.id = 8,
                        .title = "A song",
                        .type = MEDIA_AUDIO,
                        .created_by = 3,
                        .created_at_us = TIME_US,
                        .updated_at_us = TIME_US + 1,
                        .file = {.stored_name = "0198.m4a",
                                 .content_type = "audio/mp4",
                                 .audio_codec = "aac",
                                 .size_bytes = 1234,
                                 .duration_seconds = 1.5}};
  struct response response;
  response_init(&response, NULL);
  media_json_respond(&response, 201, &media);
  ck_assert_int_eq(response.status, 201);
  ck_assert_str_eq(response.content_type, "application/json");
  ck_assert_ptr_nonnull(strstr(response.body.data,
                               "\"created_by\":3,\"size_bytes\":1234,\"sha256\":null,\"content_type\":\"audio/mp4\","
                               "\"duration_seconds\":1.500,\"width\":null"));
  ck_assert_ptr_nonnull(strstr(response.body.data, "\"updated_at\":\"2026-11-25T09:56:40.000001Z\""));
  ck_assert_ptr_nonnull(
      strstr(response.body.data,
             "\"audio_codec\":\"aac\",\"description\":null,\"tags\":[],\"external_id\":null,"
             "\"metadata\":{},\"package\":null,\"subtitles\":[],\"poster\":null,\"chapters\":0,\"playable\":true}"));
  response_free(&response);
}
END_TEST

START_TEST(a_package_says_how_far_it_is) {
  struct media media = {
      .id = 8, .title = "A film", .package = {.state = "running", .progress = 40, .seconds_left = 90}};
  struct text text = {.data = NULL};
  media_json_append(&text, &media);
  ck_assert_ptr_nonnull(strstr(
      text.data, "\"package\":{\"state\":\"running\",\"served\":false,"
                 "\"progress_percent\":40,\"seconds_left\":90,\"error\":null,\"remedy\":null,\"size_bytes\":null,"));
  text_free(&text);
}
END_TEST

START_TEST(a_package_says_what_it_is_made_of) {
  char facts[] = "{\"copied\": true, \"size_bytes\": 9}";
  struct media media = {.id = 8, .title = "A film", .package = {.state = "ready", .facts = facts}, .chapter_count = 2};
  struct text text = {.data = NULL};
  media_json_append(&text, &media);
  ck_assert_ptr_nonnull(
      strstr(text.data, "\"error\":null,\"remedy\":null,\"copied\": true, \"size_bytes\": 9},\"subtitles\":[]"));
  ck_assert_ptr_nonnull(strstr(text.data, "\"poster\":null,\"chapters\":2,"));
  text_free(&text);
}
END_TEST

START_TEST(only_a_remote_url_is_playable_without_a_file) {
  static const struct {
    const char *file_url, *member;
  } rows[] = {
      {"https://a.example/b.mp4", "\"playable\":true"},
      {"http://a.example/b.mp4", "\"playable\":true"},
      {"library:b.mp4", "\"playable\":false"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct media media = {.id = 1, .title = "x", .file_url = strdup(rows[i].file_url)};
    struct text text = {.data = NULL};
    media_json_append(&text, &media);
    ck_assert_msg(strstr(text.data, rows[i].member) != NULL, "%s: %s", rows[i].file_url, text.data);
    text_free(&text);
    free(media.file_url);
  }
}
END_TEST

UNIT_MAIN("media_json", a_bare_medium_has_every_member, an_uploaded_file_is_described, a_package_says_how_far_it_is,
          a_package_says_what_it_is_made_of, only_a_remote_url_is_playable_without_a_file)
