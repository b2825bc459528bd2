/* SPDX-License-Identifier: ISC */
/*
 * Settings files: no text may crash the parser; what is refused is explained in whole lines; what is taken
 * stands again when it is printed and read back, and nothing that nginx reads specially came through.
 */
#include "config.h"

#include "config/settings.h"
#include "config/settings_load.h"

#include <string.h>

#include "fuzz.h"

/* libconfig 1.5 loses a few bytes when a syntax error follows an unfinished text. The name is the sanitizer's.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) {
  return "leak:libconfig\n";
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void require_harmless(const char *value) {
  FUZZ_REQUIRE(strpbrk(value, ";{}\"'$\\#\n\r\t") == NULL);
}

static void print(const struct settings *settings, struct text *file) {
  size_t count;
  const struct settings_row *rows = settings_rows(&count);

  for (size_t i = 0; i < count; i++) {
    text_appendf(file, "%s = ", rows[i].name);
    settings_append_value(settings, &rows[i], file);
    text_append(file, ";\n");
    const char *member = (const char *)settings + rows[i].offset;
    if (rows[i].kind == SETTINGS_STRING && strstr(rows[i].name, "database") == NULL) {
      require_harmless(*(char *const *)member);
    } else if (rows[i].kind == SETTINGS_LIST) {
      const struct settings_list *list = (const struct settings_list *)member;
      for (size_t k = 0; k < list->count; k++) {
        require_harmless(list->items[k]);
      }
    }
  }
}

static void require_same(const struct settings *settings) {
  struct text first = {0}, second = {0}, problems = {0};
  struct settings *again = NULL;

  print(settings, &first);
  FUZZ_REQUIRE(settings_parse(first.data, &again, &problems) == ERROR_NONE);
  print(again, &second);
  FUZZ_REQUIRE(first.data != NULL && second.data != NULL);
  FUZZ_REQUIRE(strcmp(first.data, second.data) == 0);
  settings_free(again);
  text_free(&first);
  text_free(&second);
  text_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct settings *settings = NULL;
  struct text problems = {0};
  char *text = fuzz_text(bytes, size);
  enum error error = settings_parse(text, &settings, &problems);
  FUZZ_REQUIRE((error == ERROR_NONE) == (settings != NULL));
  if (error == ERROR_NONE) {
    FUZZ_REQUIRE(problems.length == 0);
    require_same(settings);
  } else {
    FUZZ_REQUIRE(error == ERROR_INVALID && problems.length > 0 && problems.data[problems.length - 1] == '\n');
    FUZZ_REQUIRE(text_is_utf8(problems.data, problems.length));
  }
  settings_free(settings);
  text_free(&problems);
  free(text);
  return 0;
}
