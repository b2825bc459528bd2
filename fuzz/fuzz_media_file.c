/* SPDX-License-Identifier: ISC */
/*
 * What an uploaded file says of itself: the walk over its boxes ends whatever their sizes are, and
 * what ffprobe may have printed about it is read without harm. Each refusal has a reason in words.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files/container.h"
#include "files/probe_parse.h"

#include "fuzz.h"

static void require_reason(enum error error, const char *reason) {
  FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_INVALID);
  FUZZ_REQUIRE((error == ERROR_INVALID) == (reason[0] != '\0'));
}

static void walk_boxes(const uint8_t *bytes, size_t size) {
  char reason[CONTAINER_REASON_SIZE] = "";
  int fd = memfd_create("fuzz", MFD_CLOEXEC);
  FUZZ_REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
  require_reason(container_check_whole(fd, reason), reason);
  close(fd);
}

static void read_report(const uint8_t *bytes, size_t size) {
  char reason[PROBE_REASON_SIZE] = "";
  struct probe_result result = {0};
  char *json = fuzz_text(bytes, size);
  enum error error = probe_parse(json, size, &result, reason);
  require_reason(error, reason);
  if (error == ERROR_NONE) {
    FUZZ_REQUIRE(result.has_video || result.has_audio);
    FUZZ_REQUIRE(result.content_type[0] != '\0' && result.extension[0] != '\0' &&
                 strchr(result.extension, '/') == NULL);
    FUZZ_REQUIRE(result.duration_seconds >= 0 && result.width >= 0 && result.height >= 0);
  }
  free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size > 0) {
    walk_boxes(bytes, size);
    read_report(bytes, size);
  }
  return 0;
}
