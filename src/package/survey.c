/* SPDX-License-Identifier: ISC */
/*
 * See survey.h.
 */
#include "config.h"

#include "package/survey.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "package/survey_parse.h"

#define LOOK_SECONDS   60
#define BYTES_A_SECOND (4 << 20)  /* slow disks */
#define BYTES_OF_CPU   (32 << 20) /* of which one second of a processor makes packets */
#define LIST_MAX       4096

static double read_end(int folder_fd, const char *list, const char *segment) {
  char text[LIST_MAX + 1];
  size_t size = 0;
  double end = 0;
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, list, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd >= 0 && file_read_at(fd, 0, text, LIST_MAX, &size) == ERROR_NONE) {
    text[size] = '\0';
    end = survey_parse_end(text);
  }
  (void)unlinkat(folder_fd, list, 0); /* what stays is found strange in the end */
  (void)unlinkat(folder_fd, segment, 0);
  return end;
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
  source->picture_seconds = read_end(run->folder_fd, MEASURE_PICTURE MEASURE_LIST, MEASURE_PICTURE MEASURE_SEGMENT);
  source->sound_seconds = read_end(run->folder_fd, MEASURE_SOUND MEASURE_LIST, MEASURE_SOUND MEASURE_SEGMENT);
  if (source->picture.stream >= 0 && progress.length > 0) {
    source->picture.rate =
        frame_rate_of_rare(source->picture.rate, survey_parse_pictures(progress.data), source_seconds(source));
  }
  return ERROR_NONE;
}

enum error survey_source(struct ffmpeg_run *run, struct package_source *ret_source,
                         char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  struct package_source source;
  __attribute__((cleanup(text_free))) struct text json = {0};
  ffmpeg_arguments_survey(&arguments, ffmpeg_run_begin(run, &arguments));
  enum error error = ffmpeg_run_output(run, &arguments, LOOK_SECONDS, LOOK_SECONDS, &json, ret_reason);
  if (error == ERROR_NONE) {
    error = survey_parse_streams(json.length > 0 ? json.data : "", json.length, &source);
    if (error == ERROR_INVALID) {
      error = ffmpeg_run_refuse(error, ret_reason, "no stream of the file can be decoded");
    }
  }
  if (error == ERROR_NONE) {
    error = measure(run, &source, ret_reason);
  }
  if (error == ERROR_NONE) {
    ret_reason[0] = '\0';
    *ret_source = source;
  }
  return error;
}
