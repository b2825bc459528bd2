/* SPDX-License-Identifier: ISC */
/*
 * `mediagate notify`: tells webhooks of events, until it is told to stop.
 */
#include "config.h"

#include "command/command.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/outage.h"
#include "command/background.h"
#include "command/command_database.h"
#include "command/command_warnings.h"
#include "command/options.h"
#include "notify/notifier.h"
#include "security/keyring.h"

#define TURN_MS  200
#define DRAIN_MS 20000 /* a request takes 15 s at most */
#define IDLE_MS  1000

static const char usage[] = "usage: mediagate notify [--config FILE]\n\n"
                            "Tells webhooks of events, in the foreground. It may be killed and started again at any "
                            "time, and several may run, on\n"
                            "several machines: each event is sent at least once.\n\n" OPTIONS_USAGE_CONFIG
                            "  SIGTERM, SIGINT  wait for the requests that are under way, then stop\n";

static void log_outage(struct outage *outage, enum error error, const struct database *database) {
  enum outage_news news = outage_note(outage, error);
  if (news == OUTAGE_BEGAN) {
    log_event(LOG_LEVEL_ERROR, "notifying_failed", LOG_ERROR_FIELD(error),
              LOG_STR("database", database_last_error(database)), LOG_STR("meaning", "it is tried again"));
  } else if (news == OUTAGE_ENDED) {
    log_event(LOG_LEVEL_INFO, "notifying_recovered");
  }
}

static void drain(struct notifier *notifier) {
  for (int waited = 0; waited < DRAIN_MS && !notifier_drain(notifier, TURN_MS); waited += TURN_MS) {
  }
}

static int run_turns(const struct settings *settings, struct notifier *notifier, struct database *database) {
  struct outage outage = {0};
  background_catch_signals();
  log_event(LOG_LEVEL_INFO, "starting", LOG_STR("version", PACKAGE_VERSION));
  if (!background_confine(DUTY_NOTIFY, settings) || !background_check_schema(database, IDLE_MS)) {
    return COMMAND_FAILED;
  }
  (void)sd_notify(0, "READY=1\nSTATUS=notifying"); /* nobody listens when systemd did not start us */
  log_event(LOG_LEVEL_INFO, "ready");
  while (!*background_stop()) {
    enum error error = notifier_run(notifier, TURN_MS);
    log_outage(&outage, error, database);
    if (error != ERROR_NONE && !*background_stop()) {
      background_wait_ms(IDLE_MS);
    }
  }
  (void)sd_notify(0, "STOPPING=1");
  drain(notifier);
  log_event(LOG_LEVEL_INFO, "stopped");
  return 0;
}

/* The settings were checked: each is a network. */
static struct network *parse_networks(const struct settings_list *list) {
  struct network *networks = calloc(list->count + 1, sizeof *networks);
  for (size_t i = 0; networks != NULL && i < list->count; i++) {
    if (network_parse(list->items[i], &networks[i]) != ERROR_NONE) {
      log_event(LOG_LEVEL_ERROR, "network_not_parsed", LOG_STR("webhook_networks", list->items[i]),
                LOG_STR("remedy", "write a network without bits behind its prefix"));
      free(networks);
      return NULL;
    }
  }
  return networks;
}

static int run_notify(const struct settings *settings, const struct keyring *keyring) {
  const struct database_options options = {.statement_timeout_ms = settings->api_statement_timeout,
                                           .application_name = "mediagate notify",
                                           .actor = "system:notify"};
  struct network *networks = parse_networks(&settings->webhook_networks);
  struct notifier *notifier = NULL;
  struct database *database = NULL;
  enum error error = networks == NULL ? ERROR_INVALID : command_database_open(settings, options, &database);
  if (error == ERROR_NONE) {
    const struct notifier_options wanted = {.database = database,
                                            .key = keyring_signing(keyring),
                                            .http = settings->webhook_http,
                                            .allowed = networks,
                                            .allowed_count = settings->webhook_networks.count,
                                            .connections = settings->webhook_connections};
    error = notifier_new(&wanted, &notifier);
  }
  int exit_code = COMMAND_FAILED;
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "start_failed", LOG_ERROR_FIELD(error));
  } else {
    exit_code = run_turns(settings, notifier, database);
  }
  notifier_free(notifier);
  database_close(database);
  free(networks);
  return exit_code;
}

int command_notify(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  char problem[KEYRING_PROBLEM_SIZE] = "";
  struct keyring *keyring = NULL;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc > 1) {
    return options_refuse("notify", argv[1], usage);
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  command_warnings_log(settings);
  enum error error = keyring_load(settings->webhook_key_file, &keyring, problem);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "start_refused", LOG_STR("webhook_key_file", settings->webhook_key_file),
              LOG_STR("problem", problem[0] != '\0' ? problem : error_strerror(error)),
              LOG_STR("remedy", "run `mediagate keys init`"));
    exit_code = COMMAND_FAILED;
  } else {
    exit_code = run_notify(settings, keyring);
  }
  keyring_free(keyring);
  settings_free(settings);
  return exit_code;
}
