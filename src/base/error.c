/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "base/error.h"

#include <errno.h>

#include <stddef.h>

static const char *const phrases[] = {
    [ERROR_NONE] = "no error",
    [ERROR_INVALID] = "invalid input",
    [ERROR_NOT_FOUND] = "not found",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_DENIED] = "denied",
    [ERROR_EXPIRED] = "expired",
    [ERROR_LIMITED] = "limit reached",
    [ERROR_TOO_LARGE] = "too large",
    [ERROR_ABORTED] = "aborted by the peer",
    [ERROR_TIMEOUT] = "timed out",
    [ERROR_UNAVAILABLE] = "unavailable",
    [ERROR_STORE_AWAY] = "media store unavailable",
    [ERROR_UNKNOWN_OUTCOME] = "outcome unknown",
    [ERROR_NO_SPACE] = "no space left",
    [ERROR_MEMORY] = "out of memory",
    [ERROR_IO] = "input/output error",
    [ERROR_UNSUPPORTED] = "not supported here",
    [ERROR_INTERNAL] = "internal error",
};
_Static_assert(sizeof phrases / sizeof *phrases == ERROR_COUNT_, "every error has a phrase");

const char *error_strerror(enum error error) {
  return (unsigned)error < ERROR_COUNT_ ? phrases[error] : "unknown error";
}

void error_watch_memory(void) {
  errno = 0;
}

enum error error_with_memory(enum error error) {
  return errno == ENOMEM ? ERROR_MEMORY : error;
}
