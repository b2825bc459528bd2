/* SPDX-License-Identifier: ISC */
/*
 * A stream without the name of a codec has no decoder; one without a size or a rate of samples could not be opened.
 */
#include "config.h"

#include "package/survey_parse.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/probe_parse.h"

#define HD_HEIGHT    720 /* where a file says nothing of its colours, players take BT.709 from here on */
#define NEAR_SECONDS 0.1
#define LATE_SECONDS 0.02

const char survey_entries[] =
    "stream=index,codec_type,codec_name,profile,width,height,sample_aspect_ratio,pix_fmt,color_range,color_space,color_"
    "transfer,"
    "start_time,field_order,r_frame_rate,avg_frame_rate,sample_rate,channels:stream_side_data=rotation:"
    "stream_disposition=attached_pic,default,comment,visual_impaired,hearing_impaired:stream_tags=language,title:"
    "format=start_time,format_name";

double source_seconds(const struct package_source *source) {
  double picture = source->picture_seconds, sound = source->sound_seconds;
  return picture > 0 && fabs(picture - sound) < NEAR_SECONDS ? picture : fmax(picture, sound);
}

static struct json_object *member(struct json_object *object, const char *name) {
  struct json_object *value = NULL;
  bool found = json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, name, &value);
  return found ? value : NULL;
}

static const char *text_of(struct json_object *object, const char *name) {
  struct json_object *value = member(object, name);
  return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* Numbers come as such or as strings: "sample_rate":"48000". */
static int number_of(struct json_object *object, const char *name) {
  struct json_object *value = member(object, name);
  int64_t number = json_object_is_type(value, json_type_int) ? json_object_get_int64(value)
                                                             : strtoll(text_of(object, name), NULL, 10);
  return number > 0 && number <= INT_MAX ? (int)number : 0;
}

static bool is_marked(struct json_object *stream, const char *disposition) {
  return number_of(member(stream, "disposition"), disposition) != 0;
}

/* "30000/1001" */
static struct frame_rate rate_of(struct json_object *stream, const char *name) {
  char *end = NULL;
  long long numerator = strtoll(text_of(stream, name), &end, 10);
  long long denominator = *end == '/' ? strtoll(end + 1, NULL, 10) : 0;
  bool good = numerator > 0 && numerator <= INT_MAX / 2 && denominator > 0 && denominator <= INT_MAX / 128;
  return good ? (struct frame_rate){(int)numerator, (int)denominator} : (struct frame_rate){0, 0};
}

/* "1.400000", perhaps below 0; NAN: not told */
static double begin_of(struct json_object *object) {
  char *end = NULL;
  const char *text = text_of(object, "start_time");
  double seconds = strtod(text, &end);
  return end != text && *end == '\0' ? seconds : NAN;
}

static bool is_one_of(const char *word, const char *const *words) {
  while (*words != NULL && strcmp(word, *words) != 0) {
    words++;
  }
  return *words != NULL;
}

static bool is_rgb(const char *pix_fmt) {
  static const char *const parts[] = {"rgb", "bgr", "gbr", "pal8"};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (strstr(pix_fmt, parts[i]) != NULL) {
      return true;
    }
  }
  return false;
}

static enum source_colour colour_of(struct json_object *stream) {
  static const char *const sd[] = {"smpte170m", "bt470bg", NULL};
  static const char *const unknown[] = {"", "unknown", "unspecified", "reserved", NULL};
  const char *transfer = text_of(stream, "color_transfer");
  const char *matrix = text_of(stream, "color_space");
  if (is_rgb(text_of(stream, "pix_fmt"))) {
    return SOURCE_COLOUR_OTHER;
  }
  if (strcmp(transfer, "smpte2084") == 0) {
    return SOURCE_COLOUR_PQ;
  }
  if (strcmp(transfer, "arib-std-b67") == 0) {
    return SOURCE_COLOUR_HLG;
  }
  if (is_one_of(matrix, unknown)) {
    return number_of(stream, "height") >= HD_HEIGHT ? SOURCE_COLOUR_BT709 : SOURCE_COLOUR_BT601;
  }
  return strcmp(matrix, "bt709") == 0 ? SOURCE_COLOUR_BT709
         : is_one_of(matrix, sd)      ? SOURCE_COLOUR_BT601
                                      : SOURCE_COLOUR_OTHER;
}

/* By how much a picture is turned, or 0. */
static bool is_turned(struct json_object *stream) {
  struct json_object *list = member(stream, "side_data_list");
  size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
  bool turned = false;
  for (size_t i = 0; i < count; i++) {
    struct json_object *rotation = member(json_object_array_get_idx(list, i), "rotation");
    turned = turned || (rotation != NULL && json_object_get_double(rotation) != 0);
  }
  return turned;
}

/* Each of these files has one description of its picture, which an init segment can hold. */
static bool is_of_one_description(const char *format_name) {
  return strncmp(format_name, "mov,", 4) == 0 || strncmp(format_name, "matroska,", 9) == 0;
}

static bool is_plain(struct json_object *stream, const char *format_name, const struct source_picture *picture) {
  static const char *const profiles[] = {"Constrained Baseline", "Baseline", "Main", "High", NULL};
  static const char *const square[] = {"1:1", "0:1", "N/A", "", NULL};
  static const char *const progressive[] = {"progressive", "unknown", "", NULL};
  return strcmp(text_of(stream, "codec_name"), "h264") == 0 && is_one_of(text_of(stream, "profile"), profiles) &&
         strcmp(text_of(stream, "pix_fmt"), "yuv420p") == 0 && !picture->full_range &&
         (picture->colour == SOURCE_COLOUR_BT601 || picture->colour == SOURCE_COLOUR_BT709) &&
         is_one_of(text_of(stream, "sample_aspect_ratio"), square) &&
         is_one_of(text_of(stream, "field_order"), progressive) && !is_turned(stream) &&
         is_of_one_description(format_name);
}

static void read_picture(struct json_object *stream, const char *format_name, struct source_picture *picture) {
  static const char *const interlaced[] = {"tt", "bb", "tb", "bt", NULL};
  int width = 0, height = 0;
  probe_parse_picture(stream, &width, &height);
  if (width == 0 || height == 0) {
    return; /* no picture of it could be read */
  }
  *picture = (struct source_picture){.stream = number_of(stream, "index"),
                                     .width = width,
                                     .height = height,
                                     .rate = frame_rate_choose(rate_of(stream, "r_frame_rate"),
                                                               rate_of(stream, "avg_frame_rate"),
                                                               is_one_of(text_of(stream, "field_order"), interlaced)),
                                     .colour = colour_of(stream),
                                     .full_range = strcmp(text_of(stream, "color_range"), "pc") == 0 ||
                                                   strncmp(text_of(stream, "pix_fmt"), "yuvj", 4) == 0};
  picture->plain = is_plain(stream, format_name, picture);
}

/* It will stand in playlists, in quotes. */
static void copy_name(char *ret_name, size_t size, const char *name) {
  size_t length = 0;
  for (; *name != '\0' && length < size - 1; name++) {
    if (*name >= ' ' && *name <= '~' && strchr("\"<>&\\", *name) == NULL) {
      ret_name[length++] = *name;
    }
  }
  ret_name[length] = '\0';
}

static void copy_language(char ret_language[SOURCE_LANGUAGE_SIZE], const char *language) {
  size_t length = strspn(language, "abcdefghijklmnopqrstuvwxyz");
  bool good = (length == 2 || length == 3) && language[length] == '\0' && strcmp(language, "und") != 0;
  snprintf(ret_language, SOURCE_LANGUAGE_SIZE, "%s", good ? language : "");
}

struct reading {
  struct package_source source;
  int best;       /* of the main sound so far */
  double begin;   /* of the file, in seconds; NAN: not told */
  bool has_sound; /* among all streams */
  const char *format_name;
};

/* The main one goes first, the others keep their order. */
static void add_sound(struct reading *reading, const struct source_sound *sound, int rank) {
  struct package_source *source = &reading->source;
  if (source->sound_count > 0 && rank > reading->best) {
    size_t kept = source->sound_count < SOURCE_SOUNDS_MAX ? source->sound_count : SOURCE_SOUNDS_MAX - 1;
    memmove(source->sounds + 1, source->sounds, kept * sizeof *sound);
    source->sounds[0] = *sound;
    source->sound_count = kept + 1;
  } else if (source->sound_count < SOURCE_SOUNDS_MAX) {
    source->sounds[source->sound_count++] = *sound;
  }
  reading->best = rank > reading->best ? rank : reading->best;
}

static void read_sound(struct json_object *stream, struct reading *reading) {
  if (number_of(stream, "sample_rate") == 0 || number_of(stream, "channels") == 0) {
    return;
  }
  struct source_sound sound = {.stream = number_of(stream, "index")};
  sound.commentary = is_marked(stream, "comment") || is_marked(stream, "visual_impaired");
  copy_language(sound.language, text_of(member(stream, "tags"), "language"));
  copy_name(sound.name, sizeof sound.name, text_of(member(stream, "tags"), "title"));
  sound.late = !(begin_of(stream) - reading->begin < LATE_SECONDS);
  add_sound(reading, &sound, (sound.commentary ? 0 : 2) + is_marked(stream, "default"));
}

static void read_stream(struct json_object *stream, struct reading *reading) {
  const char *type = text_of(stream, "codec_type");
  const char *codec = text_of(stream, "codec_name");
  if (codec[0] == '\0' || strcmp(codec, "none") == 0 || strcmp(codec, "unknown") == 0) {
    return;
  }
  if (strcmp(type, "audio") == 0) {
    read_sound(stream, reading);
  } else if (strcmp(type, "video") == 0 && !probe_parse_is_cover(stream, reading->has_sound) &&
             reading->source.picture.stream < 0) {
    read_picture(stream, reading->format_name, &reading->source.picture);
  }
}

enum error survey_parse_streams(const char *json, size_t size, struct package_source *ret_source) {
  struct json_tokener *tokener = json_tokener_new_ex(16);
  if (tokener == NULL || size > INT_MAX) {
    json_tokener_free(tokener);
    return ERROR_MEMORY;
  }
  struct json_object *document = json_tokener_parse_ex(tokener, json, (int)size);
  json_tokener_free(tokener);
  struct reading reading = {.source = {.picture = {.stream = -1}}, .best = -1};
  struct json_object *streams = member(document, "streams");
  size_t count = json_object_is_type(streams, json_type_array) ? json_object_array_length(streams) : 0;
  reading.begin = begin_of(member(document, "format"));
  reading.format_name = text_of(member(document, "format"), "format_name");
  reading.has_sound = probe_parse_has_sound(count > 0 ? streams : NULL);
  for (size_t i = 0; i < count; i++) {
    read_stream(json_object_array_get_idx(streams, i), &reading);
  }
  json_object_put(document);
  if (reading.source.picture.stream < 0 && reading.source.sound_count == 0) {
    return ERROR_INVALID;
  }
  *ret_source = reading.source;
  return ERROR_NONE;
}

double survey_parse_end(const char *csv) {
  double last = 0;
  for (const char *line = csv; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
    const char *comma = strchr(line, ',');
    comma = comma == NULL ? NULL : strchr(comma + 1, ',');
    double end = comma == NULL ? 0 : strtod(comma + 1, NULL);
    last = isfinite(end) && end > last ? end : last;
  }
  return last;
}

int64_t survey_parse_pictures(const char *progress) {
  static const char name[] = "frame=";
  int64_t pictures = 0;
  for (const char *at = strstr(progress, name); at != NULL; at = strstr(at + 1, name)) {
    pictures = strtoll(at + sizeof name - 1, NULL, 10);
  }
  return pictures > 0 ? pictures : 0;
}
