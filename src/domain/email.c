/* SPDX-License-Identifier: ISC */
/*
 * E-mail addresses as account names. What is accepted is what mail systems deliver to: no quoted
 * local parts, no comments, no address literals. Whether the mailbox exists is not asked.
 */
#include "config.h"

#include "domain/email.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LOCAL_PART_MAX 64
#define LABEL_MAX      63

static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

static bool is_atom_character(char c) {
  return is_letter(c) || is_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms with single dots between them. */
static bool is_dot_atom(const char *text, size_t length) {
  bool after_dot = true;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '.' ? after_dot : !is_atom_character(text[i])) {
      return false;
    }
    after_dot = text[i] == '.';
  }
  return !after_dot;
}

/* Labels of letters, digits and inner hyphens; at least two; the last one is not a number (RFC 1123
 * section 2.1). */
static bool is_host_name(const char *text) {
  size_t labels = 0;
  while (true) {
    size_t length = strcspn(text, ".");
    if (length == 0 || length > LABEL_MAX || text[0] == '-' || text[length - 1] == '-') {
      return false;
    }
    bool all_digits = true;
    for (size_t i = 0; i < length; i++) {
      if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '-') {
        return false;
      }
      all_digits = all_digits && is_digit(text[i]);
    }
    labels++;
    if (text[length] == '\0') {
      return labels >= 2 && !all_digits;
    }
    text += length + 1;
  }
}

enum error email_normalise(const char *text, char ret_email[EMAIL_SIZE]) {
  while (is_blank(*text)) {
    text++;
  }
  size_t length = strlen(text);
  while (length > 0 && is_blank(text[length - 1])) {
    length--;
  }
  if (length >= EMAIL_SIZE) {
    return ERROR_INVALID;
  }
  char email[EMAIL_SIZE];
  for (size_t i = 0; i < length; i++) {
    email[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
  }
  email[length] = '\0';
  const char *at = strchr(email, '@');
  if (at == NULL || at == email || at - email > LOCAL_PART_MAX || !is_dot_atom(email, (size_t)(at - email)) ||
      !is_host_name(at + 1)) {
    return ERROR_INVALID;
  }
  memcpy(ret_email, email, length + 1);
  return ERROR_NONE;
}
