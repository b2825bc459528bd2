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

static const char *const pool_names[] = {"fast", "auth", "api", "upload", SERVE_HOUSEKEEPING};
#define POOL_COUNT (sizeof pool_names / sizeof pool_names[0])
_Static_assert(POOL_COUNT <= SUPERVISOR_MAX_POOLS, "the supervisor has room for all pools");

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

void serve_context_free(struct serve_context *context) {
  if (context != NULL) {
    settings_free(context->settings);
    keyring_free(context->access_keys);
    keyring_free(context->stream_keys);
    free(context);
  }
}

void serve_sockets_inherit(struct serve_sockets *ret_sockets) {
  char **names = NULL;
  for (size_t i = 0; i < SUPERVISOR_MAX_POOLS; i++) {
    ret_sockets->fds[i] = -1;
  }
  int count = sd_listen_fds_with_names(1, &names);
  for (int i = 0; i < count; i++) {
    size_t pool = 0;
    while (pool < POOL_COUNT && strcmp(pool_names[pool], names[i]) != 0) {
      pool++;
    }
    if (pool < POOL_COUNT && ret_sockets->fds[pool] < 0) {
      ret_sockets->fds[pool] = SD_LISTEN_FDS_START + i;
    } else {
      log_event(LOG_LEVEL_WARNING, "socket_ignored", LOG_STR("name", names[i]),
                LOG_STR("remedy", "FileDescriptorName= must be a pool's name: fast, auth, api, upload"));
      (void)close(SD_LISTEN_FDS_START + i);
    }
    free(names[i]);
  }
  free(names);
}

enum error serve_context_plan(const struct serve_context *context, const struct serve_sockets *sockets,
                              struct supervisor_plan *ret_plan) {
  const struct settings *settings = context->settings;
  const struct {
    int64_t workers, nice, deadline_seconds;
    enum pool_kind kind;
  } pools[POOL_COUNT] = {
      {settings->fast_workers, settings->fast_nice, settings->request_deadline,
       settings->fast_multiplexed ? POOL_MULTIPLEXED : POOL_ACCEPTING},
      {settings->auth_workers, settings->auth_nice, settings->request_deadline, POOL_ACCEPTING},
      {settings->api_workers, settings->api_nice, settings->request_deadline, POOL_ACCEPTING},
      {settings->upload_workers, settings->upload_nice, settings->upload_deadline, POOL_ACCEPTING},
      {1, 10, 600, POOL_TICKING}, /* a sweep beats with each file; one statement may take long */
  };
  struct supervisor_plan plan = {
      .pool_count = POOL_COUNT,
      .restart_limit = (size_t)settings->restart_limit,
      .restart_window_ms = settings->restart_window * 1000,
      .drain_deadline_ms = settings->drain_deadline * 1000,
  };
  for (size_t i = 0; i < POOL_COUNT; i++) {
    struct pool_plan *pool = &plan.pools[i];
    *pool = (struct pool_plan){
        .name = pool_names[i],
        .kind = pools[i].kind,
        .inherited_fd = sockets->fds[i],
        .workers = (size_t)pools[i].workers,
        .nice = (int)pools[i].nice,
        .serving_deadline_ms = pools[i].deadline_seconds * 1000,
    };
    if (pool->kind != POOL_TICKING && snprintf(pool->socket_path, sizeof pool->socket_path, "%s/%s.sock",
                                               settings->run_dir, pool->name) >= (int)sizeof pool->socket_path) {
      return ERROR_TOO_LARGE;
    }
  }
  *ret_plan = plan;
  return ERROR_NONE;
}
