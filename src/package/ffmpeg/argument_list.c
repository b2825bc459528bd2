/* SPDX-License-Identifier: ISC */
/*
 * What is too much is a bug: PICTURE_PLAN_MAX, SOURCE_SOUNDS_MAX and SOURCE_SUBTITLES_MAX bound what is added.
 */
#include "config.h"

#include "package/ffmpeg/argument_list.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "files/probe_parse.h"

void argument_list_add(struct ffmpeg_arguments *arguments, const char *argument) {
  assert(arguments->count < FFMPEG_ARGUMENTS_MAX - 1);
  arguments->argv[arguments->count++] = argument;
  arguments->argv[arguments->count] = NULL;
}

void argument_list_add_all(struct ffmpeg_arguments *arguments, const char *const *more) {
  for (; *more != NULL; more++) {
    argument_list_add(arguments, *more);
  }
}

static void PRINTF_LIKE(2, 0) append(struct ffmpeg_arguments *arguments, const char *format, va_list values) {
  int length =
      vsnprintf(arguments->storage + arguments->used, sizeof arguments->storage - arguments->used, format, values);
  assert(length >= 0 && (size_t)length < sizeof arguments->storage - arguments->used);
  arguments->used += (size_t)length;
}

const char *argument_list_begin(const struct ffmpeg_arguments *arguments) {
  return arguments->storage + arguments->used;
}

void argument_list_put(struct ffmpeg_arguments *arguments, const char *format, ...) {
  va_list values;
  va_start(values, format);
  append(arguments, format, values);
  va_end(values);
}

void argument_list_end(struct ffmpeg_arguments *arguments, const char *text) {
  arguments->used++; /* the NUL */
  argument_list_add(arguments, text);
}

void argument_list_format(struct ffmpeg_arguments *arguments, const char *format, ...) {
  const char *text = argument_list_begin(arguments);
  va_list values;
  va_start(values, format);
  append(arguments, format, values);
  va_end(values);
  argument_list_end(arguments, text);
}

void argument_list_map(struct ffmpeg_arguments *arguments, int stream) {
  argument_list_add(arguments, "-map");
  argument_list_format(arguments, "0:%d", stream);
}

void argument_list_input(struct ffmpeg_arguments *arguments, const char *input) {
  const char *const begin[] = {
      "-protocol_whitelist", "file", "-format_whitelist", probe_parse_formats(), "-i", input, NULL};
  argument_list_add_all(arguments, begin);
}
