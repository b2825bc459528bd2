/* SPDX-License-Identifier: ISC */
/*
 * The folder that ffmpeg fills: what is in it, and what does not belong there. ffmpeg reads hostile files, so nothing
 * that it leaves is believed to be what was asked for.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_OUTPUT_FOLDER_H
#define MEDIAGATE_PACKAGE_FFMPEG_OUTPUT_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define OUTPUT_FOLDER_PROGRESS "progress" /* what ffmpeg writes of itself; not part of a package */

struct output_folder {
  bool strange; /* something is there that we did not ask for */
  bool foreign; /* and it is not even a file: ffmpeg makes none such, not for a moment */
  bool empty;   /* one of the files has no bytes: there was nothing to put in it */
  int64_t size_bytes;
  int segments; /* of rendition 0 */
  bool has_poster;
};

enum error output_folder_look(int folder_fd, struct output_folder *ret_content) MUST_CHECK;
/* How far ffmpeg is by its own words in OUTPUT_FOLDER_PROGRESS, in seconds. */
double output_folder_seconds_done(int folder_fd);
/* Removes all files in it. */
enum error output_folder_clear(int folder_fd) MUST_CHECK;
/* Writes a file that takes the place of ffmpeg's of that name, whatever it was. ERROR_NO_SPACE. */
enum error output_folder_replace(int folder_fd, const char *name, const struct text *text) MUST_CHECK;

#endif
