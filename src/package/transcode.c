/* SPDX-License-Identifier: ISC */
/*
 * From a source to a package that plays: look at the source, make segments of it, read what was made, judge it, and
 * write the playlists of what is there. ffmpeg's own playlists are thrown away.
 */
#include "config.h"

#include "package/transcode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "package/ffmpeg/output_folder.h"
#include "package/playlist/package_check.h"
#include "package/playlist/package_facts.h"
#include "package/playlist/package_playlists.h"
#include "package/playlist/package_texts.h"
#include "package/ffmpeg/poster.h"
#include "package/ffmpeg/storyboard.h"
#include "package/ffmpeg/survey.h"

#define START_SECONDS      60 /* for a source of any length */
#define START_CPU_SECONDS  2
#define UNKNOWN_DURATION   (6 * 3600)
#define HOURS_MAX          24
#define OUTPUT_GRACE_BYTES (INT64_C(256) << 20)
#define NO_PLAY            "the package would not play: "
#define REMEDY             "; make a plain file of it: ffmpeg -i FILE -c:v libx264 -c:a aac new.mp4"

/* --- ffmpeg ------------------------------------------------------------------------------------- */

/* What a package is made of, and what becomes of it. */
struct making {
  struct package_source *source;
  struct picture_wishes wishes;
  bool encoded; /* ffmpeg made segments, whatever they are */
  struct picture_plan plan;
  struct package_beside beside;
};

static enum sandbox_device device_of(enum picture_encoder encoder) {
  return encoder == PICTURE_ENCODER_SOFTWARE ? SANDBOX_DEVICE_NONE
         : encoder == PICTURE_ENCODER_NVENC  ? SANDBOX_DEVICE_NVIDIA
                                             : SANDBOX_DEVICE_DRI;
}

static enum error make_segments(struct ffmpeg_run *run, const struct making *making,
                                char ret_reason[TRANSCODE_REASON_SIZE]) {
  static struct ffmpeg_arguments arguments; /* large; a packager does one thing at a time */
  const struct package_source *source = making->source;
  double duration = source_seconds(source) > 0 ? source_seconds(source) : UNKNOWN_DURATION;
  if (duration > HOURS_MAX * 3600.0) { /* its length bounds the time that it gets */
    return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "the file is longer than %d hours", HOURS_MAX);
  }
  int64_t seconds = START_SECONDS + (int64_t)duration * run->options->time_factor;
  int64_t cpu_seconds = START_CPU_SECONDS + (int64_t)(duration * (double)run->options->cpu_factor);
  run->device = device_of(making->wishes.encoder);
  ffmpeg_arguments_package(&arguments, ffmpeg_run_begin(run, &arguments), source, &making->plan, run->options->preset);
  run->duration_seconds = source_seconds(source);
  run->segment_seconds = ffmpeg_arguments_segment_seconds(source);
  run->device = SANDBOX_DEVICE_NONE;
  return ffmpeg_run(run, &arguments, seconds, cpu_seconds, ret_reason);
}

/* --- what was made ------------------------------------------------------------------------------ */

static enum error look(const struct ffmpeg_run *run, struct output_folder *ret_content,
                       char ret_reason[TRANSCODE_REASON_SIZE]) {
  if (unlinkat(run->folder_fd, OUTPUT_FOLDER_PROGRESS, 0) != 0 && errno != ENOENT) {
    return file_error_from_errno(errno);
  }
  enum error error = output_folder_look(run->folder_fd, ret_content);
  if (error == ERROR_NONE && ret_content->strange) {
    /* ffmpeg names its files otherwise until they are written; what else is there somebody smuggled in. */
    error = ffmpeg_run_refuse(ERROR_INVALID, ret_reason, FFMPEG_RUN_STRANGE_FILE);
  }
  if (error == ERROR_NONE && (ret_content->segments == 0 || ret_content->empty)) {
    error = ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "there is no picture and no sound in the file that lasts");
  }
  return error;
}

/* Pictures come first among the tracks, then sounds in the source's order. */
static void describe(struct package_tracks *tracks, const struct making *making) {
  size_t pictures = making->plan.count;
  for (size_t i = 0; i < tracks->count; i++) {
    tracks->list[i].rate = making->source->picture.rate;
    tracks->list[i].planned = i < pictures ? &making->plan.list[i] : NULL;
    tracks->list[i].sound = i < pictures ? NULL : &making->source->sounds[i - pictures];
  }
}

static enum error judge(const struct ffmpeg_run *run, const struct making *making, struct package_tracks *tracks,
                        char ret_reason[TRANSCODE_REASON_SIZE]) {
  char reason[PACKAGE_CHECK_REASON_SIZE];
  size_t track = 0;
  enum error error =
      package_tracks_read(run->folder_fd, making->plan.count + making->source->sound_count, tracks, &track);
  if (error == ERROR_NOT_FOUND || error == ERROR_INVALID) {
    return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, NO_PLAY "track %zu cannot be read" REMEDY, track);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  describe(tracks, making);
  error = package_check(tracks, source_seconds(making->source), reason);
  return error == ERROR_NONE ? error : ffmpeg_run_refuse(error, ret_reason, NO_PLAY "%s" REMEDY, reason);
}

static enum error write_text_playlists(int folder_fd, const struct package_texts *texts, double seconds) {
  enum error error = ERROR_NONE;
  __attribute__((cleanup(text_free))) struct text text = {0};
  for (size_t i = 0; i < texts->count && error == ERROR_NONE; i++) {
    char playlist[PACKAGE_TEXT_SIZE], file[PACKAGE_TEXT_SIZE];
    package_texts_file(i, ".m3u8", playlist);
    package_texts_file(i, ".vtt", file);
    text_clear(&text);
    text_track_append_playlist(&text, file, seconds);
    error = output_folder_replace(folder_fd, playlist, &text);
  }
  return error;
}

static enum error write_playlists(int folder_fd, const struct package_tracks *tracks,
                                  const struct package_beside *beside) {
  char name[32];
  enum error error = ERROR_NONE;
  __attribute__((cleanup(text_free))) struct text text = {0};
  for (size_t i = 0; i < tracks->count && error == ERROR_NONE; i++) {
    text_clear(&text);
    snprintf(name, sizeof name, "media_%zu.m3u8", i);
    package_playlists_media(&text, tracks, i);
    error = output_folder_replace(folder_fd, name, &text);
  }
  if (error == ERROR_NONE) {
    text_clear(&text);
    package_playlists_master(&text, tracks, beside);
    error = output_folder_replace(folder_fd, PACKAGE_HLS, &text);
  }
  if (error == ERROR_NONE) {
    text_clear(&text);
    package_playlists_dash(&text, tracks, beside);
    error = output_folder_replace(folder_fd, PACKAGE_DASH, &text);
  }
  return error == ERROR_NONE ? write_text_playlists(folder_fd, &beside->texts, package_track_seconds(&tracks->list[0]))
                             : error;
}

/* With the playlists, which were not there when it was looked at. */
static enum error describe_package(const struct ffmpeg_run *run, const struct making *making,
                                   struct transcode_result *result) {
  struct output_folder content = {0};
  enum error error = output_folder_look(run->folder_fd, &content);
  result->size_bytes = content.size_bytes;
  package_facts_append(&result->facts, making->source, &making->plan, &making->beside, content.size_bytes);
  return error == ERROR_NONE && result->facts.failed ? ERROR_MEMORY : error;
}

static enum error finish(const struct ffmpeg_run *run, struct making *making, struct transcode_result *ret_result,
                         char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct output_folder content = {0};
  struct package_tracks tracks = {.count = 0};
  enum error error = look(run, &content, ret_reason);
  if (error == ERROR_NONE) {
    error = judge(run, making, &tracks, ret_reason);
  }
  if (error == ERROR_NONE) {
    error = storyboard_make(run->folder_fd, making->source, package_track_seconds(&tracks.list[0]),
                            &making->beside.storyboard);
  }
  if (error == ERROR_NONE) {
    error = write_playlists(run->folder_fd, &tracks, &making->beside);
  }
  if (error == ERROR_NONE) {
    *ret_result = (struct transcode_result){.segments = content.segments,
                                            .has_poster = content.has_poster,
                                            .copied = making->source->picture.copy_cut > 0,
                                            .duration_seconds = package_track_seconds(&tracks.list[0])};
    ret_result->has_timeline = package_track_timeline(&tracks.list[0], &ret_result->timeline);
    error = describe_package(run, making, ret_result);
  }
  package_tracks_free(&tracks);
  return error;
}

static enum error make(struct ffmpeg_run *run, struct making *making, struct transcode_result *ret_result,
                       char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct package_source *source = making->source;
  picture_plan_make(&source->picture, &making->wishes, &making->plan);
  making->beside = (struct package_beside){.texts = {.count = 0}};
  enum error error = make_segments(run, making, ret_reason);
  making->encoded = error == ERROR_NONE;
  if (error == ERROR_NONE && source->picture.stream >= 0) {
    error = poster_make(run, source, ret_reason);
  }
  if (error == ERROR_NONE) {
    error = package_texts_make(run, source, &making->beside.texts, ret_reason);
  }
  return error == ERROR_NONE ? finish(run, making, ret_result, ret_reason) : error;
}

/* Changes how it is made after a failure; false: there is no other way. Hardware may be missing, and a driver may fail
 * on any film. What a file says of its pictures may be wrong, so that a copy would not play. */
static bool change_way(const struct ffmpeg_run *run, struct making *making, enum error error, const char *reason) {
  bool hardware = making->wishes.encoder != PICTURE_ENCODER_SOFTWARE && making->plan.count > 0;
  bool copied = making->source->picture.copy_cut > 0;
  bool passes = error == ERROR_INVALID || (hardware && (error == ERROR_TIMEOUT || error == ERROR_MEMORY));
  if (!passes || run->error != ERROR_NONE || (!hardware && !copied)) {
    return false;
  }
  if (hardware && !(making->encoded && copied)) {
    making->wishes.encoder = PICTURE_ENCODER_SOFTWARE;
  } else {
    making->source->picture.copy_cut = 0;
  }
  if (run->options->log != NULL) {
    job_log_line(run->options->log,
                 making->wishes.encoder == PICTURE_ENCODER_SOFTWARE && hardware
                     ? "the hardware does not encode it, so software does: %s"
                     : "the copy would not play, so the picture is encoded: %s",
                 reason);
  }
  return true;
}

static enum error make_somehow(struct ffmpeg_run *run, struct package_source *source,
                               struct transcode_result *ret_result, char ret_reason[TRANSCODE_REASON_SIZE]) {
  size_t left_out_count = source->left_out_count;
  struct making making = {.source = source, .wishes = run->options->pictures};
  enum error error = make(run, &making, ret_result, ret_reason);
  while (error != ERROR_NONE && change_way(run, &making, error, ret_reason)) {
    error = output_folder_clear(run->folder_fd);
    source->left_out_count = left_out_count;
    run->segments = 0;
    ret_reason[0] = '\0';
    error = error == ERROR_NONE ? make(run, &making, ret_result, ret_reason) : error;
  }
  return error;
}

enum error transcode_run(int source_fd, const char *folder, const struct transcode_options *options,
                         struct transcode_result *ret_result, char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct stat status;
  struct package_source source;
  ret_reason[0] = '\0';
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0 || fstat(source_fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  struct ffmpeg_run run = {.options = options,
                           .folder = folder,
                           .folder_fd = folder_fd,
                           .source_fd = source_fd,
                           .max_bytes = (int64_t)status.st_size * options->output_factor + OUTPUT_GRACE_BYTES};
  enum error error = survey_source(&run, &source, ret_reason);
  return error == ERROR_NONE ? make_somehow(&run, &source, ret_result, ret_reason) : error;
}
