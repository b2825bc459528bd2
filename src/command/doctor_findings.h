/* SPDX-License-Identifier: ISC */
/* What `mediagate doctor` found: a line each, with its remedy. Private to the files doctor*.c. */
#ifndef MEDIAGATE_COMMAND_DOCTOR_FINDINGS_H
#define MEDIAGATE_COMMAND_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/settings.h"

struct doctor {
  const struct settings *settings;
  const char *nginx_dir;
  const char *ca_file;
  bool quiet; /* say only what is wrong */
  size_t wrong;
  size_t warnings;
};

/* Works. */
void doctor_good(const struct doctor *doctor, const char *area, const char *format, ...) PRINTF_LIKE(3, 4);
/* Works, but will not always, or costs something. */
void doctor_warn(struct doctor *doctor, const char *area, const char *remedy, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Does not work. */
void doctor_wrong(struct doctor *doctor, const char *area, const char *remedy, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
