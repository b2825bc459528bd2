/* SPDX-License-Identifier: ISC */
/*
 * See background.h.
 */
#include "config.h"

#include "command/background.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/outage.h"
#include "command/command_database.h"
#include "process/metric_file.h"

static volatile sig_atomic_t stop;

static void on_stop(int signal_number) {
  (void)signal_number;
  stop = 1;
}

void background_catch_signals(void) {
  struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

const volatile sig_atomic_t *background_stop(void) {
  return &stop;
}

void background_wait_ms(int64_t milliseconds) {
  (void)poll(NULL, 0, (int)milliseconds);
}

void background_count(const char *run_dir, enum metric_pool role) {
  errno = 0;
  enum error error = metric_file_enter(run_dir, role);
  if (error != ERROR_NONE) {
    log_event(
        LOG_LEVEL_WARNING, "metrics_not_counted", LOG_STR("run_dir", run_dir), LOG_ERROR_FIELD(error),
        LOG_STR("reason", errno == 0 ? "" : strerror(errno)),
        LOG_STR("remedy", "this account must be able to write to the folder metrics-… in run_dir: see tmpfiles.conf"));
  }
}

bool background_confine(enum duty duty, const struct settings *settings) {
  return confinement_tell(settings) && confinement_enter(duty, settings) == ERROR_NONE;
}

bool background_check_schema(struct database *database, int64_t interval_ms) {
  bool fits = true;
  enum error error;
  struct outage outage = {0};
  while (!stop && (error = command_database_check_schema(database, &fits)) != ERROR_NONE) {
    if (outage_note(&outage, error) == OUTAGE_BEGAN) {
      log_event(LOG_LEVEL_WARNING, "database_away", LOG_ERROR_FIELD(error),
                LOG_STR("database", database_last_error(database)),
                LOG_STR("remedy", "start PostgreSQL or correct `database`; the work waits until then"));
      (void)sd_notify(0, "READY=1\nSTATUS=waiting for the database"); /* which may take long; nobody has to listen */
    }
    background_wait_ms(interval_ms);
  }
  return fits;
}
