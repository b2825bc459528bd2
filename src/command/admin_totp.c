/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "command/admin_totp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/command_database.h"
#include "command/system_log.h"
#include "security/keyring.h"
#include "security/sealed_secret.h"
#include "security/totp.h"
#include "store/accounts/totp_store.h"

int admin_totp_reset(struct database *database, const struct account *account) {
  enum error error = totp_store_remove(database, account->id);
  if (error == ERROR_NOT_FOUND) {
    printf("%s has no second factor\n", account->email);
    return 0;
  }
  if (error != ERROR_NONE) {
    command_database_complain(database, "removing the second factor", error);
    return COMMAND_FAILED;
  }
  system_log_event("admin_reset_totp", account->id);
  printf("%s has no second factor any more: its password is enough to log in, and it can enrol again\n",
         account->email);
  return 0;
}

/* What cannot be opened is told and left as it is. */
static enum error reseal_one(struct database *database, const struct keyring *keys, int64_t account_id,
                             const char *sealed, bool *ret_opened) {
  unsigned char secret[TOTP_SECRET_BYTES];
  char resealed[SEALED_SECRET_SIZE];
  enum error error = sealed_secret_open(keys, account_id, sealed, secret, sizeof secret);
  *ret_opened = error == ERROR_NONE;
  if (error == ERROR_NOT_FOUND || error == ERROR_DENIED) {
    fprintf(stderr, "mediagate: the secret of account %" PRId64 " cannot be decrypted: %s\n", account_id,
            error == ERROR_NOT_FOUND ? "totp_key_file does not hold its key"
                                     : "it was changed, or is another account's");
    return ERROR_NONE;
  }
  if (error == ERROR_NONE) {
    error = sealed_secret_seal(keys, account_id, secret, sizeof secret, resealed);
  }
  explicit_bzero(secret, sizeof secret);
  return error == ERROR_NONE ? totp_store_reseal(database, account_id, sealed, resealed) : error;
}

static int reseal_all(struct database *database, const struct keyring *keys) {
  int64_t account_id = 0, resealed = 0, left = 0;
  char sealed[TOTP_SEALED_SIZE];
  enum error error;
  const char *kid = keyring_signing(keys)->kid;
  while ((error = totp_store_next_outdated(database, kid, account_id, &account_id, sealed)) == ERROR_NONE) {
    bool opened = false;
    error = reseal_one(database, keys, account_id, sealed, &opened);
    if (error != ERROR_NONE) {
      break;
    }
    resealed += opened;
    left += !opened;
  }
  if (error != ERROR_NOT_FOUND) {
    command_database_complain(database, "encrypting the secrets again", error);
    return COMMAND_FAILED;
  }
  printf("%" PRId64 " secrets are encrypted under key %s now; %s\n", resealed, kid,
         left == 0 ? "older keys are not needed any more" : "not all could be: see above");
  return left == 0 ? 0 : COMMAND_FAILED;
}

int admin_totp_reseal(const struct settings *settings, struct database *database) {
  char problem[KEYRING_PROBLEM_SIZE] = "";
  struct keyring *keys = NULL;
  enum error error = keyring_load(settings->totp_key_file, &keys, problem);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s: %s\n", settings->totp_key_file, problem);
    return COMMAND_FAILED;
  }
  int exit_code = reseal_all(database, keys);
  keyring_free(keys);
  return exit_code;
}
