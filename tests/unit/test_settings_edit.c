/* SPDX-License-Identifier: ISC */
/* Rows for settings_edit: one setting changes, and everything else in the file stays as it was. */
#include "config.h"

#include "config/settings_edit.h"

#include <string.h>

#include "unit.h"

static const struct {
  const char *input, *name, *value, *expected, *description;
} edits[] = {
    {"", "fast_workers", "4", "fast_workers = 4;\n", "an empty file"},
    {"prepared = true;", "fast_workers", "4", "prepared = true;\nfast_workers = 4;\n", "no line's end at the end"},
    {"a = 1;\nfast_workers = 2; # why\nb = 2;\n", "fast_workers", "4", "a = 1;\nfast_workers = 4; # why\nb = 2;\n",
     "in the middle, with a comment behind it"},
    {"# fast_workers: how many\n#fast_workers = 2;\n", "fast_workers", "4",
     "# fast_workers: how many\nfast_workers = 4;\n", "the line of a sample"},
    {"#fast_workers = 2;\nfast_workers = 3;\n", "fast_workers", "4", "#fast_workers = 2;\nfast_workers = 4;\n",
     "the statement goes before the sample's line"},
    {"fast_workers: 2\n", "fast_workers", "4", "fast_workers = 4;\n", "the other spelling, without its end"},
    {"/* fast_workers = 1; */ // fast_workers = 1;\nfast_workers = 2;", "fast_workers", "4",
     "/* fast_workers = 1; */ // fast_workers = 1;\nfast_workers = 4;", "not in comments"},
    {"public_url = \"fast_workers = 1;\";\nfast_workers=2;\n", "fast_workers", "4",
     "public_url = \"fast_workers = 1;\";\nfast_workers = 4;\n", "not in a text"},
    {"public_url = \"a\\\"; fast_workers = 1;\";\nfast_workers=2;\n", "fast_workers", "4",
     "public_url = \"a\\\"; fast_workers = 1;\";\nfast_workers = 4;\n", "not behind a quote in a text"},
    {"public_url = \"https:\" # first\n \"//a\";\nprepared = true;", "public_url", "https://b",
     "public_url = \"https://b\";\nprepared = true;", "a text in two parts"},
    {"server_names = [\"a;]\", # ]\n \"b\"];\nprepared = true;", "server_names", "c,d",
     "server_names = [\"c\", \"d\"];\nprepared = true;", "a list over two lines"},
    {"server_names = (\"a\")\nprepared = true;", "server_names", "c", "server_names = [\"c\"];\nprepared = true;",
     "the other list, without its end"},
    {"server_names = [\"a\"];", "server_names", "", "server_names = [];", "a list becomes empty"},
    {"fast_workers_more = 1;\n", "fast_workers", "4", "fast_workers_more = 1;\nfast_workers = 4;\n",
     "not one whose name begins so"},
    {"", "log_level", "debug", "log_level = \"debug\";\n", "a choice"},
    {"", "prepared", "off", "prepared = false;\n", "a boolean"},
    {"", "public_url", "a\"\\", "public_url = \"a\\\"\\\\\";\n", "what a text must escape"},
    {"broken", "fast_workers", "4", "broken\nfast_workers = 4;\n", "what libconfig will refuse"},
    {"fast_workers = [", "fast_workers", "4", "fast_workers = 4;", "an open list"},
    {"fast_workers = \"", "fast_workers", "4", "fast_workers = 4;", "an open text"},
    {"/* open", "fast_workers", "4", "/* open\nfast_workers = 4;\n", "an open comment"},
    {"}]) = 1;", "fast_workers", "4", "}]) = 1;\nfast_workers = 4;\n", "closing what is not open"},
    {"", "fast_wrokers", "4", NULL, "a misspelt name"},
    {"", "fast_workers", "many", NULL, "no number"},
    {"", "fast_workers", "0", NULL, "out of range"},
    {"", "public_url", "a\nb", NULL, "a line's end in a text"},
};

START_TEST(one_setting_changes) {
  for (size_t i = 0; i < UNIT_ROWS(edits); i++) {
    struct text text = {0}, problems = {0};
    enum error error = settings_edit(edits[i].input, edits[i].name, edits[i].value, &text, &problems);
    if (edits[i].expected == NULL) {
      ck_assert_msg(error == ERROR_INVALID && problems.length > 0, "%s", edits[i].description);
    } else {
      ck_assert_msg(error == ERROR_NONE && strcmp(text.data, edits[i].expected) == 0, "%s: %s", edits[i].description,
                    text.data);
      ck_assert_uint_eq(problems.length, 0);
    }
    text_free(&text);
    text_free(&problems);
  }
}
END_TEST

UNIT_MAIN("settings_edit", one_setting_changes)
