/* SPDX-License-Identifier: ISC */
/*
 * Which pictures a package has: each size of the ladder in each codec that was asked for. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_PICTURE_PLAN_H
#define MEDIAGATE_PACKAGE_SOURCE_PICTURE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "package/source/ladder.h"
#include "package/source/source.h"

enum picture_codec { PICTURE_CODEC_H264, PICTURE_CODEC_HEVC, PICTURE_CODEC_AV1, PICTURE_CODECS };

/* Who encodes H.264 and HEVC; AV1 is always encoded in software. */
enum picture_encoder {
  PICTURE_ENCODER_SOFTWARE,
  PICTURE_ENCODER_VAAPI,
  PICTURE_ENCODER_NVENC,
  PICTURE_ENCODER_QSV,
  PICTURE_ENCODERS
};

#define PICTURE_PLAN_MAX   (LADDER_MAX * (PICTURE_CODECS + 1)) /* HDR too */
#define PICTURE_SIDE_LEAST 64 /* of HEVC and AV1: their encoders refuse smaller ones, or crash */

struct picture_wishes {
  struct ladder_sizes sizes;
  bool codecs[PICTURE_CODECS]; /* none: H.264 */
  bool keep_hdr;               /* of an HDR source, as HEVC beside the SDR pictures */
  enum picture_encoder encoder;
  bool copy; /* copy what plays already */
};

struct planned_picture {
  struct rendition size; /* its ceiling is the codec's */
  enum picture_codec codec;
  enum picture_encoder encoder;
  bool hdr; /* 10 bits, as bright as the source */
};

struct picture_plan {
  struct planned_picture list[PICTURE_PLAN_MAX]; /* as players shall prefer those that play everywhere: H.264 first */
  size_t count;
};

/* Of a source without a picture there are none. Pictures that a codec is too small for are left out; where nothing
 * would be left they are H.264. HDR is kept beside SDR, which is HEVC too only where no other codec is wished. */
void picture_plan_make(const struct source_picture *picture, const struct picture_wishes *wishes,
                       struct picture_plan *ret_plan);
bool picture_plan_has(const struct picture_plan *plan, enum picture_codec codec);
bool picture_plan_has_hdr(const struct picture_plan *plan);
/* "h264", as settings and the API write it. */
const char *picture_codec_name(enum picture_codec codec);
/* False: there is no such codec. */
bool picture_codec_parse(const char *name, enum picture_codec *ret_codec);

#endif
