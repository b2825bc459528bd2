/* SPDX-License-Identifier: ISC */
/* See nginx_files.h. */
#include "config.h"

#include "command/nginx_files.h"

#include <string.h>

#include "api/routes.h"

/* "/media/media/{id}" becomes a regular expression of nginx's. */
static void append_pattern(const char *pattern, struct text *text) {
  text_append(text, "  \"~^");
  while (*pattern != '\0') {
    size_t length = strcspn(pattern, "{");
    text_appendf(text, "%.*s", (int)length, pattern);
    pattern += length;
    if (*pattern == '{') {
      text_append(text, "[^/]+");
      pattern = strchr(pattern, '}') + 1;
    }
  }
  text_append(text, "/?\\z\" ");
}

/* Which methods a path knows, from the table of routes. nginx takes the first that fits: exact patterns stand first. */
static void append_methods(struct text *text) {
  size_t count;
  const struct route *routes = routes_table(&count);
  text_append(text, "map $uri $mediagate_allow {\n  default \"\";\n");
  for (int with_parameters = 0; with_parameters < 2; with_parameters++) {
    for (size_t i = 0; i < count; i++) {
      const char *pattern = routes[i].pattern;
      struct router_match match;
      bool is_first = true;
      for (size_t k = 0; k < i && is_first; k++) {
        is_first = strcmp(routes[k].pattern, pattern) != 0;
      }
      if (is_first && strncmp(pattern, "/internal/", strlen("/internal/")) != 0 &&
          (strchr(pattern, '{') != NULL) == (with_parameters == 1) && routes_methods(pattern, &match)) {
        append_pattern(pattern, text);
        text_appendf(text, "\"%s\";\n", match.allow);
      }
    }
  }
  text_append(text, "}\n");
}

enum error nginx_files_render(const struct settings *settings, const char *ca_file, struct nginx_settings *ret_files) {
  enum error error = nginx_settings_render(settings, ca_file, ret_files);
  append_methods(&ret_files->http);
  return error == ERROR_NONE && ret_files->http.failed ? ERROR_MEMORY : error;
}
