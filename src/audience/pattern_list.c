/* SPDX-License-Identifier: ISC */
/*
 * All patterns are compiled into one alternation, by PCRE2's JIT where the machine has one: that starts five times
 * faster than a program for each. Patterns that begin with the same letter stand behind it, as in
 * "B(?:(?:aidu)|(?:ot))": so at each place of a text only those of its letter are tried.
 */
#include "config.h"

#include "audience/pattern_list.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FILE_MAX ((size_t)4 << 20)
#define OPTIONS  (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF)
#define LETTERS  128

struct pattern_list {
  pcre2_code *code;
  pcre2_match_data *match;
};

/* NULL: does not compile; then *ret_error says why. */
static pcre2_code *compile(const char *pattern, size_t length, int *ret_error) {
  PCRE2_SIZE offset;
  return pcre2_compile((PCRE2_SPTR)pattern, length, OPTIONS, ret_error, &offset, NULL);
}

static void say_problem(struct text *problem, const char *path, size_t line, int pcre2_error) {
  PCRE2_UCHAR message[160] = "";
  (void)pcre2_get_error_message(pcre2_error, message, sizeof message); /* what fits is enough */
  text_appendf(problem, "%s:%zu: this pattern does not compile: %s", path, line, (const char *)message);
}

struct alternation {
  struct text of_letter[LETTERS]; /* what follows it in the patterns that begin with it; 0: all other patterns, whole */
};

static void alternation_free(struct alternation *alternation) {
  for (size_t letter = 0; letter < LETTERS; letter++) {
    text_free(&alternation->of_letter[letter]);
  }
}

/* The letter or digit that each text which matches the pattern has where the match begins; 0: none can be named. */
static unsigned char first_letter(const char *pattern, size_t length) {
  bool plain = isalnum((unsigned char)pattern[0]) != 0 && memchr(pattern, '|', length) == NULL;
  bool repeated = length > 1 && strchr("*+?{", pattern[1]) != NULL;
  return plain && !repeated ? (unsigned char)pattern[0] : 0;
}

static void add_pattern(struct alternation *alternation, const char *pattern, size_t length) {
  unsigned char letter = first_letter(pattern, length);
  size_t named = letter != 0;
  struct text *text = &alternation->of_letter[letter];
  text_append(text, text->length == 0 ? "(?:" : "|(?:");
  text_append_bytes(text, pattern + named, length - named);
  text_append(text, ")");
}

/* Takes the lines' patterns, each of which must compile by itself. */
static enum error read_patterns(const char *path, const char *lines, struct alternation *alternation,
                                struct text *ret_problem) {
  for (size_t line = 1; *lines != '\0'; line++) {
    size_t length = strcspn(lines, "\n");
    if (length > 0 && lines[0] != '#') {
      int pcre2_error = 0;
      pcre2_code *code = compile(lines, length, &pcre2_error);
      if (code == NULL) {
        say_problem(ret_problem, path, line, pcre2_error);
        return ERROR_INVALID;
      }
      pcre2_code_free(code);
      add_pattern(alternation, lines, length);
    }
    lines += length + (lines[length] == '\n');
  }
  return ERROR_NONE;
}

static enum error join(const struct alternation *alternation, struct text *ret_pattern) {
  for (size_t letter = 0; letter < LETTERS; letter++) {
    const struct text *text = &alternation->of_letter[letter];
    if (text->failed) {
      return ERROR_MEMORY;
    }
    if (text->length > 0) {
      text_append(ret_pattern, ret_pattern->length == 0 ? "" : "|");
      text_append_bytes(ret_pattern, (const char[]){(char)letter}, letter != 0);
      text_append(ret_pattern, "(?:");
      text_append_bytes(ret_pattern, text->data, text->length);
      text_append(ret_pattern, ")");
    }
  }
  return ret_pattern->failed ? ERROR_MEMORY : ERROR_NONE;
}

static enum error make_pattern(const struct text *pattern, struct pattern_list **ret_list) {
  struct pattern_list *list = calloc(1, sizeof *list);
  if (list == NULL) {
    return ERROR_MEMORY;
  }
  int pcre2_error = 0;
  list->code = compile(pattern->data, pattern->length, &pcre2_error);
  list->match = list->code == NULL ? NULL : pcre2_match_data_create(1, NULL);
  if (list->match == NULL) {
    enum error error = list->code == NULL && pcre2_error != PCRE2_ERROR_HEAP_FAILED ? ERROR_INVALID : ERROR_MEMORY;
    pattern_list_close(list);
    return error;
  }
  (void)pcre2_jit_compile(list->code, PCRE2_JIT_COMPLETE); /* without a JIT it is only slower */
  *ret_list = list;
  return ERROR_NONE;
}

static enum error compile_all(const char *path, const struct alternation *alternation, struct pattern_list **ret_list,
                              struct text *ret_problem) {
  struct text pattern = {0};
  enum error error = join(alternation, &pattern);
  if (error == ERROR_NONE && pattern.length == 0) {
    text_appendf(ret_problem, "%s: holds no pattern", path);
    return ERROR_INVALID;
  }
  if (error == ERROR_NONE) {
    error = make_pattern(&pattern, ret_list);
  }
  if (error != ERROR_NONE) {
    text_appendf(ret_problem, "%s: its patterns together: %s", path, error_strerror(error));
  }
  text_free(&pattern);
  return error;
}

enum error pattern_list_open(const char *path, struct pattern_list **ret_list, struct text *ret_problem) {
  struct text file = {0};
  struct alternation alternation = {0};
  enum error error = file_read(path, FILE_MAX, &file);
  if (error != ERROR_NONE) {
    text_appendf(ret_problem, "%s: %s", path, error_strerror(error));
  } else {
    error = read_patterns(path, file.data == NULL ? "" : file.data, &alternation, ret_problem);
  }
  if (error == ERROR_NONE) {
    error = compile_all(path, &alternation, ret_list, ret_problem);
  }
  text_free(&file);
  alternation_free(&alternation);
  return error;
}

void pattern_list_close(struct pattern_list *list) {
  if (list != NULL) {
    pcre2_match_data_free(list->match);
    pcre2_code_free(list->code);
    free(list);
  }
}

bool pattern_list_matches(const struct pattern_list *list, const char *text) {
  return pcre2_match(list->code, (PCRE2_SPTR)text, strlen(text), 0, 0, list->match, NULL) >= 0;
}
