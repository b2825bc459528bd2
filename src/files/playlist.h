/* SPDX-License-Identifier: ISC */
/*
 * How many segments an HLS playlist has (RFC 8216), as the denominator of what was delivered of it. Reads no more of a
 * playlist than that takes, and says nothing of one that it does not understand.
 */
#ifndef MEDIAGATE_FILES_PLAYLIST_H
#define MEDIAGATE_FILES_PLAYLIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"

#define PLAYLIST_SIZE_MAX    ((size_t)4 << 20) /* bytes: half a day of two-second segments is 1 MiB */
#define PLAYLIST_VARIANT_MAX 512

struct playlist {
  char variant[PLAYLIST_VARIANT_MAX]; /* the first one's URI, of a master playlist; "" of a media playlist */
  int64_t segments; /* of a media playlist; 0: unknown: it is live, one file by ranges, or its names do not number it */
};

/* Pure. ERROR_INVALID: no playlist, or one with neither segments nor variants. ERROR_MEMORY. */
enum error playlist_parse(const char *text, size_t size, struct playlist *ret_playlist) MUST_CHECK;
/* Of a stored playlist (stored_file_open), of a master playlist's first variant. 0: unknown, also where the
 * variant lies elsewhere or cannot be read. */
enum error playlist_count_segments(struct media_folder *folder, int64_t media_id, const char *stored_name,
                                   int64_t *ret_segments) MUST_CHECK;

#endif
