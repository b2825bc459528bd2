/* SPDX-License-Identifier: ISC */
/* See the header. A key is printed once, on standard output, and what is said of it on standard error. */
#include "config.h"

#include "command/admin_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command/admin_key_arguments.h"
#include "command/command.h"
#include "command/command_database.h"
#include "command/options.h"
#include "command/system_log.h"
#include "domain/grant.h"
#include "files/revocation.h"
#include "security/api_key.h"
#include "store/accounts/account_store.h"

#define LIST_LIMIT 1000000

struct key_command {
  const struct settings *settings;
  struct database *database;
  struct admin_key_arguments arguments;
};

static int fail_key(const struct key_command *command, const char *action, enum error error) {
  if (error == ERROR_NOT_FOUND) {
    fprintf(stderr, "mediagate: there is no key %" PRId64 ", or it was revoked; `mediagate admin key list` shows all\n",
            command->arguments.key.id);
  } else {
    command_database_complain(command->database, action, error);
  }
  return COMMAND_FAILED;
}

static void print_secret(const struct api_key *key, const char *secret, const char *what) {
  char text[API_KEY_TEXT_SIZE];
  api_key_format(key->id, secret, text);
  fprintf(stderr, "Key %" PRId64 " (%s) %s; it is not shown again:\n", key->id, key->name, what);
  printf("%s\n", text);
  explicit_bzero(text, sizeof text);
}

struct owners {
  struct account first;
  int count;
};

static void count_owner(void *context, const struct account *account) {
  struct owners *owners = context;
  if (account->role == ROLE_OWNER && !account->disabled && owners->count++ == 0) {
    owners->first = *account;
  }
}

/* False after a message. */
static bool find_maker(const struct key_command *command, struct account *ret_account) {
  struct owners owners = {.count = 0};
  const char *email = command->arguments.email;
  enum error error = email[0] != '\0' ? account_store_find_by_email(command->database, email, ret_account)
                                      : account_store_list(command->database, count_owner, &owners);
  if (error == ERROR_NOT_FOUND) {
    fprintf(stderr, "mediagate: nobody has the e-mail %s; `mediagate admin list` shows all\n", email);
    return false;
  }
  if (error != ERROR_NONE) {
    fail_key(command, "finding the account", error);
    return false;
  }
  if (email[0] == '\0' && owners.count != 1) {
    fprintf(stderr, "mediagate: for whom does the key act? There are %d owners; give one with --account\n",
            owners.count);
    return false;
  }
  if (email[0] == '\0') {
    *ret_account = owners.first;
  }
  uint32_t beyond = command->arguments.key.scopes & ~role_scopes(ret_account->role);
  if (beyond != 0) {
    char names[SCOPE_SET_TEXT_SIZE];
    scope_set_format(beyond, names);
    fprintf(stderr, "mediagate: %s has the role %s, which does not have: %s\n", ret_account->email,
            role_name(ret_account->role), names);
  }
  return beyond == 0;
}

static int create_key(struct key_command *command) {
  struct account account;
  struct api_key key;
  char secret[API_KEY_SECRET_SIZE];
  if (!find_maker(command, &account)) {
    return COMMAND_FAILED;
  }
  command->arguments.key.account_id = account.id;
  enum error error = api_key_new_secret(secret, command->arguments.key.hash);
  if (error == ERROR_NONE) {
    error = key_store_create(command->database, &command->arguments.key, &key);
  }
  if (error != ERROR_NONE) {
    return fail_key(command, "creating the key", error);
  }
  system_log_event("admin_key_create", account.id);
  print_secret(&key, secret, "acts for its account from now on");
  explicit_bzero(secret, sizeof secret);
  return 0;
}

static void print_time(int64_t time_us, const char *none) {
  char text[CLOCK_RFC3339_SIZE];
  clock_format_rfc3339(time_us / 1000000 * 1000000, text);
  printf("%-20s  ", time_us == 0 ? none : text);
}

static void print_key(void *context, const struct api_key *key) {
  char scopes[SCOPE_SET_TEXT_SIZE];
  (void)context;
  scope_set_format(key->scopes, scopes);
  printf("%6" PRId64 "  %7" PRId64 "  ", key->id, key->account_id);
  print_time(key->created_at_us, "-");
  print_time(key->last_used_at_us, "never");
  print_time(key->expires_at_us, "never");
  printf("%s: %s\n", key->name, scopes);
}

static int list_keys(struct key_command *command) {
  const struct key_list list = {.limit = LIST_LIMIT};
  printf("%6s  %7s  %-20s  %-20s  %-20s  %s\n", "id", "account", "created", "used", "expires", "name: scopes");
  enum error error = key_store_list(command->database, &list, print_key, NULL);
  return error == ERROR_NONE ? 0 : fail_key(command, "listing the keys", error);
}

static int rotate_key(struct key_command *command) {
  struct api_key key;
  char secret[API_KEY_SECRET_SIZE];
  unsigned char hash[DIGEST_SIZE];
  enum error error = api_key_new_secret(secret, hash);
  if (error == ERROR_NONE) {
    error =
        key_store_rotate(command->database, command->arguments.key.id, hash, command->arguments.overlap_seconds, &key);
  }
  if (error != ERROR_NONE) {
    return fail_key(command, "rotating the key", error);
  }
  system_log_event("admin_key_rotate", key.account_id);
  print_secret(&key, secret, "has a new secret");
  explicit_bzero(secret, sizeof secret);
  return 0;
}

static int revoke_key(struct key_command *command) {
  const int64_t id = command->arguments.key.id;
  enum error error = key_store_revoke(command->database, id, 0);
  if (error != ERROR_NONE) {
    return fail_key(command, "revoking the key", error);
  }
  system_log_event("admin_key_revoke", 0);
  printf("Key %" PRId64 " ends within two seconds. Stream URLs that it issued play on until they expire;\n"
         "`mediagate admin key revoke-grants %" PRId64 "` ends them.\n",
         id, id);
  return 0;
}

/* The row comes first: should the file fail, `mediagate serve` writes it from the row. */
static int revoke_grants(struct key_command *command) {
  const int64_t id = command->arguments.key.id;
  uint32_t tag = 0;
  int64_t expires_at = clock_now_seconds() + GRANT_REVOKED_SECONDS;
  enum error error = key_store_replace_issuer_tag(command->database, id, 0, expires_at * INT64_C(1000000), &tag);
  if (error != ERROR_NONE) {
    return fail_key(command, "revoking the grants", error);
  }
  system_log_event("admin_key_revoke_grants", 0);
  error = revocation_write_tag(command->settings->data_dir, tag, expires_at);
  if (error != ERROR_NONE) {
    fprintf(stderr,
            "mediagate: the revocation is recorded, but its file below %s/revoked could not be written: %s\n"
            "mediagate: `mediagate serve` writes it soon; or repair the folder and run this again\n",
            command->settings->data_dir, error_strerror(error));
    return COMMAND_FAILED;
  }
  printf("Key %" PRId64 ": every stream URL that it issued up to now is refused. Transfers that already run go on.\n",
         id);
  return 0;
}

int admin_key(int argc, char **argv, const char *config_path) {
  static int (*const actions[])(struct key_command * command) = {[ADMIN_KEY_CREATE] = create_key,
                                                                 [ADMIN_KEY_LIST] = list_keys,
                                                                 [ADMIN_KEY_ROTATE] = rotate_key,
                                                                 [ADMIN_KEY_REVOKE] = revoke_key,
                                                                 [ADMIN_KEY_REVOKE_GRANTS] = revoke_grants};
  struct key_command command = {.settings = NULL};
  if (!admin_key_read_arguments(argc, argv, &command.arguments)) {
    return COMMAND_USAGE;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  command.settings = settings;
  command.database = command_database_connect(settings, true);
  int exit_code = COMMAND_FAILED;
  if (command.database != NULL) {
    char actor[DATABASE_ACTOR_MAX + 1];
    snprintf(actor, sizeof actor, "operator:admin-key-%s", admin_key_action_name(command.arguments.action));
    database_set_origin(command.database, actor, NULL);
    exit_code = actions[command.arguments.action](&command);
  }
  database_close(command.database);
  settings_free(settings);
  return exit_code;
}
