/* SPDX-License-Identifier: ISC */
/*
 * See picture_filter.h.
 */
#include "config.h"

#include "package/ffmpeg/picture_filter.h"

static long long common_divisor(long long a, long long b) {
  return b == 0 ? a : common_divisor(b, a % b);
}

bool picture_filter_is_hdr(const struct source_picture *picture) {
  return picture->colour == SOURCE_COLOUR_PQ || picture->colour == SOURCE_COLOUR_HLG;
}

const char *picture_filter_transfer(const struct source_picture *picture) {
  return picture->colour == SOURCE_COLOUR_PQ ? "smpte2084" : "arib-std-b67";
}

bool picture_filter_is_sd(const struct source_picture *picture) {
  return picture->colour == SOURCE_COLOUR_BT601;
}

/* HDR is shown as SDR: to linear light, to the smaller set of colours, then the bright parts are pressed together. It
 * is made smaller before, since each of its pixels is dear. */
void picture_filter_tone_map(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                             int height) {
  argument_list_put(
      arguments,
      "zscale=w=%d:h=%d,zscale=tin=%s:min=2020_ncl:pin=2020:t=linear:npl=100,format=gbrpf32le,zscale=p=709,"
      "tonemap=tonemap=hable:desat=0,zscale=t=709:m=709:r=limited,format=yuv420p,",
      width, height, picture_filter_transfer(picture));
}

/* What the coefficients are before and after; ffmpeg's own guess for pictures that say nothing is always SD. */
void picture_filter_matrix(struct ffmpeg_arguments *arguments, const struct source_picture *picture,
                           const char *output) {
  if (picture_filter_is_sd(picture)) {
    argument_list_put(arguments, ":in_color_matrix=bt601");
  } else if (picture->colour != SOURCE_COLOUR_OTHER) {
    argument_list_put(arguments, ":in_color_matrix=bt709");
  }
  argument_list_put(arguments, ":out_color_matrix=%s", output);
}

/* A side of the picture in a rendition. One whose shape changes in the middle of the film gets bars. */
void picture_filter_scale(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                          int height) {
  double shape = (double)picture->width / picture->height;
  argument_list_put(arguments,
                    "scale=w='if(lt(abs(dar/%.6f-1),0.02),%d,max(2,2*trunc(min(%d,%d*dar)/2)))'"
                    ":h='if(lt(abs(dar/%.6f-1),0.02),%d,max(2,2*trunc(min(%d,%d/dar)/2)))'",
                    shape, width, width, height, shape, height, height, width);
}

/* Sides are even, so a pixel is not always quite square. All renditions are shown in the very same shape, or ffmpeg
 * refuses to make one adaptation set of them. */
void picture_filter_shape(struct ffmpeg_arguments *arguments, const struct source_picture *picture, int width,
                          int height) {
  long long across = (long long)picture->width * height;
  long long down = (long long)picture->height * width;
  long long divisor = common_divisor(across, down);
  argument_list_put(arguments, ",pad=%d:%d:-1:-1,setsar=sar=%lld/%lld:max=2147483647", width, height, across / divisor,
                    down / divisor);
}
