/* SPDX-License-Identifier: ISC */
/*
 * See survey.h.
 */
#include "config.h"

#include "package/ffmpeg/survey.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "package/source/copy_plan.h"
#include "package/source/survey_parse.h"

#define LOOK_SECONDS   60
#define BYTES_A_SECOND (4 << 20)  /* slow disks */
#define BYTES_OF_CPU   (32 << 20) /* of which one second of a processor makes packets */
#define LIST_MAX       (4 << 20)
#define LIST_TAIL      4096 /* of a longer one, which tells the end alone */

/* A list, or the end of one that is too long. "" if there is none. */
static void read_list(int folder_fd, const char *list, const char *segment, struct text *ret_text) {
  struct stat status;
  char block[LIST_TAIL];
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, list, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0 && fstat(fd, &status) == 0) {
    int64_t at = status.st_size > LIST_MAX ? status.st_size - LIST_TAIL : 0;
    size_t got = 0;
    while (file_read_at(fd, at, block, sizeof block, &got) == ERROR_NONE && got > 0 && ret_text->length <= LIST_MAX) {
      text_append_bytes(ret_text, block, got);
      at += (int64_t)got;
    }
  }
  text_append(ret_text, "");
  (void)unlinkat(folder_fd, list, 0); /* what stays is found strange in the end */
  (void)unlinkat(folder_fd, segment, 0);
}

static void read_ends(const struct ffmpeg_run *run, struct package_source *source) {
  __attribute__((cleanup(text_free))) struct text picture = {0};
  __attribute__((cleanup(text_free))) struct text sound = {0};
  read_list(run->folder_fd, MEASURE_PICTURE MEASURE_LIST, MEASURE_PICTURE MEASURE_SEGMENT, &picture);
  read_list(run->folder_fd, MEASURE_SOUND MEASURE_LIST, MEASURE_SOUND MEASURE_SEGMENT, &sound);
  source->picture_seconds = picture.length > 0 ? survey_parse_end(picture.data) : 0;
  source->sound_seconds = sound.length > 0 ? survey_parse_end(sound.data) : 0;
  source->picture.copy_cut =
      source->picture.plain && picture.length > 0 ? copy_plan_cut(picture.data, source->picture.rate) : 0;
  source->picture.key_pictures =
      source->picture.copy_cut > 0 ? copy_plan_period(picture.data, source->picture.rate) : 0;
}

/* Whether the largest rendition is a copy. AV1 beside it needs key frames at equal times. */
static void plan_copy(const struct ffmpeg_run *run, struct package_source *source, int64_t pictures,
                      int64_t size_bytes) {
  struct picture_plan plan;
  struct source_picture *picture = &source->picture;
  picture_plan_make(picture, &run->options->pictures, &plan);
  bool fits = run->options->pictures.copy && picture_plan_has(&plan, PICTURE_CODEC_H264) &&
              copy_plan_fits(source, &plan.list[0].size, pictures, size_bytes);
  bool odd = picture_plan_has(&plan, PICTURE_CODEC_AV1) && picture->key_pictures == 0;
  if (fits && odd && picture->copy_cut > 0 && run->options->log != NULL) {
    job_log_line(run->options->log, "no copy: its key pictures are not at equal times, which AV1 beside it needs");
  }
  picture->copy_cut = fits && !odd ? picture->copy_cut : 0;
}

/* What cannot be measured may still be packaged: a file that breaks off in the middle, say. */
static enum error measure(struct ffmpeg_run *run, struct package_source *source,
                          char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  struct stat status;
  __attribute__((cleanup(text_free))) struct text progress = {0};
  if (fstat(run->source_fd, &status) != 0) {
    return ERROR_IO;
  }
  ffmpeg_arguments_measure(&arguments, ffmpeg_run_begin(run, &arguments), source);
  enum error error = ffmpeg_run_output(run, &arguments, LOOK_SECONDS + status.st_size / BYTES_A_SECOND,
                                       LOOK_SECONDS + status.st_size / BYTES_OF_CPU, &progress, ret_reason);
  if (error != ERROR_NONE && error != ERROR_INVALID) {
    return error;
  }
  read_ends(run, source);
  if (source->picture.stream >= 0) {
    int64_t pictures = progress.length > 0 ? survey_parse_pictures(progress.data) : 0;
    plan_copy(run, source, error == ERROR_NONE ? pictures : 0, status.st_size);
    source->picture.rate = frame_rate_of_rare(source->picture.rate, pictures, source_seconds(source));
  }
  return ERROR_NONE;
}

enum error survey_streams(struct ffmpeg_run *run, struct package_source *ret_source,
                          char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  __attribute__((cleanup(text_free))) struct text json = {0};
  ffmpeg_arguments_survey(&arguments, ffmpeg_run_begin(run, &arguments));
  enum error error = ffmpeg_run_output(run, &arguments, LOOK_SECONDS, LOOK_SECONDS, &json, ret_reason);
  if (error == ERROR_NONE) {
    error = survey_parse_streams(json.length > 0 ? json.data : "", json.length, ret_source);
    if (error == ERROR_INVALID) {
      error = ffmpeg_run_refuse(error, ret_reason, "no stream of the file can be decoded");
    }
  }
  return error;
}

enum error survey_source(struct ffmpeg_run *run, struct package_source *ret_source,
                         char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct package_source source;
  enum error error = survey_streams(run, &source, ret_reason);
  if (error == ERROR_NONE) {
    error = measure(run, &source, ret_reason);
  }
  if (error == ERROR_NONE) {
    ret_reason[0] = '\0';
    *ret_source = source;
  }
  return error;
}
