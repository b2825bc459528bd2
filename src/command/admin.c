/* SPDX-License-Identifier: ISC */
/*
 * mediagate admin: accounts and invitations, by who runs the machine. A password comes from the terminal or standard
 * input, never as an argument, where every user of the machine could read it.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command/admin_key.h"
#include "command/admin_totp.h"
#include "command/command_database.h"
#include "command/options.h"
#include "command/password_prompt.h"
#include "command/system_log.h"
#include "domain/digest.h"
#include "domain/grant.h"
#include "files/revocation.h"
#include "domain/email.h"
#include "security/password.h"
#include "security/password_policy.h"
#include "security/secret_token.h"
#include "store/accounts/account_store.h"
#include "store/accounts/invitation_store.h"

static const char usage[] =
    "usage: mediagate admin create EMAIL [--role ROLE] | invite [--role ROLE] | list | set-role EMAIL ROLE |\n"
    "                       disable EMAIL | enable EMAIL | reset-password EMAIL | reset-totp EMAIL |\n"
    "                       reseal-totp | revoke-grants EMAIL\n"
    "                       [--config FILE]\n"
    "       mediagate admin key create --name NAME --scope SCOPE … [--account EMAIL] [--expires-at TIME]\n"
    "                       [--network NETWORK …] [--max-ttl SECONDS] [--require-viewer]\n"
    "       mediagate admin key list | rotate ID --overlap SECONDS | revoke ID | revoke-grants ID\n\n"
    "  create          make an account; the password comes from the terminal, or is the first line of standard input\n"
    "  invite          print a single-use invitation for POST /auth/signup\n"
    "  list            list the accounts\n"
    "  set-role        change what the account may do: owner (everything), editor (media, streams, views), analyst "
    "(reads)\n"
    "  disable         end the account's sessions and tokens; stream URLs that it issued play on\n"
    "  enable          undo that\n"
    "  reset-password  set a new password and end all sessions and tokens of the account\n"
    "  reset-totp      remove the account's second factor; its password is enough until it enrols again\n"
    "  reseal-totp     encrypt the secrets of all second factors under the first key of totp_key_file\n"
    "  revoke-grants   refuse every stream URL that the account has issued up to now, but for those of its API keys\n"
    "  key             API keys of programs: make one (its text is printed once), list them, give one a new secret,\n"
    "                  end one, or refuse every stream URL that it has issued\n\n"
    "  --role ROLE     of the new account: owner, editor (default) or analyst; the first account is an "
    "owner\n" OPTIONS_USAGE_CONFIG;

struct admin {
  const struct settings *settings;
  struct database *database;
  char email[EMAIL_SIZE]; /* "" for what takes none */
  enum role role;
};

static int fail_action(const struct admin *admin, const char *action, enum error error) {
  command_database_complain(admin->database, action, error);
  return COMMAND_FAILED;
}

/* The account that the e-mail names; false after a message. */
static bool find_account(const struct admin *admin, struct account *ret_account) {
  enum error error = account_store_find_by_email(admin->database, admin->email, ret_account);
  if (error == ERROR_NOT_FOUND) {
    fprintf(stderr, "mediagate: nobody has the e-mail %s; `mediagate admin list` shows all\n", admin->email);
  } else if (error != ERROR_NONE) {
    fail_action(admin, "finding the account", error);
  }
  return error == ERROR_NONE;
}

/* The hash of a password that was asked for; false after a message. */
static bool ask_password(const struct admin *admin, char ret_hash[PASSWORD_HASH_SIZE]) {
  const struct password_cost cost = {.memory_kib = (uint32_t)admin->settings->argon2_memory,
                                     .time = (uint32_t)admin->settings->argon2_time};
  char password[PASSWORD_PROMPT_SIZE] = "";
  const size_t min_bytes = (size_t)admin->settings->password_min;
  const char *complaint = NULL;
  enum error error = password_prompt(min_bytes, password);
  if (error == ERROR_NONE) {
    error = password_policy_check(password, min_bytes, admin->email, &complaint);
  }
  if (complaint != NULL) {
    fprintf(stderr, "mediagate: the password %s\n", complaint);
  }
  if (error == ERROR_NONE) {
    error = password_hash(password, strlen(password), cost, ret_hash);
  }
  explicit_bzero(password, sizeof password);
  if (error != ERROR_NONE && error != ERROR_INVALID) {
    fprintf(stderr, "mediagate: the password could not be taken: %s\n", error_strerror(error));
  }
  return error == ERROR_NONE;
}

static int create(const struct admin *admin) {
  char hash[PASSWORD_HASH_SIZE];
  struct account account;
  if (!ask_password(admin, hash)) {
    return COMMAND_FAILED;
  }
  enum error error = account_store_create(admin->database, admin->email, hash, admin->role, 0, &account);
  if (error == ERROR_CONFLICT) {
    fprintf(stderr, "mediagate: %s has an account already; `mediagate admin reset-password` sets a new password\n",
            admin->email);
    return COMMAND_FAILED;
  }
  if (error != ERROR_NONE) {
    return fail_action(admin, "creating the account", error);
  }
  system_log_event("admin_create", account.id);
  printf("%s: account %" PRId64 " is made, with the role %s\n", account.email, account.id, role_name(account.role));
  return 0;
}

static int invite(const struct admin *admin) {
  char token[SECRET_TOKEN_SIZE];
  unsigned char hash[DIGEST_SIZE];
  char expires_at[CLOCK_RFC3339_SIZE];
  enum error error = secret_token_new(token, hash);
  if (error == ERROR_NONE) {
    error = invitation_store_create(admin->database, hash, admin->role, 0, admin->settings->invitation_ttl, NULL);
  }
  if (error != ERROR_NONE) {
    return fail_action(admin, "making the invitation", error);
  }
  system_log_event("admin_invite", 0);
  clock_format_rfc3339((clock_now_seconds() + admin->settings->invitation_ttl) * INT64_C(1000000), expires_at);
  fprintf(stderr, "An invitation for one account with the role %s, good until %s; it is not shown again:\n",
          role_name(admin->role), expires_at);
  printf("%s\n", token);
  return 0;
}

static void print_account(void *context, const struct account *account) {
  char created_at[CLOCK_RFC3339_SIZE];
  (void)context;
  clock_format_rfc3339(account->created_at_us / 1000000 * 1000000, created_at);
  printf("%6" PRId64 "  %-20s  %-8s  %-7s  %s\n", account->id, created_at, account->disabled ? "disabled" : "active",
         role_name(account->role), account->email);
}

static int list_accounts(const struct admin *admin) {
  printf("%6s  %-20s  %-8s  %-7s  %s\n", "id", "created", "state", "role", "e-mail");
  enum error error = account_store_list(admin->database, print_account, NULL);
  return error == ERROR_NONE ? 0 : fail_action(admin, "listing the accounts", error);
}

static int refuse_last_owner(const struct admin *admin) {
  fprintf(
      stderr,
      "mediagate: %s is the last enabled owner and stays one; `mediagate admin set-role EMAIL owner` makes another\n",
      admin->email);
  return COMMAND_FAILED;
}

static int set_role(const struct admin *admin) {
  struct account account;
  if (!find_account(admin, &account)) {
    return COMMAND_FAILED;
  }
  enum error error = account_store_set_role(admin->database, account.id, admin->role);
  if (error == ERROR_CONFLICT) {
    return refuse_last_owner(admin);
  }
  if (error != ERROR_NONE) {
    return fail_action(admin, "setting the role", error);
  }
  system_log_event("admin_set_role", account.id);
  printf("%s has the role %s\n", account.email, role_name(admin->role));
  return 0;
}

static int disable(const struct admin *admin) {
  struct account account;
  if (!find_account(admin, &account)) {
    return COMMAND_FAILED;
  }
  enum error error = account_store_set_disabled(admin->database, account.id, true);
  if (error == ERROR_CONFLICT) {
    return refuse_last_owner(admin);
  }
  if (error != ERROR_NONE) {
    return fail_action(admin, "disabling the account", error);
  }
  system_log_event("admin_disable", account.id);
  printf("%s is disabled: its sessions and tokens are ended. Stream URLs that it issued play on until they expire;\n"
         "`mediagate admin revoke-grants %s` ends them.\n",
         account.email, account.email);
  return 0;
}

static int enable(const struct admin *admin) {
  struct account account;
  if (!find_account(admin, &account)) {
    return COMMAND_FAILED;
  }
  enum error error = account_store_set_disabled(admin->database, account.id, false);
  if (error != ERROR_NONE) {
    return fail_action(admin, "enabling the account", error);
  }
  system_log_event("admin_enable", account.id);
  printf("%s is enabled and can log in again\n", account.email);
  return 0;
}

static int reset_password(const struct admin *admin) {
  struct account account;
  char hash[PASSWORD_HASH_SIZE];
  if (!find_account(admin, &account) || !ask_password(admin, hash)) {
    return COMMAND_FAILED;
  }
  enum error error = account_store_set_password(admin->database, account.id, ACCOUNT_ANY_EPOCH, hash, NULL);
  if (error != ERROR_NONE) {
    return fail_action(admin, "setting the password", error);
  }
  system_log_event("admin_reset_password", account.id);
  printf("%s has a new password; all its sessions and tokens are ended\n", account.email);
  return 0;
}

static int reset_totp(const struct admin *admin) {
  struct account account;
  return find_account(admin, &account) ? admin_totp_reset(admin->database, &account) : COMMAND_FAILED;
}

static int reseal_totp(const struct admin *admin) {
  return admin_totp_reseal(admin->settings, admin->database);
}

/* The row comes first: should the file fail, `mediagate serve` writes it from the row. */
static int revoke_grants(const struct admin *admin) {
  struct account account;
  uint32_t tag = 0;
  if (!find_account(admin, &account)) {
    return COMMAND_FAILED;
  }
  int64_t expires_at = clock_now_seconds() + GRANT_REVOKED_SECONDS;
  enum error error = account_store_replace_issuer_tag(admin->database, account.id, expires_at * INT64_C(1000000), &tag);
  if (error != ERROR_NONE) {
    return fail_action(admin, "revoking the grants", error);
  }
  system_log_event("admin_revoke_grants", account.id); /* the row stands, whatever becomes of the file */
  error = revocation_write_tag(admin->settings->data_dir, tag, expires_at);
  if (error != ERROR_NONE) {
    fprintf(stderr,
            "mediagate: the revocation is recorded, but %s/revoked/%08" PRIx32 " could not be written: %s\n"
            "mediagate: `mediagate serve` writes it soon; or repair the folder and run this again\n",
            admin->settings->data_dir, tag, error_strerror(error));
    return COMMAND_FAILED;
  }
  printf("%s: every stream URL that it issued up to now is refused. Transfers that already run go on to their end.\n"
         "The account itself is as it was and can issue new ones.\n",
         account.email);
  return 0;
}

enum action_role { ROLE_NOT_TAKEN, ROLE_AS_OPTION, ROLE_AS_ARGUMENT };

static const struct action {
  const char *name;
  int (*run)(const struct admin *admin);
  bool takes_email;
  enum action_role role;
} actions[] = {
    {"create", create, true, ROLE_AS_OPTION},
    {"invite", invite, false, ROLE_AS_OPTION},
    {"list", list_accounts, false, ROLE_NOT_TAKEN},
    {"set-role", set_role, true, ROLE_AS_ARGUMENT},
    {"disable", disable, true, ROLE_NOT_TAKEN},
    {"enable", enable, true, ROLE_NOT_TAKEN},
    {"reset-password", reset_password, true, ROLE_NOT_TAKEN},
    {"reset-totp", reset_totp, true, ROLE_NOT_TAKEN},
    {"reseal-totp", reseal_totp, false, ROLE_NOT_TAKEN},
    {"revoke-grants", revoke_grants, true, ROLE_NOT_TAKEN},
};

static const struct action *find_action(const char *name) {
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    if (strcmp(actions[i].name, name) == 0) {
      return &actions[i];
    }
  }
  return NULL;
}

static int run_action(const struct action *action, const char *email, const char *role, const char *config_path) {
  struct admin admin = {.role = ROLE_EDITOR};
  if (email != NULL && email_normalise(email, admin.email) != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s is not an e-mail address\n", email);
    return COMMAND_USAGE;
  }
  if (role != NULL && role_find(role, &admin.role) != ERROR_NONE) {
    fprintf(stderr, "mediagate: there is no role %s; give owner, editor or analyst\n", role);
    return COMMAND_USAGE;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  admin.settings = settings;
  admin.database = command_database_connect(settings, true);
  int exit_code = COMMAND_FAILED;
  if (admin.database != NULL) {
    char actor[DATABASE_ACTOR_MAX + 1];
    snprintf(actor, sizeof actor, "operator:admin-%s", action->name);
    database_set_origin(admin.database, actor, NULL);
    exit_code = action->run(&admin);
  }
  database_close(admin.database);
  settings_free(settings);
  return exit_code;
}

/* What follows the action's name. False after a message. */
static bool read_arguments(const struct action *action, int count, char **arguments, const char **ret_email,
                           const char **ret_role) {
  int taken = 0;
  if (action->takes_email && taken < count) {
    *ret_email = arguments[taken++];
  }
  if (action->role == ROLE_AS_OPTION && taken + 1 < count && strcmp(arguments[taken], "--role") == 0) {
    *ret_role = arguments[taken + 1];
    taken += 2;
  } else if (action->role == ROLE_AS_ARGUMENT && taken < count) {
    *ret_role = arguments[taken++];
  }
  if (action->takes_email && *ret_email == NULL) {
    fprintf(stderr, "mediagate admin %s: whose account? Give its e-mail\n", action->name);
  } else if (action->role == ROLE_AS_ARGUMENT && *ret_role == NULL) {
    fprintf(stderr, "mediagate admin %s: which role? Give owner, editor or analyst\n", action->name);
  } else if (taken < count) {
    (void)options_refuse("admin", arguments[taken], usage);
  } else {
    return true;
  }
  return false;
}

int command_admin(int argc, char **argv) {
  const char *config_path = NULL, *email = NULL, *role = NULL;
  int exit_code = 0;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc < 2) {
    fputs(usage, stderr);
    return COMMAND_USAGE;
  }
  if (strcmp(argv[1], "key") == 0) {
    return admin_key(argc - 1, argv + 1, config_path);
  }
  const struct action *action = find_action(argv[1]);
  if (action == NULL) {
    return options_refuse(argv[0], argv[1], usage);
  }
  if (!read_arguments(action, argc - 2, argv + 2, &email, &role)) {
    return COMMAND_USAGE;
  }
  return run_action(action, email, role, config_path);
}
