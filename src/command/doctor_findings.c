/* SPDX-License-Identifier: ISC */
/* See doctor_findings.h. */
#include "config.h"

#include "command/doctor_findings.h"

#include <stdarg.h>
#include <stdio.h>

static void print(const char *verdict, const char *area, const char *remedy, const char *format, va_list arguments) {
  printf("%-8s %s: ", verdict, area);
  vprintf(format, arguments);
  if (remedy != NULL) {
    printf("; %s", remedy);
  }
  putchar('\n');
}

void doctor_good(const struct doctor *doctor, const char *area, const char *format, ...) {
  va_list arguments;
  if (!doctor->quiet) {
    va_start(arguments, format);
    print("ok", area, NULL, format, arguments);
    va_end(arguments);
  }
}

void doctor_warn(struct doctor *doctor, const char *area, const char *remedy, const char *format, ...) {
  va_list arguments;
  doctor->warnings++;
  va_start(arguments, format);
  print("warning", area, remedy, format, arguments);
  va_end(arguments);
}

void doctor_wrong(struct doctor *doctor, const char *area, const char *remedy, const char *format, ...) {
  va_list arguments;
  doctor->wrong++;
  va_start(arguments, format);
  print("wrong", area, remedy, format, arguments);
  va_end(arguments);
}
