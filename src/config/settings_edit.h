/* SPDX-License-Identifier: ISC */
/*
 * Changes one setting in the text of a settings file and leaves all else in it as it is, comments too. Pure.
 */
#ifndef MEDIAGATE_CONFIG_SETTINGS_EDIT_H
#define MEDIAGATE_CONFIG_SETTINGS_EDIT_H

#include "base/error.h"
#include "base/text.h"

/* Appends to ret_text the file `file_text` with the setting `name` at `value`, which is spelt as in the environment:
 * lists with commas. The statement that is there is replaced; else the line that a sample has for it ("#name = …");
 * else one is added at the end. ERROR_INVALID: no such setting, or the value does not fit; ret_problems says why. The
 * caller parses the whole once more, since settings must fit together too. */
enum error settings_edit(const char *file_text, const char *name, const char *value, struct text *ret_text,
                         struct text *ret_problems) MUST_CHECK;

#endif
