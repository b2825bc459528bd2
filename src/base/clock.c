/* SPDX-License-Identifier: ISC */
/*
 * Clocks, and RFC 3339 both ways. The calendar is computed here: timegm and strptime depend on
 * the C library's idea of what is valid, and these texts come from requests.
 */
#include "config.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_SECOND    INT64_C(1000000)
#define SECONDS_PER_DAY  INT64_C(86400)
#define LAST_TIME_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

int64_t clock_now_us(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now_seconds(void) {
  return clock_now_us() / US_PER_SECOND;
}

int64_t clock_monotonic_ms(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_us(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

/* By hand, since each line of the log has a time. Returns what is behind `end`. */
static char *put_number(char *at, int number, int digits, char end) {
  for (int i = digits; i-- > 0; number /= 10) {
    at[i] = (char)('0' + number % 10);
  }
  at[digits] = end;
  return at + digits + 1;
}

void clock_format_rfc3339(int64_t time_us, char ret_text[CLOCK_RFC3339_SIZE]) {
  if (time_us < 0) {
    time_us = 0;
  } else if (time_us > LAST_TIME_SECOND * US_PER_SECOND) {
    time_us = LAST_TIME_SECOND * US_PER_SECOND;
  }
  time_t seconds = (time_t)(time_us / US_PER_SECOND);
  struct tm date;
  char *at = ret_text;

  gmtime_r(&seconds, &date);
  at = put_number(at, date.tm_year + 1900, 4, '-');
  at = put_number(at, date.tm_mon + 1, 2, '-');
  at = put_number(at, date.tm_mday, 2, 'T');
  at = put_number(at, date.tm_hour, 2, ':');
  at = put_number(at, date.tm_min, 2, ':');
  if (time_us % US_PER_SECOND != 0) {
    at = put_number(at, date.tm_sec, 2, '.');
    at = put_number(at, (int)(time_us % US_PER_SECOND), 6, 'Z');
  } else {
    at = put_number(at, date.tm_sec, 2, 'Z');
  }
  *at = '\0';
}

/* Names of its own: strftime's depend on the locale. */
void clock_format_http(int64_t time_us, char ret_text[CLOCK_HTTP_SIZE]) {
  static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t seconds = time_us < 0                                  ? 0
                   : time_us > LAST_TIME_SECOND * US_PER_SECOND ? (time_t)LAST_TIME_SECOND
                                                                : (time_t)(time_us / US_PER_SECOND);
  struct tm date;
  gmtime_r(&seconds, &date);
  snprintf(ret_text, CLOCK_HTTP_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[date.tm_wday % 7],
           (unsigned)date.tm_mday % 100, months[date.tm_mon % 12], (unsigned)(date.tm_year + 1900) % 10000,
           (unsigned)date.tm_hour % 100, (unsigned)date.tm_min % 100, (unsigned)date.tm_sec % 100);
}

/* Reads exactly `digits` digits and moves on. */
static bool take_number(const char **at, int digits, int min, int max, int *ret_number) {
  int number = 0;

  for (int i = 0; i < digits; i++) {
    char c = (*at)[i];
    if (c < '0' || c > '9') {
      return false;
    }
    number = number * 10 + (c - '0');
  }
  if (number < min || number > max) {
    return false;
  }
  *at += digits;
  *ret_number = number;
  return true;
}

static bool take_character(const char **at, char wanted) {
  if (**at != wanted) {
    return false;
  }
  ++*at;
  return true;
}

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

  return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t days_before(int year, int month, int day) {
  int64_t before = year - 1;
  int64_t days = before * 365 + before / 4 - before / 100 + before / 400;

  for (int i = 1; i < month; i++) {
    days += days_in_month(year, i);
  }
  return days + day - 1 - 719162; /* days from 0001-01-01 to 1970-01-01 */
}

static bool take_date(const char **at, int64_t *ret_days) {
  int year, month, day;

  if (!take_number(at, 4, 1970, 9999, &year) || !take_character(at, '-') || !take_number(at, 2, 1, 12, &month) ||
      !take_character(at, '-') || !take_number(at, 2, 1, days_in_month(year, month), &day)) {
    return false;
  }
  *ret_days = days_before(year, month, day);
  return true;
}

/* ".5", ".123456789": digits beyond the microsecond are dropped. */
static bool take_fraction(const char **at, int64_t *ret_us) {
  int64_t scale = US_PER_SECOND / 10;
  int64_t us = 0;

  if (!take_character(at, '.')) {
    *ret_us = 0;
    return true;
  }
  if (**at < '0' || **at > '9') {
    return false;
  }
  for (; **at >= '0' && **at <= '9'; ++*at) {
    us += (**at - '0') * scale;
    scale /= 10;
  }
  *ret_us = us;
  return true;
}

static bool take_offset(const char **at, int64_t *ret_seconds) {
  int hours, minutes;
  int sign = **at == '-' ? -1 : 1;

  if (take_character(at, 'Z') || take_character(at, 'z')) {
    *ret_seconds = 0;
    return true;
  }
  if ((!take_character(at, '+') && !take_character(at, '-')) || !take_number(at, 2, 0, 23, &hours) ||
      !take_character(at, ':') || !take_number(at, 2, 0, 59, &minutes)) {
    return false;
  }
  *ret_seconds = sign * (hours * INT64_C(3600) + minutes * INT64_C(60));
  return true;
}

enum spelling { SPELLING_DATE, SPELLING_LOCAL, SPELLING_ABSOLUTE };

/* The time after a date, to the end of the string. */
static bool take_time(const char **at, int *ret_second, int64_t *ret_seconds, int64_t *ret_us,
                      enum spelling *ret_spelling) {
  int hour = 0, minute = 0;
  int64_t offset = 0;
  if ((!take_character(at, 'T') && !take_character(at, 't')) || !take_number(at, 2, 0, 23, &hour) ||
      !take_character(at, ':') || !take_number(at, 2, 0, 59, &minute) || !take_character(at, ':') ||
      !take_number(at, 2, 0, 60, ret_second) || !take_fraction(at, ret_us)) {
    return false;
  }
  *ret_spelling = **at == '\0' ? SPELLING_LOCAL : SPELLING_ABSOLUTE;
  if (*ret_spelling == SPELLING_ABSOLUTE && !take_offset(at, &offset)) {
    return false;
  }
  *ret_seconds = hour * INT64_C(3600) + minute * INT64_C(60) + *ret_second - offset;
  return **at == '\0';
}

static enum error parse_time(const char *string, int64_t *ret_time_us, enum spelling *ret_spelling) {
  const char *at = string;
  int second = 0;
  int64_t days, of_day = 0, us = 0;
  enum spelling spelling = SPELLING_DATE;

  if (!take_date(&at, &days) || (*at != '\0' && !take_time(&at, &second, &of_day, &us, &spelling))) {
    return ERROR_INVALID;
  }
  int64_t seconds = days * SECONDS_PER_DAY + of_day;
  /* A leap second exists only as 23:59:60 UTC; it is the next day's midnight here. */
  if ((second == 60 && seconds % SECONDS_PER_DAY != 0) || seconds < 0 || seconds > LAST_TIME_SECOND) {
    return ERROR_INVALID;
  }
  *ret_time_us = seconds * US_PER_SECOND + us;
  *ret_spelling = spelling;
  return ERROR_NONE;
}

enum error clock_parse_rfc3339(const char *string, int64_t *ret_time_us) {
  int64_t time_us;
  enum spelling spelling;
  if (parse_time(string, &time_us, &spelling) != ERROR_NONE || spelling == SPELLING_LOCAL) {
    return ERROR_INVALID;
  }
  *ret_time_us = time_us;
  return ERROR_NONE;
}

enum error clock_parse_local(const char *string, int64_t *ret_time_us, bool *ret_local) {
  enum spelling spelling;
  enum error error = parse_time(string, ret_time_us, &spelling);
  if (error == ERROR_NONE) {
    *ret_local = spelling != SPELLING_ABSOLUTE;
  }
  return error;
}
