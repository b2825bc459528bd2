/* SPDX-License-Identifier: ISC */
/* The settings file: made of the sample, or changed where that was asked. It is replaced whole, and only by a good one.
 */
#include "config.h"

#include "command/setup_settings.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "command/command_database.h"
#include "command/options.h"
#include "command/setup_run.h"
#include "config/settings_edit.h"
#include "config/settings_load.h"

#define SETTINGS_FILE_MAX (1024 * 1024)

bool setup_change(struct setup *setup, const char *name, const char *value) {
  if (setup->change_count == SETUP_CHANGES_MAX) {
    fprintf(stderr, "mediagate setup: more than %d settings; write them into the file\n", SETUP_CHANGES_MAX);
    return false;
  }
  setup->changes[setup->change_count].name = name;
  setup->changes[setup->change_count].value = value;
  setup->change_count++;
  return true;
}

static bool complain(const char *path, enum error error) {
  fprintf(stderr, "mediagate setup: %s: %s\n", path,
          error == ERROR_IO && errno != 0 ? strerror(errno) : error_strerror(error));
  return false;
}

/* The file as it is; the sample, which says what each setting is for, where there is none. */
static bool read_present(const struct setup *setup, struct text *ret_text, bool *ret_is_new) {
  const char *const sample[] = {setup->program, "check-config", "--sample", NULL};
  enum error error = file_read(setup->config_path, SETTINGS_FILE_MAX, ret_text);
  *ret_is_new = error == ERROR_NOT_FOUND;
  if (*ret_is_new) {
    return setup_read(NULL, sample, ret_text);
  }
  if (error == ERROR_NONE) {
    text_append(ret_text, ""); /* an empty file is a text too */
  }
  return (error == ERROR_NONE && !ret_text->failed) || complain(setup->config_path, error);
}

static bool make_changes(const struct setup *setup, struct text *text) {
  __attribute__((cleanup(text_free))) struct text problems = {0};
  struct settings *settings = NULL;
  enum error error = ERROR_NONE;
  for (size_t i = 0; i < setup->change_count && error == ERROR_NONE; i++) {
    struct text changed = {0};
    error = settings_edit(text->data, setup->changes[i].name, setup->changes[i].value, &changed, &problems);
    text_free(text);
    *text = changed;
  }
  if (error == ERROR_NONE) {
    error = settings_parse(text->data, &settings, &problems);
  }
  if (error == ERROR_NONE) {
    error = command_database_check(settings, &problems) ? ERROR_NONE : ERROR_INVALID;
    settings_free(settings);
  }
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate setup: the settings would not be good, and nothing was written:\n%s",
            problems.length > 0 ? problems.data : error_strerror(error));
  }
  return error == ERROR_NONE;
}

/* Every account of the units reads it: secrets lie in files of their own. */
static bool write_settings(const struct setup *setup, const struct text *text) {
  struct stat status;
  char *copy = strdup(setup->config_path);
  enum error error = copy == NULL ? ERROR_MEMORY : file_make_folders(dirname(copy), 0755);
  free(copy);
  if (error == ERROR_NONE) {
    mode_t mode = stat(setup->config_path, &status) == 0 ? status.st_mode & 07777 : 0644;
    error = file_replace(setup->config_path, mode, text->data, text->length);
  }
  return error == ERROR_NONE || complain(setup->config_path, error);
}

bool setup_settings(struct setup *setup) {
  __attribute__((cleanup(text_free))) struct text text = {0}, before = {0};
  bool is_new = false;
  if (!read_present(setup, &text, &is_new)) {
    return false;
  }
  text_append_bytes(&before, text.data, text.length);
  if (!make_changes(setup, &text)) {
    return false;
  }
  bool same = !is_new && before.length == text.length && memcmp(before.data, text.data, text.length) == 0;
  if (!same && !write_settings(setup, &text)) {
    return false;
  }
  printf("settings: %s %s\n", setup->config_path,
         is_new ? "is made"
         : same ? "is there and stays as it is"
                : "is changed");
  setup->settings = options_load_settings(setup->config_path);
  return setup->settings != NULL;
}
