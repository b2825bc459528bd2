/* SPDX-License-Identifier: ISC */
/*
 * The playlists of a package: HLS (RFC 8216, with the tags of its successor that players know) and DASH
 * (ISO/IEC 23009-1), of what its segments really are. Pure. All append to `text`; look at text->failed.
 */
#ifndef MEDIAGATE_PACKAGE_PACKAGE_PLAYLISTS_H
#define MEDIAGATE_PACKAGE_PACKAGE_PLAYLISTS_H

#include <stddef.h>

#include "base/text.h"
#include "package/package_track.h"

/* master.m3u8 */
void package_playlists_master(struct text *text, const struct package_tracks *tracks);
/* media_R.m3u8 of the track of this number */
void package_playlists_media(struct text *text, const struct package_tracks *tracks, size_t number);
/* manifest.mpd */
void package_playlists_dash(struct text *text, const struct package_tracks *tracks);

#endif
