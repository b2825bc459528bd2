/* SPDX-License-Identifier: ISC */
/*
 * mediagate check-config: says whether the settings are good, and prints what can be made from
 * the table of settings: the effective values, a sample file, rows for the manual and docs/settings.md.
 */
#include "config.h"

#include "command/command.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command_warnings.h"
#include "command/options.h"
#include "config/settings_load.h"
#include "store/engine/connection_string.h"

static const char usage[] =
    "usage: mediagate check-config [--config FILE] [--show | --sample | --markdown | --man]\n\n"
    "Checks the settings in the file and the environment, names every problem, and warns of what they leave "
    "open.\n\n" OPTIONS_USAGE_CONFIG "  --show          print the effective settings; passwords are masked\n"
    "  --sample        print a sample file with every setting and its default\n"
    "  --markdown      print the table of docs/settings.md\n"
    "  --man           print the rows for mediagate.conf(5)\n";

/* Headings stand before the first setting of each part of settings_table.h. */
static const struct {
  const char *first, *title;
} sections[] = {
    {"database", "Database"},
    {"data_dir", "Files"},
    {"public_url", "What nginx must know too"},
    {"upload_max", "Uploads"},
    {"fast_workers", "Pools"},
    {"signup_policy", "Accounts"},
    {"stream_ttl_default", "Streams and views"},
    {"package", "Packages"},
    {"sandbox", "Sandbox and probing"},
    {"log_level", "Logs"},
};

static const char *section_title(const struct settings_row *row) {
  for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
    if (strcmp(sections[i].first, row->name) == 0) {
      return sections[i].title;
    }
  }
  return NULL;
}

/* "1 to 604800 s" */
static void append_type(struct text *text, const struct settings_row *row) {
  switch (row->kind) {
  case SETTINGS_STRING:
    text_append(text, "text");
    return;
  case SETTINGS_LIST:
    text_append(text, "list of texts");
    return;
  case SETTINGS_INTEGER:
    text_appendf(text, "%lld to %lld%s%s", (long long)row->min, (long long)row->max, row->unit[0] == '\0' ? "" : " ",
                 row->unit);
    return;
  case SETTINGS_BOOLEAN:
    text_append(text, "true or false");
    return;
  case SETTINGS_CHOICE:
    for (const char *at = row->choices; *at != '\0'; at++) {
      if (*at == '|') {
        text_append(text, strchr(at + 1, '|') == NULL ? " or " : ", ");
      } else {
        text_append_bytes(text, at, 1);
      }
    }
    return;
  }
}

/* --- formats: each prints one row ------------------------------------------------------------ */

typedef void print_row(const struct settings *settings, const struct settings_row *row, struct text *out);

static void print_effective(const struct settings *settings, const struct settings_row *row, struct text *out) {
  text_appendf(out, "%s = ", row->name);
  settings_append_value(settings, row, out);
  text_append(out, ";\n");
}

static void print_sample(const struct settings *settings, const struct settings_row *row, struct text *out) {
  const char *title = section_title(row);

  if (title != NULL) {
    text_appendf(out, "\n# --- %s ---\n", title);
  }
  text_appendf(out, "\n# %s\n# ", row->help);
  append_type(out, row);
  text_append(out, row->reloadable ? "\n#" : "; a change needs a restart\n#");
  text_appendf(out, "%s = ", row->name);
  settings_append_value(settings, row, out);
  text_append(out, ";\n");
}

/* Markdown in a table cell: a bar would end the cell, angle brackets would be HTML. */
static void append_cell(struct text *out, const char *string) {
  for (; *string != '\0'; string++) {
    if (strchr("|<>*_", *string) != NULL) {
      text_append(out, "\\");
    }
    text_append_bytes(out, string, 1);
  }
}

static void print_markdown(const struct settings *settings, const struct settings_row *row, struct text *out) {
  struct text type = {0};

  text_appendf(out, "| `%s` | `", row->name);
  settings_append_value(settings, row, out);
  append_type(&type, row);
  text_appendf(out, "` | %s | ", type.data == NULL ? "" : type.data);
  append_cell(out, row->help);
  text_appendf(out, " | %s |\n", row->reloadable ? "reload" : "restart");
  text_free(&type);
}

/* roff: a backslash and a leading dot or quote are commands, a hyphen would be typeset. */
static void append_roff(struct text *out, const char *string) {
  if (*string == '.' || *string == '\'') {
    text_append(out, "\\&");
  }
  for (; *string != '\0'; string++) {
    if (*string == '\\') {
      text_append(out, "\\e");
    } else if (*string == '-') {
      text_append(out, "\\-");
    } else {
      text_append_bytes(out, string, 1);
    }
  }
}

static void print_man(const struct settings *settings, const struct settings_row *row, struct text *out) {
  const char *title = section_title(row);
  struct text fact = {0};

  if (title != NULL) {
    text_appendf(out, ".SS %s\n", title);
  }
  text_appendf(out, ".TP\n.B %s\n", row->name);
  append_roff(out, row->help);
  append_type(&fact, row);
  text_append(&fact, ". Default: ");
  settings_append_value(settings, row, &fact);
  text_append(&fact, row->reloadable ? "." : ". A change needs a restart.");
  text_append(out, ".\n.br\n");
  append_roff(out, fact.data == NULL ? "" : fact.data);
  text_append(out, "\n");
  text_free(&fact);
}

/* --- the command ----------------------------------------------------------------------------- */

static int print_rows(const struct settings *settings, const char *head, print_row *print) {
  size_t count;
  const struct settings_row *rows = settings_rows(&count);
  struct text out = {0};

  text_append(&out, head);
  for (size_t i = 0; i < count; i++) {
    print(settings, &rows[i], &out);
  }
  bool written = !out.failed && fputs(out.data, stdout) >= 0 && fflush(stdout) == 0;
  text_free(&out);
  return written ? 0 : COMMAND_FAILED;
}

/* What is made from the defaults alone, whatever the machine's settings are. */
static int print_defaults(const char *head, print_row *print) {
  struct settings *settings = NULL;
  struct text problems = {0};
  int exit_code = COMMAND_FAILED;

  if (settings_parse("", &settings, &problems) == ERROR_NONE) {
    exit_code = print_rows(settings, head, print);
  } else {
    fputs(problems.data == NULL ? "mediagate: memory is out\n" : problems.data, stderr);
  }
  settings_free(settings);
  text_free(&problems);
  return exit_code;
}

static bool mask(char **connection) {
  struct text masked = {0};

  text_append(&masked, "");
  connection_string_append_masked(&masked, *connection);
  if (masked.failed) {
    text_free(&masked);
    return false;
  }
  free(*connection);
  *connection = masked.data;
  return true;
}

static void print_warning(void *context, const char *setting, const char *meaning, const char *remedy) {
  const char *config_path = context;
  fprintf(stderr, "%s: warning: %s: %s; %s\n", config_path, setting, meaning, remedy);
}

static int check_settings(const char *config_path, bool show) {
  struct settings *settings = options_load_settings(config_path);
  int exit_code = COMMAND_FAILED;

  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  if (!show) {
    command_warnings_tell(settings, print_warning, (void *)(uintptr_t)config_path);
    printf("%s: the settings are good\n", config_path);
    exit_code = 0;
  } else if (mask(&settings->database) && mask(&settings->notify_database) && mask(&settings->analytics_database)) {
    exit_code = print_rows(settings, "", print_effective);
  }
  settings_free(settings);
  return exit_code;
}

int command_check_config(int argc, char **argv) {
  static const struct {
    const char *option, *head;
    print_row *print;
  } formats[] = {
      {"--sample",
       "# SPDX-License-Identifier: ISC\n"
       "# Settings of mediagate; see mediagate.conf(5). Each is shown with its default.\n"
       "# MEDIAGATE_<NAME> in the environment overrides what stands here; `mediagate check-config` checks both.\n",
       print_sample},
      {"--markdown", "| setting | default | values | meaning | a change needs |\n|---|---|---|---|---|\n",
       print_markdown},
      {"--man", "", print_man},
  };
  const char *config_path;
  int exit_code;

  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc > 2) {
    return options_refuse(argv[0], argv[2], usage);
  }
  for (size_t i = 0; argc == 2 && i < sizeof(formats) / sizeof(formats[0]); i++) {
    if (strcmp(argv[1], formats[i].option) == 0) {
      return print_defaults(formats[i].head, formats[i].print);
    }
  }
  if (argc == 2 && strcmp(argv[1], "--show") != 0) {
    return options_refuse(argv[0], argv[1], usage);
  }
  return check_settings(config_path, argc == 2);
}
