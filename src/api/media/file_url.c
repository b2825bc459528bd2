/* SPDX-License-Identifier: ISC */
/* The forms of file_url, read strictly; see the header. Whether a library path leads out is for
 * files/ to say. */
#include "config.h"

#include "api/media/file_url.h"

#include <string.h>

#include "base/text_parse.h"

#define LIBRARY_PREFIX "library:"

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

bool file_url_is_remote(const char *text_or_null) {
  return text_or_null != NULL && origin_scheme_length(text_or_null) > 0;
}

bool file_url_is_library(const char *text_or_null) {
  return text_or_null != NULL && strncmp(text_or_null, LIBRARY_PREFIX, strlen(LIBRARY_PREFIX)) == 0;
}

/* The byte that "%hh" stands for, or -1. */
static int escaped_byte(const char *text) {
  unsigned char byte;
  return text_hex_decode(text + 1, strnlen(text + 1, 2), &byte) == ERROR_NONE && text[1] != '\0' ? byte : -1;
}

static const char *check_path_characters(const char *path) {
  for (const char *c = path; *c != '\0'; c++) {
    if (*c == '#') {
      return "it must not have a fragment (#)";
    }
    if (*c == '%') {
      int byte = escaped_byte(c);
      if (byte < 0) {
        return "a % must begin an escape of two hexadecimal digits";
      }
      if (byte < 0x20 || byte == 0x7f) {
        return "it must not hold control characters, escaped or not";
      }
      c += 2;
    } else if (strchr(unreserved, *c) == NULL && strchr("!$&'()*+,;=:@/?", *c) == NULL) {
      return "blanks, quotes and characters beyond ASCII must be percent-encoded";
    }
  }
  return NULL;
}

/* "." and "..", also as %2e: a client or proxy would fold them away, and leave another URL. */
static bool segment_is_dots(const char *segment, size_t length) {
  size_t dots = 0;
  for (size_t i = 0; i < length; dots++) {
    if (segment[i] == '.') {
      i++;
    } else if (length - i >= 3 && strncmp(segment + i, "%2", 2) == 0 && (segment[i + 2] | 0x20) == 'e') {
      i += 3;
    } else {
      return false;
    }
  }
  return dots == 1 || dots == 2;
}

static const char *check_path_segments(const char *path) {
  size_t path_length = strcspn(path, "?");
  for (size_t start = 0; start < path_length;) {
    size_t length = 0;
    while (start + length < path_length && path[start + length] != '/') {
      length++;
    }
    if (segment_is_dots(path + start, length)) {
      return "its path must not have . or .. segments";
    }
    start += length + 1;
  }
  return NULL;
}

static const char *parse_remote(const char *text, struct file_url *url) {
  size_t scheme_length = origin_scheme_length(text);
  size_t origin_length = scheme_length + strcspn(text + scheme_length, "/?#");
  const char *problem = NULL;
  url->path = text + origin_length;
  if (origin_parse(text, origin_length, &url->origin, &problem) != ERROR_NONE) {
    return problem;
  }
  problem = check_path_characters(url->path);
  return problem != NULL ? problem : check_path_segments(url->path);
}

enum error file_url_parse(const char *text, struct file_url *ret_url, const char **ret_reason) {
  struct file_url url = {.kind = FILE_URL_REMOTE, .path = ""};
  const char *problem = NULL;
  if (strlen(text) > FILE_URL_MAX_BYTES) {
    problem = "it may be 2048 bytes long at most";
  } else if (file_url_is_library(text)) {
    url.kind = FILE_URL_LIBRARY;
    url.library_path = text + strlen(LIBRARY_PREFIX);
    problem = *url.library_path == '\0' ? "a path below the library must follow library:" : NULL;
  } else if (file_url_is_remote(text)) {
    problem = parse_remote(text, &url);
  } else {
    problem = "it must begin with https://, http:// or library:";
  }
  if (problem != NULL) {
    *ret_reason = problem;
    return ERROR_INVALID;
  }
  *ret_url = url;
  return ERROR_NONE;
}

void file_url_name(const struct file_url *url, char ret_name[FILE_URL_NAME_SIZE]) {
  size_t path_length = strcspn(url->path, "?");
  size_t start = path_length;
  while (start > 0 && url->path[start - 1] != '/') {
    start--;
  }
  /* A long name keeps its end, where the extension is. */
  if (path_length - start >= FILE_URL_NAME_SIZE) {
    start = path_length - (FILE_URL_NAME_SIZE - 1);
  }
  size_t length = 0;
  for (size_t i = start; i < path_length; i++) {
    bool safe = url->path[i] != '~' && strchr(unreserved, url->path[i]) != NULL;
    bool leading = length == 0 && (url->path[i] == '.' || url->path[i] == '-');
    ret_name[length++] = safe && !leading ? url->path[i] : '_';
  }
  if (length == 0) {
    memcpy(ret_name, "media", length = strlen("media"));
  }
  ret_name[length] = '\0';
}

bool file_url_origin_is_listed(const struct file_url *url, const struct settings_list *origins) {
  for (size_t i = 0; i < origins->count; i++) {
    struct origin origin;
    const char *reason;
    if (origin_parse(origins->items[i], strlen(origins->items[i]), &origin, &reason) == ERROR_NONE &&
        origin_equals(&origin, &url->origin)) {
      return true;
    }
  }
  return false;
}

void file_url_append_location(const struct file_url *url, struct text *ret_location) {
  text_appendf(ret_location, "/_origin/%s/%s/%u", url->origin.scheme, url->origin.host, url->origin.port);
}

void file_url_append_target(const struct file_url *url, struct text *ret_target) {
  text_append(ret_target, *url->path == '/' ? "" : "/");
  text_append(ret_target, url->path);
}
