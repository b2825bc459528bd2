/* SPDX-License-Identifier: ISC */
/*
 * Each encoder aims at the same quality below a ceiling, and makes key pictures where it is told to and nowhere else,
 * none of which refers to a picture before it. SVT-AV1 1.4 cannot be told where: it makes them at equal times.
 */
#include "config.h"

#include "package/ffmpeg/picture_coding.h"

#include <string.h>

/* One logical processor for each size: SVT-AV1 else keeps hundreds of threads and gigabytes of address space, and is no
 * quicker, since the sizes are made side by side. */
#define AV1_PARAMETERS  "lp=1"
#define HEVC_PARAMETERS "open-gop=0:scenecut=0:keyint=-1:info=0:log-level=error"

/* SVT-AV1's numbers for x264's names. */
static const struct {
  const char *preset, *av1;
} presets[] = {{"ultrafast", "12"}, {"superfast", "11"}, {"veryfast", "10"}, {"faster", "9"},
               {"fast", "8"},       {"medium", "7"},     {"slow", "6"}};

const char *picture_coding_encoder(enum picture_codec codec) {
  static const char *const names[PICTURE_CODECS] = {"libx264", "libx265", "libsvtav1"};
  return names[codec];
}

/* "-crf:v:2" and its value. */
static void add_option(struct ffmpeg_arguments *arguments, const char *option, size_t number, const char *value) {
  argument_list_format(arguments, "-%s:v:%zu", option, number);
  argument_list_add(arguments, value);
}

static void add_number(struct ffmpeg_arguments *arguments, const char *option, size_t number, int value,
                       const char *unit) {
  argument_list_format(arguments, "-%s:v:%zu", option, number);
  argument_list_format(arguments, "%d%s", value, unit);
}

static void add_h264(struct ffmpeg_arguments *arguments, size_t number, const struct picture_coding *coding) {
  add_option(arguments, "preset", number, coding->preset);
  add_option(arguments, "crf", number, "23");
  add_option(arguments, "sc_threshold", number, "0");
}

static void add_hevc(struct ffmpeg_arguments *arguments, size_t number, const struct picture_coding *coding) {
  add_option(arguments, "preset", number, coding->preset);
  add_option(arguments, "crf", number, "26");
  add_option(arguments, "forced-idr", number, "1");
  add_option(arguments, "x265-params", number, HEVC_PARAMETERS);
  add_option(arguments, "tag", number, "hvc1"); /* or Apple's players refuse it */
}

static void add_av1(struct ffmpeg_arguments *arguments, size_t number, const struct picture_coding *coding) {
  size_t preset = 0;
  while (preset + 1 < sizeof presets / sizeof presets[0] && strcmp(presets[preset].preset, coding->preset) != 0) {
    preset++;
  }
  add_option(arguments, "preset", number, presets[preset].av1);
  add_option(arguments, "crf", number, "35");
  add_option(arguments, "svtav1-params", number, AV1_PARAMETERS);
  add_number(arguments, "g", number, coding->key_pictures, "");
}

const char *picture_coding_pixels(const struct planned_picture *picture) {
  return picture->hdr ? "yuv420p10le" : "yuv420p";
}

/* They win over those of all pictures, which come before. */
static void add_hdr(struct ffmpeg_arguments *arguments, size_t number, const struct picture_coding *coding) {
  add_option(arguments, "profile", number, "main10");
  add_option(arguments, "colorspace", number, "bt2020nc");
  add_option(arguments, "color_primaries", number, "bt2020");
  add_option(arguments, "color_trc", number, coding->transfer);
}

void picture_coding_add(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number,
                        const struct picture_coding *coding) {
  static void (*const add[PICTURE_CODECS])(struct ffmpeg_arguments * arguments, size_t number,
                                           const struct picture_coding *coding) = {add_h264, add_hevc, add_av1};
  add_option(arguments, "c", number, picture_coding_encoder(picture->codec));
  add_number(arguments, "maxrate", number, picture->size.maxrate_kbps, "k");
  add_number(arguments, "bufsize", number, 2 * picture->size.maxrate_kbps, "k");
  add[picture->codec](arguments, number, coding);
  if (picture->hdr) {
    add_hdr(arguments, number, coding);
  }
}
