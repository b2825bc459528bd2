/* SPDX-License-Identifier: ISC */
/* Names of downloads; see the header. The alphabet of ?name= stands in deploy/mediagate.http.conf too. */
#include "config.h"

#include "api/media/download_name.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "security/signed_url.h"

#define EXTENSION_MAX 16
#define UNRESERVED    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static const char *usable(const char *extension) {
  return strlen(extension) <= EXTENSION_MAX ? extension : "";
}

/* How long the title is without the extension that it ends with: titles of uploads are often names of files. */
static size_t stem_length(const char *title, const char *extension) {
  size_t length = strlen(title), tail = strlen(extension);
  return length > tail && strcasecmp(title + length - tail, extension) == 0 ? length - tail : length;
}

/* The title in letters and digits of ASCII. */
static void append_plain(struct text *name, const char *title, const char *extension) {
  struct text stem = {.data = NULL};
  text_append(&stem, "");
  text_append_bytes(&stem, title, stem_length(title, extension));
  signed_url_append_name(name, stem.failed ? "" : stem.data);
  name->failed = name->failed || stem.failed;
  text_free(&stem);
}

void download_name_append_path(struct text *file, const char *title, int64_t media_id, const char *extension) {
  size_t length = file->length;
  text_append(file, "/");
  append_plain(file, title, usable(extension));
  if (file->length == length + 1) {
    text_appendf(file, "medium-%" PRId64, media_id);
  }
  text_append(file, usable(extension));
  if (!file->failed && !signed_url_file_is_valid(file->data)) {
    file->data[length] = '\0';
    file->length = length;
  }
}

/* The code point at `at`, which is valid UTF-8, and how many bytes it has. */
static uint32_t code_point(const char *at, size_t *ret_size) {
  const unsigned char *bytes = (const unsigned char *)at;
  size_t size = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
  uint32_t code = size == 1 ? bytes[0] : bytes[0] & (0x7f >> size);
  for (size_t i = 1; i < size; i++) {
    code = code << 6 | (bytes[i] & 0x3f);
  }
  *ret_size = size;
  return code;
}

/* What shows nothing, or shows what follows in another order: a name could look like one of another kind. The joiners
 * (U+200C, U+200D) stay, since scripts need them. */
static bool is_invisible(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200b || code == 0x200e ||
         code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
         (code >= 0xfff0 && code <= 0xfffb) || (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef) ||
         (code >= 0xe0000 && code <= 0xe007f);
}

/* The title as a file may be called on every system: in parts no longer than `max` bytes, without what a path or a
 * shell could mean otherwise, and with neither a dot nor a blank at its ends. */
static void append_stem(struct text *stem, const char *title, size_t length, size_t max) {
  size_t size;
  for (const char *at = title; at < title + length; at += size) {
    uint32_t code = code_point(at, &size);
    bool leads = stem->length == 0 && (code == '.' || code == ' ' || code == '-');
    if (is_invisible(code) || leads) {
      continue;
    }
    bool forbidden = code < 0x80 && strchr("/\\:*?\"<>|", (int)code) != NULL;
    size_t taken = forbidden ? 1 : size;
    if (stem->length + taken > max) {
      break;
    }
    text_append_bytes(stem, forbidden ? "_" : at, taken);
  }
  while (!stem->failed && stem->length > 0 && strchr(". ", stem->data[stem->length - 1]) != NULL) {
    stem->data[--stem->length] = '\0';
  }
}

static void append_encoded(struct text *url, const char *name) {
  for (const char *at = name; *at != '\0'; at++) {
    if (strchr(UNRESERVED, *at) != NULL) {
      text_append_bytes(url, at, 1);
    } else {
      text_appendf(url, "%%%02X", (unsigned char)*at);
    }
  }
}

void download_name_append_query(struct text *url, const char *title, const char *extension) {
  struct text stem = {.data = NULL}, plain = {.data = NULL};
  const char *end = usable(extension);
  text_append(&stem, "");
  text_append(&plain, "");
  append_stem(&stem, title, stem_length(title, end), DOWNLOAD_NAME_MAX_BYTES - strlen(end));
  append_plain(&plain, title, end);
  if (stem.failed || plain.failed) {
    url->failed = true;
  } else if (stem.length > 0 && strcmp(stem.data, plain.data) != 0) {
    text_append(url, "?name=");
    append_encoded(url, stem.data);
    append_encoded(url, end);
  }
  text_free(&stem);
  text_free(&plain);
}
