/* SPDX-License-Identifier: ISC */
/*
 * What ffmpeg is told of how pictures are encoded, for each codec. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_PICTURE_CODING_H
#define MEDIAGATE_PACKAGE_FFMPEG_PICTURE_CODING_H

#include <stddef.h>

#include "package/ffmpeg/argument_list.h"
#include "package/source/picture_plan.h"

struct picture_coding {
  const char *preset;   /* x264's name of it; the other encoders get what is about as quick */
  const char *transfer; /* of HDR: ffmpeg's name of what its numbers mean */
  int key_pictures;     /* a key picture each so many; 0: where they are forced alone */
};

/* ffmpeg's name of the encoder: "libx265". */
const char *picture_coding_encoder(enum picture_codec codec, enum picture_encoder encoder);
/* What opens the hardware, before the input. */
void picture_coding_add_device(struct ffmpeg_arguments *arguments, enum picture_encoder encoder);
/* The end of the filter: what the encoder gets, "yuv420p" or "nv12,hwupload". */
const char *picture_coding_pixels(const struct planned_picture *picture);
/* The codec's options of the output's picture of this number. */
void picture_coding_add(struct ffmpeg_arguments *arguments, const struct planned_picture *picture, size_t number,
                        const struct picture_coding *coding);

#endif
