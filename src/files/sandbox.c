/* SPDX-License-Identifier: ISC */
/*
 * See sandbox.h. What a tool needs beyond its input: its libraries, read-only.
 */
#include "config.h"

#include "files/sandbox.h"

#include <string.h>

static const char *const closed[] = {
    "bwrap",
    "--unshare-all",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--ro-bind",
    "/usr",
    "/usr",
    "--ro-bind-try",
    "/lib",
    "/lib",
    "--ro-bind-try",
    "/lib64",
    "/lib64",
    "--ro-bind-try",
    "/etc/ld.so.cache",
    "/etc/ld.so.cache",
    "--ro-bind-try",
    "/etc/alternatives",
    "/etc/alternatives", /* Debian's libblas, which ffmpeg links, is found through it */
    "--ro-bind",
    "/proc/self/fd/0",
    SANDBOX_INPUT,
};

static size_t append_argument(const char *argv[SANDBOX_ARGUMENTS], size_t count, const char *const *more,
                              size_t more_count) {
  memcpy(argv + count, more, more_count * sizeof *more);
  return count + more_count;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

size_t sandbox_append(const char *argv[SANDBOX_ARGUMENTS]) {
  static const char *const begin[] = {"--chdir", "/"};
  _Static_assert(COUNT(closed) + COUNT(begin) <= SANDBOX_ARGUMENTS, "they fit");
  return append_argument(argv, append_argument(argv, 0, closed, COUNT(closed)), begin, COUNT(begin));
}

size_t sandbox_append_writing(const char *argv[SANDBOX_ARGUMENTS], const char *folder) {
  const char *const begin[] = {"--bind", folder, SANDBOX_OUTPUT, "--chdir", SANDBOX_OUTPUT};
  _Static_assert(COUNT(closed) + COUNT(begin) <= SANDBOX_ARGUMENTS, "they fit");
  return append_argument(argv, append_argument(argv, 0, closed, COUNT(closed)), begin, COUNT(begin));
}
