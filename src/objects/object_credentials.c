/* SPDX-License-Identifier: ISC */
/* See object_credentials.h. */
#include "config.h"

#include "objects/object_credentials.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define FILE_SIZE_MAX 4096
#define BLANKS        " \t\r"
/* What access and secret keys are made of everywhere, and nginx takes as it stands. */
#define KEY_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.-"

/* "NAME VALUE;" with nothing behind it. */
static enum error take_line(const char *line, size_t length, const char *name, char *ret_value, size_t value_size) {
  const char *end = line + length;
  const char *at = line + strlen(name);
  size_t blanks = strspn(at, BLANKS);
  size_t value_length = strspn(at + blanks, KEY_CHARACTERS);
  const char *behind = at + blanks + value_length;
  if (blanks == 0 || value_length == 0 || value_length >= value_size || ret_value[0] != '\0' || behind >= end ||
      *behind != ';') {
    return ERROR_INVALID;
  }
  behind++;
  behind += strspn(behind, BLANKS);
  if (behind < end && *behind != '#') {
    return ERROR_INVALID;
  }
  memcpy(ret_value, at + blanks, value_length);
  ret_value[value_length] = '\0';
  return ERROR_NONE;
}

static enum error parse_line(const char *line, size_t length, struct object_credentials *credentials) {
  static const char access_name[] = "access_key", secret_name[] = "secret_key";
  size_t blanks = strspn(line, BLANKS);
  if (blanks >= length || line[blanks] == '#') {
    return ERROR_NONE;
  }
  line += blanks;
  length -= blanks;
  if (strncmp(line, access_name, sizeof access_name - 1) == 0) {
    return take_line(line, length, access_name, credentials->access_key, sizeof credentials->access_key);
  }
  if (strncmp(line, secret_name, sizeof secret_name - 1) == 0) {
    return take_line(line, length, secret_name, credentials->secret_key, sizeof credentials->secret_key);
  }
  return ERROR_INVALID;
}

enum error object_credentials_parse(const char *text, size_t size, struct object_credentials *ret_credentials) {
  struct object_credentials credentials = {.access_key = ""};
  enum error error = memchr(text, '\0', size) == NULL ? ERROR_NONE : ERROR_INVALID;
  for (size_t at = 0; at < size && error == ERROR_NONE;) {
    size_t length = strcspn(text + at, "\n");
    error = parse_line(text + at, length, &credentials);
    at += length + 1;
  }
  if (error == ERROR_NONE && (credentials.access_key[0] == '\0' || credentials.secret_key[0] == '\0')) {
    error = ERROR_INVALID;
  }
  if (error == ERROR_NONE) {
    *ret_credentials = credentials;
  }
  object_credentials_wipe(&credentials);
  return error;
}

enum error object_credentials_load(const char *path, struct object_credentials *ret_credentials) {
  struct text text = {0};
  enum error error = file_read_secret(path, FILE_SIZE_MAX, &text);
  if (error == ERROR_NONE) {
    error = text.length == 0 ? ERROR_INVALID : object_credentials_parse(text.data, text.length, ret_credentials);
  }
  if (text.data != NULL) {
    explicit_bzero(text.data, text.length);
  }
  text_free(&text);
  return error;
}

void object_credentials_wipe(struct object_credentials *credentials) {
  explicit_bzero(credentials, sizeof *credentials);
}
