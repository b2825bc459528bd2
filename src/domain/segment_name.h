/* SPDX-License-Identifier: ISC */
/*
 * The numbers in the names of segments, as ffmpeg, Shaka Packager and Bento4 give them: "video/seg-00012.m4s" is 12.
 * Pure.
 */
#ifndef MEDIAGATE_DOMAIN_SEGMENT_NAME_H
#define MEDIAGATE_DOMAIN_SEGMENT_NAME_H

#include <stddef.h>
#include <stdint.h>

/* The last run of digits in the name of a file, with folders before it or without; -1: none, or it is not called like a
 * segment. */
int64_t segment_name_number(const char *file, size_t length);

#endif
