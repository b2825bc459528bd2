/* SPDX-License-Identifier: ISC */
/*
 * Does this machine's ffmpeg have the encoders that a package needs?
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_ENCODER_LIST_H
#define MEDIAGATE_PACKAGE_FFMPEG_ENCODER_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "package/source/picture_plan.h"

#define ENCODER_LIST_REASON_SIZE 200

/* Is the encoder in what `ffmpeg -encoders` prints? Pure. */
bool encoder_list_has(const char *list, const char *encoder);
/* Asks ffmpeg, in the sandbox or without. ERROR_UNSUPPORTED: an encoder is missing; ERROR_UNAVAILABLE: ffmpeg does not
 * run, so nothing is known. The reason, with the remedy, stands in ret_reason. */
enum error encoder_list_check(const struct picture_wishes *wishes, bool sandbox,
                              char ret_reason[ENCODER_LIST_REASON_SIZE]) MUST_CHECK;

#endif
