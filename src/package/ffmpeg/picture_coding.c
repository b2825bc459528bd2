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

#define HARDWARE_SHARE 0.65 /* of the ceiling that hardware aims at */
#define GROUP_MAX      1000000

/* SVT-AV1's numbers for x264's names. */
static const struct {
  const char *preset, *av1;
} presets[] = {{"ultrafast", "12"}, {"superfast", "11"}, {"veryfast", "10"}, {"faster", "9"},
               {"fast", "8"},       {"medium", "7"},     {"slow", "6"}};

const char *picture_coding_encoder(enum picture_codec codec, enum picture_encoder encoder) {
  static const char *const names[PICTURE_ENCODERS][PICTURE_CODECS] = {
      [PICTURE_ENCODER_SOFTWARE] = {"libx264", "libx265", "libsvtav1"},
      [PICTURE_ENCODER_VAAPI] = {"h264_vaapi", "hevc_vaapi", "libsvtav1"},
      [PICTURE_ENCODER_NVENC] = {"h264_nvenc", "hevc_nvenc", "libsvtav1"},
      [PICTURE_ENCODER_QSV] = {"h264_qsv", "hevc_qsv", "libsvtav1"}};
  return names[encoder][codec];
}

const char *picture_coding_pixels(const struct planned_picture *picture) {
  static const char *const pixels[PICTURE_ENCODERS][2] = {
      {"yuv420p", "yuv420p10le"}, {"nv12,hwupload", "p010le,hwupload"}, {"nv12", "p010le"}, {"nv12", "p010le"}};
  return pixels[picture->encoder][picture->hdr];
}

/* The first graphics card. */
void picture_coding_add_device(struct ffmpeg_arguments *arguments, enum picture_encoder encoder) {
  static const char *const vaapi[] = {"-init_hw_device", "vaapi=hw:/dev/dri/renderD128", "-filter_hw_device", "hw",
                                      NULL};
  static const char *const qsv[] = {"-init_hw_device", "vaapi=va:/dev/dri/renderD128", "-init_hw_device", "qsv=hw@va",
                                    NULL};
  if (encoder == PICTURE_ENCODER_VAAPI || encoder == PICTURE_ENCODER_QSV) {
    argument_list_add_all(arguments, encoder == PICTURE_ENCODER_VAAPI ? vaapi : qsv);
  }
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

/* They win over those of all pictures, which come before. */
static void add_hdr(struct ffmpeg_arguments *arguments, size_t number, const struct picture_coding *coding) {
  add_option(arguments, "profile", number, "main10");
  add_option(arguments, "colorspace", number, "bt2020nc");
  add_option(arguments, "color_primaries", number, "bt2020");
  add_option(arguments, "color_trc", number, coding->transfer);
}

/* What hardware takes as quality differs from one to the next, so it aims at a rate below the ceiling. */
static void add_rate(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number) {
  add_number(arguments, "b", number, (int)(picture->size.maxrate_kbps * HARDWARE_SHARE), "k");
}

static void add_vaapi(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number) {
  add_option(arguments, "rc_mode", number, "VBR");
  add_rate(arguments, picture, number);
}

static void add_nvenc(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number) {
  add_option(arguments, "preset", number, "p4");
  add_option(arguments, "rc", number, "vbr");
  add_rate(arguments, picture, number);
  add_option(arguments, "forced-idr", number, "1");
  add_option(arguments, "no-scenecut", number, "1");
}

static void add_qsv(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number) {
  add_option(arguments, "preset", number, "veryfast");
  add_rate(arguments, picture, number);
  add_option(arguments, "forced_idr", number, "1");
}

static void add_hardware(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number,
                         const struct picture_coding *coding) {
  static void (*const add[PICTURE_ENCODERS])(struct ffmpeg_arguments * arguments, const struct planned_picture *picture,
                                             size_t number) = {NULL, add_vaapi, add_nvenc, add_qsv};
  add[picture->encoder](arguments, picture, number);
  add_number(arguments, "g", number, coding->key_pictures > 0 ? coding->key_pictures : GROUP_MAX, "");
  if (picture->codec == PICTURE_CODEC_HEVC) {
    add_option(arguments, "tag", number, "hvc1");
  }
}

void picture_coding_add(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number,
                        const struct picture_coding *coding) {
  static void (*const add[PICTURE_CODECS])(struct ffmpeg_arguments * arguments, size_t number,
                                           const struct picture_coding *coding) = {add_h264, add_hevc, add_av1};
  add_option(arguments, "c", number, picture_coding_encoder(picture->codec, picture->encoder));
  add_number(arguments, "maxrate", number, picture->size.maxrate_kbps, "k");
  add_number(arguments, "bufsize", number, 2 * picture->size.maxrate_kbps, "k");
  if (picture->encoder == PICTURE_ENCODER_SOFTWARE) {
    add[picture->codec](arguments, number, coding);
  } else {
    add_hardware(arguments, picture, number, coding);
  }
  if (picture->hdr) {
    add_hdr(arguments, number, coding);
  }
}
