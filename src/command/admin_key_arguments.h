/* SPDX-License-Identifier: ISC */
/* What stands behind `mediagate admin key`. */
#ifndef MEDIAGATE_COMMAND_ADMIN_KEY_ARGUMENTS_H
#define MEDIAGATE_COMMAND_ADMIN_KEY_ARGUMENTS_H

#include <stdbool.h>

#include "base/error.h"
#include "domain/email.h"
#include "store/accounts/key_store.h"

enum admin_key_action { ADMIN_KEY_CREATE, ADMIN_KEY_LIST, ADMIN_KEY_ROTATE, ADMIN_KEY_REVOKE, ADMIN_KEY_REVOKE_GRANTS };

struct admin_key_arguments {
  enum admin_key_action action;
  struct api_key key;      /* create: all but its account; the others: its id */
  char email[EMAIL_SIZE];  /* create: of the account; "": the only owner's */
  int64_t overlap_seconds; /* rotate */
};

/* "create", …; static storage. */
const char *admin_key_action_name(enum admin_key_action action);
/* argv[0] is "key". False after a message. */
bool admin_key_read_arguments(int argc, char **argv, struct admin_key_arguments *ret_arguments) MUST_CHECK;

#endif
