/* SPDX-License-Identifier: ISC */
/* See the header. Each option is one row of a table: who takes it, and who reads its value. */
#include "config.h"

#include "command/admin_key_arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "command/options.h"
#include "domain/grant.h"
#include "domain/scope.h"

static const char usage[] =
    "usage: mediagate admin key create --name NAME --scope SCOPE … [--account EMAIL] [--expires-at TIME]\n"
    "                           [--network NETWORK …] [--max-ttl SECONDS] [--require-viewer]\n"
    "       mediagate admin key list | rotate ID --overlap SECONDS | revoke ID | revoke-grants ID\n";

#define OVERLAP_MAX_SECONDS 604800

static bool read_name(const char *value, struct admin_key_arguments *arguments) {
  const size_t size = strlen(value);
  if (!text_is_utf8(value, size) || text_has_control(value, size) || text_utf8_length(value, size) > API_KEY_NAME_MAX) {
    return false;
  }
  snprintf(arguments->key.name, sizeof arguments->key.name, "%s", value);
  text_trim(arguments->key.name);
  return arguments->key.name[0] != '\0';
}

static bool read_scope(const char *value, struct admin_key_arguments *arguments) {
  enum scope scope;
  if (scope_find(value, &scope) != ERROR_NONE) {
    return false;
  }
  arguments->key.scopes |= SCOPE_BIT(scope);
  return true;
}

static bool read_account(const char *value, struct admin_key_arguments *arguments) {
  return email_normalise(value, arguments->email) == ERROR_NONE;
}

static bool read_expiry(const char *value, struct admin_key_arguments *arguments) {
  return clock_parse_rfc3339(value, &arguments->key.expires_at_us) == ERROR_NONE &&
         arguments->key.expires_at_us > clock_now_us();
}

static bool read_network(const char *value, struct admin_key_arguments *arguments) {
  struct api_key *key = &arguments->key;
  return key->network_count < API_KEY_NETWORKS_MAX &&
         network_parse(value, &key->networks[key->network_count++]) == ERROR_NONE;
}

static bool read_seconds(const char *value, int64_t min, int64_t max, int64_t *ret_seconds) {
  uint64_t seconds;
  if (text_parse_u64(value, strlen(value), (uint64_t)max, &seconds) != ERROR_NONE || (int64_t)seconds < min) {
    return false;
  }
  *ret_seconds = (int64_t)seconds;
  return true;
}

static bool read_max_ttl(const char *value, struct admin_key_arguments *arguments) {
  return read_seconds(value, 1, GRANT_LIFE_MAX_SECONDS, &arguments->key.max_ttl_seconds);
}

static bool read_require_viewer(const char *value, struct admin_key_arguments *arguments) {
  (void)value;
  arguments->key.require_viewer = true;
  return true;
}

static bool read_overlap(const char *value, struct admin_key_arguments *arguments) {
  return read_seconds(value, 0, OVERLAP_MAX_SECONDS, &arguments->overlap_seconds);
}

static const struct option {
  const char *name;
  enum admin_key_action action;
  bool (*read)(const char *value, struct admin_key_arguments *arguments);
  const char *wanted; /* completes "--name wants …"; NULL: it takes no value */
} options[] = {
    {"--name", ADMIN_KEY_CREATE, read_name, "a name of 1 to 100 characters"},
    {"--scope", ADMIN_KEY_CREATE, read_scope, "a scope such as media:read; it may be given several times"},
    {"--account", ADMIN_KEY_CREATE, read_account, "an e-mail address"},
    {"--expires-at", ADMIN_KEY_CREATE, read_expiry, "a time to come such as 2027-12-31T23:59:59Z"},
    {"--network", ADMIN_KEY_CREATE, read_network,
     "an address, or a network such as 192.0.2.0/24; it may be given 16 times"},
    {"--max-ttl", ADMIN_KEY_CREATE, read_max_ttl, "a number of seconds from 1 to 604800"},
    {"--require-viewer", ADMIN_KEY_CREATE, read_require_viewer, NULL},
    {"--overlap", ADMIN_KEY_ROTATE, read_overlap, "for how many seconds the old secret is good, from 0 to 604800"},
};

static const struct option *find_option(const char *name, enum admin_key_action action) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (options[i].action == action && strcmp(options[i].name, name) == 0) {
      return &options[i];
    }
  }
  return NULL;
}

/* False after a message. */
static bool read_options(int count, char **values, struct admin_key_arguments *arguments, bool *ret_overlap) {
  for (int i = 0; i < count; i++) {
    const struct option *option = find_option(values[i], arguments->action);
    if (option == NULL) {
      (void)options_refuse("admin key", values[i], usage);
      return false;
    }
    const char *value = option->wanted == NULL ? "" : i + 1 < count ? values[++i] : NULL;
    if (value == NULL || !option->read(value, arguments)) {
      fprintf(stderr, "mediagate admin key: %s wants %s\n", option->name, option->wanted);
      return false;
    }
    *ret_overlap = *ret_overlap || option->read == read_overlap;
  }
  return true;
}

static const char *const action_names[] = {[ADMIN_KEY_CREATE] = "create",
                                           [ADMIN_KEY_LIST] = "list",
                                           [ADMIN_KEY_ROTATE] = "rotate",
                                           [ADMIN_KEY_REVOKE] = "revoke",
                                           [ADMIN_KEY_REVOKE_GRANTS] = "revoke-grants"};

const char *admin_key_action_name(enum admin_key_action action) {
  return action_names[action];
}

static bool find_action(const char *name, enum admin_key_action *ret_action) {
  for (size_t i = 0; i < sizeof action_names / sizeof *action_names; i++) {
    if (strcmp(action_names[i], name) == 0) {
      *ret_action = (enum admin_key_action)i;
      return true;
    }
  }
  return false;
}

static bool read_id(const char *text, int64_t *ret_id) {
  uint64_t id = 0;
  if (text == NULL || text_parse_u64(text, strlen(text), INT64_MAX, &id) != ERROR_NONE) {
    fputs("mediagate admin key: which key? Give its id; `mediagate admin key list` shows all\n", stderr);
    return false;
  }
  *ret_id = (int64_t)id;
  return true;
}

bool admin_key_read_arguments(int argc, char **argv, struct admin_key_arguments *ret_arguments) {
  struct admin_key_arguments arguments = {.overlap_seconds = 0};
  bool overlap = false;
  if (argc < 2 || !find_action(argv[1], &arguments.action)) {
    (void)options_complain("admin key", usage, "%s", argc < 2 ? "what is to be done?" : "it cannot do that");
    return false;
  }
  int taken = 2;
  bool of_one = arguments.action >= ADMIN_KEY_ROTATE;
  if (of_one && !read_id(taken < argc ? argv[taken++] : NULL, &arguments.key.id)) {
    return false;
  }
  if (!read_options(argc - taken, argv + taken, &arguments, &overlap)) {
    return false;
  }
  if (arguments.action == ADMIN_KEY_CREATE && (arguments.key.name[0] == '\0' || arguments.key.scopes == 0)) {
    (void)options_complain("admin key", usage, "a key needs --name and --scope");
    return false;
  }
  if (arguments.action == ADMIN_KEY_ROTATE && !overlap) {
    (void)options_complain("admin key", usage,
                           "for how long is the old secret to be good? Give --overlap; 0 ends it now");
    return false;
  }
  *ret_arguments = arguments;
  return true;
}
