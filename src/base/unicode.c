/* SPDX-License-Identifier: ISC */
/* Unicode normalisation; see the header. */
#include "config.h"

#include "base/unicode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* Texts may be passwords, so what they were is wiped. */
static void free_wiped(void *bytes, size_t size) {
  if (bytes != NULL) {
    explicit_bzero(bytes, size);
    free(bytes);
  }
}

static bool is_ascii(const char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if ((unsigned char)bytes[i] >= 0x80) {
      return false;
    }
  }
  return true;
}

enum error text_nfc(struct text *to, const char *bytes, size_t size) {
  if (is_ascii(bytes, size)) { /* is in that form already */
    text_append_bytes(to, bytes, size);
    return to->failed ? ERROR_MEMORY : ERROR_NONE;
  }
  if (!text_is_utf8(bytes, size)) {
    return ERROR_INVALID;
  }
  size_t length = 0;
  uint8_t *normal = u8_normalize(UNINORM_NFC, (const uint8_t *)bytes, size, NULL, &length);
  if (normal == NULL) {
    return errno == EILSEQ ? ERROR_INVALID : ERROR_MEMORY;
  }
  text_append_bytes(to, normal, length);
  free_wiped(normal, length);
  return to->failed ? ERROR_MEMORY : ERROR_NONE;
}

/* In place: U+0020 is shorter than every other space. Returns the new length. */
static size_t map_spaces(uint8_t *bytes, size_t size) {
  size_t length = 0;
  for (size_t at = 0; at < size;) {
    ucs4_t character;
    size_t taken = (size_t)u8_mbtouc(&character, bytes + at, size - at);
    if (uc_is_general_category_withtable(character, UC_CATEGORY_MASK_Zs)) {
      bytes[length++] = ' ';
    } else {
      memmove(bytes + length, bytes + at, taken);
      length += taken;
    }
    at += taken;
  }
  return length;
}

enum error text_nfc_spaces(struct text *to, const char *bytes, size_t size) {
  if (is_ascii(bytes, size) || !text_is_utf8(bytes, size)) {
    return text_nfc(to, bytes, size);
  }
  uint8_t *copy = malloc(size);
  if (copy == NULL) {
    return ERROR_MEMORY;
  }
  memcpy(copy, bytes, size);
  enum error error = text_nfc(to, (const char *)copy, map_spaces(copy, size));
  free_wiped(copy, size);
  return error;
}
