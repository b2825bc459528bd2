/* SPDX-License-Identifier: ISC */
/*
 * Players change between the sizes of one codec, so each codec has all of them.
 */
#include "config.h"

#include "package/source/picture_plan.h"

#include <math.h>
#include <string.h>

/* The same picture takes so much of what H.264 takes. */
static const struct {
  const char *name;
  double share;
} codecs[PICTURE_CODECS] = {
    [PICTURE_CODEC_H264] = {"h264", 1}, [PICTURE_CODEC_HEVC] = {"hevc", 0.7}, [PICTURE_CODEC_AV1] = {"av1", 0.6}};

const char *picture_codec_name(enum picture_codec codec) {
  return codecs[codec].name;
}

bool picture_codec_parse(const char *name, enum picture_codec *ret_codec) {
  for (int codec = 0; codec < PICTURE_CODECS; codec++) {
    if (strcmp(name, codecs[codec].name) == 0) {
      *ret_codec = (enum picture_codec)codec;
      return true;
    }
  }
  return false;
}

/* One of each size, alike in all else. */
static void add(struct picture_plan *plan, const struct rendition *sizes, size_t count, struct planned_picture like) {
  for (size_t i = 0; i < count; i++) {
    bool small = sizes[i].width < PICTURE_SIDE_LEAST || sizes[i].height < PICTURE_SIDE_LEAST;
    if (like.codec == PICTURE_CODEC_H264 || !small) {
      struct planned_picture *picture = &plan->list[plan->count++];
      *picture = like;
      picture->size = sizes[i];
      picture->size.maxrate_kbps = (int)lround(sizes[i].maxrate_kbps * codecs[like.codec].share);
    }
  }
}

static bool keeps_hdr(const struct source_picture *picture, const struct picture_wishes *wishes) {
  return wishes->keep_hdr && picture->wide &&
         (picture->colour == SOURCE_COLOUR_PQ || picture->colour == SOURCE_COLOUR_HLG);
}

static bool is_wished(const struct picture_wishes *wishes, enum picture_codec codec, bool hdr) {
  bool others = wishes->codecs[PICTURE_CODEC_H264] || wishes->codecs[PICTURE_CODEC_AV1];
  return wishes->codecs[codec] && !(hdr && codec == PICTURE_CODEC_HEVC && others);
}

void picture_plan_make(const struct source_picture *picture, const struct picture_wishes *wishes,
                       struct picture_plan *ret_plan) {
  struct rendition sizes[LADDER_MAX];
  size_t count = picture->stream < 0 ? 0 : ladder_make(picture->width, picture->height, &wishes->sizes, sizes);
  bool hdr = keeps_hdr(picture, wishes);
  *ret_plan = (struct picture_plan){.count = 0};
  for (int number = 0; number < PICTURE_CODECS; number++) {
    enum picture_codec codec = (enum picture_codec)number;
    enum picture_encoder encoder = codec == PICTURE_CODEC_AV1 ? PICTURE_ENCODER_SOFTWARE : wishes->encoder;
    add(ret_plan, sizes, is_wished(wishes, codec, hdr) ? count : 0,
        (struct planned_picture){.codec = codec, .encoder = encoder});
  }
  if (ret_plan->count == 0) {
    add(ret_plan, sizes, count, (struct planned_picture){.codec = PICTURE_CODEC_H264, .encoder = wishes->encoder});
  }
  add(ret_plan, sizes, hdr ? count : 0,
      (struct planned_picture){.codec = PICTURE_CODEC_HEVC, .encoder = wishes->encoder, .hdr = true});
}

bool picture_plan_has_hdr(const struct picture_plan *plan) {
  return plan->count > 0 && plan->list[plan->count - 1].hdr;
}

bool picture_plan_has(const struct picture_plan *plan, enum picture_codec codec) {
  for (size_t i = 0; i < plan->count; i++) {
    if (plan->list[i].codec == codec) {
      return true;
    }
  }
  return false;
}
