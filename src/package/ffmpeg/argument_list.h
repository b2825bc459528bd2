/* SPDX-License-Identifier: ISC */
/*
 * A command line that is put together. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_ARGUMENT_LIST_H
#define MEDIAGATE_PACKAGE_FFMPEG_ARGUMENT_LIST_H

#include <stddef.h>

#include "base/error.h"

#define FFMPEG_ARGUMENTS_MAX     800
#define FFMPEG_ARGUMENTS_STORAGE 32768

struct ffmpeg_arguments {
  const char *argv[FFMPEG_ARGUMENTS_MAX]; /* ends with NULL */
  size_t count;
  char storage[FFMPEG_ARGUMENTS_STORAGE]; /* of those that were put together */
  size_t used;
};

/* Static text, or a text of the arguments' own. */
void argument_list_add(struct ffmpeg_arguments *arguments, const char *argument);
/* Up to a NULL. */
void argument_list_add_all(struct ffmpeg_arguments *arguments, const char *const *more);
/* A text that is put together: begin, put as often as wanted, end, which adds it. */
const char *argument_list_begin(const struct ffmpeg_arguments *arguments);
void argument_list_put(struct ffmpeg_arguments *arguments, const char *format, ...) PRINTF_LIKE(2, 3);
void argument_list_end(struct ffmpeg_arguments *arguments, const char *text);
/* Begin, put and end in one. */
void argument_list_format(struct ffmpeg_arguments *arguments, const char *format, ...) PRINTF_LIKE(2, 3);
/* "-map 0:N" */
void argument_list_map(struct ffmpeg_arguments *arguments, int stream);
/* "-i", with the formats and protocols that may be read. */
void argument_list_input(struct ffmpeg_arguments *arguments, const char *input);

#endif
