/* SPDX-License-Identifier: ISC */
/* The forms of file_url, read strictly; see the header. Whether a library path leads out is for
 * library/ to say. */
#include "config.h"

#include "api/file_url.h"

#include <string.h>
#include <strings.h>

#define LIBRARY_PREFIX "library:"

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
static const char host_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

static bool has_prefix_any_case(const char *text, const char *prefix) {
  return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

bool file_url_is_remote(const char *text_or_null) {
  return text_or_null != NULL &&
         (has_prefix_any_case(text_or_null, "https://") || has_prefix_any_case(text_or_null, "http://"));
}

static const char *parse_port(const char *digits, size_t length, struct file_url *url) {
  uint64_t port;
  if (text_parse_u64(digits, length, UINT16_MAX, &port) != ERROR_NONE || port == 0) {
    return "its port must be a number from 1 to 65535";
  }
  url->port = (uint16_t)port;
  return NULL;
}

/* "[2001:db8::1]" in *ret_length bytes, written in the address's canonical spelling. */
static const char *parse_ipv6_host(const char *text, size_t length, struct file_url *url, size_t *ret_length) {
  const char *end = memchr(text, ']', length);
  char address[46], canonical[46];
  if (end == NULL || (size_t)(end - text) > sizeof address) {
    return "its IPv6 address is not closed by ]";
  }
  size_t inner = (size_t)(end - text) - 1;
  memcpy(address, text + 1, inner);
  address[inner] = '\0';
  if (memchr(address, ':', inner) == NULL || text_canonical_address(address, canonical) != ERROR_NONE ||
      strchr(canonical, ':') == NULL) {
    return "its IPv6 address does not parse";
  }
  url->host[0] = '[';
  size_t canonical_length = strlen(canonical);
  memcpy(url->host + 1, canonical, canonical_length);
  memcpy(url->host + 1 + canonical_length, "]", 2);
  *ret_length = inner + 2;
  return NULL;
}

/* RFC 1123 labels of at most 63 characters, 253 in all. */
static bool name_is_valid(const char *host) {
  size_t length = strlen(host);
  if (length == 0 || length > 253 || strspn(host, host_characters) != length) {
    return false;
  }
  for (const char *label = host; label != NULL;) {
    size_t label_length = strcspn(label, ".");
    if (label_length == 0 || label_length > 63 || label[0] == '-' || label[label_length - 1] == '-') {
      return false;
    }
    label = label[label_length] == '.' ? label + label_length + 1 : NULL;
  }
  return true;
}

static const char *parse_authority(const char *text, size_t length, struct file_url *url) {
  if (memchr(text, '@', length) != NULL) {
    return "it must not hold a user name or password";
  }
  size_t host_length = 0;
  if (length > 0 && text[0] == '[') {
    const char *problem = parse_ipv6_host(text, length, url, &host_length);
    if (problem != NULL) {
      return problem;
    }
  } else {
    const char *colon = memchr(text, ':', length);
    host_length = colon != NULL ? (size_t)(colon - text) : length;
    if (host_length >= sizeof url->host) {
      return "its host name is too long";
    }
    memcpy(url->host, text, host_length);
    url->host[host_length] = '\0';
    text_lower(url->host);
    if (!name_is_valid(url->host)) {
      return "its host must be a name of letters, digits, - and . (others in punycode) or an "
             "address";
    }
  }
  if (host_length == length) {
    return NULL;
  }
  if (text[host_length] != ':') {
    return "only a port may follow its host";
  }
  return parse_port(text + host_length + 1, length - host_length - 1, url);
}

/* The byte that "%hh" stands for, or -1. */
static int escaped_byte(const char *text) {
  unsigned char byte;
  return text_hex_decode(text + 1, strnlen(text + 1, 2), &byte) == ERROR_NONE && text[1] != '\0' ? byte : -1;
}

static const char *check_path_characters(const char *path) {
  for (const char *c = path; *c != '\0'; c++) {
    if (*c == '#') {
      return "it must not have a fragment (#)";
    }
    if (*c == '%') {
      int byte = escaped_byte(c);
      if (byte < 0) {
        return "a % must begin an escape of two hexadecimal digits";
      }
      if (byte < 0x20 || byte == 0x7f) {
        return "it must not hold control characters, escaped or not";
      }
      c += 2;
    } else if (strchr(unreserved, *c) == NULL && strchr("!$&'()*+,;=:@/?", *c) == NULL) {
      return "blanks, quotes and characters beyond ASCII must be percent-encoded";
    }
  }
  return NULL;
}

/* "." and "..", also as %2e: a client or proxy would fold them away, and leave another URL. */
static bool segment_is_dots(const char *segment, size_t length) {
  size_t dots = 0;
  for (size_t i = 0; i < length; dots++) {
    if (segment[i] == '.') {
      i++;
    } else if (length - i >= 3 && strncasecmp(segment + i, "%2e", 3) == 0) {
      i += 3;
    } else {
      return false;
    }
  }
  return dots == 1 || dots == 2;
}

static const char *check_path_segments(const char *path) {
  size_t path_length = strcspn(path, "?");
  for (size_t start = 0; start < path_length;) {
    size_t length = 0;
    while (start + length < path_length && path[start + length] != '/') {
      length++;
    }
    if (segment_is_dots(path + start, length)) {
      return "its path must not have . or .. segments";
    }
    start += length + 1;
  }
  return NULL;
}

static const char *parse_remote(const char *text, struct file_url *url) {
  bool secure = has_prefix_any_case(text, "https://");
  url->scheme = secure ? "https" : "http";
  url->port = secure ? 443 : 80;
  const char *authority = text + (secure ? strlen("https://") : strlen("http://"));
  size_t authority_length = strcspn(authority, "/?#");
  url->path = authority + authority_length;
  const char *problem = parse_authority(authority, authority_length, url);
  if (problem == NULL) {
    problem = check_path_characters(url->path);
  }
  return problem != NULL ? problem : check_path_segments(url->path);
}

enum error file_url_parse(const char *text, struct file_url *ret_url, const char **ret_reason) {
  struct file_url url = {.kind = FILE_URL_REMOTE, .path = ""};
  const char *problem = NULL;
  if (strlen(text) > FILE_URL_MAX_BYTES) {
    problem = "it may be 2048 bytes long at most";
  } else if (strncmp(text, LIBRARY_PREFIX, strlen(LIBRARY_PREFIX)) == 0) {
    url.kind = FILE_URL_LIBRARY;
    url.library_path = text + strlen(LIBRARY_PREFIX);
    problem = *url.library_path == '\0' ? "a path below the library must follow library:" : NULL;
  } else if (file_url_is_remote(text)) {
    problem = parse_remote(text, &url);
  } else {
    problem = "it must begin with https://, http:// or library:";
  }
  if (problem != NULL) {
    *ret_reason = problem;
    return ERROR_INVALID;
  }
  *ret_url = url;
  return ERROR_NONE;
}

void file_url_name(const struct file_url *url, char ret_name[FILE_URL_NAME_SIZE]) {
  size_t path_length = strcspn(url->path, "?");
  size_t start = path_length;
  while (start > 0 && url->path[start - 1] != '/') {
    start--;
  }
  /* A long name keeps its end, where the extension is. */
  if (path_length - start >= FILE_URL_NAME_SIZE) {
    start = path_length - (FILE_URL_NAME_SIZE - 1);
  }
  size_t length = 0;
  for (size_t i = start; i < path_length; i++) {
    bool safe = url->path[i] != '~' && strchr(unreserved, url->path[i]) != NULL;
    bool leading = length == 0 && (url->path[i] == '.' || url->path[i] == '-');
    ret_name[length++] = safe && !leading ? url->path[i] : '_';
  }
  if (length == 0) {
    memcpy(ret_name, "media", length = strlen("media"));
  }
  ret_name[length] = '\0';
}

bool file_url_origin_is_listed(const struct file_url *url, const struct settings_list *origins) {
  for (size_t i = 0; i < origins->count; i++) {
    struct file_url origin;
    const char *reason;
    if (file_url_parse(origins->items[i], &origin, &reason) == ERROR_NONE && origin.kind == FILE_URL_REMOTE &&
        strcmp(origin.scheme, url->scheme) == 0 && strcmp(origin.host, url->host) == 0 && origin.port == url->port) {
      return true;
    }
  }
  return false;
}

void file_url_append_internal(const struct file_url *url, struct text *ret_path) {
  text_appendf(ret_path, "/_origin/%s/%s/%u", url->scheme, url->host, url->port);
  text_append(ret_path, *url->path == '/' ? "" : "/");
  text_append(ret_path, url->path);
}
