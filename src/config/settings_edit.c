/* SPDX-License-Identifier: ISC */
/*
 * A settings file is a list of `name = value;` in libconfig's syntax. A small scanner finds one statement; whether the
 * rest is well-formed is libconfig's to say.
 */
#include "config.h"

#include "config/settings_edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/settings_internal.h"
#include "config/settings_load.h"
#include "config/settings_value.h"

/* --- the scanner: each function returns the first byte behind what it passes over -------------- */

static const char *pass_line(const char *at) {
  return at + strcspn(at, "\n");
}

static const char *pass_comment(const char *at) {
  if (at[1] != '*') {
    return pass_line(at);
  }
  const char *end = strstr(at + 2, "*/");
  return end == NULL ? at + strlen(at) : end + 2;
}

static bool is_comment(const char *at) {
  return *at == '#' || (*at == '/' && (at[1] == '/' || at[1] == '*'));
}

static const char *pass_blanks(const char *at) {
  for (;;) {
    at += strspn(at, " \t\r\n\f");
    if (!is_comment(at)) {
      return at;
    }
    at = *at == '#' ? pass_line(at) : pass_comment(at);
  }
}

/* *at is the opening quote. */
static const char *pass_string(const char *at) {
  for (at++; *at != '\0' && *at != '"'; at++) {
    if (*at == '\\' && at[1] != '\0') {
      at++;
    }
  }
  return *at == '"' ? at + 1 : at;
}

/* Texts side by side are one text. */
static const char *pass_strings(const char *at) {
  at = pass_string(at);
  for (const char *next = pass_blanks(at); *next == '"'; next = pass_blanks(at)) {
    at = pass_string(next);
  }
  return at;
}

static const char *pass_list(const char *at) {
  size_t depth = 0;
  do {
    if (*at == '"') {
      at = pass_string(at);
      continue;
    }
    if (is_comment(at)) {
      at = *at == '#' ? pass_line(at) : pass_comment(at);
      continue;
    }
    depth += strchr("[({", *at) != NULL;
    depth -= strchr("])}", *at) != NULL;
    at++;
  } while (depth > 0 && *at != '\0');
  return at;
}

static const char *pass_value(const char *at) {
  if (*at == '"') {
    return pass_strings(at);
  }
  if (*at != '\0' && strchr("[({", *at) != NULL) {
    return pass_list(at);
  }
  return at + strcspn(at, " \t\r\n\f;,#/");
}

/* From the name to its terminator, which may be left out. */
static const char *pass_statement(const char *at) {
  at += strcspn(at, "=: \t\r\n\f;#/");
  at = pass_blanks(at);
  if (*at != '=' && *at != ':') {
    return *at == '\0' ? at : at + 1; /* no statement: libconfig says so */
  }
  at = pass_value(pass_blanks(at + 1));
  const char *end = pass_blanks(at);
  return *end == ';' || *end == ',' ? end + 1 : at;
}

/* --- where the setting stands -------------------------------------------------------------------- */

struct place {
  const char *start, *end;
};

static bool is_name(const char *at, const char *name) {
  size_t length = strlen(name);
  return strncmp(at, name, length) == 0 && at[length] != '\0' && strchr("=: \t\r\n", at[length]) != NULL;
}

static bool find_statement(const char *file, const char *name, struct place *ret_place) {
  for (const char *at = pass_blanks(file); *at != '\0'; at = pass_blanks(at)) {
    const char *end = pass_statement(at);
    if (is_name(at, name)) {
      *ret_place = (struct place){at, end};
      return true;
    }
    at = end;
  }
  return false;
}

/* The line "#name = …;" of a sample. */
static bool find_sample(const char *file, const char *name, struct place *ret_place) {
  for (const char *line = file; *line != '\0'; line = pass_line(line), line += *line == '\n') {
    const char *at = line + 1;
    if (*line == '#' && is_name(at, name) && at[strlen(name) + strspn(at + strlen(name), " \t")] == '=') {
      *ret_place = (struct place){line, pass_line(line)};
      return true;
    }
  }
  return false;
}

/* --- its new text -------------------------------------------------------------------------------- */

/* The value as it stands in a file. */
static enum error append_literal(const char *name, const char *value, struct text *text, struct text *problems) {
  struct settings *scratch = NULL;
  size_t index = 0;
  const struct settings_row *row = settings_find_row(name, &index);
  if (row == NULL) {
    const char *near = settings_nearest_name(name);
    text_appendf(problems, "no setting is named %s%s%s\n", name, near == NULL ? "" : "; did you mean ",
                 near == NULL ? "" : near);
    return ERROR_INVALID;
  }
  enum error error = settings_parse("", &scratch, problems);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t before = problems->length;
  struct settings_loading loading = {.path = "setting", .settings = scratch, .problems = problems};
  settings_set_text(&loading, index, value);
  settings_append_value(scratch, row, text);
  settings_free(scratch);
  if (loading.out_of_memory || text->failed) {
    return ERROR_MEMORY;
  }
  return problems->length > before ? ERROR_INVALID : ERROR_NONE;
}

enum error settings_edit(const char *file_text, const char *name, const char *value, struct text *ret_text,
                         struct text *ret_problems) {
  __attribute__((cleanup(text_free))) struct text literal = {0};
  size_t length = strlen(file_text);
  struct place place = {file_text + length, file_text + length};
  enum error error = append_literal(name, value, &literal, ret_problems);
  if (error != ERROR_NONE) {
    return error;
  }
  bool found = find_statement(file_text, name, &place) || find_sample(file_text, name, &place);
  text_append_bytes(ret_text, file_text, (size_t)(place.start - file_text));
  if (!found && length > 0 && file_text[length - 1] != '\n') {
    text_append(ret_text, "\n");
  }
  text_appendf(ret_text, "%s = %s;%s", name, literal.data, found ? "" : "\n");
  text_append(ret_text, place.end);
  return ret_text->failed ? ERROR_MEMORY : ERROR_NONE;
}
