/* SPDX-License-Identifier: ISC */
/*
 * Both formats are lines of times with lines of text below them, so there is one reader, which knows which of the two
 * it reads. It takes what players and browsers take of files as people have them; a line of times that nobody could
 * read is told with its number.
 */
#include "config.h"

#include "files/subtitles.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "files/subtitle_text.h"
#include "files/subtitle_times.h"

/* Its settings and text lie in the reader's text. */
struct cue {
  int64_t start_ms, end_ms;
  size_t number; /* in the file */
  size_t settings, settings_length, text, text_length;
};

struct reader {
  const char *at, *end;
  size_t line_number; /* of the line read last */
  bool srt;
  struct text text;
  struct cue *cues;
  size_t count, room;
  struct subtitles_result *result;
};

static enum error refuse(const struct reader *reader, const char *reason) {
  reader->result->line = reader->line_number;
  reader->result->reason = reason;
  return ERROR_INVALID;
}

/* Lines end with LF, CRLF or CR. False: there is none. */
static bool next_line(struct reader *reader, struct subtitle_line *ret_line) {
  if (reader->at == reader->end) {
    return false;
  }
  const char *at = reader->at;
  while (at < reader->end && *at != '\n' && *at != '\r') {
    at++;
  }
  *ret_line = (struct subtitle_line){.begin = reader->at, .length = (size_t)(at - reader->at)};
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

static bool starts_with(const struct subtitle_line *line, const char *word) {
  size_t length = strlen(word);
  return line->length >= length && memcmp(line->begin, word, length) == 0;
}

static bool has_arrow(const struct subtitle_line *line) {
  return line->length > 0 && memmem(line->begin, line->length, "-->", 3) != NULL;
}

/* --- cues --------------------------------------------------------------------------------------- */

static enum error add_cue(struct reader *reader, const struct cue *cue) {
  if (cue->end_ms == cue->start_ms) {
    return ERROR_NONE; /* nobody would see it */
  }
  if (grow_array(&reader->cues, reader->count, &reader->room, sizeof *reader->cues) != ERROR_NONE) {
    return ERROR_MEMORY;
  }
  reader->cues[reader->count] = *cue;
  reader->cues[reader->count].number = reader->count;
  reader->count++;
  return ERROR_NONE;
}

/* The line after this one, which stays where it is. */
static bool next_has_times(const struct reader *reader) {
  struct reader ahead = *reader;
  struct subtitle_line line = {.length = 0}, rest;
  struct cue cue = {.start_ms = 0};
  while (next_line(&ahead, &line) && subtitle_line_is_blank(&line)) {
  }
  return has_arrow(&line) && subtitle_times_read(reader->srt, &line, &cue.start_ms, &cue.end_ms, &rest);
}

/* Does the text of a cue end before this line? That of WebVTT ends at an empty line, that of SRT only where the next
 * cue begins: many have empty lines in the middle of a text. */
static bool ends_text(const struct reader *reader, const struct subtitle_line *line) {
  struct cue cue = {.start_ms = 0};
  struct subtitle_line rest;
  if (has_arrow(line) && subtitle_times_read(reader->srt, line, &cue.start_ms, &cue.end_ms, &rest)) {
    return true;
  }
  return reader->srt ? subtitle_line_is_number(line) && next_has_times(reader) : line->length == 0;
}

/* Markup alone on a line of SRT leaves nothing of it: in WebVTT the text would end there. */
static void append_line(struct reader *reader, const struct subtitle_line *line, enum subtitle_place *ret_place) {
  size_t before = reader->text.length;
  if (reader->srt) {
    subtitle_text_append(&reader->text, line->begin, line->length, ret_place);
  } else {
    text_append_bytes(&reader->text, line->begin, line->length);
  }
  bool is_empty = reader->srt && reader->text.length > before &&
                  subtitle_line_is_blank(&(struct subtitle_line){.begin = reader->text.data + before,
                                                                 .length = reader->text.length - before});
  if (is_empty) {
    reader->text.length = before;
    reader->text.data[before] = '\0';
  } else if (!reader->srt || reader->text.length > before) {
    text_append(&reader->text, "\n");
  }
}

/* Up to the next cue, whose first line is still to come then. */
static enum error read_text(struct reader *reader, struct cue *cue) {
  enum subtitle_place place = SUBTITLE_PLACE_BOTTOM;
  struct reader before = *reader;
  struct subtitle_line line;
  cue->text = reader->text.length;
  while (next_line(reader, &line) && !ends_text(reader, &line)) {
    if (!reader->srt && has_arrow(&line)) {
      return refuse(reader, "is not two times such as 00:01:02.500 --> 00:01:04.000");
    }
    if (!reader->srt || !subtitle_line_is_blank(&line)) {
      append_line(reader, &line, &place);
    }
    before.at = reader->at;
    before.line_number = reader->line_number;
  }
  reader->at = before.at;
  reader->line_number = before.line_number;
  cue->text_length = reader->text.length - cue->text;
  if (place != SUBTITLE_PLACE_BOTTOM) {
    cue->settings = reader->text.length;
    text_append(&reader->text, place == SUBTITLE_PLACE_TOP ? " line:0" : " line:50%");
    cue->settings_length = reader->text.length - cue->settings;
  }
  return ERROR_NONE;
}

static enum error read_cue(struct reader *reader, const struct subtitle_line *line) {
  struct cue cue = {.start_ms = 0};
  struct subtitle_line rest;
  if (!subtitle_times_read(reader->srt, line, &cue.start_ms, &cue.end_ms, &rest)) {
    return refuse(reader, reader->srt ? "is not two times such as 00:01:02,500 --> 00:01:04,000"
                                      : "is not two times such as 00:01:02.500 --> 00:01:04.000");
  }
  if (cue.end_ms < cue.start_ms) {
    return refuse(reader, "ends before it begins");
  }
  if (!reader->srt) { /* coordinates of SRT say nothing to players */
    cue.settings = reader->text.length;
    subtitle_times_append_settings(&reader->text, rest);
    cue.settings_length = reader->text.length - cue.settings;
  }
  enum error error = read_text(reader, &cue);
  return error == ERROR_NONE ? add_cue(reader, &cue) : error;
}

static int by_start(const void *left, const void *right) {
  const struct cue *a = left, *b = right;
  if (a->start_ms != b->start_ms) {
    return a->start_ms < b->start_ms ? -1 : 1;
  }
  return (a->number > b->number) - (a->number < b->number);
}

/* Where no cue has a text there is none at all, not even an empty one to point into. */
static void append_part(const struct reader *reader, size_t offset, size_t length, struct text *vtt) {
  if (length > 0) {
    text_append_bytes(vtt, reader->text.data + offset, length);
  }
}

/* In order, as WebVTT wants them. */
static void write_cues(struct reader *reader, struct text *vtt) {
  if (reader->count > 0) {
    qsort(reader->cues, reader->count, sizeof *reader->cues, by_start);
  }
  for (size_t i = 0; i < reader->count; i++) {
    const struct cue *cue = &reader->cues[i];
    subtitle_times_append_one(vtt, cue->start_ms);
    text_append(vtt, " --> ");
    subtitle_times_append_one(vtt, cue->end_ms);
    append_part(reader, cue->settings, cue->settings_length, vtt);
    text_append(vtt, "\n");
    append_part(reader, cue->text, cue->text_length, vtt);
    text_append(vtt, "\n");
  }
}

/* --- files -------------------------------------------------------------------------------------- */

static bool begins_with_word(const struct subtitle_line *line, const char *word) {
  size_t length = strlen(word);
  return starts_with(line, word) &&
         (line->length == length || line->begin[length] == ' ' || line->begin[length] == '\t');
}

/* "NOTES 1" is the name of a cue. */
static bool is_left_out(const struct subtitle_line *line) {
  return begins_with_word(line, "NOTE") || begins_with_word(line, "STYLE") || begins_with_word(line, "REGION");
}

/* "WEBVTT", perhaps with words behind it, and lines up to an empty one or the first cue. */
static enum error read_header(struct reader *reader) {
  struct subtitle_line line = {.length = 0};
  (void)next_line(reader, &line); /* it was looked at already */
  if (line.length > 6 && line.begin[6] != ' ' && line.begin[6] != '\t') {
    return refuse(reader, "is not WEBVTT");
  }
  struct reader before = *reader;
  while (next_line(reader, &line) && line.length > 0 && !has_arrow(&line)) {
    if (starts_with(&line, "X-TIMESTAMP-MAP")) {
      return refuse(reader, "is of a segment, not of a whole file");
    }
    before = *reader;
  }
  if (has_arrow(&line)) {
    reader->at = before.at;
    reader->line_number = before.line_number;
  }
  return ERROR_NONE;
}

/* Names, numbers, comments and what else is no cue goes. */
static enum error read_all(struct reader *reader) {
  enum error error = reader->srt ? ERROR_NONE : read_header(reader);
  struct subtitle_line line;
  while (error == ERROR_NONE && next_line(reader, &line)) {
    if (has_arrow(&line)) {
      error = read_cue(reader, &line);
    } else if (!reader->srt && is_left_out(&line)) {
      while (next_line(reader, &line) && line.length > 0) {
      }
    }
  }
  if (error == ERROR_NONE && reader->count == 0) {
    reader->line_number += reader->line_number == 0;
    error = refuse(reader, "is the last, and there was no cue");
  }
  return error;
}

/* Says what the file seems to be, and what makes it UTF-8. */
static enum error refuse_encoding(struct reader *reader) {
  const char *begin = reader->at;
  size_t size = (size_t)(reader->end - begin);
  if (size >= 2 && (memcmp(begin, "\xff\xfe", 2) == 0 || memcmp(begin, "\xfe\xff", 2) == 0)) {
    return refuse(reader, "begins UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 OLD >NEW makes it that");
  }
  if (memchr(begin, '\0', size) != NULL) {
    return refuse(reader, "or a later one is not text, or not UTF-8");
  }
  struct subtitle_line line;
  reader->line_number = 0;
  while (next_line(reader, &line) && text_is_utf8(line.begin, line.length)) {
  }
  return refuse(reader, "is not UTF-8, perhaps Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 OLD >NEW makes it that");
}

enum error subtitles_normalise(const char *bytes, size_t size, struct text *ret_vtt,
                               struct subtitles_result *ret_result) {
  static const char mark[] = "\xef\xbb\xbf";
  *ret_result = (struct subtitles_result){.line = 0};
  struct reader reader = {.at = bytes, .end = bytes + size, .line_number = 1, .result = ret_result};
  if (!text_is_utf8(bytes, size) || memchr(bytes, '\0', size) != NULL) {
    return refuse_encoding(&reader);
  }
  reader.at += size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
  reader.srt = reader.end - reader.at < 6 || memcmp(reader.at, "WEBVTT", 6) != 0;
  reader.line_number = 0;
  enum error error = read_all(&reader);
  if (error == ERROR_NONE) {
    text_append(ret_vtt, "WEBVTT\n\n");
    write_cues(&reader, ret_vtt);
    ret_result->cues = (int)reader.count;
    error = ret_vtt->failed || reader.text.failed ? ERROR_MEMORY : ERROR_NONE;
  }
  free(reader.cues);
  text_free(&reader.text);
  return error;
}

int64_t subtitles_end_ms(const char *vtt, size_t size) {
  struct reader reader = {.at = vtt, .end = vtt + size};
  struct subtitle_line line, rest;
  int64_t last_ms = 0;
  while (next_line(&reader, &line)) {
    int64_t start_ms = 0, end_ms = 0;
    if (subtitle_times_read(false, &line, &start_ms, &end_ms, &rest) && end_ms > last_ms) {
      last_ms = end_ms;
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
