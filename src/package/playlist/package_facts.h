/* SPDX-License-Identifier: ISC */
/*
 * What the row says of a package beside its state, as the members of a JSON object (media_asset.package_facts). Pure.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_FACTS_H
#define MEDIAGATE_PACKAGE_PLAYLIST_PACKAGE_FACTS_H

#include "base/error.h"
#include "base/text.h"
#include "package/playlist/package_playlists.h"
#include "package/source/picture_plan.h"

/* {"size_bytes", "copied", "codecs", "hdr", "subtitles", "chapters", "left_out", "storyboard"} */
void package_facts_append(struct text *json, const struct package_source *source, const struct picture_plan *plan,
                          const struct package_beside *beside, int64_t size_bytes);

#endif
