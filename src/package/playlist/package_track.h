/* SPDX-License-Identifier: ISC */
/*
 * The tracks of a finished package as its files say: each a rendition of the picture or a sound, with the times and
 * sizes of its segments. Playlists are written of this, and it is judged before anyone may play it.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_TRACK_H
#define MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/timeline.h"
#include "package/playlist/fragment.h"
#include "package/source/frame_rate.h"
#include "package/source/picture_plan.h"
#include "package/source/source.h"

#define PACKAGE_TRACKS_MAX (PICTURE_PLAN_MAX + SOURCE_SOUNDS_MAX)

struct package_segment {
  struct fragment_times times;
  int64_t size_bytes;
};

struct package_track {
  struct fragment_init init;
  struct package_segment *segments; /* seg-R-00001.m4s and those after it */
  size_t count;
  struct frame_rate rate;                /* of the picture, of sounds beside it too */
  const struct source_sound *sound;      /* of a sound; the source's */
  const struct planned_picture *planned; /* of a picture; what was asked for */
};

struct package_tracks {
  struct package_track list[PACKAGE_TRACKS_MAX]; /* by R: pictures first, as they were planned; then sounds */
  size_t count;
};

/* Reads init-R.m4s and seg-R-NNNNN.m4s of `count` tracks. Free the tracks in every case. ERROR_INVALID: a file is not
 * what a package has; *ret_track says of which track. ERROR_NOT_FOUND: a track has no files. */
enum error package_tracks_read(int folder_fd, size_t count, struct package_tracks *ret_tracks,
                               size_t *ret_track) MUST_CHECK;
void package_tracks_free(struct package_tracks *tracks);

double package_track_seconds(const struct package_track *track); /* from its beginning to its end */
double package_segment_seconds(const struct package_track *track, size_t segment);
int64_t package_track_bytes(const struct package_track *track);
/* In which segment, counted from 1, each part of its time lies. False: that is not known. */
bool package_track_timeline(const struct package_track *track, struct timeline *ret_timeline);
/* Bits a second: of the whole, and of the worst stretch of half to one and a half of `target_seconds` (RFC 8216,
 * 4.1). */
int64_t package_track_average_rate(const struct package_track *track);
int64_t package_track_peak_rate(const struct package_track *track, int target_seconds);
/* The longest segment of all tracks, rounded up to whole seconds: all playlists of a package tell the same (RFC 8216,
 * 6.2.4). */
int package_tracks_target_seconds(const struct package_tracks *tracks);

#endif
