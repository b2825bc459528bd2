/* SPDX-License-Identifier: ISC */
/*
 * Would a package play? Judges what its files say (package_track.h) before a row names it: a package that does not play
 * must never replace what does. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_CHECK_H
#define MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_CHECK_H

#include <stddef.h>

#include "base/error.h"
#include "package/playlist/package_track.h"

#define PACKAGE_CHECK_REASON_SIZE 120
#define PACKAGE_CHECK_LONGEST     8    /* seconds of a segment */
#define PACKAGE_SOUND_PACKET      1024 /* samples of each packet of AAC; the timescale of a sound is its rate */
#define PACKAGE_CHECK_APART       0.1  /* seconds: more than this between the ends of two tracks is noticed */

/* ERROR_INVALID with the reason in words: a track begins late or not with a key picture, has a gap, an edit list, a
 * codec that we do not make or a segment that is too long; renditions whose segments are not at the same times; tracks
 * that are not as long as the source (`seconds`; 0: unknown), give or take a picture. */
enum error package_check(const struct package_tracks *tracks, double seconds,
                         char ret_reason[PACKAGE_CHECK_REASON_SIZE]) MUST_CHECK;

#endif
