/* SPDX-License-Identifier: ISC */
/*
 * Each attempt has a process of its own, which closes itself up as the duty does: some calls end it.
 */
#include "config.h"

#include "command/doctor_sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "command/confinement.h"
#include "command/doctor_attempts.h"
#include "process/landlock.h"
#include "process/trial.h"

#define REMEDY_OPEN  "is the kernel older than this program was tested with, or are the permissions of files too wide?"
#define REMEDY_CLOSE "report it with this line; confinement = \"off\" does without"

/* Closes the process up and tries. */
struct closing {
  const struct doctor_attempt *attempt;
  struct doctor_trial *trial;
};

static int close_and_try(void *context) {
  const struct closing *closing = context;
  struct doctor_trial *trial = closing->trial;
  if (confinement_prepare(trial->duty, trial->settings, NULL, NULL) != ERROR_NONE ||
      confinement_enter(trial->duty, trial->settings) != ERROR_NONE) {
    return DOCTOR_NOT_CLOSED;
  }
  return closing->attempt->run(trial);
}

static const char *outcome_text(const struct trial_result *result) {
  return result->signal_number == SIGSYS  ? "the process is ended"
         : result->signal_number != 0     ? strsignal(result->signal_number)
         : result->error_number == 0      ? "it works"
         : result->error_number == ENOENT ? "there is none"
                                          : strerror(result->error_number);
}

static void judge(struct doctor *doctor, const char *duty, const struct doctor_attempt *attempt,
                  const struct trial_result *result) {
  bool worked = result->signal_number == attempt->signal_number && result->error_number == 0;
  const char *text = outcome_text(result);
  if (result->error_number == DOCTOR_NOT_CLOSED) {
    doctor_wrong(doctor, duty, REMEDY_CLOSE, "it cannot be closed up");
  } else if (worked == attempt->must_work) {
    doctor_good(doctor, duty, "%s: %s", attempt->name, worked ? "works" : text);
  } else if (attempt->must_work) {
    doctor_wrong(doctor, duty, REMEDY_CLOSE, "%s must work: %s", attempt->name, text);
  } else {
    doctor_wrong(doctor, duty, REMEDY_OPEN, "%s must fail: %s", attempt->name, text);
  }
}

static void check_duty(struct doctor *doctor, struct doctor_trial *trial, int landlock) {
  size_t count = 0;
  const struct doctor_attempt *attempts = doctor_attempts(&count);
  const char *duty = confinement_duty_name(trial->duty);
  for (size_t i = 0; i < count; i++) {
    struct trial_result result = {.error_number = 0};
    struct closing closing = {.attempt = &attempts[i], .trial = trial};
    if (attempts[i].landlock > landlock || (attempts[i].applies != NULL && !attempts[i].applies(trial))) {
      continue;
    }
    if (trial_run(close_and_try, &closing, &result) != ERROR_NONE) {
      doctor_wrong(doctor, duty, "make room for another process", "%s: no process could be had", attempts[i].name);
    } else {
      judge(doctor, duty, &attempts[i], &result);
    }
  }
}

/* A port that nobody's settings name. */
static int listen_somewhere(uint16_t *ret_port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0 ||
                  getsockname(fd, (struct sockaddr *)&address, &size) != 0)) {
    (void)close(fd);
    fd = -1;
  }
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static void check_kernel(struct doctor *doctor, int landlock) {
  static const char remedy[] = "use a newer kernel, with landlock among its security modules";
  if (landlock == 0) {
    doctor_warn(doctor, "landlock", remedy, "this kernel has none: only permissions say which files are read");
  } else if (landlock < DOCTOR_LANDLOCK_PORTS) {
    doctor_warn(doctor, "landlock", remedy, "version %d bounds files, but no ports and no signals", landlock);
  } else if (landlock < DOCTOR_LANDLOCK_SIGNALS) {
    doctor_warn(doctor, "landlock", remedy, "version %d bounds files and ports, but no signals", landlock);
  } else {
    doctor_good(doctor, "landlock", "version %d bounds files, ports and signals", landlock);
  }
}

void doctor_check_sandbox(struct doctor *doctor) {
  struct doctor_trial trial = {.settings = doctor->settings};
  int landlock = landlock_version();
  if (doctor->settings->confinement == CONFINEMENT_OFF || !confinement_is_built_in()) {
    doctor_wrong(doctor, "confinement", "set confinement to try",
                 "it is off, or this program was built with a sanitizer");
    return;
  }
  log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
  check_kernel(doctor, landlock);
  int fd = listen_somewhere(&trial.strange_port);
  for (enum duty duty = 0; duty < DUTY_COUNT; duty++) {
    trial.duty = duty;
    check_duty(doctor, &trial, landlock);
  }
  if (fd >= 0) {
    (void)close(fd);
  }
}
