/* SPDX-License-Identifier: ISC */
/*
 * Loads what serve runs on and turns it into the supervisor's plan.
 */
#include "config.h"

#include "command/serve_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "command/command_database.h"
#include "config/settings_load.h"

static void check_folder(const char *setting, const char *path, struct text *problems) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
    text_appendf(problems, "%s: there is no folder %s; make it, or correct the setting\n", setting, path);
  } else if (access(path, R_OK | X_OK) != 0) {
    text_appendf(problems, "%s: %s cannot be read by user %ld; change its owner or mode\n", setting, path,
                 (long)geteuid());
  }
}

static void load_keys(const char *path, struct keyring **ret_keyring, struct text *problems) {
  char problem[KEYRING_PROBLEM_SIZE] = "";
  enum error error = keyring_load(path, ret_keyring, problem);
  if (error != ERROR_NONE) {
    text_appendf(problems, "%s: %s\n", path, problem[0] != '\0' ? problem : error_strerror(error));
  }
}

/* Installations without webhooks have no such file. */
static void load_webhook_keys(struct serve_context *context) {
  char problem[KEYRING_PROBLEM_SIZE] = "";
  enum error error = keyring_load(context->settings->webhook_key_file, &context->webhook_keys, problem);
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    log_event(LOG_LEVEL_WARNING, "webhook_key_failed", LOG_STR("path", context->settings->webhook_key_file),
              LOG_STR("problem", problem[0] != '\0' ? problem : error_strerror(error)),
              LOG_STR("meaning", "webhooks are refused"));
  }
}

enum error serve_context_load(const char *config_path, const struct serve_context *current,
                              struct serve_context **ret_context, struct text *ret_problems, struct text *ret_kept) {
  struct serve_context *context = calloc(1, sizeof *context);
  if (context == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = settings_load(config_path, &context->settings, ret_problems);
  if (error == ERROR_NONE && current != NULL) {
    error = settings_keep_fixed(current->settings, context->settings, ret_kept);
  }
  if (error == ERROR_NONE && !command_database_check(context->settings, ret_problems)) {
    error = ERROR_INVALID;
  }
  if (error == ERROR_NONE) {
    load_keys(context->settings->jwt_key_file, &context->access_keys, ret_problems);
    load_keys(context->settings->stream_key_file, &context->stream_keys, ret_problems);
    load_keys(context->settings->totp_key_file, &context->totp_keys, ret_problems);
    load_webhook_keys(context);
    check_folder("data_dir", context->settings->data_dir, ret_problems);
    check_folder("run_dir", context->settings->run_dir, ret_problems);
    if (context->settings->library_dir[0] != '\0') {
      check_folder("library_dir", context->settings->library_dir, ret_problems);
    }
    error = ret_problems->length > 0 ? ERROR_INVALID : ERROR_NONE;
  }
  if (error != ERROR_NONE) {
    serve_context_free(context);
    return error;
  }
  *ret_context = context;
  return ERROR_NONE;
}

static void drop_keys(struct keyring **keys) {
  keyring_free(*keys);
  *keys = NULL;
}

void serve_context_drop_keys(struct serve_context *context, struct kept_keys kept) {
  if (!kept.access) {
    drop_keys(&context->access_keys);
  }
  if (!kept.stream) {
    drop_keys(&context->stream_keys);
  }
  if (!kept.totp) {
    drop_keys(&context->totp_keys);
  }
  if (!kept.webhook) {
    drop_keys(&context->webhook_keys);
  }
}

void serve_context_free(struct serve_context *context) {
  if (context != NULL) {
    settings_free(context->settings);
    keyring_free(context->access_keys);
    keyring_free(context->stream_keys);
    keyring_free(context->totp_keys);
    keyring_free(context->webhook_keys);
    free(context);
  }
}
