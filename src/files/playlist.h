/* SPDX-License-Identifier: ISC */
/*
 * How many segments an HLS playlist has (RFC 8216), as the denominator of what was delivered of it, and when each of
 * them plays. Reads no more of a playlist than that takes, and says nothing of one that it does not understand.
 */
#ifndef MEDIAGATE_FILES_PLAYLIST_H
#define MEDIAGATE_FILES_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/timeline.h"
#include "files/media_folder.h"

#define PLAYLIST_SIZE_MAX    ((size_t)4 << 20) /* bytes: half a day of two-second segments is 1 MiB */
#define PLAYLIST_VARIANT_MAX 512

struct playlist {
  char variant[PLAYLIST_VARIANT_MAX]; /* the first one's URI, of a master playlist; "" of a media playlist */
  int64_t segments; /* of a media playlist; 0: unknown: it is live, one file by ranges, or its names do not number it */
  double duration_seconds;  /* of all segments; 0: unknown */
  bool has_timeline;        /* its segments are numbered in the order of their time */
  struct timeline timeline; /* of the segments' numbers */
};

/* Pure. ERROR_INVALID: no playlist, or one with neither segments nor variants. ERROR_MEMORY. */
enum error playlist_parse(const char *text, size_t size, struct playlist *ret_playlist) MUST_CHECK;
/* Of a stored playlist (stored_file_open), of a master playlist's first variant. Without segments: unknown, also where
 * the variant lies elsewhere or cannot be read. ERROR_MEMORY. */
enum error playlist_read(struct media_folder *folder, int64_t media_id, const char *stored_name,
                         struct playlist *ret_playlist) MUST_CHECK;

#endif
