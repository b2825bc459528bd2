/* SPDX-License-Identifier: ISC */
/*
 * HLS with subtitles: a package's master, written anew in a folder beside it, and the playlists of the subtitles. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_MASTER_PLAYLIST_H
#define MEDIAGATE_PACKAGE_MASTER_PLAYLIST_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* `master` as ffmpeg wrote it, line by line: what it names is in ../<package_name>/ now, and each stream has the
 * subtitles <language>.m3u8. Appends. ERROR_INVALID: this is no master. */
enum error master_playlist_append(struct text *text, const char *master, const char *package_name,
                                  const char *const *languages, size_t language_count) MUST_CHECK;
/* The playlist of one subtitle: ../<stored_name>, once, as long as the film; not 0. */
void master_playlist_append_subtitle(struct text *text, const char *stored_name, double duration_seconds);

#endif
