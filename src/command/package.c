/* SPDX-License-Identifier: ISC */
/*
 * `mediagate package`: makes HLS and DASH packages of media that wait for theirs, until it is told to stop.
 */
#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/outage.h"
#include "base/subprocess.h"
#include "command/background.h"
#include "command/command_database.h"
#include "command/command_media.h"
#include "command/command_warnings.h"
#include "command/options.h"
#include "command/package_options.h"
#include "package/ffmpeg/encoder_list.h"
#include "package/packager.h"
#include "package/poster_maker.h"
#include "package/subtitler.h"
#include "process/process_usage.h"
#include "store/media/package_store.h"

#define IDLE_MS       1000
#define REQUESTS_MAX  100       /* that the policy makes at once */
#define NEVER_SECONDS INT32_MAX /* no job is as old */
#define NODE_SIZE     (HOST_NAME_MAX + 32)

static const char usage[] =
    "usage: mediagate package [--config FILE] [--once]\n\n"
    "Makes HLS and DASH packages of media, one at a time, in the foreground: of every upload where `package` is "
    "always,\n"
    "else of those that were asked for. It may be killed and started again at any time, and several may run, on "
    "several\n"
    "machines that share data_dir.\n\n" OPTIONS_USAGE_CONFIG "  --once          end when nothing waits\n\n"
    "  SIGTERM, SIGINT  give the job back, then stop\n";

struct work {
  struct packager packager;
  struct subtitler subtitler;
  struct poster_maker poster_maker;
  int policy;
  int64_t takeover_seconds;
  int64_t spare_until_ms;
  struct outage packaging_outage, naming_outage;
};

static bool is_fine(enum error error) {
  return error == ERROR_NONE || error == ERROR_NOT_FOUND;
}

static void log_outage(struct outage *outage, enum error error, const struct database *database) {
  enum outage_news news = outage_note(outage, is_fine(error) ? ERROR_NONE : error);
  if (news == OUTAGE_BEGAN) {
    log_event(LOG_LEVEL_ERROR, "packaging_failed", LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(database)), LOG_STR("meaning", "it is tried again"));
  } else if (news == OUTAGE_ENDED) {
    log_event(LOG_LEVEL_INFO, "packaging_recovered");
  }
}

static enum error name_subtitles(struct work *work) {
  enum error error = subtitler_run_one(&work->subtitler);
  log_outage(&work->naming_outage, error, work->packager.database);
  return error;
}

/* Not while a film is packaged: that must be heard of every few seconds. */
static enum error make_poster(struct work *work) {
  enum error error = poster_maker_run_one(&work->poster_maker);
  log_outage(&work->naming_outage, error, work->packager.database);
  return error;
}

static void meanwhile(void *context) {
  process_usage_report(true);
  enum error error = name_subtitles(context);
  (void)error; /* logged; the next call comes soon */
}

/* After an outage nobody takes a job over until its holder had the time to be heard of again. */
static void spare_holders(struct work *work, bool fine) {
  int64_t now_ms = clock_monotonic_ms();
  if (!fine) {
    work->spare_until_ms = now_ms + work->takeover_seconds * 1000;
  }
  work->packager.takeover_seconds = now_ms < work->spare_until_ms ? NEVER_SECONDS : work->takeover_seconds;
}

static enum error work_once(struct work *work) {
  int64_t requested = 0;
  enum error error = ERROR_NONE;
  if (work->policy == PACKAGE_ALWAYS) {
    error = package_store_request_missing(work->packager.database, REQUESTS_MAX, &requested);
  }
  if (error == ERROR_NONE) {
    error = packager_run_one(&work->packager, background_stop());
  }
  log_outage(&work->packaging_outage, error, work->packager.database);
  return error;
}

static int run_work(const struct settings *settings, struct work *work, bool once) {
  background_catch_signals();
  log_event(LOG_LEVEL_INFO, "starting", LOG_STR("version", PACKAGE_VERSION), LOG_STR("node", work->packager.node));
  if (!background_confine(DUTY_PACKAGE, settings) || !background_check_schema(work->packager.database, IDLE_MS)) {
    return COMMAND_FAILED;
  }
  (void)sd_notify(0, "READY=1\nSTATUS=packaging"); /* nobody listens when systemd did not start us */
  log_event(LOG_LEVEL_INFO, "ready");
  while (!*background_stop() && !subprocess_launcher_is_gone()) {
    process_usage_report(true);
    /* Masters first: they are small, and a film may take hours. */
    enum error named = name_subtitles(work);
    enum error made = named == ERROR_NONE ? ERROR_NONE : make_poster(work);
    enum error error = made == ERROR_NONE ? ERROR_NONE : work_once(work);
    spare_holders(work, is_fine(named) && is_fine(error));
    if (error == ERROR_NOT_FOUND && once) {
      break;
    }
    if (error != ERROR_NONE && !*background_stop()) {
      background_wait_ms(IDLE_MS);
    }
  }
  (void)sd_notify(0, "STOPPING=1");
  if (subprocess_launcher_is_gone()) {
    log_event(LOG_LEVEL_ERROR, "launcher_gone", LOG_STR("remedy", "start it again, as systemd does by itself"));
    return COMMAND_FAILED;
  }
  log_event(LOG_LEVEL_INFO, "stopped");
  return 0;
}

static void name_node(const struct settings *settings, char ret_node[NODE_SIZE]) {
  char host[HOST_NAME_MAX + 1] = "";
  (void)gethostname(host, sizeof host - 1); /* a nameless one is told by its process */
  snprintf(ret_node, NODE_SIZE, "%s:%ld", settings->node_name[0] == '\0' ? host : settings->node_name, (long)getpid());
}

/* Without ffmpeg it starts: each job then says what is missing, and posters and subtitles may go on. */
static bool can_encode(const struct transcode_options *options) {
  char reason[ENCODER_LIST_REASON_SIZE] = "";
  enum error error = encoder_list_check(&options->pictures, options->sandbox, reason);
  if (error != ERROR_NONE) {
    log_event(error == ERROR_UNSUPPORTED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
              error == ERROR_UNSUPPORTED ? "start_failed" : "ffmpeg_missing", LOG_STR("reason", reason));
  }
  return error != ERROR_UNSUPPORTED;
}

/* The launcher and its children too. Who was started with less of the processor has to leave it at that. */
static void step_back(int nice) {
  if (setpriority(PRIO_PROCESS, 0, nice) != 0) {
    log_event(LOG_LEVEL_WARNING, "priority_kept", LOG_STR("error", strerror(errno)), LOG_I64("package_nice", nice),
              LOG_STR("meaning", "this process was started with a lower priority, and keeps it"));
  }
}

static int run_packager(const struct settings *settings, const struct transcode_options *options, bool once) {
  const struct database_options database_options = {.statement_timeout_ms = settings->api_statement_timeout,
                                                    .application_name = "mediagate package",
                                                    .actor = "system:package"};
  char node[NODE_SIZE];
  struct work work = {.policy = settings->package, .takeover_seconds = settings->package_takeover};
  struct packager *packager = &work.packager;
  *packager = (struct packager){.node = node,
                                .takeover_seconds = settings->package_takeover,
                                .transcode = *options,
                                .meanwhile = meanwhile,
                                .meanwhile_context = &work};
  name_node(settings, node);
  step_back((int)settings->package_nice);
  enum error error = confinement_prepare(DUTY_PACKAGE, settings, NULL, NULL);
  error = error != ERROR_NONE ? error : command_database_open(settings, database_options, &packager->database);
  if (error == ERROR_NONE) {
    error = command_media_open(settings, packager->database, &packager->folder);
  }
  work.poster_maker = (struct poster_maker){
      .database = packager->database, .folder = packager->folder, .options = &packager->transcode};
  work.subtitler = (struct subtitler){.database = packager->database, .folder = packager->folder};
  int exit_code = COMMAND_FAILED;
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "start_failed", LOG_ERROR_FIELD(error), LOG_STR("data_dir", settings->data_dir));
  } else {
    background_count(settings->run_dir, METRIC_POOL_PACKAGE);
    exit_code = run_work(settings, &work, once);
  }
  subprocess_launcher_stop();
  media_folder_close(packager->folder);
  database_close(packager->database);
  return exit_code;
}

int command_package(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  bool once = argc == 2 && strcmp(argv[1], "--once") == 0;
  if (argc > 1 && !once) {
    return options_refuse("package", argv[strcmp(argv[1], "--once") == 0 ? 2 : 1], usage);
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  command_warnings_log(settings);
  const struct transcode_options options = package_options(settings);
  exit_code = can_encode(&options) ? run_packager(settings, &options, once) : COMMAND_FAILED;
  settings_free(settings);
  return exit_code;
}
