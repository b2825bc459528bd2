/* SPDX-License-Identifier: ISC */
/*
 * May the picture of a source become the largest rendition by copying? Nothing is encoded again that plays already.
 * Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_COPY_PLAN_H
#define MEDIAGATE_PACKAGE_SOURCE_COPY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "package/source/ladder.h"
#include "package/source/source.h"

#define COPY_PLAN_LONGEST 8 /* seconds of a segment */

/* `keys` is ffmpeg's list of the stretches between two key frames, a line "name,begin,end" each, in seconds. The result
 * is the least length of a segment: each ends at the first key frame after so many seconds, and then none is longer
 * than COPY_PLAN_LONGEST. 0: key frames are too rare, the first picture is not at 0, or they do not stand at whole
 * pictures of the rate. */
double copy_plan_cut(const char *keys, struct frame_rate rate);
/* Of a list that copy_plan_cut serves: a key frame stands each so many pictures. 0: at other times. */
int copy_plan_period(const char *keys, struct frame_rate rate);
/* Does the picture fit as it is? It must be plain, as large as the largest rendition, of a constant rate without a gap,
 * as long as the package, and within the rendition's ceiling. `pictures` were counted; `size_bytes` is the file's. */
bool copy_plan_fits(const struct package_source *source, const struct rendition *largest, int64_t pictures,
                    int64_t size_bytes);

#endif
