/* SPDX-License-Identifier: ISC */
/*
 * file_url and cursors: no text may crash their parsers, and what is taken is harmless where it
 * ends up: a remote URL in an internal redirect of nginx, its name in a stream URL, a cursor in a
 * query.
 */
#include "config.h"

#include <string.h>

#include "api/cursor.h"
#include "api/media/file_url.h"

#include "fuzz.h"

static void require_harmless_redirect(const struct file_url *url) {
  struct text path = {0};
  file_url_append_location(url, &path);
  file_url_append_target(url, &path);
  FUZZ_REQUIRE(path.data != NULL);
  const char *prefix = strcmp(url->origin.scheme, "https") == 0 ? "/_origin/https/" : "/_origin/http/";
  FUZZ_REQUIRE(strncmp(path.data, prefix, strlen(prefix)) == 0);
  const char *query = strchr(path.data, '?');
  const char *dots = strstr(path.data, "/../") != NULL ? strstr(path.data, "/../") : strstr(path.data, "/./");
  FUZZ_REQUIRE(dots == NULL || (query != NULL && query < dots));
  for (const char *c = path.data; *c != '\0'; c++) {
    FUZZ_REQUIRE(*c > ' ' && *c < 0x7f && strchr("\"#\\<>^`{|}", *c) == NULL);
  }
  text_free(&path);
}

static void require_harmless_name(const struct file_url *url) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  char name[FILE_URL_NAME_SIZE];
  file_url_name(url, name);
  FUZZ_REQUIRE(name[0] != '\0' && name[0] != '.' && name[0] != '-' && strspn(name, allowed) == strlen(name));
}

static void try_url(const char *text) {
  struct file_url url;
  const char *reason = NULL;
  enum error error = file_url_parse(text, &url, &reason);
  FUZZ_REQUIRE(error == ERROR_NONE || (error == ERROR_INVALID && reason != NULL));
  if (error == ERROR_NONE && url.kind == FILE_URL_REMOTE) {
    FUZZ_REQUIRE(file_url_is_remote(text) && url.origin.port != 0 && url.origin.host[0] != '\0');
    require_harmless_redirect(&url);
    require_harmless_name(&url);
  }
}

static void try_cursor(const char *text) {
  struct cursor cursor;
  char again[CURSOR_SIZE];
  if (cursor_parse(text, 0, &cursor) == ERROR_NONE) {
    FUZZ_REQUIRE(cursor.time_us > 0 && cursor.id > 0);
    cursor_format(&cursor, 0, again);
    FUZZ_REQUIRE(strcmp(text, again) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  try_url(text);
  try_cursor(text);
  free(text);
  return 0;
}
