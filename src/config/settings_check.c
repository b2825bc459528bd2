/* SPDX-License-Identifier: ISC */
/*
 * Judges the settings' values: the form of each, and what must fit together. Most of them are rendered
 * into nginx's configuration, so each form is a list of what is allowed, and nothing that nginx reads
 * specially (blank ; { } " ' \ $ #) is in any of them.
 */
#include "config.h"

#include "config/settings_check.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_parse.h"
#include "config/settings_value.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "domain/network.h"
#include "domain/origin.h"

/* A socket's path must fit into sockaddr_un: 107 bytes with "/upload.sock". */
#define RUN_DIR_MAX     95
#define PATH_LENGTH_MAX 1024
/* How much longer than its timeout a worker waits for a statement: see store/database.h. */
#define STATEMENT_SLACK_MS 1000

/* --- forms: each returns what the value should be, NULL when it is that -------------------------- */

typedef const char *form_of(char *value);

static bool only(const char *value, size_t length, const char *allowed) {
  return strspn(value, allowed) >= length;
}

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static const char *form_origin(char *value) {
  struct origin origin;
  const char *reason;

  text_lower(value);
  return origin_parse(value, strlen(value), &origin, &reason) == ERROR_NONE
             ? NULL
             : "https://HOST, http://HOST or either with :PORT, without a path";
}

/* Apps and extensions have schemes of their own (RFC 6454 section 6.2): capacitor://localhost, moz-extension://<id>. */
static bool is_app_origin(char *value) {
  const char *host = strstr(value, "://");
  size_t scheme_length = host == NULL ? 0 : (size_t)(host - value);
  char authority[ORIGIN_HOST_SIZE + 8];

  if (scheme_length == 0 || scheme_length > 64 || strchr(LOWER UPPER, value[0]) == NULL ||
      strspn(value, LOWER UPPER DIGITS "+-.") != scheme_length || origin_scheme_length(value) > 0 ||
      strlen(host + 3) >= sizeof authority) {
    return false;
  }
  text_lower(value);
  (void)snprintf(authority, sizeof authority, "%s", host + 3);
  return origin_is_host(authority, strlen(authority)) || origin_is_host_and_port(authority, strlen(authority));
}

/* Browsers leave the default port out of the Origin header, so an entry with it would never match. */
static const char *form_cors_origin(char *value) {
  const char *port = strrchr(value, ':');

  if (strcmp(value, "*") == 0 || strcmp(value, "null") == 0 || is_app_origin(value)) {
    return NULL;
  }
  const char *wanted = form_origin(value);
  if (wanted == NULL && strcmp(port, strncmp(value, "https:", 6) == 0 ? ":443" : ":80") == 0) {
    return "without the scheme's own port, as browsers send it";
  }
  return wanted;
}

static const char *form_host(char *value) {
  text_lower(value);
  return origin_is_host(value, strlen(value)) ? NULL : "a host name, an IPv4 address or an IPv6 address in brackets";
}

static const char *form_network(char *value) {
  static const char wanted[] = "an address such as 192.0.2.1, or a network such as 10.0.0.0/8 or 2001:db8::/32";
  const char *slash = strchr(value, '/');
  size_t length = slash == NULL ? strlen(value) : (size_t)(slash - value);
  char copy[ADDRESS_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];
  uint64_t bits;

  if (length >= sizeof(copy)) {
    return wanted;
  }
  memcpy(copy, value, length);
  copy[length] = '\0';
  if (address_canonical(copy, address) != ERROR_NONE) {
    return wanted;
  }
  uint64_t most = strchr(copy, ':') == NULL ? 32 : 128;
  return slash == NULL || text_parse_u64(slash + 1, strlen(slash + 1), most, &bits) == ERROR_NONE ? NULL : wanted;
}

/* One that may stand for its addresses: nothing is set behind its prefix. */
static const char *form_whole_network(char *value) {
  struct network network;
  const char *wanted = form_network(value);
  return wanted != NULL ? wanted
         : network_parse(value, &network) == ERROR_NONE
             ? NULL
             : "a network without bits behind its prefix, such as 10.0.0.0/8";
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is a form_of */
static const char *form_viewer(char *value) {
  return grant_viewer_is_valid(value) ? NULL : "1 to 64 of A-Z a-z 0-9 _ -, and not - alone";
}

/* Addresses with blanks between; names would have to be resolved before there is a resolver. */
static const char *form_resolver(char *value) {
  static const char wanted[] = "addresses of DNS servers, such as 127.0.0.53 or \"192.0.2.1 [2001:db8::1]:53\"";

  while (*value != '\0') {
    size_t length = strcspn(value, " ");
    char server[80];
    if (length == 0 || length >= sizeof(server)) {
      return wanted;
    }
    snprintf(server, sizeof(server), "%.*s", (int)length, value);
    const char *last = strrchr(server, '.');
    if (!origin_is_host_and_port(server, strlen(server)) ||
        (server[0] != '[' && (last == NULL || !only(last + 1, 1, DIGITS)))) {
      return wanted;
    }
    value += length;
    value += *value == ' ' && value[1] != '\0';
  }
  return NULL;
}

static const char *form_node(char *value) {
  size_t length = strlen(value);
  return length <= 64 && value[0] != '.' && only(value, length, LOWER UPPER DIGITS "._-")
             ? NULL
             : "up to 64 letters, digits and . _ -, not beginning with a dot";
}

static const char *form_path(char *value) {
  for (const char *at = value; *at != '\0'; at++) {
    if ((unsigned char)*at < 0x80 && strchr(LOWER UPPER DIGITS "/._-+,=@:~%", *at) == NULL) {
      return "a path without blanks, quotes and the characters ; { } $ # * ? ( ) [ ] < > & | ! ^ \\";
    }
  }
  if (value[0] != '/' || strlen(value) > PATH_LENGTH_MAX) {
    return "an absolute path";
  }
  for (const char *dots = strstr(value, "/.."); dots != NULL; dots = strstr(dots + 1, "/..")) {
    if (dots[3] == '\0' || dots[3] == '/') {
      return "a path without \"..\"";
    }
  }
  return NULL;
}

static const char *form_run_dir(char *value) {
  return strlen(value) > RUN_DIR_MAX ? "at most 95 bytes long, since sockets' paths are limited" : form_path(value);
}

/* Names of hosts are made of it (BUCKET.HOST), and of paths. */
static const char *form_bucket(char *value) {
  size_t length = strlen(value);
  return length >= 3 && length <= 63 && only(value, length, LOWER DIGITS ".-") && value[0] != '.' && value[0] != '-' &&
                 strstr(value, "..") == NULL
             ? NULL
             : "3 to 63 lower-case letters, digits, dots and hyphens";
}

static const char *form_region(char *value) {
  size_t length = strlen(value);
  return length <= 64 && only(value, length, LOWER UPPER DIGITS "-_") ? NULL : "up to 64 letters, digits, - and _";
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is a form_of */
static const char *form_any(char *value) {
  (void)value; /* libpq judges it; nginx never sees it */
  return NULL;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is a form_of */
static const char *form_size(char *value) {
  size_t length = strlen(value);
  bool whole = length >= 3 && length <= 4 && only(value, length, DIGITS) && value[0] != '0';
  return whole && (length == 3 || strcmp(value, "4320") <= 0) ? NULL : "a whole number from 100 to 4320";
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is a form_of */
static const char *form_codec(char *value) {
  bool known = strcmp(value, "h264") == 0 || strcmp(value, "hevc") == 0 || strcmp(value, "av1") == 0;
  return known ? NULL : "h264, hevc or av1";
}

/* Every text and every list has a form; a test holds this table against the settings. */
static const struct {
  const char *name;
  form_of *form;
  bool may_be_empty;
} forms[] = {
    {"database", form_any, false},
    {"notify_database", form_any, true},
    {"analytics_database", form_any, true},
    {"data_dir", form_path, false},
    {"library_dir", form_path, true},
    {"run_dir", form_run_dir, false},
    {"ingest_dir", form_path, false},
    {"node_name", form_node, true},
    {"share_dir", form_path, true},
    {"country_database", form_path, true},
    {"robot_list", form_path, true},
    {"internal_networks", form_whole_network, true},
    {"internal_viewers", form_viewer, true},
    {"jwt_key_file", form_path, false},
    {"stream_key_file", form_path, false},
    {"totp_key_file", form_path, false},
    {"public_url", form_origin, true},
    {"server_names", form_host, false},
    {"origin_hosts", form_origin, true},
    {"cors_origins", form_cors_origin, true},
    {"trusted_proxies", form_network, true},
    {"resolver", form_resolver, true},
    {"package_ladder", form_size, true},
    {"package_codecs", form_codec, false},
    {"nginx_pid_file", form_path, false},
    {"nginx_url", form_origin, false},
    {"log_dir", form_path, false},
    {"webhook_key_file", form_path, false},
    {"webhook_networks", form_whole_network, true},
    {"s3_endpoint", form_origin, true},
    {"s3_region", form_region, false},
    {"s3_bucket", form_bucket, true},
    {"s3_key_file", form_path, false},
    {"s3_read_key_file", form_path, false},
    {"s3_cache_dir", form_run_dir, false},
};

/* --- each value ------------------------------------------------------------------------------ */

/* Origins have more than one spelling: with and without the scheme's own port, IPv6 addresses. */
static bool is_same(const char *one, const char *other) {
  struct origin first, second;
  const char *reason;

  return strcmp(one, other) == 0 ||
         (origin_parse(one, strlen(one), &first, &reason) == ERROR_NONE &&
          origin_parse(other, strlen(other), &second, &reason) == ERROR_NONE && origin_equals(&first, &second));
}

static void check_list(struct settings_loading *loading, size_t index, form_of *form, bool may_be_empty) {
  const struct settings_row *row = settings_row_at(index);
  struct settings_list *list = settings_member(loading->settings, row);
  struct text quoted = {0};

  if (list->count == 0 && !may_be_empty) {
    settings_problem(loading, index, "must not be empty");
  }
  for (size_t i = 0; i < list->count; i++) {
    const char *wanted = form(list->items[i]);
    text_clear(&quoted);
    text_append_json_string(&quoted, list->items[i], strnlen(list->items[i], 100));
    if (quoted.failed) {
      loading->out_of_memory = true;
      break;
    }
    if (wanted != NULL) {
      settings_problem(loading, index, "has %s; it must be %s", quoted.data, wanted);
    }
    for (size_t k = 0; k < i; k++) {
      if (is_same(list->items[i], list->items[k])) {
        settings_problem(loading, index, "has %s twice; remove one", quoted.data);
        break;
      }
    }
  }
  text_free(&quoted);
}

static void check_forms(struct settings_loading *loading) {
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    size_t index = 0;
    const struct settings_row *row = settings_find_row(forms[i].name, &index);
    assert(row != NULL);
    if (row->kind == SETTINGS_LIST) {
      check_list(loading, index, forms[i].form, forms[i].may_be_empty);
      continue;
    }
    char *value = *(char **)settings_member(loading->settings, row);
    if (value[0] == '\0') {
      if (!forms[i].may_be_empty) {
        settings_problem(loading, index, "must not be empty");
      }
      continue;
    }
    const char *wanted = forms[i].form(value);
    if (wanted != NULL) {
      settings_problem(loading, index, "must be %s", wanted);
    }
  }
}

bool settings_has_form(const struct settings_row *row) {
  for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
    if (strcmp(forms[i].name, row->name) == 0) {
      return true;
    }
  }
  return false;
}

/* --- what must fit together ------------------------------------------------------------------ */

static void problem_of(struct settings_loading *loading, const char *name, const char *what) {
  size_t index = 0;

  if (settings_find_row(name, &index) != NULL) {
    settings_problem(loading, index, "%s", what);
  }
}

static void check_orders(struct settings_loading *loading) {
  const struct settings *s = loading->settings;
  const struct {
    bool broken;
    const char *name, *what;
  } rules[] = {
      {s->stream_ttl_default > s->stream_ttl_max, "stream_ttl_default", "must not be above stream_ttl_max"},
      {s->access_token_ttl > s->refresh_token_ttl, "access_token_ttl", "must not be above refresh_token_ttl"},
      {s->access_token_ttl > s->session_ttl_max, "access_token_ttl", "must not be above session_ttl_max"},
      {s->refresh_reuse_window >= s->refresh_token_ttl, "refresh_reuse_window", "must be below refresh_token_ttl"},
      {s->fast_statement_timeout + STATEMENT_SLACK_MS >= s->request_deadline * 1000, "fast_statement_timeout",
       "must be more than a second below request_deadline, or workers are killed while they wait"},
      {s->auth_statement_timeout + STATEMENT_SLACK_MS >= s->request_deadline * 1000, "auth_statement_timeout",
       "must be more than a second below request_deadline, or workers are killed while they wait"},
      {s->api_statement_timeout + STATEMENT_SLACK_MS >= s->request_deadline * 1000, "api_statement_timeout",
       "must be more than a second below request_deadline, or workers are killed while they wait"},
      {s->upload_statement_timeout + STATEMENT_SLACK_MS >= s->upload_deadline * 1000, "upload_statement_timeout",
       "must be more than a second below upload_deadline, or workers are killed while they wait"},
      {strcmp(s->jwt_key_file, s->stream_key_file) == 0, "jwt_key_file",
       "must differ from stream_key_file, which nginx reads"},
      {strcmp(s->totp_key_file, s->jwt_key_file) == 0 || strcmp(s->totp_key_file, s->stream_key_file) == 0,
       "totp_key_file", "must differ from jwt_key_file and stream_key_file: each has its own rotation"},
      {strcmp(s->webhook_key_file, s->stream_key_file) == 0 || strcmp(s->webhook_key_file, s->jwt_key_file) == 0,
       "webhook_key_file", "must differ from the files of the keys that sign"},
  };

  for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
    if (rules[i].broken) {
      problem_of(loading, rules[i].name, rules[i].what);
    }
  }
}

/* True when `path` is `folder` or below it. */
static bool is_within(const char *path, const char *folder) {
  size_t length = strlen(folder);

  while (length > 1 && folder[length - 1] == '/') {
    length--;
  }
  return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

void settings_check(struct settings_loading *loading) {
  const struct settings *s = loading->settings;

  check_forms(loading);
  check_orders(loading);
  if (s->library_dir[0] != '\0' && is_within(s->library_dir, s->data_dir)) {
    problem_of(loading, "library_dir", "must not lie in data_dir, which the program cleans up");
  }
  for (size_t i = 0; i < s->cors_origins.count && s->cors_origins.count > 1; i++) {
    if (strcmp(s->cors_origins.items[i], "*") == 0) {
      problem_of(loading, "cors_origins", "has * beside others; * must stand alone");
    }
  }
}
