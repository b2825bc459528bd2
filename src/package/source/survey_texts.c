/* SPDX-License-Identifier: ISC */
/*
 * Subtitles that are pictures (of DVDs, Blu-rays and DVB) cannot become WebVTT.
 */
#include "config.h"

#include "package/source/survey_texts.h"

#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "package/source/survey_json.h"

void survey_texts_leave_out(struct package_source *source, const char *format, ...) {
  if (source->left_out_count == SOURCE_LEFT_OUT_MAX) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(source->left_out[source->left_out_count++], SOURCE_LEFT_OUT_SIZE, format, arguments);
  va_end(arguments);
}

/* What stands in words: ASCII of a limited length. */
static void plain_word(const char *word, char ret_word[32]) {
  size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
  snprintf(ret_word, 32, "%.*s", (int)(length < 31 ? length : 31), word);
}

static bool is_text(const char *codec) {
  static const char *const codecs[] = {"subrip", "srt",      "ass",     "ssa",      "mov_text",   "webvtt",
                                       "text",   "jacosub",  "sami",    "microdvd", "mpl2",       "subviewer",
                                       "stl",    "realtext", "vplayer", "pjs",      "subviewer1", "hdmv_text_subtitle"};
  for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
    if (strcmp(codec, codecs[i]) == 0) {
      return true;
    }
  }
  return false;
}

static void read_subtitle(struct json_object *stream, const char *codec, struct package_source *source) {
  struct source_subtitle subtitle = {.stream = survey_json_number(stream, "index")};
  survey_json_language(stream, subtitle.language);
  survey_json_name(stream, subtitle.name);
  subtitle.forced = survey_json_is_marked(stream, "forced");
  subtitle.sdh = survey_json_is_marked(stream, "hearing_impaired");
  const char *language = subtitle.language[0] != '\0' ? subtitle.language : "no language";
  if (!is_text(codec)) {
    survey_texts_leave_out(source, "subtitles %d (%s, %s): they are pictures, no text", subtitle.stream, language,
                           codec[0] != '\0' ? codec : "unknown");
  } else if (source->subtitle_count == SOURCE_SUBTITLES_MAX) {
    survey_texts_leave_out(source, "subtitles %d (%s): a package has %d at most", subtitle.stream, language,
                           SOURCE_SUBTITLES_MAX);
  } else {
    source->subtitles[source->subtitle_count++] = subtitle;
  }
}

static bool has_sound(const struct package_source *source, int stream) {
  for (size_t i = 0; i < source->sound_count; i++) {
    if (source->sounds[i].stream == stream) {
      return true;
    }
  }
  return false;
}

static void read_stream(struct json_object *stream, struct package_source *source) {
  const char *type = survey_json_text(stream, "codec_type");
  char codec[32];
  plain_word(survey_json_text(stream, "codec_name"), codec);
  int index = survey_json_number(stream, "index");
  if (strcmp(type, "subtitle") == 0) {
    read_subtitle(stream, codec, source);
  } else if (strcmp(type, "audio") == 0 && !has_sound(source, index)) {
    bool too_many = source->sound_count == SOURCE_SOUNDS_MAX && survey_json_number(stream, "channels") > 0;
    survey_texts_leave_out(source, "sound %d (%s): %s", index, codec[0] != '\0' ? codec : "unknown",
                           too_many ? "a package has 8 at most" : "nothing here decodes it");
  }
}

/* --- chapters ----------------------------------------------------------------------------------- */

/* Whole characters as long as there is room, without what would break a line. */
static void copy_title(const char *title, char ret_title[SOURCE_TITLE_SIZE]) {
  size_t length = 0;
  ret_title[0] = '\0';
  if (!text_is_utf8(title, strlen(title))) {
    return;
  }
  for (; *title != '\0'; title++) {
    bool begins = ((unsigned char)*title & 0xc0U) != 0x80;
    if (begins && length + 4 >= SOURCE_TITLE_SIZE) {
      break;
    }
    ret_title[length++] = (unsigned char)*title < ' ' || *title == 0x7f ? ' ' : *title;
  }
  ret_title[length] = '\0';
}

static void read_chapter(struct json_object *item, double begin, struct package_source *source) {
  struct source_chapter chapter = {.begin = survey_json_seconds(item, "start_time"),
                                   .end = survey_json_seconds(item, "end_time")};
  if (isfinite(begin)) {
    chapter.begin = fmax(0, chapter.begin - begin);
    chapter.end -= begin;
  }
  bool good = isfinite(chapter.begin) && isfinite(chapter.end) && chapter.end > chapter.begin;
  if (good && source->chapter_count < SOURCE_CHAPTERS_MAX) {
    copy_title(survey_json_text(survey_json_member(item, "tags"), "title"), chapter.title);
    source->chapters[source->chapter_count++] = chapter;
  }
}

void survey_texts_read(struct json_object *document, double begin, struct package_source *source) {
  size_t count = 0;
  struct json_object *streams = survey_json_list(document, "streams", &count);
  for (size_t i = 0; i < count; i++) {
    read_stream(json_object_array_get_idx(streams, i), source);
  }
  struct json_object *chapters = survey_json_list(document, "chapters", &count);
  for (size_t i = 0; i < count; i++) {
    read_chapter(json_object_array_get_idx(chapters, i), begin, source);
  }
}
