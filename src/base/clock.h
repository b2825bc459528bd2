/* SPDX-License-Identifier: ISC */
/*
 * Time: wall clock in microseconds since 1970 UTC, monotonic milliseconds, RFC 3339.
 */
#ifndef MEDIAGATE_BASE_CLOCK_H
#define MEDIAGATE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define CLOCK_RFC3339_SIZE 32

int64_t clock_now_us(void); /* wall clock, microseconds since the epoch */
int64_t clock_now_seconds(void);
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);
/* "2026-11-22T17:00:00Z", or with ".123456" when the microseconds are not 0. */
void clock_format_rfc3339(int64_t time_us, char ret_text[CLOCK_RFC3339_SIZE]);
/* As HTTP's headers have it (RFC 9110 section 5.6.7): "Sun, 22 Nov 2026 17:00:00 GMT". */
#define CLOCK_HTTP_SIZE 30
void clock_format_http(int64_t time_us, char ret_text[CLOCK_HTTP_SIZE]);
/* RFC 3339 with "Z" or an offset, years 1970-9999; a date alone ("2026-11-22") is its midnight UTC. */
enum error clock_parse_rfc3339(const char *string, int64_t *ret_time_us) MUST_CHECK;
/* As clock_parse_rfc3339; or what a wall clock somewhere shows: a date ("2026-11-22", its midnight), or a time without
 * an offset ("2026-11-22T17:00:00"). Then *ret_local, and the time is as if that clock showed UTC. */
enum error clock_parse_local(const char *string, int64_t *ret_time_us, bool *ret_local) MUST_CHECK;

#endif
