/* SPDX-License-Identifier: ISC */
/*
 * The table of the settings as data, and the struct made from it: release, copy of fixed values,
 * printing. Reading is in settings_load.c, judging in settings_check.c.
 */
#include "config.h"

#include "config/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings_internal.h"

/* clang-format off */
#define ROW_STRING(row_name, value, can_reload, text)                                                                 \
  {.name = #row_name, .kind = SETTINGS_STRING, .unit = "", .choices = "", .default_text = (value),                    \
   .reloadable = (can_reload), .help = (text), .offset = offsetof(struct settings, row_name)},
#define ROW_LIST(row_name, value, can_reload, text)                                                                   \
  {.name = #row_name, .kind = SETTINGS_LIST, .unit = "", .choices = "", .default_text = (value),                      \
   .reloadable = (can_reload), .help = (text), .offset = offsetof(struct settings, row_name)},
#define ROW_INTEGER(row_name, unit_name, least, most, value, can_reload, text)                                        \
  {.name = #row_name, .kind = SETTINGS_INTEGER, .unit = (unit_name), .choices = "", .min = (least), .max = (most),    \
   .default_text = #value, .reloadable = (can_reload), .help = (text), .offset = offsetof(struct settings, row_name)},
#define ROW_BOOLEAN(row_name, value, can_reload, text)                                                                \
  {.name = #row_name, .kind = SETTINGS_BOOLEAN, .unit = "", .choices = "", .default_text = (value) ? "true" : "false", \
   .reloadable = (can_reload), .help = (text), .offset = offsetof(struct settings, row_name)},
#define ROW_CHOICE(row_name, words, value, can_reload, text)                                                          \
  {.name = #row_name, .kind = SETTINGS_CHOICE, .unit = "", .choices = (words), .default_text = (value),               \
   .reloadable = (can_reload), .help = (text), .offset = offsetof(struct settings, row_name)},
/* clang-format on */

static const struct settings_row rows[] = {SETTINGS_TABLE(ROW_STRING, ROW_LIST, ROW_INTEGER, ROW_BOOLEAN, ROW_CHOICE)};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == SETTINGS_ROW_COUNT, "every setting is one row");

const struct settings_row *settings_rows(size_t *ret_count) {
  *ret_count = SETTINGS_ROW_COUNT;
  return rows;
}

const struct settings_row *settings_row_at(size_t index) {
  return &rows[index];
}

const struct settings_row *settings_find_row(const char *name, size_t *ret_index) {
  for (size_t i = 0; i < SETTINGS_ROW_COUNT; i++) {
    if (strcmp(rows[i].name, name) == 0) {
      if (ret_index != NULL) {
        *ret_index = i;
      }
      return &rows[i];
    }
  }
  return NULL;
}

void *settings_member(struct settings *settings, const struct settings_row *row) {
  return (char *)settings + row->offset;
}

static const void *member_const(const struct settings *settings, const struct settings_row *row) {
  return (const char *)settings + row->offset;
}

enum settings_source settings_source(const struct settings *settings, const struct settings_row *row) {
  return (enum settings_source)settings->sources[row - rows];
}

bool settings_is_connection_string(const struct settings_row *row) {
  return strcmp(row->name, "database") == 0 || strcmp(row->name, "analytics_database") == 0 ||
         strcmp(row->name, "notify_database") == 0;
}

/* --- strings and lists ----------------------------------------------------------------------- */

bool settings_set_string(struct settings *settings, const struct settings_row *row, const char *value) {
  char **member = settings_member(settings, row);
  char *copy = strdup(value);

  if (copy == NULL) {
    return false;
  }
  free(*member);
  *member = copy;
  return true;
}

bool settings_list_append(struct settings_list *list, const char *item, size_t length) {
  char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

  if (items == NULL) {
    return false;
  }
  list->items = items;
  items[list->count] = strndup(item, length);
  if (items[list->count] == NULL) {
    return false;
  }
  list->count++;
  return true;
}

void settings_list_clear(struct settings_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->items[i]);
  }
  free(list->items);
  *list = (struct settings_list){0};
}

void settings_free(struct settings *settings) {
  if (settings == NULL) {
    return;
  }
  for (size_t i = 0; i < SETTINGS_ROW_COUNT; i++) {
    if (rows[i].kind == SETTINGS_STRING) {
      free(*(char **)settings_member(settings, &rows[i]));
    } else if (rows[i].kind == SETTINGS_LIST) {
      settings_list_clear(settings_member(settings, &rows[i]));
    }
  }
  free(settings);
}

/* --- fixed settings -------------------------------------------------------------------------- */

static bool list_equal(const struct settings_list *a, const struct settings_list *b) {
  if (a->count != b->count) {
    return false;
  }
  for (size_t i = 0; i < a->count; i++) {
    if (strcmp(a->items[i], b->items[i]) != 0) {
      return false;
    }
  }
  return true;
}

static bool value_equal(const struct settings *a, const struct settings *b, const struct settings_row *row) {
  const void *left = member_const(a, row);
  const void *right = member_const(b, row);

  switch (row->kind) {
  case SETTINGS_STRING:
    return strcmp(*(char *const *)left, *(char *const *)right) == 0;
  case SETTINGS_LIST:
    return list_equal(left, right);
  case SETTINGS_INTEGER:
    return *(const int64_t *)left == *(const int64_t *)right;
  case SETTINGS_BOOLEAN:
    return *(const bool *)left == *(const bool *)right;
  case SETTINGS_CHOICE:
    return *(const int *)left == *(const int *)right;
  }
  return false;
}

static bool copy_list(struct settings_list *to, const struct settings_list *from) {
  struct settings_list copy = {0};

  for (size_t i = 0; i < from->count; i++) {
    if (!settings_list_append(&copy, from->items[i], strlen(from->items[i]))) {
      settings_list_clear(&copy);
      return false;
    }
  }
  settings_list_clear(to);
  *to = copy;
  return true;
}

static bool copy_value(struct settings *to, const struct settings *from, const struct settings_row *row) {
  void *target = settings_member(to, row);
  const void *source = member_const(from, row);

  switch (row->kind) {
  case SETTINGS_STRING:
    return settings_set_string(to, row, *(char *const *)source);
  case SETTINGS_LIST:
    return copy_list(target, source);
  case SETTINGS_INTEGER:
    *(int64_t *)target = *(const int64_t *)source;
    return true;
  case SETTINGS_BOOLEAN:
    *(bool *)target = *(const bool *)source;
    return true;
  case SETTINGS_CHOICE:
    *(int *)target = *(const int *)source;
    return true;
  }
  return false;
}

enum error settings_keep_fixed(const struct settings *current, struct settings *next, struct text *ret_kept) {
  for (size_t i = 0; i < SETTINGS_ROW_COUNT; i++) {
    if (rows[i].reloadable || value_equal(current, next, &rows[i])) {
      continue;
    }
    if (!copy_value(next, current, &rows[i])) {
      return ERROR_MEMORY;
    }
    next->sources[i] = current->sources[i];
    text_appendf(ret_kept, "%s\n", rows[i].name);
  }
  return ret_kept->failed ? ERROR_MEMORY : ERROR_NONE;
}

/* --- printing -------------------------------------------------------------------------------- */

static void append_quoted(struct text *text, const char *value) {
  text_append(text, "\"");
  for (; *value != '\0'; value++) {
    if (*value == '"' || *value == '\\') {
      text_append(text, "\\");
    }
    text_append_bytes(text, value, 1);
  }
  text_append(text, "\"");
}

static void append_list(struct text *text, const struct settings_list *list) {
  text_append(text, "[");
  for (size_t i = 0; i < list->count; i++) {
    text_append(text, i == 0 ? "" : ", ");
    append_quoted(text, list->items[i]);
  }
  text_append(text, "]");
}

static void append_choice(struct text *text, const char *choices, int index) {
  for (; index > 0; index--) {
    choices = strchr(choices, '|') + 1;
  }
  text_appendf(text, "\"%.*s\"", (int)strcspn(choices, "|"), choices);
}

void settings_append_value(const struct settings *settings, const struct settings_row *row, struct text *ret_text) {
  const void *value = member_const(settings, row);

  switch (row->kind) {
  case SETTINGS_STRING:
    append_quoted(ret_text, *(char *const *)value);
    return;
  case SETTINGS_LIST:
    append_list(ret_text, value);
    return;
  case SETTINGS_INTEGER:
    text_appendf(ret_text, "%lld", (long long)*(const int64_t *)value);
    return;
  case SETTINGS_BOOLEAN:
    text_append(ret_text, *(const bool *)value ? "true" : "false");
    return;
  case SETTINGS_CHOICE:
    append_choice(ret_text, row->choices, *(const int *)value);
    return;
  }
}

static void append_json_text(struct text *text, const char *value) {
  text_append_json_string(text, value, strlen(value));
}

static void append_json_list(struct text *text, const struct settings_list *list) {
  text_append(text, "[");
  for (size_t i = 0; i < list->count; i++) {
    text_append(text, i == 0 ? "" : ",");
    append_json_text(text, list->items[i]);
  }
  text_append(text, "]");
}

void settings_append_json(const struct settings *settings, const struct settings_row *row, struct text *ret_text) {
  if (row->kind == SETTINGS_STRING) {
    append_json_text(ret_text, *(char *const *)member_const(settings, row));
  } else if (row->kind == SETTINGS_LIST) {
    append_json_list(ret_text, member_const(settings, row));
  } else {
    settings_append_value(settings, row, ret_text); /* numbers, truth values and words are written alike */
  }
}
