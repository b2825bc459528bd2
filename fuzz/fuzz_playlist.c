/* SPDX-License-Identifier: ISC */
/*
 * HLS playlists: whatever they hold, they have variants or segments, in bounds.
 */
#include "config.h"

#include "files/playlist.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct playlist playlist = {.segments = 0};
  enum error error = playlist_parse((const char *)bytes, size, &playlist);
  FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_INVALID);
  FUZZ_REQUIRE(strnlen(playlist.variant, sizeof playlist.variant) < sizeof playlist.variant);
  FUZZ_REQUIRE(playlist.segments >= 0 && playlist.segments <= (int64_t)size);
  FUZZ_REQUIRE(playlist.segments == 0 || playlist.variant[0] == '\0');
  return 0;
}
