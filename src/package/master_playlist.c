/* SPDX-License-Identifier: ISC */
/*
 * RFC 8216, 4.3.4: streams, and what is rendered beside them.
 */
#include "config.h"

#include "package/master_playlist.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define STREAM "#EXT-X-STREAM-INF:"
#define MEDIA  "#EXT-X-MEDIA:"

static bool starts_with(const char *line, size_t length, const char *word) {
  size_t word_length = strlen(word);
  return length >= word_length && memcmp(line, word, word_length) == 0;
}

/* NAME must differ within the group, so it is the language's tag; players have names of their own for those. */
static void append_languages(struct text *text, const char *const *languages, size_t count) {
  for (size_t i = 0; i < count; i++) {
    text_appendf(text,
                 MEDIA "TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"%s\",LANGUAGE=\"%s\",DEFAULT=NO,AUTOSELECT=YES,"
                       "FORCED=NO,URI=\"%s.m3u8\"\n",
                 languages[i], languages[i], languages[i]);
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

enum error master_playlist_append(struct text *text, const char *master, const char *package_name,
                                  const char *const *languages, size_t language_count) {
  bool told = false;
  for (const char *line = master; *line != '\0';) {
    size_t length = strcspn(line, "\r\n");
    bool stream = starts_with(line, length, STREAM);
    if (stream && !told) {
      append_languages(text, languages, language_count);
      told = true;
    }
    if (starts_with(line, length, MEDIA)) {
      append_media(text, line, length, package_name);
    } else if (length > 0 && *line != '#') {
      text_appendf(text, "../%s/", package_name);
      text_append_bytes(text, line, length);
    } else {
      text_append_bytes(text, line, length);
    }
    text_append(text, stream && language_count > 0 ? ",SUBTITLES=\"subtitles\"\n" : "\n");
    line += length;
    line += *line == '\r';
    line += *line == '\n';
  }
  return told ? ERROR_NONE : ERROR_INVALID;
}

void master_playlist_append_subtitle(struct text *text, const char *stored_name, double duration_seconds) {
  text_appendf(text,
               "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%.0f\n#EXT-X-MEDIA-SEQUENCE:0\n"
               "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:%.3f,\n../%s\n#EXT-X-ENDLIST\n",
               fmax(1, ceil(duration_seconds)), duration_seconds, stored_name);
}
