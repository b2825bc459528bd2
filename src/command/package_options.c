/* SPDX-License-Identifier: ISC */
/*
 * See package_options.h.
 */
#include "config.h"

#include "command/package_options.h"

#include <stdlib.h>

#define BYTES_PER_MIB (INT64_C(1) << 20)

/* In the order of the setting's choices. */
static const char *const presets[] = {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"};

static const enum picture_encoder encoders[] = {PICTURE_ENCODER_SOFTWARE, PICTURE_ENCODER_VAAPI, PICTURE_ENCODER_NVENC,
                                                PICTURE_ENCODER_QSV};

static struct picture_wishes picture_wishes(const struct settings *settings) {
  struct picture_wishes wishes = {.sizes = {.largest = (int)settings->package_max_height},
                                  .keep_hdr = settings->package_hdr == PACKAGE_HDR_KEEP,
                                  .encoder = encoders[settings->package_encoder],
                                  .copy = settings->package_copy};
  for (size_t i = 0; i < settings->package_ladder.count; i++) {
    ladder_sizes_add(&wishes.sizes, (int)strtol(settings->package_ladder.items[i], NULL, 10));
  }
  for (size_t i = 0; i < settings->package_codecs.count; i++) {
    enum picture_codec codec = PICTURE_CODEC_H264;
    if (picture_codec_parse(settings->package_codecs.items[i], &codec)) { /* the settings take no other */
      wishes.codecs[codec] = true;
    }
  }
  return wishes;
}

struct transcode_options package_options(const struct settings *settings) {
  return (struct transcode_options){.sandbox = settings->sandbox == SANDBOX_BUBBLEWRAP,
                                    .preset = presets[settings->package_preset],
                                    .pictures = picture_wishes(settings),
                                    .memory_bytes = settings->package_memory * BYTES_PER_MIB,
                                    .time_factor = settings->package_time_factor,
                                    .cpu_factor = settings->package_cpu_factor,
                                    .output_factor = settings->package_output_factor};
}
