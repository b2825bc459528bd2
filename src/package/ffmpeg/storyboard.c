/* SPDX-License-Identifier: ISC */
/*
 * In HLS as Roku wrote it down (EXT-X-IMAGE-STREAM-INF), in DASH as the DASH-IF did (thumbnail_tile); players that know
 * neither read the WebVTT.
 */
#include "config.h"

#include "package/ffmpeg/storyboard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/package_folder.h"
#include "files/subtitle_times.h"
#include "package/ffmpeg/output_folder.h"
#include "package/ffmpeg/picture_filter.h"

#define LONGER_SIDE     160 /* pixels */
#define PICTURES        720 /* about, of a long film */
#define UNKNOWN_SECONDS 10  /* between two, where the length is not known */
#define ON_A_SHEET      (STORYBOARD_SIDE * STORYBOARD_SIDE)
#define TILE            "tile=10x10"
#define SET_ID          90

static int even(double pixels) {
  int half = (int)lround(pixels / 2);
  return half > 0 ? 2 * half : 2;
}

struct storyboard storyboard_plan(const struct package_source *source) {
  const struct source_picture *picture = &source->picture;
  double longer = picture->width > picture->height ? picture->width : picture->height;
  double factor = fmin(1, LONGER_SIDE / longer);
  double seconds = source_seconds(source);
  double apart = seconds > 0 ? fmax(1, ceil(seconds / PICTURES)) : UNKNOWN_SECONDS;
  int step = (int)lround(apart * frame_rate_value(picture->rate));
  return (struct storyboard){.width = even(picture->width * factor),
                             .height = even(picture->height * factor),
                             .step = step > 0 ? step : 1,
                             .rate = picture->rate,
                             .seconds = seconds};
}

void storyboard_put_filter(struct ffmpeg_arguments *arguments, const struct storyboard *plan,
                           const struct source_picture *picture) {
  argument_list_put(arguments, "framestep=%d,", plan->step);
  picture_filter_scale(arguments, picture, plan->width, plan->height);
  picture_filter_matrix(arguments, picture, "bt601");
  argument_list_put(arguments, ":out_range=pc,pad=%d:%d:-1:-1,setsar=1,format=yuvj420p," TILE, plan->width,
                    plan->height);
}

void storyboard_add_output(struct ffmpeg_arguments *arguments, const char *name) {
  static const char *const output[] = {"-fps_mode",     "passthrough", "-c:v", "mjpeg",  "-q:v",           "6",
                                       "-map_metadata", "-1",          "-f",   "image2", STORYBOARD_SHEET, NULL};
  argument_list_add(arguments, "-map");
  argument_list_add(arguments, name);
  argument_list_add_all(arguments, output);
}

static int64_t sheet_size(int folder_fd, int number) {
  char name[32];
  struct stat status;
  snprintf(name, sizeof name, STORYBOARD_SHEET, number);
  return fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

static void remove_sheets(int folder_fd) {
  char name[32];
  for (int number = 1; sheet_size(folder_fd, number) > 0; number++) {
    snprintf(name, sizeof name, STORYBOARD_SHEET, number);
    (void)unlinkat(folder_fd, name, 0); /* what stays is none of a package's, which is told */
  }
}

static enum error write_lists(int folder_fd, const struct storyboard *storyboard) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  storyboard_append_vtt(&text, storyboard);
  enum error error = output_folder_replace(folder_fd, PACKAGE_STORYBOARD, &text);
  if (error == ERROR_NONE) {
    text_clear(&text);
    storyboard_append_playlist(&text, storyboard);
    error = output_folder_replace(folder_fd, STORYBOARD_PLAYLIST, &text);
  }
  return error;
}

enum error storyboard_make(int folder_fd, const struct package_source *source, double seconds,
                           struct storyboard *ret_storyboard) {
  *ret_storyboard = (struct storyboard){.count = 0};
  if (source->picture.stream < 0) {
    return ERROR_NONE;
  }
  struct storyboard made = storyboard_plan(source);
  made.seconds = seconds;
  double pictures = fmax(1, round(seconds * frame_rate_value(made.rate)));
  made.count = (int)ceil(pictures / made.step);
  made.sheets = (made.count + ON_A_SHEET - 1) / ON_A_SHEET;
  for (int number = 1; number <= made.sheets; number++) {
    int64_t size = sheet_size(folder_fd, number);
    made.largest_size = size > made.largest_size ? size : made.largest_size;
    if (size == 0) {
      remove_sheets(folder_fd);
      return ERROR_NONE;
    }
  }
  enum error error = write_lists(folder_fd, &made);
  if (error == ERROR_NONE) {
    *ret_storyboard = made;
  }
  return error;
}

/* --- lists -------------------------------------------------------------------------------------- */

static double apart_of(const struct storyboard *storyboard) {
  return storyboard->step / frame_rate_value(storyboard->rate);
}

void storyboard_append_vtt(struct text *text, const struct storyboard *storyboard) {
  text_append(text, "WEBVTT\n\n");
  for (int i = 0; i < storyboard->count; i++) {
    int place = i % ON_A_SHEET;
    double end = fmin((i + 1) * apart_of(storyboard), fmax(storyboard->seconds, i * apart_of(storyboard) + 0.001));
    subtitle_times_append_one(text, llround(i * apart_of(storyboard) * 1000));
    text_append(text, " --> ");
    subtitle_times_append_one(text, llround(end * 1000));
    text_appendf(text, "\n" STORYBOARD_SHEET "#xywh=%d,%d,%d,%d\n\n", i / ON_A_SHEET + 1,
                 place % STORYBOARD_SIDE * storyboard->width, place / STORYBOARD_SIDE * storyboard->height,
                 storyboard->width, storyboard->height);
  }
}

void storyboard_append_playlist(struct text *text, const struct storyboard *storyboard) {
  double sheet = ON_A_SHEET * apart_of(storyboard);
  text_appendf(text,
               "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%.0f\n#EXT-X-MEDIA-SEQUENCE:1\n"
               "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-IMAGES-ONLY\n",
               fmax(1, ceil(fmin(sheet, storyboard->seconds))));
  for (int number = 1; number <= storyboard->sheets; number++) {
    text_appendf(text,
                 "#EXTINF:%.6f,\n#EXT-X-TILES:RESOLUTION=%dx%d,LAYOUT=%dx%d,DURATION=%.6f\n" STORYBOARD_SHEET "\n",
                 fmin(sheet, fmax(0.001, storyboard->seconds - (number - 1) * sheet)), storyboard->width,
                 storyboard->height, STORYBOARD_SIDE, STORYBOARD_SIDE, apart_of(storyboard), number);
  }
  text_append(text, "#EXT-X-ENDLIST\n");
}

static int64_t rate_of(const struct storyboard *storyboard) {
  double seconds = fmax(1, fmin(ON_A_SHEET * apart_of(storyboard), storyboard->seconds));
  return (int64_t)ceil((double)storyboard->largest_size * 8 / seconds);
}

void storyboard_append_stream(struct text *text, const struct storyboard *storyboard) {
  if (storyboard->count > 0) {
    text_appendf(text,
                 "#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=%" PRId64
                 ",RESOLUTION=%dx%d,CODECS=\"jpeg\",URI=\"" STORYBOARD_PLAYLIST "\"\n",
                 rate_of(storyboard), storyboard->width, storyboard->height);
  }
}

void storyboard_append_set(struct text *text, const struct storyboard *storyboard) {
  if (storyboard->count > 0) {
    text_appendf(
        text,
        "    <AdaptationSet id=\"%d\" contentType=\"image\" mimeType=\"image/jpeg\">\n"
        "      <SegmentTemplate media=\"storyboard-$Number%%03d$.jpg\" timescale=\"%d\" duration=\"%" PRId64
        "\" startNumber=\"1\"/>\n"
        "      <Representation id=\"storyboard\" bandwidth=\"%" PRId64 "\" width=\"%d\" height=\"%d\">\n"
        "        <EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/thumbnail_tile\" value=\"%dx%d\"/>\n"
        "      </Representation>\n    </AdaptationSet>\n",
        SET_ID, storyboard->rate.numerator, (int64_t)ON_A_SHEET * storyboard->step * storyboard->rate.denominator,
        rate_of(storyboard), STORYBOARD_SIDE * storyboard->width, STORYBOARD_SIDE * storyboard->height, STORYBOARD_SIDE,
        STORYBOARD_SIDE);
  }
}
