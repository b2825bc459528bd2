/* SPDX-License-Identifier: ISC */
/* What `mediagate doctor --sandbox` tries in each process that it closed up. Private to doctor_sandbox.c. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_ATTEMPTS_H
#define MEDIAGATE_COMMAND_DOCTOR_ATTEMPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/confinement.h"

#define DOCTOR_NOT_CLOSED       250 /* no errno of Linux */
#define DOCTOR_LANDLOCK_FILES   2
#define DOCTOR_LANDLOCK_PORTS   4
#define DOCTOR_LANDLOCK_SIGNALS 6

struct doctor_trial {
  const struct settings *settings;
  enum duty duty;
  uint16_t strange_port; /* that somebody listens on, on this machine */
};

struct doctor_attempt {
  const char *name;
  int (*run)(const struct doctor_trial *trial);      /* 0 or an errno */
  bool (*applies)(const struct doctor_trial *trial); /* NULL: to each duty */
  bool must_work;
  int signal_number; /* that ends it when it works; 0: none */
  int landlock;      /* at least this version holds it back; 0: without it */
};

const struct doctor_attempt *doctor_attempts(size_t *ret_count);

#endif
