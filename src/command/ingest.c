/* SPDX-License-Identifier: ISC */
/*
 * `mediagate ingest`: follows nginx's delivery log and counts views from it until it is told to stop; with --status it
 * says how far that is.
 */
#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/outage.h"
#include "command/background.h"
#include "command/command_audience.h"
#include "command/command_database.h"
#include "command/options.h"
#include "ingest/ingester.h"
#include "ingest/old_log.h"
#include "ingest/reject_file.h"
#include "process/process_usage.h"
#include "store/views/delivery_store.h"
#include "store/views/ingest_store.h"
#include "upkeep/chores.h"

#define NODE_SIZE (HOST_NAME_MAX + 1)

static const char usage[] =
    "usage: mediagate ingest [--config FILE] [--status | --import LOG …]\n\n"
    "Follows nginx's delivery log " DELIVERY_LOG_NAME
    " in log_dir and counts views from it, in the foreground. It may be killed and\n"
    "started again at any time, and several may run: every line counts once. Lines that are none are kept with the\n"
    "reason in ingest_dir/rejected.log.\n\n" OPTIONS_USAGE_CONFIG
    "  --status        say how far the log is counted, and end\n"
    "  --import LOG …  count these logs, gzip or not, and end; what was counted before is passed over (give each as\n"
    "                  nginx wrote it, not cut and not joined: it is known by its first line)\n\n"
    "  SIGTERM, SIGINT  store what was read, then stop\n";

struct following {
  const struct ingester_options *options;
  struct upkeep upkeep;
  struct chores *chores;
};

static void log_outage(struct outage *outage, enum error error, const struct ingester_options *options) {
  enum outage_news news = outage_note(outage, error);
  if (news == OUTAGE_BEGAN) {
    log_event(LOG_LEVEL_ERROR, "ingest_failed", LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(options->database)), LOG_STR("log_dir", options->log_dir),
              LOG_STR("meaning", "nothing is lost; it is tried again"));
  } else if (news == OUTAGE_ENDED) {
    log_event(LOG_LEVEL_INFO, "ingest_recovered");
  }
}

static bool is_stopping(void *context) {
  (void)context;
  return *background_stop() != 0;
}

static void between_batches(void *context) {
  struct following *following = context;
  process_usage_report(true);
  chores_run_due(following->chores, CHORES_BUSY);
}

static int follow(struct following *following, int64_t interval_ms) {
  const struct ingester_options *options = following->options;
  struct outage outage = {0};
  background_catch_signals();
  background_count(following->upkeep.settings->run_dir, METRIC_POOL_INGEST);
  log_event(LOG_LEVEL_INFO, "starting", LOG_STR("version", PACKAGE_VERSION), LOG_STR("log_dir", options->log_dir));
  if (!background_confine(DUTY_INGEST, following->upkeep.settings)) {
    return COMMAND_FAILED;
  }
  if (!background_check_schema(options->database, interval_ms)) {
    return COMMAND_FAILED;
  }
  (void)sd_notify(0, "READY=1\nSTATUS=counting"); /* nobody listens when systemd did not start us */
  log_event(LOG_LEVEL_INFO, "ready");
  while (!*background_stop()) {
    enum error error = ingester_run(following->upkeep.ingester, background_stop());
    log_outage(&outage, error, options);
    process_usage_report(true);
    chores_run_due(following->chores, error == ERROR_NONE ? CHORES_CAUGHT_UP : CHORES_PAUSED);
    if (!*background_stop()) {
      background_wait_ms(interval_ms);
    }
  }
  (void)sd_notify(0, "STOPPING=1");
  log_event(LOG_LEVEL_INFO, "stopped");
  return 0;
}

static void print_nodes(const struct ingest_state *state) {
  if (state->nodes == 0) {
    puts("running: none that the database heard of within a day");
    return;
  }
  printf("running: %" PRId64 " of %" PRId64 " nodes, the last sign of life %" PRId64 " s ago; unread there: %" PRId64
         " bytes, the oldest line %" PRId64 " s old\n",
         state->nodes - state->silent_nodes, state->nodes, state->heard_seconds, state->unread_bytes,
         state->unread_seconds);
}

static int print_status(struct ingester *ingester, const struct ingester_options *options) {
  struct ingest_lag lag = {0};
  struct delivery_totals totals = {0};
  struct ingest_state state = {0};
  enum error error = delivery_store_totals(options->database, &totals);
  if (error == ERROR_NONE) {
    error = ingest_store_state(options->database, &state);
  }
  if (error == ERROR_NONE) {
    error = ingester_lag(ingester, &lag);
  }
  if (error != ERROR_NONE) {
    command_database_complain(options->database, "the status", error);
    return COMMAND_FAILED;
  }
  printf("unread: %" PRId64 " bytes in %" PRId64 " logs in %s, the oldest line %" PRId64 " s old\n", lag.unread_bytes,
         lag.logs, options->log_dir, lag.seconds);
  if (lag.unreadable_logs > 0) {
    printf("not readable: %" PRId64 " logs in %s; what ingest logs as log_unreadable names them\n", lag.unreadable_logs,
           options->log_dir);
  }
  print_nodes(&state);
  printf("read so far: %" PRId64 " lines of %" PRId64 " logs; %" PRId64 " added to views, %" PRId64
         " were of media that the database does not know, %" PRId64 " were rejected%s%s\n",
         totals.lines, totals.logs, totals.counted, totals.skipped, totals.rejected,
         totals.rejected > 0 ? ", see " : "", totals.rejected > 0 ? options->rejects_path : "");
  return 0;
}

/* What follow and print_status work with. */
static enum error open_parts(const struct settings *settings, bool status, struct ingester_options *options,
                             struct following *following) {
  const struct database_options database_options = {.statement_timeout_ms = settings->ingest_statement_timeout,
                                                    .application_name = "mediagate ingest",
                                                    .actor = "system:ingest"};
  enum error error = command_database_open(settings, database_options, &options->database);
  if (error == ERROR_NONE && !status) {
    error = command_audience_open(settings, true, &options->audience);
    following->upkeep.devices = command_devices_open(settings);
  }
  if (error == ERROR_NONE) {
    error = ingester_open(options, &following->upkeep.ingester);
  }
  following->upkeep.database = options->database;
  return error == ERROR_NONE ? chores_new(&following->upkeep, CHORES_OF_INGEST, &following->chores) : error;
}

static void name_node(const struct settings *settings, char ret_node[NODE_SIZE]) {
  char host[HOST_NAME_MAX + 1] = "";
  bool nameless = settings->node_name[0] == '\0' && gethostname(host, sizeof host - 1) != 0;
  snprintf(ret_node, NODE_SIZE, "%s", nameless ? "?" : settings->node_name[0] == '\0' ? host : settings->node_name);
}

static int run_ingest(const struct settings *settings, bool status, const char *rejects_path) {
  char node[NODE_SIZE];
  name_node(settings, node);
  struct ingester_options options = {
      .log_dir = settings->log_dir,
      .rejects_path = rejects_path,
      .batch_lines = (size_t)settings->ingest_batch,
      .view_retention = settings->view_retention,
      .play_rule = {.min_seconds = settings->play_min_seconds, .min_percent = settings->play_min_percent},
      .commit_locally = settings->log_retention > 0, /* else a counted log is gone before a standby has the views */
      .between_batches = between_batches};
  struct log_rotation rotation = {.log_dir = settings->log_dir,
                                  .nginx_pid_file = settings->nginx_pid_file,
                                  .size_bytes = settings->log_rotate_size << 20,
                                  .retention_us = settings->log_retention * INT64_C(3600000000)};
  struct following following = {
      .options = &options,
      .upkeep = {.settings = settings, .rotation = &rotation, .node = node, .is_stopping = is_stopping}};
  options.context = &following;
  int exit_code = COMMAND_FAILED;
  enum error error = open_parts(settings, status, &options, &following);
  rotation.database = options.database;
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "start_failed", LOG_ERROR_FIELD(error));
  } else {
    exit_code =
        status ? print_status(following.upkeep.ingester, &options) : follow(&following, settings->ingest_interval);
  }
  chores_free(following.chores);
  ingester_close(following.upkeep.ingester);
  audience_close(options.audience);
  device_list_close(following.upkeep.devices);
  database_close(options.database);
  return exit_code;
}

/* --- import ---------------------------------------------------------------------------------- */

struct progress {
  const char *path;
  bool shown;
};

static void show_progress(void *context, int64_t position, int64_t size_bytes) {
  static const char bar[] = "##############################";
  const int width = sizeof bar - 1;
  struct progress *progress = context;
  if (isatty(STDERR_FILENO)) {
    double part = (double)position / (double)size_bytes;
    fprintf(stderr, "\r%s: [%-*.*s] %3d %%", progress->path, width, (int)(part * width), bar, (int)(part * 100));
    progress->shown = true;
  }
}

static enum error import_file(struct ingester *ingester, const char *path, const char *scratch_folder,
                              const volatile sig_atomic_t *stop) {
  struct old_log log;
  struct ingest_import import = {0};
  struct progress progress = {.path = path};
  enum error error = old_log_open(path, scratch_folder, stop, &log);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s: %s\n", path,
            error == ERROR_INVALID       ? "no delivery log, or a damaged one; nothing of it was counted"
            : error == ERROR_ABORTED     ? "stopped while it was unpacked; nothing of it was counted"
            : error == ERROR_UNSUPPORTED ? "compressed, but not by gzip; unpack it first; nothing of it was counted"
            : error == ERROR_IO          ? strerror(errno)
                                         : error_strerror(error));
    return error;
  }
  error = ingester_import(ingester, &log.file, stop, show_progress, &progress, &import);
  old_log_close(&log);
  if (progress.shown) {
    fputs("\r\033[K", stderr);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  printf("%s: %" PRId64 " bytes counted, %" PRId64 " were before, %" PRId64 " are left\n", path,
         import.position - import.began_at, import.began_at, import.size_bytes - import.position);
  return *stop ? ERROR_ABORTED : ERROR_NONE;
}

/* Returns the exit code. Goes on after a file that fails; stops between two batches when *stop is set. What was counted
 * of a file before, by following or by an earlier import, is passed over: a log is known by its first line. */
static int import_logs(const struct settings *settings, const char *rejects_path, char *const files[], int file_count,
                       const volatile sig_atomic_t *stop) {
  struct database *database = command_database_connect(settings, true);
  if (database == NULL) {
    return COMMAND_FAILED;
  }
  struct ingester_options options = {
      .database = database,
      .rejects_path = rejects_path,
      .batch_lines = (size_t)settings->ingest_batch,
      .view_retention = settings->view_retention,
      .play_rule = {.min_seconds = settings->play_min_seconds, .min_percent = settings->play_min_percent}};
  struct ingester *ingester = NULL;
  enum error opened = command_audience_open(settings, true, &options.audience);
  if (opened == ERROR_NONE) {
    opened = ingester_open(&options, &ingester);
  }
  int exit_code = opened == ERROR_NONE ? 0 : COMMAND_FAILED;
  for (int i = 0; i < file_count && ingester != NULL && !*stop; i++) {
    enum error error = import_file(ingester, files[i], settings->data_dir, stop);
    if (error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT || error == ERROR_INTERNAL) {
      command_database_complain(database, files[i], error);
    }
    exit_code = error == ERROR_NONE ? exit_code : COMMAND_FAILED;
  }
  ingester_close(ingester);
  audience_close(options.audience);
  database_close(database);
  return exit_code;
}

/* --- the command ----------------------------------------------------------------------------- */

int command_ingest(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  bool status = false;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  int files = argc; /* where those to import begin */
  if (argc > 1 && strcmp(argv[1], "--import") == 0) {
    files = 2;
  } else if (argc > 1) {
    status = argc == 2 && strcmp(argv[1], "--status") == 0;
  }
  if (argc == 2 && strcmp(argv[1], "--import") == 0) {
    return options_complain("ingest", usage, "--import needs a log");
  }
  if (argc > 1 && !status && files >= argc) {
    return options_refuse("ingest", argv[strcmp(argv[1], "--status") == 0 ? 2 : 1], usage);
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  char rejects[REJECT_FILE_NAME_SIZE];
  reject_file_name(settings->node_name, rejects);
  char *rejects_path = file_join(settings->ingest_dir, rejects);
  exit_code = COMMAND_FAILED;
  if (rejects_path == NULL) {
    fprintf(stderr, "mediagate: %s\n", error_strerror(ERROR_MEMORY));
  } else if (files < argc) {
    background_catch_signals();
    exit_code = import_logs(settings, rejects_path, argv + files, argc - files, background_stop());
  } else {
    exit_code = run_ingest(settings, status, rejects_path);
  }
  free(rejects_path);
  settings_free(settings);
  return exit_code;
}
