/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/grant.h"

#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "base/text_parse.h"

#define VIEWER_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

void grant_id_new(int64_t now_us, uint32_t issuer_tag, char ret_grant_id[GRANT_ID_SIZE]) {
  unsigned char bytes[16];
  uint64_t time_ms = (uint64_t)now_us / 1000;
  random_bytes(bytes, sizeof bytes);
  for (int i = 0; i < 6; i++) {
    bytes[i] = (unsigned char)(time_ms >> (40 - 8 * i));
  }
  bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); /* version 7, RFC 9562 section 5.7 */
  bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); /* variant */
  for (int i = 0; i < 4; i++) {
    bytes[12 + i] = (unsigned char)(issuer_tag >> (24 - 8 * i));
  }
  text_hex_encode(bytes, sizeof bytes, ret_grant_id);
}

enum error grant_id_parse(const char *text, int64_t *ret_time_ms, uint32_t *ret_issuer_tag) {
  unsigned char bytes[16];
  if (strspn(text, "0123456789abcdef") != GRANT_ID_SIZE - 1 || text[GRANT_ID_SIZE - 1] != '\0' ||
      text_hex_decode(text, GRANT_ID_SIZE - 1, bytes) != ERROR_NONE || bytes[6] >> 4 != 7 || bytes[8] >> 6 != 2) {
    return ERROR_INVALID;
  }
  int64_t time_ms = 0;
  for (int i = 0; i < 6; i++) {
    time_ms = time_ms << 8 | bytes[i];
  }
  *ret_time_ms = time_ms;
  *ret_issuer_tag = (uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 | (uint32_t)bytes[14] << 8 | bytes[15];
  return ERROR_NONE;
}

bool grant_viewer_is_valid(const char *viewer) {
  size_t length = strnlen(viewer, VIEWER_SIZE);
  return length > 0 && length < VIEWER_SIZE && strspn(viewer, VIEWER_ALPHABET) == length && strcmp(viewer, "-") != 0;
}
