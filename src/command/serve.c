/* SPDX-License-Identifier: ISC */
/*
 * `mediagate serve`: checks everything that a start needs, then hands over to the supervisor; reloads on SIGHUP.
 */
#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "api/routes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "command/command_database.h"
#include "command/command_media.h"
#include "command/command_warnings.h"
#include "command/confinement.h"
#include "command/options.h"
#include "command/pools.h"
#include "command/serve_context.h"
#include "command/serve_worker.h"
#include "files/media_folder.h"
#include "metrics/metric.h"
#include "process/metric_board.h"
#include "process/pid_lock.h"
#include "process/supervisor.h"
#include "upkeep/revocations.h"

static const char usage[] =
    "usage: mediagate serve [--config FILE]\n\n"
    "Answers nginx's requests on the sockets in run_dir (or on those that systemd passes), in the foreground.\n\n"
    "  SIGTERM, SIGINT  finish what is being served, then stop; a second one stops at once\n"
    "  SIGHUP           read settings and keys again and replace all workers; errors keep what "
    "runs\n\n" OPTIONS_USAGE_CONFIG;

struct serve {
  const char *config_path;
  struct serve_context *context;
  struct pools_sockets sockets;
  struct metric_board *board;
  bool reloading;
};

/* One log line for each line of a text. */
static void log_lines(enum log_level level, const char *event, const struct text *text) {
  const char *line = text->length == 0 ? "" : text->data;
  while (*line != '\0') {
    size_t length = strcspn(line, "\n");
    char *copy = strndup(line, length);
    log_event(level, event, LOG_STR("problem", copy));
    free(copy);
    line += length + (line[length] == '\n');
  }
}

/* --- start --- */

/* Before anything is served: nginx plays what was revoked as long as its file is missing. A database that goes away
 * just now is housekeeping's to wait for; a folder that cannot be written stops the start. */
static bool rebuild_revocations(struct database *database, const struct settings *settings) {
  enum error error = revocations_rebuild(database, settings->data_dir);
  bool away = error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT;
  if (error != ERROR_NONE) {
    log_event(away ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "revocations_failed", LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(database)),
              LOG_STR("remedy", away ? "nothing to do: made up for when the database returns"
                                     : "revoked/ in data_dir must be a folder that mediagate's user may write"));
  }
  return error == ERROR_NONE || away;
}

/* A schema that does not fit stops the start. A database that is away does not: workers connect when it returns, and
 * until then everything but /livez answers 503. The connection is closed before the first fork. */
static bool check_database(const struct settings *settings) {
  const struct database_options options = {.statement_timeout_ms = settings->api_statement_timeout,
                                           .application_name = "serve"};
  struct database *database = NULL;
  bool fits = false;
  enum error error = command_database_open(settings, options, &database);
  if (error == ERROR_NONE) {
    error = command_database_check_schema(database, &fits);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "database_away", LOG_ERROR_FIELD(error),
              LOG_STR("database", database == NULL ? "" : database_last_error(database)),
              LOG_STR("remedy", "start PostgreSQL or correct `database`; requests answer 503 until then"));
  }
  bool starts = error != ERROR_NONE || (fits && rebuild_revocations(database, settings));
  database_close(database);
  return starts;
}

/* A bucket that cannot be reached now may be later: requests answer 503 until then. A key file must be there. */
static bool check_bucket(const struct settings *settings) {
  struct object_store *store = NULL;
  enum error error = command_media_open_store(settings, &store);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "s3_key_failed", LOG_STR("s3_key_file", settings->s3_key_file), LOG_ERROR_FIELD(error),
              LOG_STR("remedy", "it must have the lines `access_key …;` and `secret_key …;`, mode 0600, and belong to "
                                "mediagate's user"));
    return false;
  }
  error = object_store_check(store, NULL);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "store_away", LOG_STR("reason", object_store_last_error(store)),
              LOG_STR("remedy", "see `mediagate doctor`; uploads answer 503 until the bucket can be used"));
  }
  object_store_close(store);
  return true;
}

static bool check_data_folder(const struct settings *settings) {
  struct media_folder *folder = NULL;
  enum error error = media_folder_open(settings->data_dir, settings->library_dir, &folder);
  if (error == ERROR_NONE) {
    error = media_folder_check_writable(folder);
  }
  media_folder_close(folder);
  if (error == ERROR_NONE && settings->media_store == MEDIA_STORE_S3) {
    return check_bucket(settings);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "data_dir_failed", LOG_STR("data_dir", settings->data_dir), LOG_ERROR_FIELD(error),
              LOG_STR("remedy", "data_dir must be a folder that mediagate's user may write, on one file system"));
  }
  return error == ERROR_NONE;
}

static enum error take_pid_file(const char *path, int *ret_fd) {
  pid_t other = 0;
  enum error error = pid_lock_take(path, ret_fd, &other);
  if (error == ERROR_CONFLICT) {
    log_event(
        LOG_LEVEL_ERROR, "already_running", LOG_STR("pid_file", path), LOG_I64("other", other),
        LOG_STR("remedy", "another mediagate serves in this run_dir: stop it, or give this one a run_dir of its own"));
  } else if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "pid_file_failed", LOG_STR("pid_file", path), LOG_STR("error", strerror(errno)),
              LOG_STR("remedy", "run_dir must be a folder that mediagate's user may write"));
  } else if (other != 0) {
    log_event(LOG_LEVEL_WARNING, "stale_pid_file", LOG_STR("pid_file", path), LOG_I64("other", other),
              LOG_STR("meaning", "the last serve did not end cleanly"));
  }
  return error;
}

/* --- the supervisor's hooks --- */

static void notify_systemd(const char *state) {
  (void)sd_notify(0, state); /* nobody listens when systemd did not start us */
}

static void on_ready(void *context) {
  struct serve *serve = context;
  log_event(LOG_LEVEL_INFO, serve->reloading ? "reloaded" : "ready", LOG_STR("version", PACKAGE_VERSION));
  serve->reloading = false;
  notify_systemd("READY=1\nSTATUS=serving");
}

static void on_stopping(void *context) {
  (void)context;
  notify_systemd("STOPPING=1\nSTATUS=draining");
}

static enum error plan_workers(const struct serve *serve, struct serve_context *context,
                               struct supervisor_plan *ret_plan) {
  enum error error = pools_plan(context->settings, &serve->sockets, ret_plan);
  if (error == ERROR_NONE) {
    context->board = ret_plan->board = serve->board;
    ret_plan->callbacks = serve_worker_callbacks(context);
  }
  return error;
}

/* Tells the metrics of the settings and keys that run from now on. */
static void measure_context(const struct serve *serve) {
  metric_board_set_time(serve->board, METRIC_BOARD_STREAM_KEY,
                        keyring_signing(serve->context->stream_keys)->created_at);
  metric_board_set_time(serve->board, METRIC_BOARD_ACCESS_KEY,
                        keyring_signing(serve->context->access_keys)->created_at);
  metric_set(METRIC_RELOAD_TIME, 0, 0, (uint64_t)clock_now_seconds());
  metric_set(METRIC_RELOAD_OK, 0, 0, 1);
}

static void name_reload(struct serve_context *context) {
  unsigned char bytes[16];
  random_bytes(bytes, sizeof bytes);
  text_hex_encode(bytes, sizeof bytes, context->reload);
}

/* Everything is read and checked before anything is replaced. */
static enum error on_reload(void *context, struct supervisor_plan *ret_plan) {
  struct serve *serve = context;
  struct serve_context *next = NULL;
  __attribute__((cleanup(text_free))) struct text problems = {0};
  __attribute__((cleanup(text_free))) struct text kept = {0};
  (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_ms() * 1000);
  log_event(LOG_LEVEL_INFO, "reloading");
  enum error error = serve_context_load(serve->config_path, serve->context, &next, &problems, &kept);
  if (error == ERROR_NONE) {
    name_reload(next);
    error = plan_workers(serve, next, ret_plan);
  }
  if (error != ERROR_NONE) {
    log_lines(LOG_LEVEL_ERROR, "reload_problem", &problems);
    log_event(LOG_LEVEL_ERROR, "reload_failed", LOG_ERROR_FIELD(error),
              LOG_STR("meaning", "the settings and keys that ran before go on"));
    serve_context_free(next);
    metric_set(METRIC_RELOAD_OK, 0, 0, 0);
    notify_systemd("READY=1\nSTATUS=serving; the last reload failed");
    return error;
  }
  log_lines(LOG_LEVEL_WARNING, "needs_restart", &kept);
  serve_context_free(serve->context);
  serve->context = next;
  serve->reloading = true;
  measure_context(serve);
  log_configure((enum log_level)next->settings->log_level, (enum log_format)next->settings->log_format);
  command_warnings_log(next->settings);
  return ERROR_NONE;
}

/* --- the command --- */

/* A machine that cannot close the workers up as far as the settings require starts none. */
static bool confine(const struct settings *settings) {
  enum error error = confinement_tell(settings) ? confinement_enter_supervisor(settings) : ERROR_UNSUPPORTED;
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "confinement_failed", LOG_ERROR_FIELD(error),
              LOG_STR("remedy", "confinement = \"try\" does what the kernel can"));
  }
  return error == ERROR_NONE;
}

static int supervise_pools(struct serve *serve) {
  const struct supervisor_hooks hooks = {
      .reload = on_reload, .ready = on_ready, .stopping = on_stopping, .context = serve};
  struct supervisor_plan plan;
  enum error error = metric_board_create(SUPERVISOR_MAX_WORKERS, &serve->board);
  if (error == ERROR_NONE) {
    metric_board_enter_supervisor(serve->board);
    metric_set(METRIC_START_TIME, 0, 0, (uint64_t)clock_now_seconds());
    measure_context(serve);
    metric_name_routes(routes_name);
    error = plan_workers(serve, serve->context, &plan);
  }
  if (error == ERROR_TOO_LARGE) {
    log_event(LOG_LEVEL_ERROR, "run_dir_too_long", LOG_STR("run_dir", serve->context->settings->run_dir),
              LOG_STR("remedy", "a socket's path has at most 107 bytes: choose a shorter run_dir"));
  }
  if (error == ERROR_NONE) {
    error = supervisor_run(&plan, &hooks);
  }
  metric_board_free(serve->board);
  log_event(error == ERROR_NONE ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "stopped", LOG_ERROR_FIELD(error));
  return error == ERROR_NONE ? 0 : COMMAND_FAILED;
}

static int run_serve(struct serve *serve) {
  const struct settings *settings = serve->context->settings;
  int pid_fd = -1;
  int exit_code = COMMAND_FAILED;
  char *pid_path = file_join(settings->run_dir, "serve.pid");
  log_configure((enum log_level)settings->log_level, (enum log_format)settings->log_format);
  log_event(LOG_LEVEL_INFO, "starting", LOG_STR("version", PACKAGE_VERSION), LOG_STR("config", serve->config_path),
            LOG_STR("run_dir", settings->run_dir), LOG_STR("data_dir", settings->data_dir));
  command_warnings_log(settings);
  supervisor_hold_signals();
  if (pid_path != NULL && confine(settings) && check_data_folder(settings) && check_database(settings) &&
      take_pid_file(pid_path, &pid_fd) == ERROR_NONE) {
    exit_code = supervise_pools(serve);
    pid_lock_release(pid_path, pid_fd);
  }
  free(pid_path);
  return exit_code;
}

int command_serve(int argc, char **argv) {
  struct serve serve = {.config_path = NULL};
  int exit_code;
  __attribute__((cleanup(text_free))) struct text problems = {0};
  __attribute__((cleanup(text_free))) struct text kept = {0};
  if (!options_begin(&argc, argv, usage, &serve.config_path, &exit_code)) {
    return exit_code;
  }
  if (argc > 1) {
    return options_refuse("serve", argv[1], usage);
  }
  (void)signal(SIGPIPE, SIG_IGN);
  pools_inherit_sockets(&serve.sockets);
  if (serve_context_load(serve.config_path, NULL, &serve.context, &problems, &kept) != ERROR_NONE) {
    log_lines(LOG_LEVEL_ERROR, "start_refused", &problems);
    return COMMAND_FAILED;
  }
  exit_code = run_serve(&serve);
  serve_context_free(serve.context);
  return exit_code;
}
