/* SPDX-License-Identifier: ISC */
/*
 * Reads settings: the defaults, a text in libconfig's syntax, the environment. A wrong value is
 * noted and reading goes on, so that one look shows every problem.
 */
#include "config.h"

#include "config/settings_load.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text_parse.h"
#include "config/settings_check.h"
#include "config/settings_internal.h"
#include "config/settings_value.h"

#define SETTINGS_FILE_MAX  (1024 * 1024)
#define ENVIRONMENT_PREFIX "MEDIAGATE_"

extern char **environ;

/* --- the file -------------------------------------------------------------------------------- */

static void set_file_list(struct settings_loading *loading, size_t index, config_setting_t *setting) {
  const struct settings_row *row = settings_row_at(index);

  settings_list_clear(settings_member(loading->settings, row));
  for (int i = 0; i < config_setting_length(setting); i++) {
    const char *item = config_setting_get_string_elem(setting, i);
    if (item == NULL) {
      settings_problem(loading, index, "must be a list of texts in quotes, such as [\"a\", \"b\"]");
      return;
    }
    settings_set_item(loading, index, item, strlen(item));
  }
}

static void set_from_file(struct settings_loading *loading, size_t index, config_setting_t *setting) {
  const struct settings_row *row = settings_row_at(index);
  int type = config_setting_type(setting);
  bool is_text = type == CONFIG_TYPE_STRING;

  if (row->kind == SETTINGS_LIST && (type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST)) {
    set_file_list(loading, index, setting);
  } else if (row->kind == SETTINGS_INTEGER && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)) {
    settings_set_integer(loading, index, config_setting_get_int64(setting));
  } else if (row->kind == SETTINGS_BOOLEAN && type == CONFIG_TYPE_BOOL) {
    *(bool *)settings_member(loading->settings, row) = config_setting_get_bool(setting) == CONFIG_TRUE;
  } else if (row->kind == SETTINGS_INTEGER) {
    settings_problem(loading, index, "must be a whole number without quotes");
  } else if (row->kind == SETTINGS_BOOLEAN && !is_text) {
    settings_problem(loading, index, "must be true or false");
  } else if (!is_text) {
    settings_problem(loading, index, "must be a text in quotes");
  } else {
    settings_set_text(loading, index, config_setting_get_string(setting));
  }
}

static void note_unknown(struct settings_loading *loading, const char *name, unsigned line) {
  const char *nearest = settings_nearest_name(name);

  text_appendf(loading->problems, "%s:%u: no setting is named %s; ", loading->path, line, name);
  if (nearest != NULL) {
    text_appendf(loading->problems, "did you mean %s?\n", nearest);
  } else {
    text_append(loading->problems, "`mediagate check-config --sample` shows all\n");
  }
}

/* True at the first byte of a number: a digit that does not continue a name or another number. */
static bool starts_number(const char *text, size_t at) {
  static const char inside[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*.";

  return text[at] >= '0' && text[at] <= '9' && (at == 0 || strchr(inside, text[at - 1]) == NULL);
}

/* Past a string or a comment that begins at `at`; `at` itself when neither does. */
static size_t skip_opaque(const char *text, size_t at) {
  if (text[at] == '"') {
    for (at++; text[at] != '\0' && text[at] != '"'; at++) {
      at += text[at] == '\\' && text[at + 1] != '\0';
    }
    return text[at] == '"' ? at + 1 : at;
  }
  if (text[at] == '#' || (text[at] == '/' && text[at + 1] == '/')) {
    return at + strcspn(text + at, "\n");
  }
  if (text[at] == '/' && text[at + 1] == '*') {
    const char *end = strstr(text + at + 2, "*/");
    return end == NULL ? at + strlen(text + at) : (size_t)(end - text) + 2;
  }
  return at;
}

/* libconfig 1.5 cuts an integer without the suffix L to 32 bits and says nothing. Copies the text with
 * that suffix on every integer, and refuses what 64 bits cannot hold, and @include, whose line numbers
 * and folder would be another file's. */
static bool widen_integers(struct settings_loading *loading, const char *text, struct text *ret_wide) {
  size_t at = 0;
  unsigned line = 1;

  while (text[at] != '\0') {
    size_t end = skip_opaque(text, at);
    bool is_integer = false;
    if (end == at && starts_number(text, at)) {
      end = at + strspn(text + at, "0123456789");
      is_integer = strchr(".eExXL", text[end]) == NULL || text[end] == '\0';
      if (end - at > 18) {
        text_appendf(loading->problems, "%s:%u: the number is too large\n", loading->path, line);
        return false;
      }
    } else if (end == at && text[at] == '@') {
      text_appendf(loading->problems, "%s:%u: @include is not supported; use one file\n", loading->path, line);
      return false;
    } else if (end == at) {
      end = at + 1;
    }
    text_append_bytes(ret_wide, text + at, end - at);
    text_append(ret_wide, is_integer ? "L" : "");
    for (; at < end; at++) {
      line += text[at] == '\n';
    }
  }
  loading->out_of_memory |= ret_wide->failed;
  return !ret_wide->failed && ret_wide->length > 0;
}

static void load_text(struct settings_loading *loading, const char *text) {
  struct text wide = {0};
  config_t config;

  if (!widen_integers(loading, text, &wide)) {
    text_free(&wide);
    return;
  }
  config_init(&config);
  if (config_read_string(&config, wide.data) != CONFIG_TRUE) {
    text_appendf(loading->problems, "%s:%d: %s; a setting is `name = value;`, once, texts stand in quotes\n",
                 loading->path, config_error_line(&config), config_error_text(&config));
  } else {
    config_setting_t *root = config_root_setting(&config);
    for (int i = 0; i < config_setting_length(root); i++) {
      config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);
      unsigned line = config_setting_source_line(setting);
      size_t index;
      if (settings_find_row(config_setting_name(setting), &index) == NULL) {
        note_unknown(loading, config_setting_name(setting), line);
      } else {
        loading->line[index] = line;
        set_from_file(loading, index, setting);
      }
    }
  }
  config_destroy(&config);
  text_free(&wide);
}

static bool has_password(const char *connection) {
  const char *authority = strstr(connection, "://");

  return strstr(connection, "password") != NULL ||
         (authority != NULL && memchr(authority + 3, ':', strcspn(authority + 3, "@/?")) != NULL &&
          strchr(authority + 3, '@') != NULL);
}

static void check_permissions(struct settings_loading *loading) {
  bool secret = has_password(loading->settings->database) || has_password(loading->settings->notify_database) ||
                has_password(loading->settings->analytics_database);
  struct stat status;

  if (stat(loading->path, &status) != 0 || !S_ISREG(status.st_mode)) {
    return;
  }
  if ((status.st_mode & 002) != 0) {
    text_appendf(loading->problems, "%s: everybody may write it; `chmod o-w %s`\n", loading->path, loading->path);
  }
  if (secret && (status.st_mode & 004) != 0) {
    text_appendf(loading->problems,
                 "%s: it has a database password and everybody may read it; `chmod o-rwx %s`, or use a passfile\n",
                 loading->path, loading->path);
  }
}

static void load_file(struct settings_loading *loading) {
  struct text text = {0};
  enum error error = file_read(loading->path, SETTINGS_FILE_MAX, &text);

  if (error != ERROR_NONE) {
    text_appendf(loading->problems, "%s: cannot read: %s\n", loading->path,
                 error == ERROR_IO ? strerror(errno) : error_strerror(error));
  } else if (text.length > 0 && strlen(text.data) != text.length) {
    text_appendf(loading->problems, "%s: it has a NUL byte; it must be a text\n", loading->path);
  } else if (text.length > 0) {
    load_text(loading, text.data);
    check_permissions(loading);
  }
  text_free(&text);
}

/* --- the environment ------------------------------------------------------------------------- */

static const char variable_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/* Others may set MEDIAGATE_ variables for purposes of their own (Kubernetes does for a service of that
 * name), so an unknown one is a problem only where it looks like a misspelt setting. */
static void load_variable(struct settings_loading *loading, const char *variable) {
  const char *equals = strchr(variable, '=');
  char name[SETTINGS_NAME_MAX];
  size_t index;

  if (equals == NULL || (size_t)(equals - variable) >= sizeof(name)) {
    return;
  }
  snprintf(name, sizeof(name), "%.*s", (int)(equals - variable), variable);
  if (name[strspn(name, variable_characters)] != '\0') {
    return; /* no setting's, and not fit to be quoted */
  }
  text_lower(name);
  if (settings_find_row(name, &index) != NULL) {
    loading->from_environment[index] = true;
    settings_set_text(loading, index, equals + 1);
  } else if (settings_nearest_name(name) != NULL) {
    text_appendf(loading->problems, "environment %s%.*s: no setting has that name; did you mean %s?\n",
                 ENVIRONMENT_PREFIX, (int)(equals - variable), variable, settings_nearest_name(name));
  }
}

static void load_environment(struct settings_loading *loading) {
  for (char **variable = environ; *variable != NULL; variable++) {
    if (strncmp(*variable, ENVIRONMENT_PREFIX, strlen(ENVIRONMENT_PREFIX)) == 0) {
      load_variable(loading, *variable + strlen(ENVIRONMENT_PREFIX));
    }
  }
}

static void note_sources(struct settings_loading *loading) {
  for (size_t i = 0; i < SETTINGS_ROW_COUNT; i++) {
    loading->settings->sources[i] = loading->from_environment[i] ? SETTINGS_FROM_ENVIRONMENT
                                    : loading->line[i] > 0       ? SETTINGS_FROM_FILE
                                                                 : SETTINGS_FROM_DEFAULT;
  }
}

/* --- all together ---------------------------------------------------------------------------- */

static void load_defaults(struct settings_loading *loading) {
  size_t count;
  const struct settings_row *rows = settings_rows(&count);

  for (size_t i = 0; i < count; i++) {
    settings_set_text(loading, i, rows[i].default_text);
  }
}

static enum error load(const char *path, const char *text, struct settings **ret_settings, struct text *ret_problems) {
  size_t problems_before = ret_problems->length;
  struct settings_loading loading = {
      .path = path == NULL ? "settings" : path,
      .settings = calloc(1, sizeof(struct settings)),
      .problems = ret_problems,
  };

  if (loading.settings == NULL) {
    return ERROR_MEMORY;
  }
  load_defaults(&loading);
  if (!loading.out_of_memory) {
    if (text != NULL) {
      load_text(&loading, text);
    } else {
      if (path != NULL) {
        load_file(&loading);
      }
      load_environment(&loading);
    }
    settings_check(&loading);
    note_sources(&loading);
  }
  if (loading.out_of_memory || ret_problems->failed || ret_problems->length > problems_before) {
    settings_free(loading.settings);
    return loading.out_of_memory || ret_problems->failed ? ERROR_MEMORY : ERROR_INVALID;
  }
  *ret_settings = loading.settings;
  return ERROR_NONE;
}

enum error settings_load(const char *path, struct settings **ret_settings, struct text *ret_problems) {
  return load(path, NULL, ret_settings, ret_problems);
}

enum error settings_parse(const char *file_text, struct settings **ret_settings, struct text *ret_problems) {
  return load(NULL, file_text, ret_settings, ret_problems);
}
