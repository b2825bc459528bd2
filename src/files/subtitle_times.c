/* SPDX-License-Identifier: ISC */
/*
 * Of digits, points and blanks: what ffmpeg and browsers read, and no more.
 */
#include "config.h"

#include "files/subtitle_times.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

bool subtitle_line_is_blank(const struct subtitle_line *line) {
  for (size_t i = 0; i < line->length; i++) {
    if (line->begin[i] != ' ' && line->begin[i] != '\t') {
      return false;
    }
  }
  return true;
}

static size_t read_digits(struct subtitle_line *rest, size_t most, int64_t *ret_value) {
  int64_t value = 0;
  size_t count = 0;
  while (count < most && count < rest->length && isdigit((unsigned char)rest->begin[count])) {
    value = value * 10 + (rest->begin[count++] - '0');
  }
  rest->begin += count;
  rest->length -= count;
  *ret_value = value;
  return count;
}

static bool skip_byte(struct subtitle_line *rest, char byte) {
  if (rest->length == 0 || *rest->begin != byte) {
    return false;
  }
  rest->begin++;
  rest->length--;
  return true;
}

static void skip_spaces(struct subtitle_line *rest) {
  while (skip_byte(rest, ' ') || skip_byte(rest, '\t')) {
  }
}

/* ".5" is half a second. */
static bool read_fraction(struct subtitle_line *rest, bool srt, int64_t *ret_ms) {
  int64_t value = 0;
  bool point = (srt && skip_byte(rest, ',')) || skip_byte(rest, '.');
  if (!point) {
    return srt;
  }
  size_t digits = read_digits(rest, 3, &value);
  *ret_ms = value * (digits == 1 ? 100 : digits == 2 ? 10 : 1);
  return srt ? digits > 0 : digits == 3;
}

/* [H…H:]MM:SS.mmm; SRT has a comma, or a point, and not always all digits. */
static bool read_time(bool srt, struct subtitle_line *rest, int64_t *ret_ms) {
  int64_t first = 0, second = 0, third = 0, milliseconds = 0;
  if (read_digits(rest, 4, &first) == 0 || !skip_byte(rest, ':') || read_digits(rest, 2, &second) == 0) {
    return false;
  }
  bool has_hours = skip_byte(rest, ':');
  if (has_hours && read_digits(rest, 2, &third) == 0) {
    return false;
  }
  if (!has_hours) {
    third = second;
    second = first;
    first = 0;
  }
  if (!read_fraction(rest, srt, &milliseconds) || second > 59 || third > 59) {
    return false;
  }
  *ret_ms = ((first * 60 + second) * 60 + third) * 1000 + milliseconds;
  return true;
}

bool subtitle_times_read(bool srt, const struct subtitle_line *line, int64_t *ret_start_ms, int64_t *ret_end_ms,
                         struct subtitle_line *ret_rest) {
  struct subtitle_line rest = *line;
  skip_spaces(&rest);
  bool good = read_time(srt, &rest, ret_start_ms);
  skip_spaces(&rest);
  good = good && skip_byte(&rest, '-') && skip_byte(&rest, '-') && skip_byte(&rest, '>');
  skip_spaces(&rest);
  good = good && read_time(srt, &rest, ret_end_ms);
  *ret_rest = rest;
  return good && (rest.length == 0 || *rest.begin == ' ' || *rest.begin == '\t');
}

void subtitle_times_append_one(struct text *vtt, int64_t ms) {
  text_appendf(vtt, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 3600000, ms / 60000 % 60,
               ms / 1000 % 60, ms % 1000);
}

/* "name:value" of the settings that need no region; values have few characters. */
static bool is_setting(const char *word, size_t length) {
  static const char *const names[] = {"vertical:", "line:", "position:", "size:", "align:"};
  static const char allowed[] = "abcdefghijklmnopqrstuvwxyz-0123456789.,%";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    size_t name_length = strlen(names[i]);
    if (length > name_length && memcmp(word, names[i], name_length) == 0) {
      size_t good = name_length;
      while (good < length && strchr(allowed, word[good]) != NULL && word[good] != '\0') {
        good++;
      }
      return good == length;
    }
  }
  return false;
}

void subtitle_times_append_settings(struct text *text, struct subtitle_line rest) {
  while (skip_spaces(&rest), rest.length > 0) {
    size_t length = 0;
    while (length < rest.length && rest.begin[length] != ' ' && rest.begin[length] != '\t') {
      length++;
    }
    if (is_setting(rest.begin, length)) {
      text_append(text, " ");
      text_append_bytes(text, rest.begin, length);
    }
    rest.begin += length;
    rest.length -= length;
  }
}

bool subtitle_line_is_number(const struct subtitle_line *line) {
  struct subtitle_line rest = *line;
  int64_t number;
  skip_spaces(&rest);
  return read_digits(&rest, 9, &number) > 0 && subtitle_line_is_blank(&rest);
}
