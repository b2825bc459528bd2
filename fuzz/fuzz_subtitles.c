/* SPDX-License-Identifier: ISC */
/*
 * Subtitles of strangers: no input may crash, what is refused has a line and a reason, and what is taken is WebVTT that
 * comes out as it went in.
 */
#include "config.h"

#include "files/subtitles.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct text vtt = {0}, again = {0};
  struct subtitles_result result;
  char *body = malloc(size + 1); /* exactly as long as the input, for the sanitizer to watch */
  FUZZ_REQUIRE(body != NULL);
  memcpy(body, bytes, size);
  if (subtitles_normalise(body, size, &vtt, &result) == ERROR_NONE) {
    int cues = result.cues;
    FUZZ_REQUIRE(cues > 0 && text_is_utf8(vtt.data, vtt.length));
    FUZZ_REQUIRE(subtitles_normalise(vtt.data, vtt.length, &again, &result) == ERROR_NONE && result.cues == cues);
    FUZZ_REQUIRE(again.length == vtt.length && memcmp(again.data, vtt.data, vtt.length) == 0);
  } else {
    FUZZ_REQUIRE(result.line > 0 && result.reason != NULL);
  }
  text_free(&vtt);
  text_free(&again);
  free(body);
  return 0;
}
