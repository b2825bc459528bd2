/* SPDX-License-Identifier: ISC */
/*
 * What the files of the settings share: settings.c knows the table and the struct, settings_value.c
 * reads one value, settings_load.c the file and the environment, settings_check.c judges the values.
 * Nobody else includes this.
 */
#ifndef MEDIAGATE_CONFIG_SETTINGS_INTERNAL_H
#define MEDIAGATE_CONFIG_SETTINGS_INTERNAL_H

#include "config/settings.h"

#define SETTINGS_NAME_MAX 64

#define SETTINGS_COUNT_ONE(...) +1
enum {
  SETTINGS_ROW_COUNT = 0 SETTINGS_TABLE(SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE,
                                        SETTINGS_COUNT_ONE)
};

/* One attempt to read settings: where each value came from, and what is wrong so far. */
struct settings_loading {
  const char *path; /* for messages */
  struct settings *settings;
  struct text *problems;
  unsigned line[SETTINGS_ROW_COUNT]; /* 0: not in the file */
  bool from_environment[SETTINGS_ROW_COUNT];
  bool out_of_memory;
};

const struct settings_row *settings_row_at(size_t index);
/* The row of that name, NULL when there is none; *ret_index may be NULL. */
const struct settings_row *settings_find_row(const char *name, size_t *ret_index);
/* The member that belongs to the row. */
void *settings_member(struct settings *settings, const struct settings_row *row);
/* Replace a member; false when memory is out, and the old value stays. */
bool settings_set_string(struct settings *settings, const struct settings_row *row, const char *value);
bool settings_list_append(struct settings_list *list, const char *item, size_t length);
void settings_list_clear(struct settings_list *list);

/* "FILE:LINE: NAME WHAT" or "environment MEDIAGATE_NAME: WHAT". */
void settings_problem(struct settings_loading *loading, size_t row_index, const char *format, ...) PRINTF_LIKE(3, 4);
/* True when the value's form is checked; every text and list must have one. */
bool settings_has_form(const struct settings_row *row);
/* Reads a value as it stands in the table or in the environment; notes a problem when it does not fit. */
void settings_set_text(struct settings_loading *loading, size_t row_index, const char *value);
void settings_set_integer(struct settings_loading *loading, size_t row_index, int64_t value);
/* Appends one trimmed entry to the row's list. */
void settings_set_item(struct settings_loading *loading, size_t row_index, const char *item, size_t length);
/* The setting whose name is nearest to a misspelt one, NULL when none is near. */
const char *settings_nearest_name(const char *name);
/* Judges every value and what must fit together; lowers host names. */
void settings_check(struct settings_loading *loading);

#endif
