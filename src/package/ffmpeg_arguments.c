/* SPDX-License-Identifier: ISC */
/*
 * Key frames stand at the same times in all renditions, so a player can change between any two segments.
 */
#include "config.h"

#include "package/ffmpeg_arguments.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "files/probe_parse.h"

#define POSTER_WIDTH    1280
#define DEINTERLACE_MIN 16 /* pixels of a side: yadif refuses very small pictures */
#define TEXT_(value)    #value
#define TEXT(value)     TEXT_(value)

static void add(struct ffmpeg_arguments *arguments, const char *argument) {
  assert(arguments->count < FFMPEG_ARGUMENTS_MAX - 1); /* what is added depends on LADDER_MAX alone */
  arguments->argv[arguments->count++] = argument;
  arguments->argv[arguments->count] = NULL;
}

static void add_all(struct ffmpeg_arguments *arguments, const char *const *more) {
  for (; *more != NULL; more++) {
    add(arguments, *more);
  }
}

static void PRINTF_LIKE(2, 3) put(struct ffmpeg_arguments *arguments, const char *format, ...) {
  va_list values;
  va_start(values, format);
  int length =
      vsnprintf(arguments->storage + arguments->used, sizeof arguments->storage - arguments->used, format, values);
  va_end(values);
  assert(length >= 0 && (size_t)length < sizeof arguments->storage - arguments->used);
  arguments->used += (size_t)length;
}

static char *begin_text(struct ffmpeg_arguments *arguments) {
  return arguments->storage + arguments->used;
}

static void end_text(struct ffmpeg_arguments *arguments, const char *text) {
  arguments->used++; /* the NUL */
  add(arguments, text);
}

static void add_number(struct ffmpeg_arguments *arguments, const char *option, size_t stream, int number,
                       const char *unit) {
  const char *name = begin_text(arguments);
  put(arguments, "%s:%zu", option, stream);
  end_text(arguments, name);
  const char *value = begin_text(arguments);
  put(arguments, "%d%s", number, unit);
  end_text(arguments, value);
}

static void add_input(struct ffmpeg_arguments *arguments, const char *input) {
  const char *const begin[] = {
      "-protocol_whitelist", "file", "-format_whitelist", probe_parse_formats(), "-i", input, NULL};
  add_all(arguments, begin);
}

static long long common_divisor(long long a, long long b) {
  return b == 0 ? a : common_divisor(b, a % b);
}

/* "scale=426:240,setsar=320/319": sides are even, so a pixel is not always quite square. All renditions are shown in
 * the very same shape, or ffmpeg refuses to make one adaptation set of them. */
static void put_scale(struct ffmpeg_arguments *arguments, const struct package_source *source, int width, int height) {
  long long across = (long long)source->width * height;
  long long down = (long long)source->height * width;
  long long divisor = common_divisor(across, down);
  put(arguments, "scale=%d:%d,setsar=sar=%lld/%lld:max=2147483647", width, height, across / divisor, down / divisor);
}

/* "[0:V:0]split=2[s0][s1];[s0]scale=…[v0];[s1]scale=…[v1]": cover art is no picture of a film. The rate is what players
 * are told of a rendition; what is coded is up to crf, and less. Frames are never made up to fill a gap: two of them
 * with a year between would be a bomb. */
static void add_pictures(struct ffmpeg_arguments *arguments, const struct package_source *source,
                         const struct rendition *renditions, size_t count, const char *preset) {
  add(arguments, "-filter_complex");
  const char *filter = begin_text(arguments);
  bool deinterlace = source->width >= DEINTERLACE_MIN && source->height >= DEINTERLACE_MIN;
  put(arguments, "[0:V:0]%ssplit=%zu", deinterlace ? "yadif=deint=interlaced," : "", count);
  for (size_t i = 0; i < count; i++) {
    put(arguments, "[s%zu]", i);
  }
  for (size_t i = 0; i < count; i++) {
    put(arguments, ";[s%zu]", i);
    put_scale(arguments, source, renditions[i].width, renditions[i].height);
    put(arguments, ",format=yuv420p[v%zu]", i);
  }
  end_text(arguments, filter);
  for (size_t i = 0; i < count; i++) {
    add(arguments, "-map");
    const char *map = begin_text(arguments);
    put(arguments, "[v%zu]", i);
    end_text(arguments, map);
    add_number(arguments, "-b:v", i, renditions[i].maxrate_kbps, "k");
    add_number(arguments, "-maxrate:v", i, renditions[i].maxrate_kbps, "k");
    add_number(arguments, "-bufsize:v", i, 2 * renditions[i].maxrate_kbps, "k");
  }
  /* clang-format off */
  const char *const coding[] = {
      "-c:v", "libx264", "-preset", preset, "-crf", "23", "-fps_mode", "vfr", "-sc_threshold", "0",
      "-force_key_frames", ("expr:gte(t,n_forced*" TEXT(PACKAGE_SEGMENT_SECONDS) ")"), NULL};
  /* clang-format on */
  add_all(arguments, coding);
}

static void add_sound(struct ffmpeg_arguments *arguments) {
  static const char *const coding[] = {"-map", "0:a:0", "-c:a", "aac",   "-b:a", "128k",
                                       "-ac",  "2",     "-ar",  "48000", NULL};
  add_all(arguments, coding);
}

void ffmpeg_arguments_package(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source, const struct rendition *renditions,
                              size_t rendition_count, const char *preset) {
  static const char *const begin[] = {"ffmpeg", "-nostdin",  "-hide_banner",   "-v",
                                      "error",  "-progress", PACKAGE_PROGRESS, NULL};
  /* clang-format off */
  static const char *const output[] = {
      "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn",
      "-f", "dash", "-seg_duration", TEXT(PACKAGE_SEGMENT_SECONDS), "-use_template", "1", "-use_timeline", "1",
      "-hls_playlist", "1", "-hls_master_name", PACKAGE_HLS,
      "-init_seg_name", "init-$RepresentationID$.m4s", "-media_seg_name", "seg-$RepresentationID$-$Number%05d$.m4s",
      "-adaptation_sets", NULL};
  /* clang-format on */
  add_all(arguments, begin);
  add_input(arguments, input);
  if (rendition_count > 0) {
    add_pictures(arguments, source, renditions, rendition_count, preset);
  }
  if (source->has_audio) {
    add_sound(arguments);
  }
  add_all(arguments, output);
  add(arguments, rendition_count == 0 ? "id=0,streams=a"
                 : source->has_audio  ? "id=0,streams=v id=1,streams=a"
                                      : "id=0,streams=v");
  add(arguments, PACKAGE_DASH);
}

void ffmpeg_arguments_poster(struct ffmpeg_arguments *arguments, const char *input,
                             const struct package_source *source) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-ss", NULL};
  add_all(arguments, begin);
  const char *when = begin_text(arguments);
  put(arguments, "%.3f", source->duration_seconds / 10);
  end_text(arguments, when);
  add_input(arguments, input);
  static const char *const picture[] = {"-map", "0:V:0", "-frames:v", "1", "-vf", NULL};
  static const char *const output[] = {"-q:v", "4", "-map_metadata", "-1", PACKAGE_POSTER, NULL};
  int width = source->width < POSTER_WIDTH ? source->width : POSTER_WIDTH;
  int height = (int)((long long)source->height * width / source->width);
  add_all(arguments, picture);
  const char *filter = begin_text(arguments);
  put(arguments, "scale=%d:%d,setsar=1", width, height > 0 ? height : 1);
  end_text(arguments, filter);
  add_all(arguments, output);
}
