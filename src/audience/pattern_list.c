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

struct program {
  pcre2_code *code; /* NULL: no pattern, nothing matches */
  pcre2_match_data *match;
};

struct pattern_list {
  struct program plain;
  struct program excepting; /* of the lines that begin with ! */
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
static enum error read_patterns(const char *path, const char *lines, struct alternation *plain,
                                struct alternation *excepting, struct text *ret_problem) {
  for (size_t line = 1; *lines != '\0'; line++) {
    size_t length = strcspn(lines, "\n");
    size_t excepts = lines[0] == '!';
    if (length > 0 && lines[0] != '#') {
      int pcre2_error = 0;
      pcre2_code *code = compile(lines + excepts, length - excepts, &pcre2_error);
      if (code == NULL) {
        say_problem(ret_problem, path, line, pcre2_error);
        return ERROR_INVALID;
      }
      pcre2_code_free(code);
      if (length == excepts) {
        text_appendf(ret_problem, "%s:%zu: no pattern after !", path, line);
        return ERROR_INVALID;
      }
      add_pattern(excepts ? excepting : plain, lines + excepts, length - excepts);
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

static enum error make_program(const struct text *pattern, struct program *program) {
  int pcre2_error = 0;
  program->code = compile(pattern->data, pattern->length, &pcre2_error);
  program->match = program->code == NULL ? NULL : pcre2_match_data_create(1, NULL);
  if (program->match == NULL) {
    return program->code == NULL && pcre2_error != PCRE2_ERROR_HEAP_FAILED ? ERROR_INVALID : ERROR_MEMORY;
  }
  (void)pcre2_jit_compile(program->code, PCRE2_JIT_COMPLETE); /* without a JIT it is only slower */
  return ERROR_NONE;
}

static enum error compile_all(const char *path, const struct alternation *alternation, struct program *program,
                              struct text *ret_problem) {
  struct text pattern = {0};
  enum error error = join(alternation, &pattern);
  if (error == ERROR_NONE && pattern.length > 0) {
    error = make_program(&pattern, program);
  }
  if (error != ERROR_NONE) {
    text_appendf(ret_problem, "%s: its patterns together: %s", path, error_strerror(error));
  }
  text_free(&pattern);
  return error;
}

/* The file's lines as programs. */
static enum error read_list(const char *path, const char *lines, struct pattern_list *list, struct text *ret_problem) {
  struct alternation plain = {0}, excepting = {0};
  enum error error = read_patterns(path, lines, &plain, &excepting, ret_problem);
  if (error == ERROR_NONE) {
    error = compile_all(path, &plain, &list->plain, ret_problem);
  }
  if (error == ERROR_NONE) {
    error = compile_all(path, &excepting, &list->excepting, ret_problem);
  }
  if (error == ERROR_NONE && list->plain.code == NULL && list->excepting.code == NULL) {
    text_appendf(ret_problem, "%s: holds no pattern", path);
    error = ERROR_INVALID;
  }
  alternation_free(&plain);
  alternation_free(&excepting);
  return error;
}

enum error pattern_list_open(const char *path, struct pattern_list **ret_list, struct text *ret_problem) {
  struct pattern_list *list = calloc(1, sizeof *list);
  struct text file = {0};
  enum error error = list == NULL ? ERROR_MEMORY : file_read(path, FILE_MAX, &file);
  if (error != ERROR_NONE) {
    text_appendf(ret_problem, "%s: %s", path, error_strerror(error));
  } else {
    error = read_list(path, file.data == NULL ? "" : file.data, list, ret_problem);
  }
  text_free(&file);
  if (error != ERROR_NONE) {
    pattern_list_close(list);
    return error;
  }
  *ret_list = list;
  return ERROR_NONE;
}

static void free_program(struct program *program) {
  pcre2_match_data_free(program->match);
  pcre2_code_free(program->code);
}

void pattern_list_close(struct pattern_list *list) {
  if (list != NULL) {
    free_program(&list->plain);
    free_program(&list->excepting);
    free(list);
  }
}

static bool program_matches(const struct program *program, const char *text) {
  return program->code != NULL &&
         pcre2_match(program->code, (PCRE2_SPTR)text, strlen(text), 0, 0, program->match, NULL) >= 0;
}

bool pattern_list_matches(const struct pattern_list *list, const char *text) {
  return list != NULL && program_matches(&list->plain, text);
}

bool pattern_list_excepts(const struct pattern_list *list, const char *text) {
  return list != NULL && program_matches(&list->excepting, text);
}
