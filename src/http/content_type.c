/* SPDX-License-Identifier: ISC */
/* See the header. Only the charset is looked at; other parameters need to be well-formed, no more. */
#include "config.h"

#include "http/content_type.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "http/request.h"
#include "http/response.h"

#define BLANKS     " \t"
#define VALUE_SIZE 32 /* longer ones are no charset that we know */

static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

bool content_type_is(const char *content_type, const char *type) {
  size_t length = strlen(type);
  if (strncasecmp(content_type, type, length) != 0) {
    return false;
  }
  const char *rest = content_type + length + strspn(content_type + length, BLANKS);
  return *rest == '\0' || *rest == ';';
}

/* The value at `at`, a token or a quoted string, as far as it fits. Returns what follows it, NULL when it is none. */
static const char *take_parameter_value(const char *at, char ret_value[VALUE_SIZE]) {
  size_t length = 0;
  bool quoted = *at == '"';
  const char *end = quoted ? ++at : at + strspn(at, token);
  for (; quoted ? *at != '"' : at < end; at++) {
    at += quoted && *at == '\\';
    if (*at == '\0') {
      return NULL;
    }
    if (length < VALUE_SIZE - 1) {
      ret_value[length++] = *at;
    }
  }
  ret_value[length] = '\0';
  return length == 0 ? NULL : at + quoted;
}

bool content_type_is_utf8(const char *content_type) {
  const char *at = content_type + strcspn(content_type, ";");
  while (*at != '\0') {
    char value[VALUE_SIZE];
    at += strspn(at, ";" BLANKS); /* empty parameters are allowed */
    size_t name = strspn(at, token);
    bool is_charset = name == strlen("charset") && strncasecmp(at, "charset", name) == 0;
    if (*at == '\0') {
      return true;
    }
    at = name > 0 && at[name] == '=' ? take_parameter_value(at + name + 1, value) : NULL;
    if (at == NULL || (is_charset && strcasecmp(value, "utf-8") != 0 && strcasecmp(value, "utf8") != 0)) {
      return false;
    }
    at += strspn(at, BLANKS);
    if (*at != '\0' && *at != ';') {
      return false;
    }
  }
  return true;
}

bool content_type_is_plain(const struct request *request, struct response *response) {
  const char *encoding = request_parameter(request, "HTTP_CONTENT_ENCODING");
  if (encoding == NULL || *encoding == '\0' || strcasecmp(encoding, "identity") == 0) {
    return true;
  }
  response_header(response, "Accept-Encoding", "identity"); /* RFC 9110, section 15.5.16 */
  response_problem(response, 415, "Send the body as it is, without Content-Encoding.");
  return false;
}
