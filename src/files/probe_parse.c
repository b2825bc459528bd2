/* SPDX-License-Identifier: ISC */
/*
 * From ffprobe's JSON to what a medium's row says. The table below is the one place that names the
 * formats.
 */
#include "config.h"

#include "files/probe_parse.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

#define PIXEL_ASPECT_MIN 0.1
#define PIXEL_ASPECT_MAX 10.0
#define COVER_RATE_MAX   1.0 /* pictures a second */

/* `format` is a name in ffprobe's comma-separated format_name; `brand` narrows MP4's kin (NULL:
 * any). First match wins. */
struct format_row {
  const char *format;
  const char *brand;
  const char *container;
  const char *video_type, *video_extension; /* NULL: this format has no video */
  const char *audio_type, *audio_extension;
};

static const struct format_row format_rows[] = {
    {"mov", "qt  ", "quicktime", "video/quicktime", "mov", "audio/mp4", "m4a"},
    {"mov", NULL, "mp4", "video/mp4", "mp4", "audio/mp4", "m4a"},
    {"matroska", NULL, "matroska", "video/x-matroska", "mkv", "audio/x-matroska", "mka"},
    {"mp3", NULL, "mp3", NULL, NULL, "audio/mpeg", "mp3"},
    {"ogg", NULL, "ogg", "video/ogg", "ogv", "audio/ogg", "ogg"},
    {"wav", NULL, "wav", NULL, NULL, "audio/wav", "wav"},
    {"w64", NULL, "w64", NULL, NULL, "audio/x-w64", "w64"},
    {"flac", NULL, "flac", NULL, NULL, "audio/flac", "flac"},
    {"aac", NULL, "aac", NULL, NULL, "audio/aac", "aac"},
    {"mpegts", NULL, "mpegts", "video/mp2t", "ts", "video/mp2t", "ts"},
    {"mpeg", NULL, "mpeg", "video/mpeg", "mpg", "video/mpeg", "mpg"},
    {"avi", NULL, "avi", "video/x-msvideo", "avi", "video/x-msvideo", "avi"},
    {"flv", NULL, "flv", "video/x-flv", "flv", "video/x-flv", "flv"},
    {"aiff", NULL, "aiff", NULL, NULL, "audio/aiff", "aif"},
    {"asf", NULL, "asf", "video/x-ms-wmv", "wmv", "audio/x-ms-wma", "wma"},
    {"mxf", NULL, "mxf", "video/mxf", "mxf", "audio/mxf", "mxf"},
    {"dv", NULL, "dv", "video/x-dv", "dv", NULL, NULL},
    {"caf", NULL, "caf", NULL, NULL, "audio/x-caf", "caf"},
    {"amr", NULL, "amr", NULL, NULL, "audio/amr", "amr"},
};

/* A Matroska file with nothing but these codecs is WebM
 * (https://www.webmproject.org/docs/container/). */
static const struct format_row webm_row = {"matroska", NULL, "webm", "video/webm", "webm", "audio/webm", "webm"};
static const char *const webm_codecs[] = {"vp8", "vp9", "av1", "vorbis", "opus"};

const char *probe_parse_formats(void) {
  return "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,wav,w64,flac,aac,mpegts,mpeg,avi,flv,aiff,asf,mxf,dv,caf,amr";
}

static enum error PRINTF_LIKE(2, 3) refuse(char ret_reason[PROBE_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, PROBE_REASON_SIZE, format, arguments);
  va_end(arguments);
  return ERROR_INVALID;
}

/* NULL unless the member is there and of that type. */
static struct json_object *member(struct json_object *object, const char *name, enum json_type type) {
  struct json_object *value = NULL;
  if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, name, &value) ||
      !json_object_is_type(value, type)) {
    return NULL;
  }
  return value;
}

static const char *string_member(struct json_object *object, const char *name) {
  struct json_object *value = member(object, name, json_type_string);
  return value != NULL ? json_object_get_string(value) : "";
}

static int integer_member(struct json_object *object, const char *name) {
  struct json_object *value = member(object, name, json_type_int);
  int64_t number = value != NULL ? json_object_get_int64(value) : 0;
  return number > 0 && number <= INT_MAX ? (int)number : 0;
}

/* ffprobe prints durations as decimal strings, "N/A" for none. */
static double seconds_member(struct json_object *object, const char *name) {
  const char *string = string_member(object, name);
  char *end = NULL;
  double seconds = strtod(string, &end);
  return end != string && *end == '\0' && isfinite(seconds) && seconds > 0 && seconds < 1e9 ? seconds : 0;
}

static void copy(char *ret_text, size_t size, const char *string) {
  snprintf(ret_text, size, "%s", string);
}

/* Quarter turns of the display matrix. */
static bool lies_on_its_side(struct json_object *stream) {
  struct json_object *list = member(stream, "side_data_list", json_type_array);
  for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
    struct json_object *rotation = NULL;
    if (json_object_object_get_ex(json_object_array_get_idx(list, i), "rotation", &rotation)) {
      double degrees = fabs(json_object_get_double(rotation));
      return fabs(degrees - 90) < 1 || fabs(degrees - 270) < 1;
    }
  }
  return false;
}

/* "64:45"; 1 where nothing sensible is said. */
static double pixel_aspect(struct json_object *stream) {
  char *end = NULL;
  double width = strtod(string_member(stream, "sample_aspect_ratio"), &end);
  double height = *end == ':' ? strtod(end + 1, NULL) : 0;
  double aspect = height > 0 ? width / height : 0;
  return aspect >= PIXEL_ASPECT_MIN && aspect <= PIXEL_ASPECT_MAX ? aspect : 1;
}

void probe_parse_picture(struct json_object *stream, int *ret_width, int *ret_height) {
  int width = integer_member(stream, "width");
  int height = integer_member(stream, "height");
  double shown_width = round(width * pixel_aspect(stream));
  if (width > 0 && shown_width >= 1 && shown_width <= INT_MAX) {
    width = (int)shown_width;
  }
  bool turned = lies_on_its_side(stream);
  *ret_width = turned ? height : width;
  *ret_height = turned ? width : height;
}

struct streams {
  bool only_webm_codecs;
  bool has_sound; /* among all of them */
  struct probe_result *result;
};

/* "1/1"; 0: not told */
static double rate_member(struct json_object *stream, const char *name) {
  char *end = NULL;
  double above = strtod(string_member(stream, name), &end);
  double below = *end == '/' ? strtod(end + 1, NULL) : 0;
  return above > 0 && below > 0 ? above / below : 0;
}

/* Podcasts have their cover as a track of pictures, one a second or one for all. */
bool probe_parse_is_cover(struct json_object *stream, bool beside_sound) {
  const char *codec = string_member(stream, "codec_name");
  bool still = strcmp(codec, "mjpeg") == 0 || strcmp(codec, "png") == 0;
  bool marked = integer_member(member(stream, "disposition", json_type_object), "attached_pic") != 0;
  double rate = rate_member(stream, "avg_frame_rate");
  return marked || (still && beside_sound && rate > 0 && rate <= COVER_RATE_MAX);
}

bool probe_parse_has_sound(struct json_object *streams) {
  for (size_t i = 0; streams != NULL && i < json_object_array_length(streams); i++) {
    if (strcmp(string_member(json_object_array_get_idx(streams, i), "codec_type"), "audio") == 0) {
      return true;
    }
  }
  return false;
}

static bool is_webm_codec(const char *codec) {
  for (size_t i = 0; i < sizeof webm_codecs / sizeof webm_codecs[0]; i++) {
    if (strcmp(codec, webm_codecs[i]) == 0) {
      return true;
    }
  }
  return false;
}

/* The first stream of each kind describes the file. */
static void read_stream(struct json_object *stream, struct streams *streams) {
  struct probe_result *result = streams->result;
  const char *type = string_member(stream, "codec_type");
  const char *codec = string_member(stream, "codec_name");
  if (strcmp(type, "video") == 0 && !probe_parse_is_cover(stream, streams->has_sound)) {
    if (!result->has_video) {
      copy(result->video_codec, sizeof result->video_codec, codec);
      probe_parse_picture(stream, &result->width, &result->height);
    }
    result->has_video = true;
  } else if (strcmp(type, "audio") == 0) {
    if (!result->has_audio) {
      copy(result->audio_codec, sizeof result->audio_codec, codec);
    }
    result->has_audio = true;
  } else {
    return;
  }
  if (!is_webm_codec(codec)) {
    streams->only_webm_codecs = false;
  }
}

static bool names_format(const char *format_name, const char *format) {
  size_t length = strlen(format);
  for (const char *at = format_name; *at != '\0'; at += strspn(at, ",")) {
    size_t size = strcspn(at, ",");
    if (size == length && memcmp(at, format, size) == 0) {
      return true;
    }
    at += size;
  }
  return false;
}

static const struct format_row *find_format(const char *format_name, const char *brand, bool only_webm_codecs) {
  for (size_t i = 0; i < sizeof format_rows / sizeof format_rows[0]; i++) {
    const struct format_row *row = &format_rows[i];
    if (names_format(format_name, row->format) && (row->brand == NULL || strcmp(row->brand, brand) == 0)) {
      return strcmp(row->format, webm_row.format) == 0 && only_webm_codecs ? &webm_row : row;
    }
  }
  return NULL;
}

static enum error read_document(struct json_object *document, struct probe_result *result,
                                char ret_reason[PROBE_REASON_SIZE]) {
  struct json_object *format = member(document, "format", json_type_object);
  struct json_object *list = member(document, "streams", json_type_array);
  struct streams streams = {.only_webm_codecs = true, .has_sound = probe_parse_has_sound(list), .result = result};
  for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
    read_stream(json_object_array_get_idx(list, i), &streams);
  }
  const char *format_name = string_member(format, "format_name");
  const char *brand = string_member(member(format, "tags", json_type_object), "major_brand");
  const struct format_row *row = find_format(format_name, brand, streams.only_webm_codecs);
  if (row == NULL) {
    return refuse(ret_reason, "files of the format %.60s are not taken",
                  format_name[0] != '\0' ? format_name : "unknown");
  }
  if (!result->has_video && !result->has_audio) {
    return refuse(ret_reason, "there is neither audio nor video in the file");
  }
  bool video = result->has_video && row->video_type != NULL;
  copy(result->content_type, sizeof result->content_type, video ? row->video_type : row->audio_type);
  copy(result->extension, sizeof result->extension, video ? row->video_extension : row->audio_extension);
  copy(result->container, sizeof result->container, row->container);
  result->duration_seconds = seconds_member(format, "duration");
  return ERROR_NONE;
}

enum error probe_parse(const char *json, size_t size, struct probe_result *ret_result,
                       char ret_reason[PROBE_REASON_SIZE]) {
  struct json_object *document = NULL;
  struct json_tree_problem problem;
  enum error error = json_tree_parse(json, size, 16, 0, &document, &problem);
  if (error != ERROR_NONE) {
    return error == ERROR_INVALID ? refuse(ret_reason, "the file could not be read as audio or video") : error;
  }
  struct probe_result result = {0};
  error = read_document(document, &result, ret_reason);
  json_object_put(document);
  if (error == ERROR_NONE) {
    *ret_result = result;
  }
  return error;
}
