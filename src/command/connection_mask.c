/* SPDX-License-Identifier: ISC */
/*
 * Works on the text alone: it must also mask in a string that libpq would refuse.
 */
#include "config.h"

#include "command/connection_mask.h"

#include <string.h>
#include <strings.h>

#define MASK "***"

/* The end of a keyword's value: 'quoted with \' inside', or up to what ends it in a URI or a list. */
static const char *value_end(const char *at) {
  if (*at != '\'') {
    return at + strcspn(at, " \t&#");
  }
  for (at++; *at != '\0' && *at != '\''; at++) {
    at += *at == '\\' && at[1] != '\0';
  }
  return *at == '\'' ? at + 1 : at;
}

/* Where a value begins when "password", blanks and "=" stand at `at`, else NULL. Covers sslpassword too. */
static const char *password_value(const char *at) {
  static const char keyword[] = "password";

  if (strncasecmp(at, keyword, sizeof(keyword) - 1) != 0) {
    return NULL;
  }
  at += sizeof(keyword) - 1;
  at += strspn(at, " \t");
  if (*at != '=') {
    return NULL;
  }
  at++;
  return at + strspn(at, " \t");
}

/* In "://user:secret@host", where the secret begins and ends; NULL when there is none. */
static const char *authority_secret(const char *at, const char **ret_end) {
  if (strncmp(at, "://", 3) != 0) {
    return NULL;
  }
  const char *end = at + 3 + strcspn(at + 3, "/");
  const char *colon = memchr(at + 3, ':', (size_t)(end - at - 3));
  const char *sign = memrchr(at + 3, '@', (size_t)(end - at - 3));
  if (colon == NULL || sign == NULL || sign < colon) {
    return NULL;
  }
  *ret_end = sign;
  return colon + 1;
}

void connection_mask_append(struct text *text, const char *connection) {
  while (*connection != '\0') {
    const char *end = NULL;
    const char *secret = password_value(connection);
    if (secret != NULL) {
      end = value_end(secret);
    } else {
      secret = authority_secret(connection, &end);
    }
    if (secret == NULL) {
      text_append_bytes(text, connection++, 1);
      continue;
    }
    text_append_bytes(text, connection, (size_t)(secret - connection));
    text_append(text, MASK);
    connection = end;
  }
}
