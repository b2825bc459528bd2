/* SPDX-License-Identifier: ISC */
/*
 * See job_log.h.
 */
#include "config.h"

#include "package/ffmpeg/job_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define LINE_MAX_BYTES  600
#define WORD_MAX_BYTES  400
#define WORDS_MAX_LINES 40

/* What is not printable becomes "?". */
static void append_plain(struct text *text, const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    char c = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?';
    text_append_bytes(text, &c, 1);
  }
}

void job_log_line(struct job_log *log, const char *format, ...) {
  char line[LINE_MAX_BYTES];
  if (log->text.length >= JOB_LOG_MAX) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text_appendf(&log->text, "%8.2f ", (double)(clock_monotonic_ms() - log->began_ms) / 1000);
  append_plain(&log->text, line, strlen(line));
  text_append(&log->text, log->text.length >= JOB_LOG_MAX ? "\n(the rest is left out)\n" : "\n");
}

/* One word or line, in which the two paths give way to names. */
static void append_without_paths(struct text *text, const char *word, size_t size, const char *folder,
                                 const char *input) {
  size_t folder_length = strlen(folder), input_length = strlen(input);
  for (size_t i = 0; i < size;) {
    if (folder_length > 0 && size - i >= folder_length && memcmp(word + i, folder, folder_length) == 0) {
      text_append(text, "OUTPUT");
      i += folder_length;
    } else if (input_length > 0 && size - i >= input_length && memcmp(word + i, input, input_length) == 0) {
      text_append(text, "INPUT");
      i += input_length;
    } else {
      append_plain(text, word + i++, 1);
    }
  }
}

static bool is_program(const char *word) {
  return strcmp(word, "ffmpeg") == 0 || strcmp(word, "ffprobe") == 0;
}

void job_log_command(struct job_log *log, const char *const *argv, const char *folder, const char *input) {
  __attribute__((cleanup(text_free))) struct text line = {0};
  while (*argv != NULL && !is_program(*argv)) {
    argv++;
  }
  for (; *argv != NULL && line.length < LINE_MAX_BYTES * 8; argv++) {
    size_t size = strlen(*argv);
    text_append(&line, line.length > 0 ? " " : "");
    append_without_paths(&line, *argv, size < WORD_MAX_BYTES ? size : WORD_MAX_BYTES, folder, input);
    text_append(&line, size > WORD_MAX_BYTES ? "..." : "");
  }
  if (log->text.length < JOB_LOG_MAX && line.length > 0) {
    text_appendf(&log->text, "%8.2f %s\n", (double)(clock_monotonic_ms() - log->began_ms) / 1000, line.data);
  }
}

void job_log_words(struct job_log *log, const char *words, const char *folder, const char *input) {
  int lines = 0;
  for (const char *at = words; *at != '\0' && lines < WORDS_MAX_LINES && log->text.length < JOB_LOG_MAX; lines++) {
    size_t size = strcspn(at, "\r\n");
    text_append(&log->text, "         | ");
    append_without_paths(&log->text, at, size < LINE_MAX_BYTES ? size : LINE_MAX_BYTES, folder, input);
    text_append(&log->text, "\n");
    at += size;
    at += strspn(at, "\r\n");
  }
}
