/* SPDX-License-Identifier: ISC */
/*
 * Is a media file whole? Formats that say how long they are (MP4 and its kin, Matroska and WebM,
 * WAV and AVI) are held to it: ffprobe reads their beginning and is content with half a file. Reads
 * box headers only; safe on hostile input.
 */
#ifndef MEDIAGATE_FILES_CONTAINER_H
#define MEDIAGATE_FILES_CONTAINER_H

#include "base/error.h"

#define CONTAINER_REASON_SIZE 200

/* ERROR_INVALID with the reason in words: the file ends before it should. Unknown formats are fine.
 * ERROR_IO. */
enum error container_check_whole(int fd, char ret_reason[CONTAINER_REASON_SIZE]) MUST_CHECK;

#endif
