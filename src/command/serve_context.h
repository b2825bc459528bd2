/* SPDX-License-Identifier: ISC */
/*
 * What one generation of workers runs on: settings and keys, read together, replaced together.
 */
#ifndef MEDIAGATE_COMMAND_SERVE_CONTEXT_H
#define MEDIAGATE_COMMAND_SERVE_CONTEXT_H

#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"
#include "process/supervisor.h"
#include "security/keyring.h"

/* The pool without a socket that sweeps and rebuilds. */
#define SERVE_HOUSEKEEPING "housekeeping"

struct serve_context {
  struct settings *settings;
  struct keyring *access_keys;
  struct keyring *stream_keys;
};

/* Reads everything. Every problem is a line in ret_problems, remedy included; ERROR_INVALID then. With `current` the
 * settings that cannot be reloaded keep its values, and ret_kept names those that differ. */
enum error serve_context_load(const char *config_path, const struct serve_context *current,
                              struct serve_context **ret_context, struct text *ret_problems,
                              struct text *ret_kept) MUST_CHECK;
void serve_context_free(struct serve_context *context);

/* The sockets that systemd passed, by pool; -1 where there is none. */
struct serve_sockets {
  int fds[SUPERVISOR_MAX_POOLS];
};
void serve_sockets_inherit(struct serve_sockets *ret_sockets);

/* The pools as the settings want them, without callbacks. ERROR_TOO_LARGE: run_dir is too long for a socket's path. */
enum error serve_context_plan(const struct serve_context *context, const struct serve_sockets *sockets,
                              struct supervisor_plan *ret_plan) MUST_CHECK;

#endif
