/* SPDX-License-Identifier: ISC */
/*
 * `mediagate ingest`: follows nginx's delivery log and counts views from it until it is told to stop; with --status it
 * says how far that is.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/outage.h"
#include "command/background.h"
#include "command/command_audience.h"
#include "command/command_database.h"
#include "command/ingest_import.h"
#include "command/options.h"
#include "ingest/ingester.h"
#include "ingest/log_rotation.h"
#include "store/views/delivery_store.h"
#include "store/views/ingest_store.h"
#include "store/views/watching_store.h"

static const char usage[] =
    "usage: mediagate ingest [--config FILE] [--status | --import LOG …]\n\n"
    "Follows nginx's delivery log " DELIVERY_LOG_NAME
    " in log_dir and counts views from it, in the foreground. It may be killed and\n"
    "started again at any time, and several may run: every line counts once. Lines that are none are kept with the\n"
    "reason in data_dir/rejected.log.\n\n" OPTIONS_USAGE_CONFIG
    "  --status        say how far the log is counted, and end\n"
    "  --import LOG …  count these logs, gzip or not, and end; what was counted before is passed over (give each as\n"
    "                  nginx wrote it, not cut and not joined: it is known by its first line)\n\n"
    "  SIGTERM, SIGINT  store what was read, then stop\n";

#define SAY_EVERY_MS    2000
#define ROTATE_EVERY_MS 1000
#define SWEEP_EVERY_MS  30000
#define EXPIRE_EVERY_MS (3600 * 1000)
/* A delivery that began while its URL was good may end, and be logged, so much later. */
#define LATE_SECONDS 86400

struct following {
  struct ingester *ingester;
  struct database *database;
  char node[HOST_NAME_MAX + 1];
  int64_t said_ms;
  struct log_rotation rotation;
  int64_t turned_ms;
  int64_t swept_ms;
  int64_t expired_ms;         /* when salts were looked through */
  int64_t keep_salts_seconds; /* after their day */
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

/* Every two seconds, also in the middle of a backlog: how far we are. */
static void say(void *context) {
  struct following *following = context;
  struct ingest_lag lag;
  int64_t now_ms = clock_monotonic_ms();
  if (following->said_ms != 0 && now_ms - following->said_ms < SAY_EVERY_MS) {
    return;
  }
  following->said_ms = now_ms;
  enum error error = ingester_lag(following->ingester, &lag);
  if (error == ERROR_NONE) {
    error = ingest_store_say(following->database, following->node, lag.unread_bytes, lag.seconds);
  }
  if (error != ERROR_NONE) { /* the next one makes up for it; an outage is told by the counting itself */
    log_event(LOG_LEVEL_DEBUG, "say_failed", LOG_ERROR_FIELD(error));
  }
}

static void rotate(struct following *following) {
  int64_t now_ms = clock_monotonic_ms();
  if (now_ms - following->turned_ms < ROTATE_EVERY_MS) {
    return;
  }
  following->turned_ms = now_ms;
  enum error error = log_rotation_turn(&following->rotation);
  if (error != ERROR_NONE) { /* the database or the folder is away, which the counting tells; it is tried again */
    log_event(LOG_LEVEL_DEBUG, "rotation_failed", LOG_ERROR_FIELD(error));
  }
}

static void sweep(struct following *following) {
  int64_t now_ms = clock_monotonic_ms();
  if (now_ms - following->swept_ms < SWEEP_EVERY_MS) {
    return;
  }
  following->swept_ms = now_ms;
  enum error error = watching_store_sweep(following->database);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_DEBUG, "sweep_failed", LOG_ERROR_FIELD(error));
  }
}

/* Every hour, and only when all that was delivered here is counted: a salt that is needed once more would be another.
 */
static void expire_salts(struct following *following) {
  int64_t now_ms = clock_monotonic_ms();
  int64_t destroyed = 0;
  if (following->expired_ms != 0 && now_ms - following->expired_ms < EXPIRE_EVERY_MS) {
    return;
  }
  enum error error = ingester_expire_salts(following->ingester, following->keep_salts_seconds, &destroyed);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "salts_not_expired", LOG_ERROR_FIELD(error), LOG_STR("meaning", "it is tried again"));
    return;
  }
  following->expired_ms = now_ms;
  if (destroyed > 0) {
    log_event(LOG_LEVEL_INFO, "address_salts_destroyed", LOG_I64("days", destroyed));
  }
}

static int follow(struct following *following, const struct ingester_options *options, int64_t interval_ms) {
  struct outage outage = {0};
  background_catch_signals();
  log_event(LOG_LEVEL_INFO, "starting", LOG_STR("version", PACKAGE_VERSION), LOG_STR("log_dir", options->log_dir));
  if (!background_check_schema(options->database, interval_ms)) {
    return COMMAND_FAILED;
  }
  (void)sd_notify(0, "READY=1\nSTATUS=counting"); /* nobody listens when systemd did not start us */
  log_event(LOG_LEVEL_INFO, "ready");
  while (!*background_stop()) {
    enum error error = ingester_run(following->ingester, background_stop());
    log_outage(&outage, error, options);
    if (!*background_stop() && error == ERROR_NONE) {
      expire_salts(following);
    }
    if (!*background_stop()) {
      say(following);
      rotate(following);
      sweep(following);
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

static int run(const struct settings *settings, bool status, const char *rejects_path) {
  const struct database_options database_options = {.connection_string = settings->database,
                                                    .prepared = settings->prepared,
                                                    .statement_timeout_ms = settings->ingest_statement_timeout,
                                                    .application_name = "mediagate ingest"};
  struct following following = {.keep_salts_seconds = settings->stream_ttl_max + LATE_SECONDS};
  struct ingester_options options = {.log_dir = settings->log_dir,
                                     .rejects_path = rejects_path,
                                     .batch_lines = (size_t)settings->ingest_batch,
                                     .view_retention = settings->view_retention,
                                     .between_batches = say,
                                     .context = &following};
  enum error error = database_open(&database_options, &options.database);
  if (error == ERROR_NONE && !status) {
    error = command_audience_open(settings, true, &options.audience);
  }
  if (error == ERROR_NONE) {
    error = ingester_open(&options, &following.ingester);
  }
  following.database = options.database;
  following.rotation = (struct log_rotation){.database = options.database,
                                             .log_dir = settings->log_dir,
                                             .nginx_pid_file = settings->nginx_pid_file,
                                             .size_bytes = settings->log_rotate_size << 20,
                                             .retention_us = settings->log_retention * INT64_C(3600000000)};
  if (gethostname(following.node, sizeof following.node) != 0) {
    snprintf(following.node, sizeof following.node, "?");
  }
  int exit_code = COMMAND_FAILED;
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "start_failed", LOG_ERROR_FIELD(error));
  } else {
    exit_code =
        status ? print_status(following.ingester, &options) : follow(&following, &options, settings->ingest_interval);
  }
  ingester_close(following.ingester);
  audience_close(options.audience);
  database_close(options.database);
  return exit_code;
}

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
  char *rejects_path = file_join(settings->data_dir, "rejected.log");
  exit_code = COMMAND_FAILED;
  if (rejects_path == NULL) {
    fprintf(stderr, "mediagate: %s\n", error_strerror(ERROR_MEMORY));
  } else if (files < argc) {
    background_catch_signals();
    exit_code = ingest_import(settings, rejects_path, argv + files, argc - files, background_stop());
  } else {
    exit_code = run(settings, status, rejects_path);
  }
  free(rejects_path);
  settings_free(settings);
  return exit_code;
}
