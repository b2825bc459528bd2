/* SPDX-License-Identifier: ISC */
/*
 * The settings: one table, one struct, a file (libconfig syntax), MEDIAGATE_<NAME> in the environment.
 * Pure apart from reading that file; knows nothing of what the settings are for.
 */
#ifndef MEDIAGATE_CONFIG_SETTINGS_H
#define MEDIAGATE_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "config/settings_table.h"

struct settings_list {
  char **items;
  size_t count;
};

enum settings_signup_policy { SIGNUP_OPEN, SIGNUP_INVITE, SIGNUP_CLOSED };
enum settings_totp { TOTP_OPTIONAL, TOTP_REQUIRED };
enum settings_package { PACKAGE_ALWAYS, PACKAGE_REQUEST, PACKAGE_NEVER };
enum settings_package_hdr { PACKAGE_HDR_TONEMAP, PACKAGE_HDR_KEEP };
enum settings_media_store { MEDIA_STORE_FILE, MEDIA_STORE_S3 };
enum settings_package_encoder { PACKAGE_ENCODER_SOFTWARE }; /* and the kinds of hardware */
enum settings_sandbox { SANDBOX_BUBBLEWRAP, SANDBOX_NONE };
enum settings_confinement { CONFINEMENT_TRY, CONFINEMENT_REQUIRE, CONFINEMENT_OFF };

#define SETTINGS_COUNT_ONE(...) +1 /* NOLINT(bugprone-macro-parentheses): it is added up */
enum {
  SETTINGS_ROW_COUNT = 0 SETTINGS_TABLE(SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE, SETTINGS_COUNT_ONE,
                                        SETTINGS_COUNT_ONE)
};

/* Where a value came from. */
enum settings_source { SETTINGS_FROM_DEFAULT, SETTINGS_FROM_FILE, SETTINGS_FROM_ENVIRONMENT };

/* One member per row of the table: char *, struct settings_list, int64_t, bool, int (a choice's index). */
#define SETTINGS_MEMBER_STRING(name, value, reloadable, help)                  char *name;
#define SETTINGS_MEMBER_LIST(name, value, reloadable, help)                    struct settings_list name;
#define SETTINGS_MEMBER_INTEGER(name, unit, min, max, value, reloadable, help) int64_t name;
#define SETTINGS_MEMBER_BOOLEAN(name, value, reloadable, help)                 bool name;
#define SETTINGS_MEMBER_CHOICE(name, choices, value, reloadable, help)         int name;
struct settings {
  SETTINGS_TABLE(SETTINGS_MEMBER_STRING, SETTINGS_MEMBER_LIST, SETTINGS_MEMBER_INTEGER, SETTINGS_MEMBER_BOOLEAN,
                 SETTINGS_MEMBER_CHOICE)
  unsigned char sources[SETTINGS_ROW_COUNT]; /* enum settings_source, by the row */
};

enum settings_kind { SETTINGS_STRING, SETTINGS_LIST, SETTINGS_INTEGER, SETTINGS_BOOLEAN, SETTINGS_CHOICE };

/* A row of the table, for those who print it. */
struct settings_row {
  const char *name;
  enum settings_kind kind;
  const char *unit;    /* "" for none */
  const char *choices; /* of a choice, "a|b|c" */
  int64_t min, max;    /* of an integer */
  const char *default_text;
  bool reloadable;
  const char *help;
  size_t offset; /* in struct settings */
};

const struct settings_row *settings_rows(size_t *ret_count);

void settings_free(struct settings *settings);
/* Copies into `next` the values of settings that cannot be reloaded and differ, and names them in ret_kept, one a line.
 */
enum error settings_keep_fixed(const struct settings *current, struct settings *next, struct text *ret_kept) MUST_CHECK;
enum settings_source settings_source(const struct settings *settings, const struct settings_row *row);
/* Connection strings may hold a password: whoever shows one masks it. */
bool settings_is_connection_string(const struct settings_row *row);
/* The value of one row as it would stand in the file. */
void settings_append_value(const struct settings *settings, const struct settings_row *row, struct text *ret_text);
/* The same in JSON: a text, a list of texts, a number, true or false. */
void settings_append_json(const struct settings *settings, const struct settings_row *row, struct text *ret_text);

#endif
