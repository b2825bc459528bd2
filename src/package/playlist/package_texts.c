/* SPDX-License-Identifier: ISC */
/*
 * ffmpeg makes WebVTT of all kinds of text; what it makes is read as an upload is, so that players get nothing else.
 */
#include "config.h"

#include "package/playlist/package_texts.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "files/package_folder.h"
#include "files/subtitle_times.h"
#include "files/subtitles.h"
#include "package/ffmpeg/output_folder.h"
#include "package/source/survey_texts.h"

#define LOOK_SECONDS   60
#define BYTES_A_SECOND (4 << 20)  /* slow disks */
#define BYTES_OF_CPU   (32 << 20) /* of which one second of a processor makes packets */

void package_texts_file(size_t number, const char *extension, char ret_name[PACKAGE_TEXT_SIZE]) {
  snprintf(ret_name, PACKAGE_TEXT_SIZE, "subtitle-%zu%s", number, extension);
}

struct text_track package_texts_track(const struct package_text *text) {
  const struct source_subtitle *subtitle = text->subtitle;
  return (struct text_track){
      .name = text->name, .language = subtitle->language, .forced = subtitle->forced, .sdh = subtitle->sdh};
}

/* --- subtitles ---------------------------------------------------------------------------------- */

static enum error extract(struct ffmpeg_run *run, const struct package_source *source,
                          char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  struct stat status;
  if (fstat(run->source_fd, &status) != 0) {
    return ERROR_IO;
  }
  ffmpeg_arguments_subtitles(&arguments, ffmpeg_run_begin(run, &arguments), source);
  enum error error = ffmpeg_run(run, &arguments, LOOK_SECONDS + status.st_size / BYTES_A_SECOND,
                                LOOK_SECONDS + status.st_size / BYTES_OF_CPU, ret_reason);
  return error == ERROR_INVALID && run->error == ERROR_NONE ? ERROR_NONE : error; /* what is there is there */
}

/* Takes what ffmpeg wrote away. False: there is nothing of use. */
static bool take(int folder_fd, const char *name, struct text *ret_vtt, int *ret_cues) {
  static char bytes[SUBTITLES_MAX_BYTES]; /* a packager does one thing at a time */
  struct subtitles_result result;
  size_t size = 0;
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  bool good = fd >= 0 && file_read_at(fd, 0, bytes, sizeof bytes, &size) == ERROR_NONE && size > 0 &&
              size < sizeof bytes && subtitles_normalise(bytes, size, ret_vtt, &result) == ERROR_NONE;
  *ret_cues = good ? result.cues : 0;
  (void)unlinkat(folder_fd, name, 0); /* what stays is found strange in the end */
  return good;
}

/* Players offer them by name. */
static void name_text(struct package_text *text, size_t number) {
  const struct source_subtitle *subtitle = text->subtitle;
  const char *name = subtitle->name[0] != '\0' ? subtitle->name : subtitle->language;
  snprintf(text->name, sizeof text->name, "%s%s%zu", name, name[0] != '\0' ? " " : "", number + 1);
}

static enum error keep(const struct ffmpeg_run *run, struct package_source *source, size_t number,
                       struct package_texts *texts) {
  const struct source_subtitle *subtitle = &source->subtitles[number];
  char name[PACKAGE_TEXT_SIZE];
  int cues = 0;
  __attribute__((cleanup(text_free))) struct text vtt = {0};
  package_texts_file(number, ".vtt", name);
  if (!take(run->folder_fd, name, &vtt, &cues)) {
    survey_texts_leave_out(source, "subtitles %d (%s): no text of less than 1 MiB could be read", subtitle->stream,
                           subtitle->language[0] != '\0' ? subtitle->language : "no language");
    return ERROR_NONE;
  }
  struct package_text *text = &texts->list[texts->count];
  *text = (struct package_text){.subtitle = subtitle, .cues = cues};
  name_text(text, texts->count);
  package_texts_file(texts->count++, ".vtt", name);
  return output_folder_replace(run->folder_fd, name, &vtt);
}

/* --- chapters ----------------------------------------------------------------------------------- */

static void append_title(struct text *text, const struct source_chapter *chapter, size_t number) {
  if (chapter->title[0] == '\0') {
    text_appendf(text, "%zu", number + 1);
  }
  for (const char *c = chapter->title; *c != '\0'; c++) {
    text_append(text, *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : "");
    text_append_bytes(text, c, strchr("&<>", *c) == NULL ? 1 : 0);
  }
}

void package_texts_append_chapters(struct text *text, const struct package_source *source) {
  text_append(text, "WEBVTT\n\n");
  for (size_t i = 0; i < source->chapter_count; i++) {
    const struct source_chapter *chapter = &source->chapters[i];
    subtitle_times_append_one(text, llround(chapter->begin * 1000));
    text_append(text, " --> ");
    subtitle_times_append_one(text, llround(chapter->end * 1000));
    text_append(text, "\n");
    append_title(text, chapter, i);
    text_append(text, "\n\n");
  }
}

enum error package_texts_make(struct ffmpeg_run *run, struct package_source *source, struct package_texts *ret_texts,
                              char ret_reason[TRANSCODE_REASON_SIZE]) {
  *ret_texts = (struct package_texts){.count = 0};
  enum error error = source->subtitle_count > 0 ? extract(run, source, ret_reason) : ERROR_NONE;
  for (size_t i = 0; i < source->subtitle_count && error == ERROR_NONE; i++) {
    error = keep(run, source, i, ret_texts);
  }
  if (error == ERROR_NONE && source->chapter_count > 0) {
    __attribute__((cleanup(text_free))) struct text vtt = {0};
    package_texts_append_chapters(&vtt, source);
    error = output_folder_replace(run->folder_fd, PACKAGE_CHAPTERS, &vtt);
  }
  return error;
}
