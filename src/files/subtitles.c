/* SPDX-License-Identifier: ISC */
/*
 * Both formats are blocks of lines with empty lines between them, and a cue is a block with a line of times: SRT
 * differs in its header, its comma and its markup. So there is one reader, which knows which of the two it reads.
 */
#include "config.h"

#include "files/subtitles.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

struct line {
  const char *begin;
  size_t length;
};

struct reader {
  const char *at, *end;
  size_t line_number; /* of the line read last */
  bool srt;
  int64_t previous_start_ms;
  struct text *vtt;
  struct subtitles_result *result;
};

static enum error refuse(const struct reader *reader, const char *reason) {
  reader->result->line = reader->line_number;
  reader->result->reason = reason;
  return ERROR_INVALID;
}

/* Lines end with LF, CRLF or CR. False: there is none. */
static bool next_line(struct reader *reader, struct line *ret_line) {
  if (reader->at == reader->end) {
    return false;
  }
  const char *at = reader->at;
  while (at < reader->end && *at != '\n' && *at != '\r') {
    at++;
  }
  *ret_line = (struct line){.begin = reader->at, .length = (size_t)(at - reader->at)};
  if (at < reader->end && *at == '\r') {
    at++;
    at += at < reader->end && *at == '\n';
  } else if (at < reader->end) {
    at++;
  }
  reader->at = at;
  reader->line_number++;
  return true;
}

static bool is_empty(const struct line *line) {
  for (size_t i = 0; i < line->length; i++) {
    if (line->begin[i] != ' ' && line->begin[i] != '\t') {
      return false;
    }
  }
  return true;
}

static bool starts_with(const struct line *line, const char *word) {
  size_t length = strlen(word);
  return line->length >= length && memcmp(line->begin, word, length) == 0;
}

static bool has_arrow(const struct line *line) {
  return memmem(line->begin, line->length, "-->", 3) != NULL;
}

/* --- times -------------------------------------------------------------------------------------- */

static bool read_digits(struct line *rest, size_t least, size_t most, int64_t *ret_value) {
  int64_t value = 0;
  size_t count = 0;
  while (count < most && count < rest->length && isdigit((unsigned char)rest->begin[count])) {
    value = value * 10 + (rest->begin[count++] - '0');
  }
  rest->begin += count;
  rest->length -= count;
  *ret_value = value;
  return count >= least;
}

static bool skip_byte(struct line *rest, char byte) {
  if (rest->length == 0 || *rest->begin != byte) {
    return false;
  }
  rest->begin++;
  rest->length--;
  return true;
}

static void skip_spaces(struct line *rest) {
  while (skip_byte(rest, ' ') || skip_byte(rest, '\t')) {
  }
}

/* [H…H:]MM:SS.mmm; SRT always has hours, and a comma (some writers' point is taken too). */
static bool read_time(const struct reader *reader, struct line *rest, int64_t *ret_ms) {
  int64_t first = 0, second = 0, third = 0, milliseconds = 0;
  if (!read_digits(rest, 2, 4, &first) || !skip_byte(rest, ':') || !read_digits(rest, 2, 2, &second)) {
    return false;
  }
  bool has_hours = skip_byte(rest, ':');
  if (has_hours && !read_digits(rest, 2, 2, &third)) {
    return false;
  }
  if (!has_hours) {
    third = second;
    second = first;
    first = 0;
  }
  bool point = (reader->srt && skip_byte(rest, ',')) || skip_byte(rest, '.');
  if (!point || !read_digits(rest, 3, 3, &milliseconds) || second > 59 || third > 59 || (reader->srt && !has_hours)) {
    return false;
  }
  *ret_ms = ((first * 60 + second) * 60 + third) * 1000 + milliseconds;
  return true;
}

static void append_time(struct text *vtt, int64_t ms) {
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

static enum error append_settings(const struct reader *reader, struct line *rest) {
  while (skip_spaces(rest), rest->length > 0) {
    size_t length = 0;
    while (length < rest->length && rest->begin[length] != ' ' && rest->begin[length] != '\t') {
      length++;
    }
    const struct line word = {.begin = rest->begin, .length = length};
    rest->begin += length;
    rest->length -= length;
    if (starts_with(&word, "region:")) {
      continue; /* regions are left out */
    }
    if (reader->srt || !is_setting(word.begin, word.length)) {
      return refuse(reader, "has something behind its times that is no setting of a cue");
    }
    text_append(reader->vtt, " ");
    text_append_bytes(reader->vtt, word.begin, word.length);
  }
  text_append(reader->vtt, "\n");
  return ERROR_NONE;
}

static enum error read_times(struct reader *reader, const struct line *line) {
  struct line rest = *line;
  int64_t start_ms = 0, end_ms = 0;
  skip_spaces(&rest);
  bool good = read_time(reader, &rest, &start_ms);
  skip_spaces(&rest);
  good = good && skip_byte(&rest, '-') && skip_byte(&rest, '-') && skip_byte(&rest, '>');
  skip_spaces(&rest);
  if (!good || !read_time(reader, &rest, &end_ms) || (rest.length > 0 && *rest.begin != ' ' && *rest.begin != '\t')) {
    return refuse(reader, reader->srt ? "is not two times such as 00:01:02,500 --> 00:01:04,000"
                                      : "is not two times such as 00:01:02.500 --> 00:01:04.000");
  }
  if (end_ms <= start_ms) {
    return refuse(reader, "ends before it begins");
  }
  if (start_ms < reader->previous_start_ms) {
    return refuse(reader, "begins before the cue above it");
  }
  reader->previous_start_ms = start_ms;
  append_time(reader->vtt, start_ms);
  text_append(reader->vtt, " --> ");
  append_time(reader->vtt, end_ms);
  return append_settings(reader, &rest);
}

/* --- text --------------------------------------------------------------------------------------- */

/* The length of <b>, <i>, <u> or its end at `at`; 0 for none. */
static size_t simple_tag(const char *at, size_t length) {
  size_t slash = length > 1 && at[1] == '/';
  bool simple =
      length >= 3 + slash && strchr("biuBIU", at[1 + slash]) != NULL && at[1 + slash] != '\0' && at[2 + slash] == '>';
  return simple ? 3 + slash : 0;
}

static void append_srt_text(struct text *vtt, const struct line *line) {
  for (size_t i = 0; i < line->length; i++) {
    char byte = line->begin[i];
    size_t tag = byte == '<' ? simple_tag(line->begin + i, line->length - i) : 0;
    if (tag > 0) {
      text_append(vtt, tag == 4 ? "</" : "<");
      text_appendf(vtt, "%c>", tolower((unsigned char)line->begin[i + tag - 2]));
      i += tag - 1;
    } else if (byte == '<' || byte == '>' || byte == '&') {
      text_append(vtt, byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : "&amp;");
    } else {
      text_append_bytes(vtt, &byte, 1);
    }
  }
  text_append(vtt, "\n");
}

static enum error read_text(struct reader *reader) {
  struct line line;
  while (next_line(reader, &line) && !is_empty(&line)) {
    if (has_arrow(&line)) {
      return refuse(reader, "is of another cue: an empty line is missing above it");
    }
    if (reader->srt) {
      append_srt_text(reader->vtt, &line);
    } else {
      text_append_bytes(reader->vtt, line.begin, line.length);
      text_append(reader->vtt, "\n");
    }
  }
  text_append(reader->vtt, "\n");
  reader->result->cues++;
  return ERROR_NONE;
}

/* --- blocks ------------------------------------------------------------------------------------- */

static bool begins_with_word(const struct line *line, const char *word) {
  size_t length = strlen(word);
  return starts_with(line, word) &&
         (line->length == length || line->begin[length] == ' ' || line->begin[length] == '\t');
}

/* "NOTES 1" is the name of a cue. */
static bool is_left_out(const struct line *line) {
  return begins_with_word(line, "NOTE") || begins_with_word(line, "STYLE") || begins_with_word(line, "REGION");
}

/* From its first line: the name of a cue (of SRT its number), which is left out, or its times. */
static enum error read_block(struct reader *reader, struct line *line) {
  if (!reader->srt && is_left_out(line) && !has_arrow(line)) {
    while (next_line(reader, line) && !is_empty(line)) {
    }
    return ERROR_NONE;
  }
  bool named = !has_arrow(line);
  int64_t number;
  struct line rest = *line;
  if (reader->srt && (!named || !read_digits(&rest, 1, 9, &number) || !is_empty(&rest))) {
    return refuse(reader, "is not the number of a cue");
  }
  if (named && (!next_line(reader, line) || !has_arrow(line))) {
    return refuse(reader, "should have the times of a cue");
  }
  enum error error = read_times(reader, line);
  return error == ERROR_NONE ? read_text(reader) : error;
}

/* "WEBVTT", perhaps with words behind it, and lines up to an empty one. */
static enum error read_header(struct reader *reader) {
  struct line line = {.length = 0};
  (void)next_line(reader, &line); /* it was looked at already */
  if (line.length > 6 && line.begin[6] != ' ' && line.begin[6] != '\t') {
    return refuse(reader, "is not WEBVTT");
  }
  while (next_line(reader, &line) && !is_empty(&line)) {
    if (has_arrow(&line)) {
      return refuse(reader, "needs an empty line above it");
    }
    if (starts_with(&line, "X-TIMESTAMP-MAP")) {
      return refuse(reader, "is of a segment, not of a whole file");
    }
  }
  return ERROR_NONE;
}

enum error subtitles_normalise(const char *bytes, size_t size, struct text *ret_vtt,
                               struct subtitles_result *ret_result) {
  static const char mark[] = "\xef\xbb\xbf";
  *ret_result = (struct subtitles_result){.line = 0};
  struct reader reader = {.at = bytes, .end = bytes + size, .line_number = 1, .vtt = ret_vtt, .result = ret_result};
  if (!text_is_utf8(bytes, size) || memchr(bytes, '\0', size) != NULL) {
    return refuse(&reader, "or a later one is not UTF-8");
  }
  reader.at += size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
  reader.srt = reader.end - reader.at < 6 || memcmp(reader.at, "WEBVTT", 6) != 0;
  reader.line_number = 0;
  text_append(ret_vtt, "WEBVTT\n\n");
  enum error error = reader.srt ? ERROR_NONE : read_header(&reader);
  struct line line;
  while (error == ERROR_NONE && next_line(&reader, &line)) {
    error = is_empty(&line) ? ERROR_NONE : read_block(&reader, &line);
  }
  if (error == ERROR_NONE && ret_result->cues == 0) {
    reader.line_number += reader.line_number == 0;
    error = refuse(&reader, "is the last, and there was no cue");
  }
  return error == ERROR_NONE && ret_vtt->failed ? ERROR_MEMORY : error;
}

int64_t subtitles_end_ms(const char *vtt, size_t size) {
  struct reader reader = {.at = vtt, .end = vtt + size};
  struct line line;
  int64_t last_ms = 0, start_ms, end_ms;
  while (next_line(&reader, &line)) {
    bool times = read_time(&reader, &line, &start_ms) && starts_with(&line, " --> ");
    if (times) {
      line.begin += 5;
      line.length -= 5;
      last_ms = read_time(&reader, &line, &end_ms) && end_ms > last_ms ? end_ms : last_ms;
    }
  }
  return last_ms;
}

/* --- languages ---------------------------------------------------------------------------------- */

static bool is_subtag(const char *tag, size_t length, size_t upper) {
  for (size_t i = 0; i < length; i++) {
    if (i < upper ? tag[i] < 'A' || tag[i] > 'Z' : tag[i] < 'a' || tag[i] > 'z') {
      return false;
    }
  }
  return true;
}

bool subtitles_is_language(const char *tag) {
  size_t length = strcspn(tag, "-");
  if (length < 2 || length > 3 || !is_subtag(tag, length, 0)) {
    return false;
  }
  tag += length;
  if (*tag == '-' && strcspn(tag + 1, "-") == 4 && is_subtag(tag + 1, 4, 1)) {
    tag += 5;
  }
  if (*tag == '-') {
    length = strlen(tag + 1);
    bool region = length == 2 && is_subtag(tag + 1, 2, 2);
    return region || (length == 3 && strspn(tag + 1, "0123456789") == 3);
  }
  return *tag == '\0';
}
