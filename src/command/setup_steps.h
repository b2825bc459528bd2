/* SPDX-License-Identifier: ISC */
/* What `mediagate setup` was asked for, and its steps. Each step leaves what is there as it is, so that all can be
 * repeated, and prints what it did. */
#ifndef MEDIAGATE_COMMAND_SETUP_STEPS_H
#define MEDIAGATE_COMMAND_SETUP_STEPS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "config/settings.h"

#define SETUP_CHANGES_MAX 64

struct setup {
  char program[PATH_MAX]; /* this one, for what another account must run */
  const char *config_path;
  const char *account;        /* the service's; NULL: ours */
  const char *owner;          /* e-mail; NULL: none wanted */
  const char *password_file;  /* of the owner; "-": standard input; NULL: the terminal */
  const char *admin_database; /* connection string of a superuser; NULL: the local one's */
  const char *nginx_dir;      /* of what nginx includes */
  const char *nginx_include;  /* the file that nginx reads by itself; NULL: as we have it */
  const char *http, *https;   /* what nginx listens on; NULL: ports 80 and 443 */
  bool interactive;
  bool start;
  struct {
    const char *name, *value; /* as in the environment */
  } changes[SETUP_CHANGES_MAX];
  size_t change_count;
  struct settings *settings; /* since setup_settings */
};

bool setup_keys(const struct setup *setup) MUST_CHECK;
/* Roles, database and schema. */
bool setup_database(const struct setup *setup) MUST_CHECK;
bool setup_owner(const struct setup *setup) MUST_CHECK;
/* Does the database have an account already? */
bool setup_has_accounts(const struct setup *setup) MUST_CHECK;

#endif
