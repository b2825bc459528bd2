/* SPDX-License-Identifier: ISC */
/*
 * Parts of ffmpeg's filters that bring a picture into the shape and the colours of a package. Pure. All put to the text
 * that the arguments have begun.
 */
#ifndef MEDIAGATE_PACKAGE_FFMPEG_PICTURE_FILTER_H
#define MEDIAGATE_PACKAGE_FFMPEG_PICTURE_FILTER_H

#include <stdbool.h>

#include "package/ffmpeg/argument_list.h"
#include "package/source/source.h"

bool picture_filter_is_hdr(const struct source_picture *picture);
/* ffmpeg's name of what the numbers of an HDR picture mean. */
const char *picture_filter_transfer(const struct source_picture *picture);
/* The coefficients of a package: its source's if SDR players know them, else those of BT.709. */
bool picture_filter_is_sd(const struct source_picture *picture);
/* "zscale=…,format=yuv420p," of HDR */
void picture_filter_tone_map(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                             int height);
/* "scale=…", which options may follow */
void picture_filter_scale(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                          int height);
/* Such an option: ":in_color_matrix=…:out_color_matrix=…". */
void picture_filter_matrix(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                           const char *output);
/* ",pad=…,setsar=…" */
void picture_filter_shape(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                          int height);

#endif
