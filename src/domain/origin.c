/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/origin.h"

#include <string.h>
#include <strings.h>

#include "base/text_parse.h"
#include "domain/address.h"

static const char digits[] = "0123456789";
static const char label_characters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

size_t origin_scheme_length(const char *text) {
  static const char *const schemes[] = {"https://", "http://"};
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
      return strlen(schemes[i]);
    }
  }
  return 0;
}

/* RFC 1123 labels of at most 63 characters, 253 in all. */
static bool is_name(const char *host) {
  size_t total = strlen(host);
  for (const char *label = host; total > 0 && total <= 253;) {
    size_t length = strcspn(label, ".");
    if (length == 0 || length > 63 || strspn(label, label_characters) < length || label[0] == '-' ||
        label[length - 1] == '-') {
      return false;
    }
    if (label[length] == '\0') {
      return true;
    }
    label += length + 1;
  }
  return false;
}

/* "[2001:db8::1]", the brackets included. */
static const char *parse_ipv6(const char *text, size_t length, char ret_host[ORIGIN_HOST_SIZE]) {
  char address[46], canonical[46];
  size_t inner = length - 2;
  if (length < 3 || text[length - 1] != ']' || inner >= sizeof address) {
    return "its IPv6 address is not closed by ]";
  }
  memcpy(address, text + 1, inner);
  address[inner] = '\0';
  if (strchr(address, ':') == NULL || address_canonical(address, canonical) != ERROR_NONE ||
      strchr(canonical, ':') == NULL) {
    return "its IPv6 address does not parse";
  }
  inner = strlen(canonical);
  ret_host[0] = '[';
  memcpy(ret_host + 1, canonical, inner);
  memcpy(ret_host + 1 + inner, "]", 2);
  return NULL;
}

/* NULL, or what is wrong. */
static const char *parse_host(const char *text, size_t length, char ret_host[ORIGIN_HOST_SIZE]) {
  char address[46];
  if (length > 0 && text[0] == '[') {
    return parse_ipv6(text, length, ret_host);
  }
  if (length >= ORIGIN_HOST_SIZE) {
    return "its host name is too long";
  }
  memcpy(ret_host, text, length);
  ret_host[length] = '\0';
  text_lower(ret_host);
  const char *dot = strrchr(ret_host, '.');
  const char *last = dot == NULL ? ret_host : dot + 1;
  bool numeric = *last != '\0' && strspn(last, digits) == strlen(last); /* 1.2.3 and 0x7f.1 are names to nobody */
  if (numeric ? address_canonical(ret_host, address) != ERROR_NONE : !is_name(ret_host)) {
    return "its host must be a name of letters, digits, - and . (others in punycode) or an "
           "address";
  }
  return NULL;
}

static const char *parse_authority(const char *text, size_t length, struct origin *origin) {
  if (memchr(text, '@', length) != NULL) {
    return "it must not hold a user name or password";
  }
  const char *bracket = length > 0 && text[0] == '[' ? memchr(text, ']', length) : NULL;
  const char *colon = memchr(text, ':', length);
  size_t host_length = colon == NULL ? length : (size_t)(colon - text);
  if (length > 0 && text[0] == '[') {
    host_length = bracket == NULL ? length : (size_t)(bracket - text) + 1;
  }
  const char *problem = parse_host(text, host_length, origin->host);
  if (problem != NULL || host_length == length) {
    return problem;
  }
  uint64_t port;
  if (text[host_length] != ':') {
    return "only a port may follow its host";
  }
  if (text_parse_u64(text + host_length + 1, length - host_length - 1, UINT16_MAX, &port) != ERROR_NONE || port == 0) {
    return "its port must be a number from 1 to 65535";
  }
  origin->port_is_default = port == origin->port;
  origin->port = (uint16_t)port;
  return NULL;
}

enum error origin_parse(const char *text, size_t length, struct origin *ret_origin, const char **ret_reason) {
  size_t scheme_length = origin_scheme_length(text);
  bool secure = scheme_length == strlen("https://");
  struct origin origin = {.scheme = secure ? "https" : "http", .port = secure ? 443 : 80, .port_is_default = true};
  const char *problem = "it must begin with https:// or http://";
  if (scheme_length > 0 && scheme_length <= length) {
    problem = parse_authority(text + scheme_length, length - scheme_length, &origin);
  }
  if (problem != NULL) {
    *ret_reason = problem;
    return ERROR_INVALID;
  }
  *ret_origin = origin;
  return ERROR_NONE;
}

bool origin_equals(const struct origin *one, const struct origin *other) {
  return one->port == other->port && strcmp(one->scheme, other->scheme) == 0 && strcmp(one->host, other->host) == 0;
}

bool origin_is_host(const char *text, size_t length) {
  char host[ORIGIN_HOST_SIZE];
  return parse_host(text, length, host) == NULL;
}

bool origin_is_host_and_port(const char *text, size_t length) {
  struct origin origin = {.port = 0};
  return parse_authority(text, length, &origin) == NULL;
}
