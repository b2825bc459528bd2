/* SPDX-License-Identifier: ISC */
/* What may become a password; see the header. Case does not make a common password another one. */
#include "config.h"

#include "security/password_policy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"

#define WORD_SIZE    21 /* the longest of the list, and a NUL */
#define SERVICE_NAME "mediagate"

/* Sorted by their bytes, which the search needs and a test proves. */
static const char common[][WORD_SIZE] = {
#include "security/common_passwords.list"
};

static int compare_words(const void *one, const void *other) {
  return strcmp(one, other);
}

static bool is_common(const char *word) {
  char key[WORD_SIZE] = "";
  size_t length = strlen(word);
  if (length >= sizeof key) {
    return false;
  }
  memcpy(key, word, length);
  bool found = bsearch(key, common, sizeof common / sizeof common[0], sizeof common[0], compare_words) != NULL;
  explicit_bzero(key, sizeof key);
  return found;
}

static bool is_word(const char *text, size_t length, const char *word, size_t word_length) {
  return length == word_length && memcmp(text, word, length) == 0;
}

/* The e-mail, its part before the @, or the service's name, with nothing but digits and punctuation behind it. */
static bool is_a_name(const char *text, const char *email) {
  size_t length = strlen(text);
  size_t email_length = strlen(email), local_length = strcspn(email, "@");
  for (size_t end = length;; end--) {
    if (is_word(text, end, email, email_length) || is_word(text, end, email, local_length) ||
        is_word(text, end, SERVICE_NAME, strlen(SERVICE_NAME))) {
      return true;
    }
    if (end == 0 || strchr("0123456789!?.,-_#*+$", text[end - 1]) == NULL) {
      return false;
    }
  }
}

static const char *complaint_of(const struct text *password, size_t min_bytes, const char *email) {
  if (password->length < min_bytes) {
    return "is too short in Unicode's form NFC";
  }
  if (is_common(password->data)) {
    return "is one of the most used passwords, which are tried first";
  }
  return is_a_name(password->data, email) ? "is the e-mail address, a part of it, or this service's name" : NULL;
}

enum error password_policy_check(const char *password, size_t min_bytes, const char *email,
                                 const char **ret_complaint) {
  struct text prepared = {.data = NULL};
  const char *complaint = "is not UTF-8";
  text_append(&prepared, ""); /* data is there from here on */
  enum error error = text_nfc_spaces(&prepared, password, strlen(password));
  if (error == ERROR_NONE) {
    for (size_t i = 0; i < prepared.length; i++) {
      char c = prepared.data[i];
      prepared.data[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    complaint = complaint_of(&prepared, min_bytes, email);
    error = complaint == NULL ? ERROR_NONE : ERROR_INVALID;
  }
  if (error == ERROR_INVALID) {
    *ret_complaint = complaint;
  }
  if (prepared.data != NULL) {
    explicit_bzero(prepared.data, prepared.capacity);
  }
  text_free(&prepared);
  return error;
}
