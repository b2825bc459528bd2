/* SPDX-License-Identifier: ISC */
/*
 * JPEG has the coefficients of BT.601 and the full range of values, whatever the film has.
 */
#include "config.h"

#include "package/ffmpeg/poster.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/package_folder.h"
#include "package/ffmpeg/picture_filter.h"

#define POSTER_SECONDS 60   /* that making one may take */
#define SEARCH         "60" /* seconds of film in which one is looked for */
#define DARK           "20" /* mean brightness, of 255 */

static const struct {
  const char *file;
  int width;
} sizes[] = {{PACKAGE_POSTER, 1280}, {PACKAGE_POSTER_MEDIUM, 640}, {PACKAGE_POSTER_SMALL, 320}};
#define SIZES (sizeof sizes / sizeof sizes[0])

static bool is_bright(enum poster_choice choice) {
  return choice == POSTER_BRIGHT || choice == POSTER_BRIGHT_KEY || choice == POSTER_BRIGHT_ANY;
}

/* --- arguments ---------------------------------------------------------------------------------- */

static void add_input(struct ffmpeg_arguments *arguments, const char *input, enum poster_choice choice,
                      double seconds) {
  static const char *const search[] = {"-t", SEARCH, NULL};
  static const char *const keys[] = {"-skip_frame", "nokey", NULL};
  const char *const image[] = {
      "-protocol_whitelist", "file", "-format_whitelist", "jpeg_pipe,png_pipe,webp_pipe", "-i", input, NULL};
  if (choice == POSTER_BRIGHT) {
    argument_list_add_all(arguments, search);
  }
  if (choice == POSTER_BRIGHT_KEY) {
    argument_list_add_all(arguments, keys);
  }
  if (choice == POSTER_BRIGHT || choice == POSTER_AT_TENTH || choice == POSTER_AT_TIME) {
    argument_list_add(arguments, "-ss");
    argument_list_format(arguments, "%.3f", seconds);
  }
  if (choice == POSTER_IMAGE) {
    argument_list_add_all(arguments, image);
  } else {
    argument_list_input(arguments, input);
  }
}

static int height_of(const struct source_picture *picture, int width) {
  return (int)fmax(1, round((double)picture->height * width / picture->width));
}

static int width_of(const struct source_picture *picture, size_t size) {
  return picture->width < sizes[size].width ? picture->width : sizes[size].width;
}

/* An image may be of any size. */
static void put_image(struct ffmpeg_arguments *arguments) {
  argument_list_put(arguments,
                    "[0:v]scale=w='min(%d,iw)':h=-1:out_color_matrix=bt601:out_range=pc,setsar=1,format=yuvj420p",
                    sizes[0].width);
}

static void put_picture(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                        enum poster_choice choice) {
  int width = width_of(picture, 0), height = height_of(picture, width);
  argument_list_put(arguments, "[0:%d]", picture->stream);
  if (picture_filter_is_hdr(picture)) {
    picture_filter_tone_map(arguments, picture, width + width % 2, height + height % 2);
  }
  argument_list_put(arguments, "scale=%d:%d", width, height);
  picture_filter_matrix(arguments, picture, "bt601");
  argument_list_put(arguments, ":out_range=pc:flags=bicubic+accurate_rnd,setsar=1,format=yuvj420p");
  if (is_bright(choice)) {
    argument_list_put(arguments,
                      ",signalstats,metadata=mode=select:key=lavfi.signalstats.YAVG:value=" DARK ":function=greater");
  }
}

/* The picture is found in its largest size; the others are made of that. */
static void add_filter(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                       enum poster_choice choice) {
  argument_list_add(arguments, "-filter_complex");
  const char *filter = argument_list_begin(arguments);
  if (choice == POSTER_IMAGE) {
    put_image(arguments);
  } else {
    put_picture(arguments, picture, choice);
  }
  argument_list_put(arguments, ",split=%zu[p0][q1][q2]", SIZES);
  for (size_t i = 1; i < SIZES; i++) {
    argument_list_put(arguments, ";[q%zu]scale=w='min(%d,iw)':h=-1[p%zu]", i, sizes[i].width, i);
  }
  argument_list_end(arguments, filter);
}

void poster_arguments(struct ffmpeg_arguments *arguments, const char *input, const struct source_picture *picture,
                      enum poster_choice choice, double seconds) {
  static const char *const begin[] = {"ffmpeg", "-nostdin", "-hide_banner", "-v", "error", NULL};
  static const char *const output[] = {"-frames:v", "1",       "-q:v", "4", "-map_metadata", "-1", "-f",
                                       "image2",    "-update", "1",    NULL};
  argument_list_add_all(arguments, begin);
  add_input(arguments, input, choice, seconds);
  add_filter(arguments, picture, choice);
  for (size_t i = 0; i < SIZES; i++) {
    argument_list_add(arguments, "-map");
    argument_list_format(arguments, "[p%zu]", i);
    argument_list_add_all(arguments, output);
    argument_list_add(arguments, sizes[i].file);
  }
}

/* --- making one --------------------------------------------------------------------------------- */

static bool is_there(int folder_fd) {
  bool there = true;
  struct stat status;
  for (size_t i = 0; i < SIZES; i++) {
    there = there && fstatat(folder_fd, sizes[i].file, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size > 0;
  }
  return there;
}

static enum error try_poster(struct ffmpeg_run *run, const struct source_picture *picture, enum poster_choice choice,
                             double seconds, char ret_reason[TRANSCODE_REASON_SIZE], bool *ret_made) {
  struct ffmpeg_arguments arguments;
  poster_arguments(&arguments, ffmpeg_run_begin(run, &arguments), picture, choice, seconds);
  enum error error = ffmpeg_run(run, &arguments, POSTER_SECONDS, POSTER_SECONDS, ret_reason);
  *ret_made = error == ERROR_NONE && is_there(run->folder_fd);
  for (size_t i = 0; i < SIZES && !*ret_made; i++) {
    (void)unlinkat(run->folder_fd, sizes[i].file, 0); /* perhaps half of one, perhaps none */
  }
  return error;
}

enum error poster_make(struct ffmpeg_run *run, const struct package_source *source,
                       char ret_reason[TRANSCODE_REASON_SIZE]) {
  bool made = false;
  enum error error = ERROR_NONE;
  for (int choice = POSTER_BRIGHT;
       choice <= POSTER_FIRST && !made && (error == ERROR_NONE || error == ERROR_INVALID || error == ERROR_TIMEOUT);
       choice++) {
    error =
        try_poster(run, &source->picture, (enum poster_choice)choice, source_seconds(source) / 10, ret_reason, &made);
  }
  return error == ERROR_INVALID || error == ERROR_TIMEOUT ? ERROR_NONE : error;
}

enum error poster_make_chosen(struct ffmpeg_run *run, const struct source_picture *picture, enum poster_choice choice,
                              double seconds, char ret_reason[TRANSCODE_REASON_SIZE]) {
  bool made = false;
  enum error error = try_poster(run, picture, choice, seconds, ret_reason, &made);
  if (error == ERROR_NONE && !made) {
    error = ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "there is no picture at this time");
  }
  return error;
}
