/* SPDX-License-Identifier: ISC */
/*
 * A text track of a package in its playlists: subtitles, of one WebVTT file each. Pure. All append to `text`.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_TEXT_TRACK_H
#define MEDIAGATE_PACKAGE_PLAYLIST_TEXT_TRACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct text_track {
  const char *name;     /* differs within its package; without quotes and markup */
  const char *language; /* "" for unknown */
  bool forced, sdh;
};

/* Its line in an HLS master; `uri` is of its playlist. */
void text_track_append_media(struct text *text, const struct text_track *track, const char *uri);
/* The attribute of a stream that has text tracks beside it. */
#define TEXT_TRACK_ATTRIBUTE ",SUBTITLES=\"subtitles\""
/* Its HLS playlist: the file `uri` once, as long as the film; not 0. */
void text_track_append_playlist(struct text *text, const char *uri, double duration_seconds);
/* Its adaptation set in DASH; `id` differs from those of all other sets, `uri` is of the file. */
void text_track_append_set(struct text *text, const struct text_track *track, size_t id, const char *uri);

#endif
