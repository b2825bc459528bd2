/* SPDX-License-Identifier: ISC */
/*
 * What the files of the settings share: settings.c knows the table and the struct, settings_value.c
 * reads one value, settings_load.c reads the file and the environment, settings_check.c judges the values.
 * Nobody else includes this.
 */
#ifndef MEDIAGATE_CONFIG_SETTINGS_INTERNAL_H
#define MEDIAGATE_CONFIG_SETTINGS_INTERNAL_H

#include "config/settings.h"

#define SETTINGS_NAME_MAX 64

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

#endif
