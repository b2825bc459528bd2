/* SPDX-License-Identifier: ISC */
/*
 * Line by line: a line without "#" is a URI, and the tags before it say of what.
 */
#include "config.h"

#include "files/playlist.h"
#include "files/stored_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/grow.h"
#include "domain/medium.h"
#include "domain/segment_name.h"

#define SEGMENTS_MAX        1000000
#define SEGMENT_SECONDS_MAX 86400.0

/* Of the playlist's text. */
struct segment {
  int64_t number;
  double seconds;
  const char *uri;
  size_t length;
};

struct reading {
  bool variant_follows;
  bool by_ranges; /* segments are ranges of a file */
  bool ended;     /* no segment will be added */
  double seconds; /* of the segment that follows */
  struct segment *segments;
  size_t count, capacity;
  struct playlist playlist;
};

static bool begins_with(const char *line, size_t length, const char *tag) {
  size_t tag_length = strlen(tag);
  return length >= tag_length && memcmp(line, tag, tag_length) == 0;
}

/* "6.006,Title"; 0: no number that a segment may have. */
static double read_seconds(const char *text, size_t length) {
  char number[32];
  size_t digits = 0;
  while (digits < length && digits < sizeof number - 1 && strchr("0123456789.", text[digits]) != NULL &&
         text[digits] != '\0') {
    number[digits] = text[digits];
    digits++;
  }
  number[digits] = '\0';
  double seconds = strtod(number, NULL);
  return seconds > 0 && seconds < SEGMENT_SECONDS_MAX ? seconds : 0;
}

static void read_tag(struct reading *reading, const char *line, size_t length) {
  if (begins_with(line, length, "#EXT-X-STREAM-INF:")) {
    reading->variant_follows = true;
  } else if (begins_with(line, length, "#EXT-X-BYTERANGE:")) {
    reading->by_ranges = true;
  } else if (begins_with(line, length, "#EXT-X-ENDLIST")) {
    reading->ended = true;
  } else if (begins_with(line, length, "#EXTINF:")) {
    reading->seconds = read_seconds(line + strlen("#EXTINF:"), length - strlen("#EXTINF:"));
  }
}

static enum error add_segment(struct reading *reading, const char *line, size_t length) {
  if (reading->count == SEGMENTS_MAX) {
    return ERROR_INVALID;
  }
  enum error error = grow_array(&reading->segments, reading->count, &reading->capacity, sizeof *reading->segments);
  if (error != ERROR_NONE) {
    return error;
  }
  const char *query = memchr(line, '?', length);
  length = query == NULL ? length : (size_t)(query - line);
  reading->segments[reading->count++] = (struct segment){
      .number = segment_name_number(line, length), .seconds = reading->seconds, .uri = line, .length = length};
  reading->seconds = 0;
  return ERROR_NONE;
}

static enum error read_uri(struct reading *reading, const char *line, size_t length) {
  struct playlist *playlist = &reading->playlist;
  if (!reading->variant_follows) {
    return add_segment(reading, line, length);
  }
  reading->variant_follows = false;
  if (playlist->variant[0] != '\0') {
    return ERROR_NONE; /* one stands for all */
  }
  if (length >= sizeof playlist->variant || memchr(line, '\0', length) != NULL) {
    return ERROR_INVALID;
  }
  memcpy(playlist->variant, line, length);
  return ERROR_NONE;
}

static int by_number_and_uri(const void *left, const void *right) {
  const struct segment *a = left, *b = right;
  if (a->number != b->number) {
    return a->number < b->number ? -1 : 1;
  }
  int order = memcmp(a->uri, b->uri, a->length < b->length ? a->length : b->length);
  return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* A delivery tells a segment by its number alone: 0 where one has none, or two have the same. One that comes again (a
 * trailer, say) is one. */
static int64_t count_numbers(struct segment *segments, size_t count) {
  int64_t numbers = 0;
  if (count == 0) {
    return 0; /* nothing was allocated, and qsort takes no NULL */
  }
  qsort(segments, count, sizeof *segments, by_number_and_uri);
  for (size_t i = 0; i < count; i++) {
    bool again = i > 0 && by_number_and_uri(&segments[i - 1], &segments[i]) == 0;
    if (segments[i].number < 0 || (!again && i > 0 && segments[i - 1].number == segments[i].number)) {
      return 0;
    }
    numbers += again ? 0 : 1;
  }
  return numbers;
}

/* In the order of the playlist: when each segment begins. Stays unknown where one says no time, or their numbers do not
 * rise. */
static enum error draw_timeline(const struct segment *segments, size_t count, struct playlist *playlist) {
  struct timeline_point *points = calloc(count + 1, sizeof *points);
  double seconds = 0;
  bool rises = count > 0;
  if (points == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    rises = rises && segments[i].seconds > 0 && (i == 0 || segments[i].number > segments[i - 1].number);
    points[i] = (struct timeline_point){.seconds = seconds, .position = segments[i].number};
    seconds += segments[i].seconds;
  }
  if (rises && timeline_draw(points, count, seconds, segments[count - 1].number + 1, &playlist->timeline)) {
    playlist->duration_seconds = seconds;
    playlist->has_timeline = true;
  }
  free(points);
  return ERROR_NONE;
}

static enum error read_lines(struct reading *reading, const char *text, size_t size) {
  bool first = true;
  for (size_t at = 0; at < size;) {
    const char *line = text + at;
    const char *end = memchr(line, '\n', size - at);
    size_t length = end == NULL ? size - at : (size_t)(end - line);
    at += length + 1;
    length -= length > 0 && line[length - 1] == '\r';
    if (first && !(begins_with(line, length, "#EXTM3U") || begins_with(line, length, "\xef\xbb\xbf#EXTM3U"))) {
      return ERROR_INVALID;
    }
    enum error error = ERROR_NONE;
    if (length > 0 && !first && line[0] == '#') {
      read_tag(reading, line, length);
    } else if (length > 0 && !first) {
      error = read_uri(reading, line, length);
    }
    if (error != ERROR_NONE) {
      return error;
    }
    first = false;
  }
  bool is_master = reading->playlist.variant[0] != '\0', is_media = reading->count > 0;
  return is_master == is_media ? ERROR_INVALID : ERROR_NONE; /* both, or neither */
}

enum error playlist_parse(const char *text, size_t size, struct playlist *ret_playlist) {
  struct reading reading = {.ended = false};
  enum error error = read_lines(&reading, text, size);
  bool is_whole = error == ERROR_NONE && reading.ended && !reading.by_ranges;
  if (is_whole) {
    error = draw_timeline(reading.segments, reading.count, &reading.playlist);
  }
  if (is_whole && error == ERROR_NONE) { /* this sorts them */
    reading.playlist.segments = count_numbers(reading.segments, reading.count);
  }
  if (error == ERROR_NONE) {
    reading.playlist.has_timeline = reading.playlist.has_timeline && reading.playlist.segments > 0;
    *ret_playlist = reading.playlist;
  }
  free(reading.segments);
  return error;
}

/* --- stored playlists ------------------------------------------------------------------------ */

static enum error read_stored(struct media_folder *folder, int64_t media_id, const char *stored_name,
                              struct playlist *ret_playlist) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  enum error error = stored_file_open(folder, media_id, stored_name, &fd);
  if (error != ERROR_NONE) {
    return error;
  }
  char *text = malloc(PLAYLIST_SIZE_MAX);
  size_t size = 0;
  error = text == NULL ? ERROR_MEMORY : file_read_at(fd, 0, text, PLAYLIST_SIZE_MAX, &size);
  if (error == ERROR_NONE) {
    error = size == PLAYLIST_SIZE_MAX ? ERROR_INVALID : playlist_parse(text, size, ret_playlist);
  }
  free(text);
  return error;
}

/* The stored name of a file that a playlist names: a plain relative path, since only that is below the medium. */
static enum error resolve_uri(const char *playlist_name, const char *uri, char ret_name[MEDIUM_STORED_NAME_SIZE]) {
  const char *slash = strrchr(playlist_name, '/');
  size_t folder_length = slash == NULL ? 0 : (size_t)(slash - playlist_name) + 1;
  if (uri[0] == '/' || strpbrk(uri, ":?#%\\") != NULL) {
    return ERROR_INVALID;
  }
  int length = snprintf(ret_name, MEDIUM_STORED_NAME_SIZE, "%.*s%s", (int)folder_length, playlist_name, uri);
  return length < 0 || length >= MEDIUM_STORED_NAME_SIZE ? ERROR_INVALID : ERROR_NONE;
}

enum error playlist_read(struct media_folder *folder, int64_t media_id, const char *stored_name,
                         struct playlist *ret_playlist) {
  struct playlist playlist = {.segments = 0};
  char variant_name[MEDIUM_STORED_NAME_SIZE];
  enum error error = read_stored(folder, media_id, stored_name, &playlist);
  if (error == ERROR_NONE && playlist.variant[0] != '\0') {
    error = resolve_uri(stored_name, playlist.variant, variant_name);
    if (error == ERROR_NONE) {
      error = read_stored(folder, media_id, variant_name, &playlist);
    }
  }
  if (error == ERROR_MEMORY) {
    return error;
  }
  bool is_known = error == ERROR_NONE && playlist.variant[0] == '\0';
  *ret_playlist = is_known ? playlist : (struct playlist){.segments = 0};
  return ERROR_NONE;
}
