/* SPDX-License-Identifier: ISC */
/*
 * What a sample entry of an init segment says of its track: the codec as playlists name it, sizes, and colours. Pure,
 * and safe on any bytes.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_SAMPLE_ENTRY_H
#define MEDIAGATE_PACKAGE_PLAYLIST_SAMPLE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "package/playlist/box_span.h"

#define SAMPLE_ENTRY_CODEC_SIZE 48

/* Of a picture's brightness: what its numbers mean (ISO/IEC 23091-2, TransferCharacteristics 16 and 18). */
enum sample_range { SAMPLE_RANGE_SDR, SAMPLE_RANGE_PQ, SAMPLE_RANGE_HLG };

struct sample_entry {
  bool is_picture;
  int width, height, channels;
  int bits;                          /* of a sample of the picture; 0: not told */
  uint32_t pixel_across, pixel_down; /* the shape of a pixel */
  int primaries, transfer, matrix;   /* as ISO/IEC 23091-2 numbers them; 0: not told */
  bool full_range;
  char codec[SAMPLE_ENTRY_CODEC_SIZE]; /* RFC 6381: "avc1.64001f", "mp4a.40.2"; "" for one we do not make */
};

/* Of a box of this type in stsd. */
void sample_entry_read(uint32_t type, struct box_span contents, struct sample_entry *ret_entry);
enum sample_range sample_entry_range(const struct sample_entry *entry);
/* Are both of one codec, and of one range? Players change among such renditions in the middle of a film. */
bool sample_entry_is_like(const struct sample_entry *entry, const struct sample_entry *other);

#endif
