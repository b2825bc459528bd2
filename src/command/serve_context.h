/* SPDX-License-Identifier: ISC */
/*
 * What one generation of workers runs on: settings and keys, read together, replaced together.
 */
#ifndef MEDIAGATE_COMMAND_SERVE_CONTEXT_H
#define MEDIAGATE_COMMAND_SERVE_CONTEXT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/digest.h"
#include "config/settings.h"
#include "process/metric_board.h"
#include "security/keyring.h"

struct serve_context {
  struct settings *settings;
  struct keyring *access_keys;
  struct keyring *stream_keys;
  struct keyring *totp_keys;
  struct keyring *webhook_keys;  /* NULL where there are none: webhooks are not set up then */
  struct metric_board *board;    /* not ours: it outlives the generations */
  char reload[UNIQUE_NAME_SIZE]; /* names the reload that this generation began with; "" for the start */
};

/* Reads everything. Every problem is a line in ret_problems, remedy included; ERROR_INVALID then. With `current` the
 * settings that cannot be reloaded keep its values, and ret_kept names those that differ. */
enum error serve_context_load(const char *config_path, const struct serve_context *current,
                              struct serve_context **ret_context, struct text *ret_problems,
                              struct text *ret_kept) MUST_CHECK;
/* In a worker, after the fork: wipes the keys that its pool does not use. */
struct kept_keys {
  bool access, stream, totp, webhook;
};
void serve_context_drop_keys(struct serve_context *context, struct kept_keys kept);
void serve_context_free(struct serve_context *context);

#endif
