/* SPDX-License-Identifier: ISC */
/* Names of downloads: what stands in the path, and what follows it in the title's own script. */
#include "config.h"

#include <string.h>

#include "api/media/download_name.h"

#include "unit.h"

static const struct {
  const char *title, *extension;
  const char *path, *query; /* behind "film.mp4" */
  const char *description;
} titles[] = {
    {"Film", ".mp4", "/Film.mp4", "", "one word says the same in both"},
    {"The Film", ".mp4", "/The-Film.mp4", "?name=The%20Film.mp4", "two words"},
    {"film.MP4", ".mp4", "/film.mp4", "", "a title that is a file's name"},
    {"film.mp4", "", "/film-mp4", "?name=film.mp4", "no extension"},
    {".mp4", ".mp4", "/mp4.mp4", "", "an extension alone"},
    {"a", ".averyveryverylongone", "/a", "", "an extension that is none"},
    {"R\xc3\xa9sum\xc3\xa9 (final)", ".mp4", "/R-sum-final.mp4", "?name=R%C3%A9sum%C3%A9%20%28final%29.mp4",
     "Latin letters"},
    {"\xe6\x98\xa0\xe7\x94\xbb", ".mkv", "/medium-7.mkv", "?name=%E6%98%A0%E7%94%BB.mkv", "none of ASCII"},
    {"\xf0\x9f\x8e\x9e", ".mp4", "/medium-7.mp4", "?name=%F0%9F%8E%9E.mp4", "beyond the basic plane"},
    {"a\xe2\x80\x8d"
     "b\xe2\x80\x8c",
     ".mp4", "/a-b.mp4", "?name=a%E2%80%8Db%E2%80%8C.mp4", "joiners stay"},
    {"a\xe2\x80\xae"
     "b\xe2\x81\xa9\xef\xbb\xbf\xc2\x85",
     ".mp4", "/a-b.mp4", "?name=ab.mp4", "what reverses or hides goes"},
    {"a/b\\c:d*e?f\"g<h>i|j", ".mp4", "/a-b-c-d-e-f-g-h-i-j.mp4", "?name=a_b_c_d_e_f_g_h_i_j.mp4",
     "what a path could mean"},
    {"-rf", ".mp4", "/rf.mp4", "", "no dash in front"},
    {". . a . .", ".mp4", "/a.mp4", "", "no dot or blank at the ends"},
    {"100%", ".mp4", "/100.mp4", "?name=100%25.mp4", "a percent sign"},
    {"a'b;c=d&e", ".mp4", "/a-b-c-d-e.mp4", "?name=a%27b%3Bc%3Dd%26e.mp4", "what a header or a query could mean"},
};

START_TEST(a_title_is_a_name_in_the_path_and_in_its_own_script) {
  for (size_t i = 0; i < UNIT_ROWS(titles); i++) {
    struct text path = {0}, query = {0};
    text_append(&path, "film.mp4");
    text_append(&query, "");
    download_name_append_path(&path, titles[i].title, 7, titles[i].extension);
    download_name_append_query(&query, titles[i].title, titles[i].extension);
    ck_assert_msg(strcmp(path.data + strlen("film.mp4"), titles[i].path) == 0, "%s: %s", titles[i].description,
                  path.data);
    ck_assert_msg(strcmp(query.data, titles[i].query) == 0, "%s: %s", titles[i].description, query.data);
    text_free(&path);
    text_free(&query);
  }
}
END_TEST

START_TEST(a_long_title_is_cut_between_characters) {
  struct text title = {0}, query = {0};
  for (int i = 0; i < 300; i++) {
    text_append(&title, "\xe0\xa4\xa8"); /* three bytes */
  }
  text_append(&query, "");
  download_name_append_query(&query, title.data, ".mp4");
  size_t characters = (DOWNLOAD_NAME_MAX_BYTES - 4) / 3;
  ck_assert_uint_eq(query.length, strlen("?name=") + characters * 9 + strlen(".mp4"));
  ck_assert_str_eq(query.data + query.length - 13, "%E0%A4%A8.mp4");
  text_free(&title);
  text_free(&query);
}
END_TEST

START_TEST(a_file_whose_name_is_too_long_for_a_folder_keeps_it) {
  struct text path = {0};
  for (int i = 0; i < 150; i++) {
    text_append(&path, "a");
  }
  download_name_append_path(&path, "Film", 7, ".mp4");
  ck_assert_uint_eq(strlen(path.data), 150);
  text_free(&path);
}
END_TEST

UNIT_MAIN("download_name", a_title_is_a_name_in_the_path_and_in_its_own_script, a_long_title_is_cut_between_characters,
          a_file_whose_name_is_too_long_for_a_folder_keeps_it)
