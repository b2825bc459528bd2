/* SPDX-License-Identifier: ISC */
/*
 * HLS and DASH with uploaded subtitles: a package's master and manifest, written anew in a folder beside it. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_MASTER_PLAYLIST_H
#define MEDIAGATE_PACKAGE_PLAYLIST_MASTER_PLAYLIST_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "package/playlist/text_track.h"

#define MASTER_TEXT_SET      200 /* number of the first adaptation set that is added */
#define MASTER_TEXT_URI_SIZE 64

struct master_text {
  struct text_track track; /* of a language that no other has */
  const char *stored_name; /* its file, below media/<id>/ */
};

/* A package's `master`, line by line: what it names is in ../<package_name>/ now, and each stream has the texts
 * <language>.m3u8. Appends. ERROR_INVALID: this is no master. */
enum error master_playlist_append(struct text *text, const char *master, const char *package_name,
                                  const struct master_text *texts, size_t text_count) MUST_CHECK;
/* Its manifest likewise, with the texts ../<stored_name>. ERROR_INVALID: this is none of a package's. */
enum error master_playlist_append_dash(struct text *text, const char *manifest, const char *package_name,
                                       const struct master_text *texts, size_t text_count) MUST_CHECK;

#endif
