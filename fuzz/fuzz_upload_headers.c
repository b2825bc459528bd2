/* SPDX-License-Identifier: ISC */
/*
 * What a resumable upload says of itself, Upload-Metadata and Upload-Checksum, and the hash that was put down: no text
 * may crash their readers, and what is taken may stand in a row.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "api/uploads/tus_headers.h"
#include "base/text.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/chunk_checksum.h"
#include "files/resumable_sha256.h"

#include "fuzz.h"

static void try_metadata(const char *text) {
  struct response response;
  struct tus_metadata metadata;
  response_init(&response, "fuzz-fuzz");
  if (tus_headers_metadata(text, &response, &metadata)) {
    size_t size = strlen(metadata.title);
    FUZZ_REQUIRE(metadata.media_id >= 0);
    FUZZ_REQUIRE(metadata.media_id > 0 || size > 0);
    FUZZ_REQUIRE(text_is_utf8(metadata.title, size) && !text_has_control(metadata.title, size));
    FUZZ_REQUIRE(text_utf8_length(metadata.title, size) <= MEDIUM_TITLE_MAX);
  } else {
    FUZZ_REQUIRE(response.status == 422 && response.field_error_count > 0);
  }
  response_free(&response);
}

static void try_checksum(const char *text) {
  struct chunk_checksum *checksum = NULL;
  size_t algorithm = strcspn(text, " ");
  if (text[algorithm] == ' ' && chunk_checksum_new(text, algorithm, text + algorithm + 1, &checksum) == ERROR_NONE) {
    FUZZ_REQUIRE(chunk_checksum_add(checksum, text, algorithm) == ERROR_NONE);
    bool fits = chunk_checksum_fits(checksum);
    (void)fits; /* either way */
  }
  chunk_checksum_free(checksum);
}

static void try_hash_state(const char *text) {
  struct resumable_sha256 *hash = NULL;
  char again[RESUMABLE_SHA256_STATE_SIZE];
  char digest[DIGEST_HEX_SIZE];
  FUZZ_REQUIRE(resumable_sha256_new(&hash) == ERROR_NONE);
  if (resumable_sha256_restore(hash, text) == ERROR_NONE) {
    FUZZ_REQUIRE(resumable_sha256_count(hash) >= 0);
    resumable_sha256_save(hash, again);
    FUZZ_REQUIRE(resumable_sha256_add(hash, again, sizeof again) == ERROR_NONE);
    FUZZ_REQUIRE(resumable_sha256_finish(hash, digest) == ERROR_NONE);
  }
  resumable_sha256_free(hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  try_metadata(text);
  try_checksum(text);
  try_hash_state(text);
  free(text);
  return 0;
}
