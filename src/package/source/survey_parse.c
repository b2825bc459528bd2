/* SPDX-License-Identifier: ISC */
/*
 * A stream without the name of a codec has no decoder; one without a size or a rate of samples could not be opened.
 */
#include "config.h"

#include "package/source/survey_parse.h"

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "files/probe_parse.h"
#include "package/source/survey_json.h"
#include "package/source/survey_texts.h"

#define HD_HEIGHT    720 /* where a file says nothing of its colours, players take BT.709 from here on */
#define NEAR_SECONDS 0.1
#define LATE_SECONDS 0.02

const char survey_entries[] =
    "stream=index,codec_type,codec_name,profile,width,height,sample_aspect_ratio,pix_fmt,color_range,color_space,color_"
    "transfer,color_primaries,"
    "start_time,field_order,r_frame_rate,avg_frame_rate,sample_rate,channels:stream_side_data=rotation:"
    "stream_disposition=attached_pic,default,comment,visual_impaired,hearing_impaired,forced:stream_tags="
    "language,title:chapter=start_time,end_time:chapter_tags=title:format=start_time,format_name";

double source_seconds(const struct package_source *source) {
  double picture = source->picture_seconds, sound = source->sound_seconds;
  return picture > 0 && fabs(picture - sound) < NEAR_SECONDS ? picture : fmax(picture, sound);
}

/* "30000/1001" */
static struct frame_rate rate_of(struct json_object *stream, const char *name) {
  char *end = NULL;
  long long numerator = strtoll(survey_json_text(stream, name), &end, 10);
  long long denominator = *end == '/' ? strtoll(end + 1, NULL, 10) : 0;
  bool good = numerator > 0 && numerator <= INT_MAX / 2 && denominator > 0 && denominator <= INT_MAX / 128;
  return good ? (struct frame_rate){(int)numerator, (int)denominator} : (struct frame_rate){0, 0};
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
  const char *transfer = survey_json_text(stream, "color_transfer");
  const char *matrix = survey_json_text(stream, "color_space");
  if (is_rgb(survey_json_text(stream, "pix_fmt"))) {
    return SOURCE_COLOUR_OTHER;
  }
  if (strcmp(transfer, "smpte2084") == 0) {
    return SOURCE_COLOUR_PQ;
  }
  if (strcmp(transfer, "arib-std-b67") == 0) {
    return SOURCE_COLOUR_HLG;
  }
  if (is_one_of(matrix, unknown)) {
    return survey_json_number(stream, "height") >= HD_HEIGHT ? SOURCE_COLOUR_BT709 : SOURCE_COLOUR_BT601;
  }
  return strcmp(matrix, "bt709") == 0 ? SOURCE_COLOUR_BT709
         : is_one_of(matrix, sd)      ? SOURCE_COLOUR_BT601
                                      : SOURCE_COLOUR_OTHER;
}

/* By how much a picture is turned, or 0. */
static bool is_turned(struct json_object *stream) {
  size_t count = 0;
  struct json_object *list = survey_json_list(stream, "side_data_list", &count);
  bool turned = false;
  for (size_t i = 0; i < count; i++) {
    struct json_object *rotation = survey_json_member(json_object_array_get_idx(list, i), "rotation");
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
  return strcmp(survey_json_text(stream, "codec_name"), "h264") == 0 &&
         is_one_of(survey_json_text(stream, "profile"), profiles) &&
         strcmp(survey_json_text(stream, "pix_fmt"), "yuv420p") == 0 && !picture->full_range &&
         (picture->colour == SOURCE_COLOUR_BT601 || picture->colour == SOURCE_COLOUR_BT709) &&
         is_one_of(survey_json_text(stream, "sample_aspect_ratio"), square) &&
         is_one_of(survey_json_text(stream, "field_order"), progressive) && !is_turned(stream) &&
         is_of_one_description(format_name);
}

static void read_picture(struct json_object *stream, const char *format_name, struct source_picture *picture) {
  static const char *const interlaced[] = {"tt", "bb", "tb", "bt", NULL};
  int width = 0, height = 0;
  probe_parse_picture(stream, &width, &height);
  if (width == 0 || height == 0) {
    return; /* no picture of it could be read */
  }
  *picture = (struct source_picture){
      .stream = survey_json_number(stream, "index"),
      .width = width,
      .height = height,
      .rate = frame_rate_choose(rate_of(stream, "r_frame_rate"), rate_of(stream, "avg_frame_rate"),
                                is_one_of(survey_json_text(stream, "field_order"), interlaced)),
      .colour = colour_of(stream),
      .wide = strcmp(survey_json_text(stream, "color_space"), "bt2020nc") == 0 &&
              strcmp(survey_json_text(stream, "color_primaries"), "bt2020") == 0,
      .full_range = strcmp(survey_json_text(stream, "color_range"), "pc") == 0 ||
                    strncmp(survey_json_text(stream, "pix_fmt"), "yuvj", 4) == 0};
  picture->plain = is_plain(stream, format_name, picture);
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
  if (survey_json_number(stream, "sample_rate") == 0 || survey_json_number(stream, "channels") == 0) {
    return;
  }
  struct source_sound sound = {.stream = survey_json_number(stream, "index")};
  sound.commentary = survey_json_is_marked(stream, "comment") || survey_json_is_marked(stream, "visual_impaired");
  survey_json_language(stream, sound.language);
  survey_json_name(stream, sound.name);
  sound.late = !(survey_json_seconds(stream, "start_time") - reading->begin < LATE_SECONDS);
  add_sound(reading, &sound, (sound.commentary ? 0 : 2) + survey_json_is_marked(stream, "default"));
}

static void read_stream(struct json_object *stream, struct reading *reading) {
  const char *type = survey_json_text(stream, "codec_type");
  const char *codec = survey_json_text(stream, "codec_name");
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
  struct json_object *document = NULL;
  struct json_tree_problem problem;
  enum error error = json_tree_parse(json, size, 16, 0, &document, &problem);
  if (error != ERROR_NONE) {
    return error;
  }
  struct reading reading = {.source = {.picture = {.stream = -1}}, .best = -1};
  size_t count = 0;
  struct json_object *streams = survey_json_list(document, "streams", &count);
  reading.begin = survey_json_seconds(survey_json_member(document, "format"), "start_time");
  reading.format_name = survey_json_text(survey_json_member(document, "format"), "format_name");
  reading.has_sound = probe_parse_has_sound(count > 0 ? streams : NULL);
  for (size_t i = 0; i < count; i++) {
    read_stream(json_object_array_get_idx(streams, i), &reading);
  }
  survey_texts_read(document, reading.begin, &reading.source);
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
