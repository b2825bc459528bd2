/* SPDX-License-Identifier: ISC */
/*
 * What some cameras and telephones write behind the last box of an MP4: positions, pictures, notes of their own.
 * Players do not care. Layouts as ExifTool knows them.
 */
#ifndef MEDIAGATE_FILES_CAMERA_TRAILER_H
#define MEDIAGATE_FILES_CAMERA_TRAILER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Where the trailer of a file of `size` bytes begins by its own words (Insta360, Samsung); `size` where there is none.
 * ERROR_IO. */
enum error camera_trailer_begin(int fd, int64_t size, int64_t *ret_begin) MUST_CHECK;
/* Is what begins at `offset`, where no box does, a trailer that does not say how long it is (vivo, OnePlus), or a few
 * empty bytes? What holds an archive is none: a file that is two things at once is not taken. */
enum error camera_trailer_is_at(int fd, int64_t size, int64_t offset, bool *ret_is) MUST_CHECK;

#endif
