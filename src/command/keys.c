/* SPDX-License-Identifier: ISC */
/*
 * mediagate keys: makes, lists, rotates and retires the keys that sign stream URLs and access
 * tokens, and those that encrypt the secrets of second factors. Never prints a secret. The rotation itself is in
 * keys_rotate.c.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command/command_database.h"
#include "command/keys_file.h"
#include "command/keys_rotate.h"
#include "command/options.h"
#include "store/events/event_store.h"

static const char usage[] =
    "usage: mediagate keys init   [--stream | --access | --totp] [--owner USER] [--config FILE]\n"
    "       mediagate keys list   [--stream | --access | --totp] [--config FILE]\n"
    "       mediagate keys rotate [--stream | --access | --totp] [--prepare] [--config FILE]\n"
    "       mediagate keys retire [--stream | --access | --totp] [--force] [KEY-ID …] [--config FILE]\n\n"
    "Stream keys sign stream URLs, access keys sign access tokens, and totp keys encrypt the secrets of second "
    "factors.\nThe first key of a file signs or encrypts, all verify or decrypt.\n\n"
    "  init      make the key files that are missing (mode 0600); those that are there stay as "
    "they are\n"
    "  list      show every key's id, age and use\n"
    "  rotate    sign with a new key from now on; no URL and no token breaks. Stopped halfway, run "
    "it again\n"
    "  retire    remove the keys that nothing valid can be signed with any more, or those that are "
    "named\n\n"
    "  --stream  only the stream keys\n"
    "  --access  only the access keys\n"
    "  --totp    only the totp keys\n"
    "  --owner USER  who a new key file belongs to (default: who runs this)\n"
    "  --prepare only make the new key and have it verify here: for several machines, to copy the "
    "file before it signs\n"
    "  --force   remove a named key at once: what it signed is refused from then "
    "on\n" OPTIONS_USAGE_CONFIG;

struct keys_options {
  bool kinds[KEYS_KIND_COUNT]; /* by enum keys_kind */
  bool force;
  bool prepare;
  const char *owner;
  const char *const *kids;
  size_t kid_count;
};

static int init(const struct settings *settings, const struct keys_options *options, enum keys_kind kind) {
  const char *path = keys_file_path(settings, kind);
  enum error error = keys_file_create(path, options->owner);
  if (error == ERROR_NONE) {
    printf("%s: made, with one %s key\n", path, keys_kind_name(kind));
  } else if (error == ERROR_CONFLICT) {
    printf("%s: is there already and stays as it is\n", path);
  }
  return error == ERROR_NONE || error == ERROR_CONFLICT ? 0 : COMMAND_FAILED;
}

/* A key that encrypted is of use as long as it decrypts something, which only the database knows. */
static void print_totp_use(const struct keyring_key *key, bool first) {
  puts(first ? "encrypts"
       : key->pending
           ? "decrypts; a rotation is not through: run `mediagate keys rotate`"
           : "decrypts; when `mediagate admin reseal-totp` is through, `mediagate keys retire` removes it by "
             "--force");
}

/* The key that the secrets of webhooks are derived from. It is made once: another one would change them all. */
static int init_webhook_key(const struct settings *settings, const struct keys_options *options) {
  enum error error = keys_file_create(settings->webhook_key_file, options->owner);
  printf(error == ERROR_NONE ? "%s: made, with one key\n" : "%s: is there already and stays as it is\n",
         settings->webhook_key_file);
  return error == ERROR_NONE || error == ERROR_CONFLICT ? 0 : COMMAND_FAILED;
}

static void print_use(const struct keyring_key *key, bool first, int64_t retire_at, int64_t now) {
  char time[CLOCK_RFC3339_SIZE];
  if (first) {
    puts("signs");
  } else if (key->pending) {
    puts("verifies; a rotation is not through: run `mediagate keys rotate`");
  } else if (retire_at == 0) {
    puts("verifies; not known since when it does not sign: run `mediagate keys retire`");
  } else if (retire_at <= now) {
    puts("verifies; nothing signed with it is valid any more: `mediagate keys retire` removes it");
  } else {
    clock_format_rfc3339(retire_at * 1000000, time);
    printf("verifies; can be retired from %s\n", time);
  }
}

static int list_keys(const struct settings *settings, const struct keys_options *options, enum keys_kind kind) {
  struct keys_file file;
  int64_t now = clock_now_seconds();
  (void)options;
  if (keys_file_open(settings, kind, false, &file) != ERROR_NONE) {
    keys_file_close(&file);
    return COMMAND_FAILED;
  }
  for (size_t i = 0; i < file.keyring->count; i++) {
    const struct keyring_key *key = &file.keyring->keys[i];
    char created[CLOCK_RFC3339_SIZE] = "unknown";
    if (key->created_at != 0) {
      clock_format_rfc3339(key->created_at * 1000000, created);
    }
    printf("%-6s  %-8s  made %-20s  ", keys_kind_name(kind), key->kid, created);
    if (key->created_at != 0) {
      printf("%4" PRId64 " days  ", (now - key->created_at) / 86400);
    }
    if (kind == KEYS_TOTP) {
      print_totp_use(key, i == 0);
    } else {
      print_use(key, i == 0, keys_retire_time(settings, kind, key), now);
    }
  }
  keys_file_close(&file);
  return 0;
}

/* The key signs whether the database can be told or not. */
static void tell_of_rotation(const struct settings *settings, enum keys_kind kind, const char *kid) {
  const struct database_options options = {.statement_timeout_ms = settings->api_statement_timeout,
                                           .application_name = "mediagate keys",
                                           .actor = "operator:keys-rotate"};
  struct database *database = NULL;
  char subject[80], data[80];
  snprintf(subject, sizeof subject, "signing-key:%s", kid);
  snprintf(data, sizeof data, "{\"kind\": \"%s\"}", keys_kind_name(kind));
  enum error error = command_database_open(settings, options, &database);
  if (error == ERROR_NONE) {
    error = event_store_note(database, "keys.rotated", subject, data);
  }
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate keys: the key is rotated, but the event keys.rotated could not be written: %s %s\n",
            error_strerror(error), database_last_error(database));
  }
  database_close(database);
}

static int rotate_keys(const struct settings *settings, const struct keys_options *options, enum keys_kind kind) {
  struct keys_file file;
  if (keys_rotate(settings, kind, options->prepare) != ERROR_NONE) {
    return COMMAND_FAILED;
  }
  if (!options->prepare) {
    if (keys_file_open(settings, kind, false, &file) == ERROR_NONE) {
      tell_of_rotation(settings, kind, keyring_signing(file.keyring)->kid);
    }
    keys_file_close(&file);
  }
  return 0;
}

static int retire_keys(const struct settings *settings, const struct keys_options *options, enum keys_kind kind) {
  return keys_retire(settings, kind, options->kids, options->kid_count, options->force) == ERROR_NONE ? 0
                                                                                                      : COMMAND_FAILED;
}

static const struct {
  const char *name;
  int (*run)(const struct settings *settings, const struct keys_options *options, enum keys_kind kind);
} actions[] = {{"init", init}, {"list", list_keys}, {"rotate", rotate_keys}, {"retire", retire_keys}};

/* What retire is told of single keys; each file has its own. 0, or COMMAND_USAGE after a message. */
static int check_kids(const char *command, const struct keys_options *options, size_t kinds_named) {
  if (options->force && options->kid_count == 0) {
    return options_complain(command, usage, "--force needs a key id");
  }
  if (options->kid_count > 0 && kinds_named != 1) {
    return options_complain(command, usage, "name %s with a key id",
                            kinds_named > 1 ? "only one of --stream, --access and --totp"
                                            : "--stream, --access or --totp");
  }
  return 0;
}

/* Takes --stream, --access and --totp. */
static bool take_kind(const char *argument, struct keys_options *options) {
  for (int kind = 0; kind < KEYS_KIND_COUNT; kind++) {
    if (strncmp(argument, "--", 2) == 0 && strcmp(argument + 2, keys_kind_name((enum keys_kind)kind)) == 0) {
      options->kinds[kind] = true;
      return true;
    }
  }
  return false;
}

/* Without a kind all are meant. 0, or COMMAND_USAGE after a message. */
static int settle_kinds(const char *command, struct keys_options *options) {
  size_t named = 0;
  for (int kind = 0; kind < KEYS_KIND_COUNT; kind++) {
    named += options->kinds[kind];
  }
  int exit_code = check_kids(command, options, named);
  for (int kind = 0; kind < KEYS_KIND_COUNT && named == 0; kind++) {
    options->kinds[kind] = true;
  }
  return exit_code;
}

/* Reads what follows the action. 0, or COMMAND_USAGE after a message. */
static int parse_options(int argc, char **argv, const char *action, struct keys_options *ret_options) {
  bool retires = strcmp(action, "retire") == 0;
  char command[32];
  int i = 2;
  snprintf(command, sizeof command, "keys %s", action);
  for (; i < argc; i++) {
    if (take_kind(argv[i], ret_options)) {
      continue;
    }
    if (strcmp(argv[i], "--force") == 0 && retires) {
      ret_options->force = true;
    } else if (strcmp(argv[i], "--prepare") == 0 && strcmp(action, "rotate") == 0) {
      ret_options->prepare = true;
    } else if (strcmp(argv[i], "--owner") == 0 && strcmp(action, "init") == 0) {
      if (i + 1 == argc) {
        return options_complain(command, usage, "--owner needs a user");
      }
      ret_options->owner = argv[++i];
    } else {
      break;
    }
  }
  ret_options->kids = (const char *const *)&argv[i];
  ret_options->kid_count = (size_t)(argc - i);
  for (int rest = i; rest < argc; rest++) {
    if (rest > i && retires && argv[rest][0] == '-') {
      return options_complain(command, usage, "options come before the key ids: %s does not", argv[rest]);
    }
    if (!retires || argv[rest][0] == '-') {
      return options_refuse(command, argv[rest], usage);
    }
  }
  return settle_kinds(command, ret_options);
}

int command_keys(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  struct keys_options options = {0};
  size_t action = 0;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  size_t count = sizeof actions / sizeof *actions;
  while (argc >= 2 && action < count && strcmp(argv[1], actions[action].name) != 0) {
    action++;
  }
  if (argc < 2) {
    return options_complain("keys", usage, "init, list, rotate or retire?");
  }
  if (action == count) {
    return options_refuse("keys", argv[1], usage);
  }
  exit_code = parse_options(argc, argv, actions[action].name, &options);
  if (exit_code != 0) {
    return exit_code;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = 0;
  for (int kind = 0; kind < KEYS_KIND_COUNT; kind++) {
    if (options.kinds[kind] && actions[action].run(settings, &options, (enum keys_kind)kind) != 0) {
      exit_code = COMMAND_FAILED;
    }
  }
  bool all_kinds = options.kinds[KEYS_STREAM] && options.kinds[KEYS_ACCESS];
  if (actions[action].run == init && all_kinds && init_webhook_key(settings, &options) != 0) {
    exit_code = COMMAND_FAILED;
  }
  settings_free(settings);
  return exit_code;
}
