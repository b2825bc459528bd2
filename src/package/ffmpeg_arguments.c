/* SPDX-License-Identifier: ISC */
/*
 * Key frames stand at the same times in all renditions, so a player can change between any two segments. Picture and
 * sound begin at 0 and end together, and no init segment has an edit list: what a file leaves out at its beginning, in
 * gaps or at its end is filled with the picture before it, or with silence.
 */
#include "config.h"

#include "package/ffmpeg_arguments.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "files/probe_parse.h"
#include "package/output_folder.h"
#include "package/survey_parse.h"

#define POSTER_WIDTH    1280
#define POSTER_SEARCH   "60"  /* seconds of film in which one is looked for */
#define POSTER_DARK     "20"  /* mean brightness, of 255 */
#define DEINTERLACE_MIN 16    /* pixels of a side: yadif refuses very small pictures */
#define SOUND_RATE      48000 /* samples a second */
#define SOUND_PACKET    1024  /* samples of one AAC packet, and of the silence that its coder begins with */
#define PART_OF_PICTURE 0.4   /* of one picture's time: as much may be left over in the end */
#define SEGMENT_MARGIN  0.005 /* seconds by which a segment may fall short and still be cut */

static void add(struct ffmpeg_arguments *arguments, const char *argument) {
  assert(arguments->count < FFMPEG_ARGUMENTS_MAX - 1); /* LADDER_MAX and SOURCE_SOUNDS_MAX bound what is added */
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

static void add_map(struct ffmpeg_arguments *arguments, int stream) {
  add(arguments, "-map");
  const char *map = begin_text(arguments);
  put(arguments, "0:%d", stream);
  end_text(arguments, map);
}

static void add_input(struct ffmpeg_arguments *arguments, const char *input) {
  const char *const begin[] = {
      "-protocol_whitelist", "file", "-format_whitelist", probe_parse_formats(), "-i", input, NULL};
  add_all(arguments, begin);
}

/* --- the source --------------------------------------------------------------------------------- */

void ffmpeg_arguments_survey(struct ffmpeg_arguments *arguments, const char *input) {
  static const char *const begin[] = {"ffprobe", "-v", "error", "-hide_banner", "-threads", "1", NULL};
  const char *const what[] = {"-print_format", "json", "-show_entries", survey_entries, NULL};
  add_all(arguments, begin);
  add_all(arguments, what);
  add_input(arguments, input);
}

/* The list tells when the segment ends. One of each stretch between two key frames has one name, by -strftime. */
static void add_measured(struct ffmpeg_arguments *arguments, int stream, bool keys, const char *list,
                         const char *segment) {
  /* clang-format off */
  const char *const output[] = {
      "-c", "copy", "-copyinkf", "-avoid_negative_ts", "disabled", "-f", "segment", "-segment_format", "crc",
      "-strftime", "1", "-segment_time", keys ? "0.0001" : "1000000", "-segment_list_type", "csv",
      "-segment_list", list, segment, NULL};
  /* clang-format on */
  add_map(arguments, stream);
  add_all(arguments, output);
}

void ffmpeg_arguments_measure(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "fatal", "-progress", "pipe:1", NULL};
  add_all(arguments, begin);
  add_input(arguments, input);
  if (source->picture.stream >= 0) {
    add_measured(arguments, source->picture.stream, source->picture.plain, MEASURE_PICTURE MEASURE_LIST,
                 MEASURE_PICTURE MEASURE_SEGMENT);
  }
  if (source->sound_count > 0) {
    add_measured(arguments, source->sounds[0].stream, false, MEASURE_SOUND MEASURE_LIST, MEASURE_SOUND MEASURE_SEGMENT);
  }
}

/* --- pictures ----------------------------------------------------------------------------------- */

static long long common_divisor(long long a, long long b) {
  return b == 0 ? a : common_divisor(b, a % b);
}

static bool is_hdr(const struct source_picture *picture) {
  return picture->colour == SOURCE_COLOUR_PQ || picture->colour == SOURCE_COLOUR_HLG;
}

/* The coefficients of a package: its source's if SDR players know them, else those of BT.709. */
static bool is_sd(const struct source_picture *picture) {
  return picture->colour == SOURCE_COLOUR_BT601;
}

/* HDR is shown as SDR: to linear light, to the smaller set of colours, then the bright parts are pressed together. It
 * is made smaller before, since each of its pixels is dear. */
static void put_tone_map(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                         int height) {
  put(arguments,
      "zscale=w=%d:h=%d,zscale=tin=%s:min=2020_ncl:pin=2020:t=linear:npl=100,format=gbrpf32le,zscale=p=709,"
      "tonemap=tonemap=hable:desat=0,zscale=t=709:m=709:r=limited,format=yuv420p,",
      width, height, picture->colour == SOURCE_COLOUR_PQ ? "smpte2084" : "arib-std-b67");
}

/* What the coefficients are before and after; ffmpeg's own guess for pictures that say nothing is always SD. */
static void put_matrix(struct ffmpeg_arguments *arguments, const struct source_picture *picture, const char *output) {
  if (is_sd(picture)) {
    put(arguments, ":in_color_matrix=bt601");
  } else if (picture->colour != SOURCE_COLOUR_OTHER) {
    put(arguments, ":in_color_matrix=bt709");
  }
  put(arguments, ":out_color_matrix=%s", output);
}

/* A side of the picture in a rendition. One whose shape changes in the middle of the film gets bars. */
static void put_scale(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width, int height) {
  double shape = (double)picture->width / picture->height;
  put(arguments,
      "scale=w='if(lt(abs(dar/%.6f-1),0.02),%d,max(2,2*trunc(min(%d,%d*dar)/2)))'"
      ":h='if(lt(abs(dar/%.6f-1),0.02),%d,max(2,2*trunc(min(%d,%d/dar)/2)))'",
      shape, width, width, height, shape, height, height, width);
}

/* Sides are even, so a pixel is not always quite square. All renditions are shown in the very same shape, or ffmpeg
 * refuses to make one adaptation set of them. */
static void put_shape(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width, int height) {
  long long across = (long long)picture->width * height;
  long long down = (long long)picture->height * width;
  long long divisor = common_divisor(across, down);
  put(arguments, ",pad=%d:%d:-1:-1,setsar=sar=%lld/%lld:max=2147483647", width, height, across / divisor,
      down / divisor);
}

/* So many whole pictures that the package is as long as its source; 0: not known. */
static double pictures_of(const struct package_source *source) {
  double seconds = source_seconds(source);
  return seconds > 0 ? fmax(1, ceil(seconds * frame_rate_value(source->picture.rate) - PART_OF_PICTURE)) : 0;
}

/* "[0:0]…,fps=25/1,tpad…,trim…,split=2[s0][s1];[s0]scale=…[v0];[s1]scale=…[v1]". A clock of equal steps comes first, so
 * that what follows knows when each picture is. It makes up pictures where none come; how many is bounded by the length
 * that a source may have. */
static void put_filter(struct ffmpeg_arguments *arguments, const struct package_source *source,
                       const struct rendition *renditions, size_t first, size_t count) {
  const struct source_picture *picture = &source->picture;
  double pictures = pictures_of(source);
  bool deinterlace = !picture->plain && picture->width >= DEINTERLACE_MIN && picture->height >= DEINTERLACE_MIN;
  put(arguments, "[0:%d]%sfps=%d/%d:eof_action=pass,", picture->stream, deinterlace ? "yadif=deint=interlaced," : "",
      picture->rate.numerator, picture->rate.denominator);
  if (pictures > 0) {
    put(arguments, "tpad=stop=-1:stop_mode=clone,trim=end=%.6f,", (pictures - 0.5) / frame_rate_value(picture->rate));
  }
  if (is_hdr(picture)) {
    put_tone_map(arguments, picture, renditions[0].width, renditions[0].height);
  }
  put(arguments, "split=%zu", count - first);
  for (size_t i = first; i < count; i++) {
    put(arguments, "[s%zu]", i);
  }
  for (size_t i = first; i < count; i++) {
    put(arguments, ";[s%zu]", i);
    put_scale(arguments, picture, renditions[i].width, renditions[i].height);
    if (picture->full_range || picture->colour == SOURCE_COLOUR_OTHER) { /* else ffmpeg would convert for nothing */
      put_matrix(arguments, picture, is_sd(picture) ? "bt601" : "bt709");
      put(arguments, ":out_range=tv");
    }
    put_shape(arguments, picture, renditions[i].width, renditions[i].height);
    put(arguments, ",format=yuv420p[v%zu]", i);
  }
}

static int segment_seconds(const struct package_source *source) {
  double rate = frame_rate_value(source->picture.rate);
  return rate > 0 && rate <= FRAME_RATE_RARE ? PACKAGE_RARE_SECONDS : PACKAGE_SEGMENT_SECONDS;
}

/* Segments are cut at key frames. They come each so many pictures, or beside a copy, where the source has them. */
static void add_key_frames(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int pictures) {
  static const char *const as_copied[] = {"-force_key_frames", "source", "-g", "1000000", NULL};
  if (picture->copy_cut > 0) {
    add_all(arguments, as_copied);
    return;
  }
  add(arguments, "-force_key_frames");
  const char *when = begin_text(arguments);
  put(arguments, "expr:not(mod(n,%d))", pictures);
  end_text(arguments, when);
}

static void add_rendition(struct ffmpeg_arguments *arguments, const struct rendition *rendition, size_t number) {
  add(arguments, "-map");
  const char *map = begin_text(arguments);
  put(arguments, "[v%zu]", number);
  end_text(arguments, map);
  add_number(arguments, "-maxrate:v", number, rendition->maxrate_kbps, "k");
  add_number(arguments, "-bufsize:v", number, 2 * rendition->maxrate_kbps, "k");
}

static void add_encoded(struct ffmpeg_arguments *arguments, const struct package_source *source,
                        const struct rendition *renditions, size_t first, size_t count, const char *preset) {
  add(arguments, "-filter_complex");
  const char *filter = begin_text(arguments);
  put_filter(arguments, source, renditions, first, count);
  end_text(arguments, filter);
  for (size_t i = first; i < count; i++) {
    add_rendition(arguments, &renditions[i], i);
  }
  const char *tag = is_sd(&source->picture) ? "smpte170m" : "bt709";
  const char *const coding[] = {
      "-c:v",          "libx264", "-preset",     preset, "-crf",         "23", "-fps_mode",        "cfr",
      "-sc_threshold", "0",       "-colorspace", tag,    "-color_range", "tv", "-color_primaries", tag,
      "-color_trc",    tag,       NULL};
  add_all(arguments, coding);
  add_key_frames(arguments, &source->picture, frame_rate_pictures(source->picture.rate, segment_seconds(source)));
}

/* A copy is the first rendition. Its own options come last, so they win over those of all. */
static void add_pictures(struct ffmpeg_arguments *arguments, const struct package_source *source,
                         const struct rendition *renditions, size_t count, const char *preset) {
  static const char *const copying[] = {"-c:v:0", "copy", NULL};
  size_t first = source->picture.copy_cut > 0 ? 1 : 0;
  if (first > 0) {
    add_map(arguments, source->picture.stream);
  }
  if (first < count) {
    add_encoded(arguments, source, renditions, first, count, preset);
  }
  if (first > 0) {
    add_all(arguments, copying);
  }
}

/* --- sounds ------------------------------------------------------------------------------------- */

/* The coder begins with a packet of silence. Beside a picture the first packet of sound gives way to it, so that the
 * rest is in time without an edit list. Where the number of channels changes in the middle, all this begins anew: so it
 * goes by times, and only a sound that begins late is told to begin at 0. */
static void add_sound_filter(struct ffmpeg_arguments *arguments, const struct package_source *source,
                             const struct source_sound *sound) {
  const double packet = 1.0 * SOUND_PACKET / SOUND_RATE;
  double seconds = source->picture.stream >= 0 ? pictures_of(source) / frame_rate_value(source->picture.rate) : 0;
  const char *filter = begin_text(arguments);
  put(arguments, "aresample=%d:async=1%s", SOUND_RATE, sound->late ? ":first_pts=0" : "");
  if (source->picture.stream >= 0) {
    put(arguments, ",apad");
  }
  if (seconds > 0) {
    put(arguments, ",atrim=start=%.6f:end=%.6f", packet, fmax(seconds, 2 * packet));
  }
  end_text(arguments, filter);
}

static void add_sounds(struct ffmpeg_arguments *arguments, const struct package_source *source) {
  static const char *const coding[] = {"-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000", NULL};
  for (size_t i = 0; i < source->sound_count; i++) {
    add_map(arguments, source->sounds[i].stream);
    const char *name = begin_text(arguments);
    put(arguments, "-filter:a:%zu", i);
    end_text(arguments, name);
    add_sound_filter(arguments, source, &source->sounds[i]);
  }
  if (source->sound_count > 0) {
    add_all(arguments, coding);
  }
}

/* --- the package -------------------------------------------------------------------------------- */

/* Each segment lasts as long as whole pictures, or packets of sound, fit in its time. Beside a copy all are cut at the
 * first key frame after the same time. */
static void add_segments(struct ffmpeg_arguments *arguments, const struct package_source *source) {
  const struct frame_rate rate = source->picture.rate;
  const int seconds = segment_seconds(source);
  const double sound = floor(1.0 * seconds * SOUND_RATE / SOUND_PACKET) * SOUND_PACKET / SOUND_RATE;
  bool shown = source->picture.stream >= 0;
  add(arguments, "-adaptation_sets");
  const char *sets = begin_text(arguments);
  if (shown) {
    double length = frame_rate_pictures(rate, seconds) / frame_rate_value(rate) - SEGMENT_MARGIN;
    put(arguments, "id=0,seg_duration=%.6f,streams=v",
        source->picture.copy_cut > 0 ? source->picture.copy_cut : length);
  }
  if (source->sound_count > 0) {
    put(arguments, "%sseg_duration=%.6f,streams=a", shown ? " id=1," : "id=0,", sound - SEGMENT_MARGIN);
  }
  end_text(arguments, sets);
}

void ffmpeg_arguments_package(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source, const struct rendition *renditions,
                              size_t rendition_count, const char *preset) {
  static const char *const begin[] = {"ffmpeg", "-nostdin",  "-hide_banner",         "-v",
                                      "error",  "-progress", OUTPUT_FOLDER_PROGRESS, NULL};
  /* clang-format off */
  static const char *const output[] = {
      "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn",
      "-f", "dash", "-use_template", "1", "-use_timeline", "1",
      "-format_options", "movflags=+negative_cts_offsets:use_editlist=0",
      "-init_seg_name", "init-$RepresentationID$.m4s", "-media_seg_name", "seg-$RepresentationID$-$Number%05d$.m4s",
      NULL};
  /* clang-format on */
  add_all(arguments, begin);
  add_input(arguments, input);
  if (rendition_count > 0) {
    add_pictures(arguments, source, renditions, rendition_count, preset);
  }
  add_sounds(arguments, source);
  add_all(arguments, output);
  add_segments(arguments, source);
  add(arguments, PACKAGE_DASH);
}

/* JPEG has the coefficients of BT.601 and the full range of values, whatever the film has. */
void ffmpeg_arguments_poster(struct ffmpeg_arguments *arguments, const char *input, const struct package_source *source,
                             enum poster_choice choice) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "error", NULL};
  static const char *const output[] = {"-frames:v", "1", "-q:v", "4", "-map_metadata", "-1", PACKAGE_POSTER, NULL};
  const struct source_picture *picture = &source->picture;
  int width = picture->width < POSTER_WIDTH ? picture->width : POSTER_WIDTH;
  int height = (int)fmax(1, round((double)picture->height * width / picture->width));
  add_all(arguments, begin);
  if (choice == POSTER_BRIGHT) {
    add(arguments, "-t");
    add(arguments, POSTER_SEARCH);
  }
  if (choice != POSTER_FIRST) {
    add(arguments, "-ss");
    const char *when = begin_text(arguments);
    put(arguments, "%.3f", source_seconds(source) / 10);
    end_text(arguments, when);
  }
  add_input(arguments, input);
  add_map(arguments, picture->stream);
  add(arguments, "-vf");
  const char *filter = begin_text(arguments);
  if (is_hdr(picture)) {
    put_tone_map(arguments, picture, width + width % 2, height + height % 2);
  }
  put(arguments, "scale=%d:%d", width, height);
  put_matrix(arguments, picture, "bt601");
  put(arguments, ":out_range=pc:flags=bicubic+accurate_rnd,setsar=1,format=yuvj420p");
  if (choice == POSTER_BRIGHT) {
    put(arguments,
        ",signalstats,metadata=mode=select:key=lavfi.signalstats.YAVG:value=" POSTER_DARK ":function=greater");
  }
  end_text(arguments, filter);
  add_all(arguments, output);
}
