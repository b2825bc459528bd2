/* SPDX-License-Identifier: ISC */
/*
 * One value of one setting: from text to the member of its row's kind, and the words of a problem.
 * Knows neither the file nor the environment.
 */
#include "config.h"

#include "config/settings_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text_parse.h"

#define ENVIRONMENT_PREFIX   "MEDIAGATE_"
#define MISSPELLING_DISTANCE 2

void settings_problem(struct settings_loading *loading, size_t row_index, const char *format, ...) {
  const struct settings_row *row = settings_row_at(row_index);
  va_list arguments;

  if (loading->from_environment[row_index]) {
    char name[SETTINGS_NAME_MAX];
    snprintf(name, sizeof(name), "%s", row->name);
    for (char *at = name; *at != '\0'; at++) {
      *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    text_appendf(loading->problems, "environment %s%s: ", ENVIRONMENT_PREFIX, name);
  } else if (loading->line[row_index] != 0) {
    text_appendf(loading->problems, "%s:%u: %s ", loading->path, loading->line[row_index], row->name);
  } else {
    text_appendf(loading->problems, "%s: %s ", loading->path, row->name);
  }
  va_start(arguments, format);
  text_vappendf(loading->problems, format, arguments); /* whole: a cut could fall into a character */
  va_end(arguments);
  text_append(loading->problems, "\n");
}

/* --- a misspelling and what was meant -------------------------------------------------------- */

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The edit distance, with swapped neighbours as one edit (optimal string alignment). */
static size_t edit_distance(const char *a, const char *b) {
  size_t costs[3][SETTINGS_NAME_MAX + 1];
  size_t a_length = strlen(a), b_length = strlen(b);

  if (a_length > SETTINGS_NAME_MAX || b_length > SETTINGS_NAME_MAX) {
    return SIZE_MAX;
  }
  for (size_t k = 0; k <= b_length; k++) {
    costs[0][k] = k;
  }
  for (size_t i = 1; i <= a_length; i++) {
    size_t *row = costs[i % 3], *above = costs[(i + 2) % 3], *above2 = costs[(i + 1) % 3];
    row[0] = i;
    for (size_t k = 1; k <= b_length; k++) {
      row[k] = least(least(above[k], row[k - 1]) + 1, above[k - 1] + (a[i - 1] != b[k - 1]));
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
        row[k] = least(row[k], above2[k - 2] + 1);
      }
    }
  }
  return costs[a_length % 3][b_length];
}

/* The setting whose name is nearest, NULL when none is near. */
const char *settings_nearest_name(const char *name) {
  size_t count, best = MISSPELLING_DISTANCE + 1;
  const struct settings_row *rows = settings_rows(&count);
  const char *nearest = NULL;

  for (size_t i = 0; i < count; i++) {
    size_t distance = edit_distance(name, rows[i].name);
    if (distance < best) {
      best = distance;
      nearest = rows[i].name;
    }
  }
  return nearest;
}

/* --- one value ------------------------------------------------------------------------------- */

static void set_string(struct settings_loading *loading, size_t index, const char *value) {
  const struct settings_row *row = settings_row_at(index);

  if (!text_is_utf8(value, strlen(value)) || text_has_control(value, strlen(value))) {
    settings_problem(loading, index, "has control characters or invalid UTF-8; retype the value");
  } else if (!settings_set_string(loading->settings, row, value)) {
    loading->out_of_memory = true;
  }
}

void settings_set_item(struct settings_loading *loading, size_t index, const char *item, size_t length) {
  const struct settings_row *row = settings_row_at(index);
  struct settings_list *list = settings_member(loading->settings, row);

  while (length > 0 && (*item == ' ' || *item == '\t')) {
    item++;
    length--;
  }
  while (length > 0 && (item[length - 1] == ' ' || item[length - 1] == '\t')) {
    length--;
  }
  if (length == 0) {
    settings_problem(loading, index, "has an empty entry; remove it");
  } else if (!settings_list_append(list, item, length)) {
    loading->out_of_memory = true;
  }
}

static void set_comma_list(struct settings_loading *loading, size_t index, const char *value) {
  const struct settings_row *row = settings_row_at(index);

  settings_list_clear(settings_member(loading->settings, row));
  if (value[0] == '\0') {
    return;
  }
  for (;;) {
    size_t length = strcspn(value, ",");
    settings_set_item(loading, index, value, length);
    if (value[length] == '\0') {
      return;
    }
    value += length + 1;
  }
}

void settings_set_integer(struct settings_loading *loading, size_t index, int64_t value) {
  const struct settings_row *row = settings_row_at(index);

  if (value < row->min || value > row->max) {
    settings_problem(loading, index, "must be %lld to %lld%s%s", (long long)row->min, (long long)row->max,
                     row->unit[0] == '\0' ? "" : " ", row->unit);
    return;
  }
  *(int64_t *)settings_member(loading->settings, row) = value;
}

static void set_choice(struct settings_loading *loading, size_t index, const char *value) {
  const struct settings_row *row = settings_row_at(index);
  const char *word = row->choices;

  for (int choice = 0;; choice++) {
    size_t length = strcspn(word, "|");
    if (strlen(value) == length && memcmp(value, word, length) == 0) {
      *(int *)settings_member(loading->settings, row) = choice;
      return;
    }
    if (word[length] == '\0') {
      settings_problem(loading, index, "must be one of %s", row->choices);
      return;
    }
    word += length + 1;
  }
}

static void set_boolean_text(struct settings_loading *loading, size_t index, const char *value) {
  static const struct {
    const char *word;
    bool value;
  } words[] = {{"true", true}, {"false", false}, {"on", true}, {"off", false},
               {"yes", true},  {"no", false},    {"1", true},  {"0", false}};

  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strcmp(words[i].word, value) == 0) {
      const struct settings_row *row = settings_row_at(index);
      *(bool *)settings_member(loading->settings, row) = words[i].value;
      return;
    }
  }
  settings_problem(loading, index, "must be true or false");
}

/* A value as it stands in the table or in the environment. */
void settings_set_text(struct settings_loading *loading, size_t index, const char *value) {
  const struct settings_row *row = settings_row_at(index);
  uint64_t number;

  switch (row->kind) {
  case SETTINGS_STRING:
    set_string(loading, index, value);
    return;
  case SETTINGS_LIST:
    set_comma_list(loading, index, value);
    return;
  case SETTINGS_INTEGER:
    if (text_parse_u64(value, strlen(value), INT64_MAX, &number) != ERROR_NONE) {
      settings_problem(loading, index, "must be a whole number, digits only");
    } else {
      settings_set_integer(loading, index, (int64_t)number);
    }
    return;
  case SETTINGS_BOOLEAN:
    set_boolean_text(loading, index, value);
    return;
  case SETTINGS_CHOICE:
    set_choice(loading, index, value);
    return;
  }
}
