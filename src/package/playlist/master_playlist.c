/* SPDX-License-Identifier: ISC */
/*
 * RFC 8216, 4.3.4: streams, and what is rendered beside them.
 */
#include "config.h"

#include "package/playlist/master_playlist.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define STREAM "#EXT-X-STREAM-INF:"
#define MEDIA  "#EXT-X-MEDIA:"
#define IMAGES "#EXT-X-IMAGE-STREAM-INF:"

static bool starts_with(const char *line, size_t length, const char *word) {
  size_t word_length = strlen(word);
  return length >= word_length && memcmp(line, word, word_length) == 0;
}

static void append_tracks(struct text *text, const struct master_text *texts, size_t count) {
  char uri[MASTER_TEXT_URI_SIZE];
  for (size_t i = 0; i < count; i++) {
    snprintf(uri, sizeof uri, "%s.m3u8", texts[i].track.language);
    text_track_append_media(text, &texts[i].track, uri);
  }
}

/* …URI="media_4.m3u8"…: the quoted name moves. */
static void append_media(struct text *text, const char *line, size_t length, const char *package_name) {
  static const char uri[] = "URI=\"";
  const char *found = memmem(line, length, uri, sizeof uri - 1);
  size_t before = found == NULL ? length : (size_t)(found - line) + sizeof uri - 1;
  text_append_bytes(text, line, before);
  if (found != NULL) {
    text_appendf(text, "../%s/", package_name);
    text_append_bytes(text, line + before, length - before);
  }
}

/* The package's own text tracks give its streams the attribute already. */
static void append_stream(struct text *text, const char *line, size_t length, size_t text_count) {
  static const char attribute[] = TEXT_TRACK_ATTRIBUTE;
  text_append_bytes(text, line, length);
  if (text_count > 0 && memmem(line, length, attribute, sizeof attribute - 1) == NULL) {
    text_append(text, attribute);
  }
}

enum error master_playlist_append(struct text *text, const char *master, const char *package_name,
                                  const struct master_text *texts, size_t text_count) {
  bool told = false;
  for (const char *line = master; *line != '\0';) {
    size_t length = strcspn(line, "\r\n");
    bool stream = starts_with(line, length, STREAM);
    if (stream && !told) {
      append_tracks(text, texts, text_count);
      told = true;
    }
    if (stream) {
      append_stream(text, line, length, text_count);
    } else if (starts_with(line, length, MEDIA) || starts_with(line, length, IMAGES)) {
      append_media(text, line, length, package_name);
    } else {
      text_appendf(text, length > 0 && *line != '#' ? "../%s/" : "", package_name);
      text_append_bytes(text, line, length);
    }
    text_append(text, "\n");
    line += length;
    line += *line == '\r';
    line += *line == '\n';
  }
  return told ? ERROR_NONE : ERROR_INVALID;
}

enum error master_playlist_append_dash(struct text *text, const char *manifest, const char *package_name,
                                       const struct master_text *texts, size_t text_count) {
  static const char period[] = "<Period id=\"0\" start=\"PT0S\">\n", end[] = "  </Period>\n";
  char uri[MASTER_TEXT_URI_SIZE];
  const char *begin = strstr(manifest, period);
  const char *last = begin == NULL ? NULL : strstr(begin, end);
  if (last == NULL) {
    return ERROR_INVALID;
  }
  begin += sizeof period - 1;
  text_append_bytes(text, manifest, (size_t)(begin - manifest));
  text_appendf(text, "    <BaseURL>../%s/</BaseURL>\n", package_name);
  text_append_bytes(text, begin, (size_t)(last - begin));
  for (size_t i = 0; i < text_count; i++) {
    snprintf(uri, sizeof uri, "../%s", texts[i].stored_name);
    text_track_append_set(text, &texts[i].track, MASTER_TEXT_SET + i, uri);
  }
  text_append(text, last);
  return ERROR_NONE;
}
