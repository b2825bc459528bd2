/* SPDX-License-Identifier: ISC */
/*
 * Query strings, form bodies and paths: what is taken is clean text, and a path finds one route at
 * most, with its segments as parameters. The input is a query up to the first NUL, a path behind
 * it.
 */
#include "config.h"

#include "http/query.h"

#include <string.h>

#include "base/text.h"
#include "http/router.h"

#include "fuzz.h"

static const struct router_row rows[] = {
    {HTTP_GET, "/media/media"},
    {HTTP_POST, "/media/media"},
    {HTTP_GET, "/media/media/{id}"},
    {HTTP_PUT, "/media/media/{id}/file"},
    {HTTP_DELETE, "/media/grants/{grant_id}"},
    {HTTP_GET, "/livez"},
};
#define ROWS (sizeof rows / sizeof *rows)

static struct router_row row_at(size_t index) {
  return rows[index];
}

static void try_query(const char *text, size_t length) {
  struct query query = {.count = 0};
  enum error error = query_parse(text, length, &query);
  FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_INVALID);
  FUZZ_REQUIRE(query.count <= QUERY_MAX_PAIRS && (error == ERROR_NONE || query.count == 0));
  for (size_t i = 0; i < query.count; i++) {
    const char *name = query.pairs[i].name, *value = query.pairs[i].value;
    FUZZ_REQUIRE(text_is_utf8(name, strlen(name)) && !text_has_control(name, strlen(name)));
    FUZZ_REQUIRE(text_is_utf8(value, strlen(value)) && !text_has_control(value, strlen(value)));
    FUZZ_REQUIRE(query_get(&query, name) != NULL);
  }
  query_free(&query);
}

static void try_path(const char *path) {
  for (enum http_method method = HTTP_GET; method <= HTTP_OTHER; method++) {
    struct router_match match = {.row = ROWS};
    enum error error = router_find(row_at, ROWS, method, path, &match);
    FUZZ_REQUIRE(error == ERROR_NONE || error == ERROR_NOT_FOUND || error == ERROR_CONFLICT);
    if (error == ERROR_NONE) {
      FUZZ_REQUIRE(match.row < ROWS && match.parameter_count <= ROUTER_MAX_PARAMETERS);
      for (size_t i = 0; i < match.parameter_count; i++) {
        FUZZ_REQUIRE(match.parameters[i][0] != '\0' && strchr(match.parameters[i], '/') == NULL &&
                     strstr(path, match.parameters[i]) != NULL);
      }
    } else if (error == ERROR_CONFLICT) {
      FUZZ_REQUIRE(match.allow[0] != '\0' && strlen(match.allow) < sizeof match.allow);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = fuzz_text(bytes, size);
  size_t query_length = strlen(text);
  try_query(text, query_length);
  if (query_length < size) {
    try_path(text + query_length + 1);
  }
  free(text);
  return 0;
}
