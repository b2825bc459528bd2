/* SPDX-License-Identifier: ISC */
/*
 * The playlists of a package: HLS (RFC 8216, with the tags of its successor that players know) and DASH
 * (ISO/IEC 23009-1), of what its segments really are. Pure. All append to `text`; look at text->failed.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_PLAYLISTS_H
#define MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_PLAYLISTS_H

#include <stddef.h>

#include "base/text.h"
#include "package/playlist/package_texts.h"
#include "package/playlist/package_track.h"
#include "package/ffmpeg/storyboard.h"

#define PACKAGE_TEXT_SET 100 /* number of the first adaptation set of text */

/* What stands beside pictures and sounds. */
struct package_beside {
  struct package_texts texts;
  struct storyboard storyboard;
};

/* master.m3u8 */
void package_playlists_master(struct text *text, const struct package_tracks *tracks,
                              const struct package_beside *beside);
/* media_R.m3u8 of the track of this number */
void package_playlists_media(struct text *text, const struct package_tracks *tracks, size_t number);
/* manifest.mpd */
void package_playlists_dash(struct text *text, const struct package_tracks *tracks,
                            const struct package_beside *beside);

#endif
