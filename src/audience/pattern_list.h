/* SPDX-License-Identifier: ISC */
/*
 * A file of regular expressions (PCRE2), one a line; empty lines and those that begin with # are skipped. A text
 * matches the list when any of them matches somewhere in it, letters as they are written. A line that begins with ! is
 * an exception: the list says of what matches the rest of it that it is none of what it lists.
 */
#ifndef MEDIAGATE_AUDIENCE_PATTERN_LIST_H
#define MEDIAGATE_AUDIENCE_PATTERN_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

struct pattern_list;

/* On failure *ret_problem gets a line: the file, the line where there is one, what is wrong. ERROR_NOT_FOUND: no such
 * file. ERROR_INVALID: a pattern that does not compile, or none at all. */
enum error pattern_list_open(const char *path, struct pattern_list **ret_list, struct text *ret_problem) MUST_CHECK;
void pattern_list_close(struct pattern_list *list);
/* Takes some 10 µs for a text that none of 1,500 patterns matches: remember the answer. */
bool pattern_list_matches(const struct pattern_list *list, const char *text); /* no list: nothing */
bool pattern_list_excepts(const struct pattern_list *list, const char *text);

#endif
