/* SPDX-License-Identifier: ISC */
/*
 * Key frames stand at the same times in all renditions, so a player can change between any two segments. Picture and
 * sound begin at 0 and end together, and no init segment has an edit list: what a file leaves out at its beginning, in
 * gaps or at its end is filled with the picture before it, or with silence.
 */
#include "config.h"

#include "package/ffmpeg/ffmpeg_arguments.h"

#include <math.h>

#include "package/ffmpeg/output_folder.h"
#include "package/ffmpeg/picture_coding.h"
#include "package/ffmpeg/picture_filter.h"
#include "package/ffmpeg/storyboard.h"
#include "package/source/survey_parse.h"

#define STORYBOARD_PAD  "[board]"
#define DEINTERLACE_MIN 16    /* pixels of a side: yadif refuses very small pictures */
#define SOUND_RATE      48000 /* samples a second */
#define SOUND_PACKET    1024  /* samples of one AAC packet, and of the silence that its coder begins with */
#define PART_OF_PICTURE 0.4   /* of one picture's time: as much may be left over in the end */
#define SEGMENT_MARGIN  0.005 /* seconds by which a segment may fall short and still be cut */

/* --- the source --------------------------------------------------------------------------------- */

void ffmpeg_arguments_survey(struct ffmpeg_arguments *arguments, const char *input) {
  static const char *const begin[] = {"ffprobe", "-v", "error", "-hide_banner", "-threads", "1", NULL};
  const char *const what[] = {"-print_format", "json", "-show_entries", survey_entries, NULL};
  argument_list_add_all(arguments, begin);
  argument_list_add_all(arguments, what);
  argument_list_input(arguments, input);
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
  argument_list_map(arguments, stream);
  argument_list_add_all(arguments, output);
}

void ffmpeg_arguments_measure(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "fatal", "-progress", "pipe:1", NULL};
  argument_list_add_all(arguments, begin);
  argument_list_input(arguments, input);
  if (source->picture.stream >= 0) {
    add_measured(arguments, source->picture.stream, source->picture.plain, MEASURE_PICTURE MEASURE_LIST,
                 MEASURE_PICTURE MEASURE_SEGMENT);
  }
  if (source->sound_count > 0) {
    add_measured(arguments, source->sounds[0].stream, false, MEASURE_SOUND MEASURE_LIST, MEASURE_SOUND MEASURE_SEGMENT);
  }
}

void ffmpeg_arguments_subtitles(struct ffmpeg_arguments *arguments, const char *input,
                                const struct package_source *source) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "error", NULL};
  static const char *const output[] = {"-c:s", "webvtt", "-map_metadata", "-1", "-f", "webvtt", NULL};
  argument_list_add_all(arguments, begin);
  argument_list_input(arguments, input);
  for (size_t i = 0; i < source->subtitle_count; i++) {
    argument_list_map(arguments, source->subtitles[i].stream);
    argument_list_add_all(arguments, output);
    const char *name = argument_list_begin(arguments);
    argument_list_put(arguments, "subtitle-%zu.vtt", i);
    argument_list_end(arguments, name);
  }
}

/* --- pictures ----------------------------------------------------------------------------------- */

/* So many whole pictures that the package is as long as its source; 0: not known. */
static double pictures_of(const struct package_source *source) {
  double seconds = source_seconds(source);
  return seconds > 0 ? fmax(1, ceil(seconds * frame_rate_value(source->picture.rate) - PART_OF_PICTURE)) : 0;
}

static bool is_of_one_size(const struct planned_picture *picture, const struct planned_picture *other) {
  return picture->size.width == other->size.width && picture->size.height == other->size.height &&
         picture->hdr == other->hdr && picture_coding_pixels(picture) == picture_coding_pixels(other);
}

/* The first picture from `first` on that is as large: it is scaled for all of them. */
static size_t scaled_by(const struct picture_plan *plan, size_t first, size_t number) {
  while (!is_of_one_size(&plan->list[first], &plan->list[number])) {
    first++;
  }
  return first;
}

/* "[v0]", or ",split=2[v0][v3]" for two codecs. */
static void put_pads(struct ffmpeg_arguments *arguments, const struct picture_plan *plan, size_t number) {
  size_t count = 0;
  for (size_t i = number; i < plan->count; i++) {
    count += is_of_one_size(&plan->list[number], &plan->list[i]);
  }
  if (count > 1) {
    argument_list_put(arguments, ",split=%zu", count);
  }
  for (size_t i = number; i < plan->count; i++) {
    if (is_of_one_size(&plan->list[number], &plan->list[i])) {
      argument_list_put(arguments, "[v%zu]", i);
    }
  }
}

/* ";[s0]scale=…[v0]" */
static void put_size(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                     const struct picture_plan *plan, size_t number) {
  const struct planned_picture *planned = &plan->list[number];
  argument_list_put(arguments, ";[s%zu]", number);
  picture_filter_scale(arguments, picture, planned->size.width, planned->size.height);
  if (planned->hdr) {
    argument_list_put(arguments, ":in_color_matrix=bt2020:out_color_matrix=bt2020:out_range=tv");
  } else if (picture->full_range ||
             picture->colour == SOURCE_COLOUR_OTHER) { /* else ffmpeg would convert for nothing */
    picture_filter_matrix(arguments, picture, picture_filter_is_sd(picture) ? "bt601" : "bt709");
    argument_list_put(arguments, ":out_range=tv");
  }
  picture_filter_shape(arguments, picture, planned->size.width, planned->size.height);
  argument_list_put(arguments, ",format=%s", picture_coding_pixels(planned));
  put_pads(arguments, plan, number);
}

static bool is_scaled(const struct picture_plan *plan, size_t first, size_t number, bool hdr) {
  return plan->list[number].hdr == hdr && scaled_by(plan, first, number) == number;
}

/* "split=3[sb][s0][s1];[s0]scale=…[v0];[s1]scale=…[v1]", of those that are HDR or of those that are not; the storyboard
 * is not. */
static void put_sizes(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                      const struct picture_plan *plan, size_t first, bool hdr) {
  size_t sizes = 0;
  for (size_t i = first; i < plan->count; i++) {
    sizes += is_scaled(plan, first, i, hdr);
  }
  argument_list_put(arguments, "split=%zu%s", sizes + (hdr ? 0 : 1), hdr ? "" : "[sb]");
  for (size_t i = first; i < plan->count; i++) {
    if (is_scaled(plan, first, i, hdr)) {
      argument_list_put(arguments, "[s%zu]", i);
    }
  }
  for (size_t i = first; i < plan->count; i++) {
    if (is_scaled(plan, first, i, hdr)) {
      put_size(arguments, picture, plan, i);
    }
  }
}

/* "[0:0]…,fps=25/1,tpad…,trim…,split=…;[sb]…[board]". A clock of equal
 * steps comes first, so that what follows knows when each picture is. It makes up pictures where none come; how many is
 * bounded by the length that a source may have. */
static void put_filter(struct ffmpeg_arguments *arguments, const struct package_source *source,
                       const struct picture_plan *plan, size_t first) {
  const struct source_picture *picture = &source->picture;
  double pictures = pictures_of(source);
  bool deinterlace = !picture->plain && picture->width >= DEINTERLACE_MIN && picture->height >= DEINTERLACE_MIN;
  argument_list_put(arguments, "[0:%d]%sfps=%d/%d:eof_action=pass,", picture->stream,
                    deinterlace ? "yadif=deint=interlaced," : "", picture->rate.numerator, picture->rate.denominator);
  if (pictures > 0) {
    argument_list_put(arguments, "tpad=stop=-1:stop_mode=clone,trim=end=%.6f,",
                      (pictures - 0.5) / frame_rate_value(picture->rate));
  }
  if (picture_plan_has_hdr(plan)) {
    argument_list_put(arguments, "split=2[hdr][sdr];[hdr]");
    put_sizes(arguments, picture, plan, first, true);
    argument_list_put(arguments, ";[sdr]");
  }
  if (picture_filter_is_hdr(picture)) {
    picture_filter_tone_map(arguments, picture, plan->list[0].size.width, plan->list[0].size.height);
  }
  put_sizes(arguments, picture, plan, first, false);
  const struct storyboard board = storyboard_plan(source);
  argument_list_put(arguments, ";[sb]");
  storyboard_put_filter(arguments, &board, picture);
  argument_list_put(arguments, STORYBOARD_PAD);
}

int ffmpeg_arguments_segment_seconds(const struct package_source *source) {
  double rate = frame_rate_value(source->picture.rate);
  return rate > 0 && rate <= FRAME_RATE_RARE ? PACKAGE_RARE_SECONDS : PACKAGE_SEGMENT_SECONDS;
}

/* Segments are cut at key frames. They come each so many pictures, or beside a copy, where the source has them. */
static void add_key_frames(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int pictures) {
  static const char *const as_copied[] = {"-force_key_frames", "source", "-g", "1000000", NULL};
  if (picture->copy_cut > 0) {
    argument_list_add_all(arguments, as_copied);
    return;
  }
  argument_list_add(arguments, "-force_key_frames");
  const char *when = argument_list_begin(arguments);
  argument_list_put(arguments, "expr:not(mod(n,%d))", pictures);
  argument_list_end(arguments, when);
}

static int key_pictures_of(const struct package_source *source) {
  const struct source_picture *picture = &source->picture;
  return picture->copy_cut > 0 ? picture->key_pictures
                               : frame_rate_pictures(picture->rate, ffmpeg_arguments_segment_seconds(source));
}

static void add_encoded(struct ffmpeg_arguments *arguments, const struct package_source *source,
                        const struct picture_plan *plan, size_t first, const char *preset) {
  const struct picture_coding coding = {
      .preset = preset, .transfer = picture_filter_transfer(&source->picture), .key_pictures = key_pictures_of(source)};
  argument_list_add(arguments, "-filter_complex");
  const char *filter = argument_list_begin(arguments);
  put_filter(arguments, source, plan, first);
  argument_list_end(arguments, filter);
  for (size_t i = first; i < plan->count; i++) {
    argument_list_add(arguments, "-map");
    argument_list_format(arguments, "[v%zu]", i);
  }
  const char *tag = picture_filter_is_sd(&source->picture) ? "smpte170m" : "bt709";
  const char *const colours[] = {"-fps_mode",  "cfr", "-colorspace", tag, "-color_range", "tv", "-color_primaries", tag,
                                 "-color_trc", tag,   NULL};
  argument_list_add_all(arguments, colours);
  add_key_frames(arguments, &source->picture, coding.key_pictures);
  for (size_t i = first; i < plan->count; i++) {
    picture_coding_add(arguments, &plan->list[i], i, &coding);
  }
}

/* A copy is the first rendition. */
static void add_pictures(struct ffmpeg_arguments *arguments, const struct package_source *source,
                         const struct picture_plan *plan, const char *preset) {
  static const char *const copying[] = {"-c:v:0", "copy", NULL};
  size_t first = source->picture.copy_cut > 0 ? 1 : 0;
  if (first > 0) {
    argument_list_map(arguments, source->picture.stream);
  }
  add_encoded(arguments, source, plan, first, preset);
  if (first > 0) {
    argument_list_add_all(arguments, copying);
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
  const char *filter = argument_list_begin(arguments);
  argument_list_put(arguments, "aresample=%d:async=1%s", SOUND_RATE, sound->late ? ":first_pts=0" : "");
  if (source->picture.stream >= 0) {
    argument_list_put(arguments, ",apad");
  }
  if (seconds > 0) {
    argument_list_put(arguments, ",atrim=start=%.6f:end=%.6f", packet, fmax(seconds, 2 * packet));
  }
  argument_list_end(arguments, filter);
}

static void add_sounds(struct ffmpeg_arguments *arguments, const struct package_source *source) {
  static const char *const coding[] = {"-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000", NULL};
  for (size_t i = 0; i < source->sound_count; i++) {
    argument_list_map(arguments, source->sounds[i].stream);
    const char *name = argument_list_begin(arguments);
    argument_list_put(arguments, "-filter:a:%zu", i);
    argument_list_end(arguments, name);
    add_sound_filter(arguments, source, &source->sounds[i]);
  }
  if (source->sound_count > 0) {
    argument_list_add_all(arguments, coding);
  }
}

/* --- the package -------------------------------------------------------------------------------- */

/* Each segment lasts as long as whole pictures, or packets of sound, fit in its time. Beside a copy all are cut at the
 * first key frame after the same time. */
static void add_segments(struct ffmpeg_arguments *arguments, const struct package_source *source) {
  const struct frame_rate rate = source->picture.rate;
  const int seconds = ffmpeg_arguments_segment_seconds(source);
  const double sound = floor(1.0 * seconds * SOUND_RATE / SOUND_PACKET) * SOUND_PACKET / SOUND_RATE;
  bool shown = source->picture.stream >= 0;
  argument_list_add(arguments, "-adaptation_sets");
  const char *sets = argument_list_begin(arguments);
  if (shown) {
    double length = frame_rate_pictures(rate, seconds) / frame_rate_value(rate) - SEGMENT_MARGIN;
    argument_list_put(arguments, "id=0,seg_duration=%.6f,streams=v",
                      source->picture.copy_cut > 0 ? source->picture.copy_cut : length);
  }
  if (source->sound_count > 0) {
    argument_list_put(arguments, "%sseg_duration=%.6f,streams=a", shown ? " id=1," : "id=0,", sound - SEGMENT_MARGIN);
  }
  argument_list_end(arguments, sets);
}

void ffmpeg_arguments_package(struct ffmpeg_arguments *arguments, const char *input,
                              const struct package_source *source, const struct picture_plan *plan,
                              const char *preset) {
  static const char *const begin[] = {
      "env", "SVT_LOG=1", "ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-progress", OUTPUT_FOLDER_PROGRESS,
      NULL};
  /* clang-format off */
  static const char *const output[] = {
      "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn",
      "-f", "dash", "-use_template", "1", "-use_timeline", "1",
      "-format_options", "movflags=+negative_cts_offsets:use_editlist=0",
      "-init_seg_name", "init-$RepresentationID$.m4s", "-media_seg_name", "seg-$RepresentationID$-$Number%05d$.m4s",
      NULL};
  /* clang-format on */
  enum picture_encoder encoder = plan->count > 0 ? plan->list[0].encoder : PICTURE_ENCODER_SOFTWARE;
  argument_list_add_all(arguments, begin);
  picture_coding_add_device(arguments, encoder);
  argument_list_input(arguments, input);
  if (plan->count > 0) {
    add_pictures(arguments, source, plan, preset);
  }
  add_sounds(arguments, source);
  argument_list_add_all(arguments, output);
  add_segments(arguments, source);
  argument_list_add(arguments, PACKAGE_DASH);
  if (plan->count > 0) {
    storyboard_add_output(arguments, STORYBOARD_PAD);
  }
}
