/* SPDX-License-Identifier: ISC */
/*
 * See sandbox.h. What a tool needs beyond its input: its libraries, read-only.
 */
#include "config.h"

#include "files/sandbox.h"

#include <string.h>

/* Threads too. The kernel counts those of this user namespace alone, so the limit is set inside. */
#define PROBE_PROCESSES     "--nproc=16"
#define TRANSCODE_PROCESSES "--nproc=1024" /* an encoder takes some for each core and rendition */

/* bubblewrap's own root is a file system in memory: it is made read-only, so that nothing can fill it. */
static const char *const closed[] = {
    "bwrap",
    "--unshare-all",
    "--unshare-user",   /* or it does not start; --unshare-all only tries */
    "--disable-userns", /* much of the kernel that nobody needs here is reached through another namespace */
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
  static const char *const begin[] = {"--remount-ro", "/", "--chdir", "/", "prlimit", PROBE_PROCESSES};
  _Static_assert(COUNT(closed) + COUNT(begin) <= SANDBOX_ARGUMENTS, "they fit");
  return append_argument(argv, append_argument(argv, 0, closed, COUNT(closed)), begin, COUNT(begin));
}

#define DEVICE_ARGUMENTS 24

/* A device is reached as far as the account of the caller reaches it. */
static const char *const devices[][DEVICE_ARGUMENTS] = {
    [SANDBOX_DEVICE_NONE] = {NULL},
    [SANDBOX_DEVICE_DRI] = {"--dev-bind-try", "/dev/dri", "/dev/dri", "--ro-bind-try", "/sys/dev/char", "/sys/dev/char",
                            "--ro-bind-try", "/sys/devices", "/sys/devices", NULL},
    [SANDBOX_DEVICE_NVIDIA] = {"--dev-bind-try", "/dev/nvidiactl", "/dev/nvidiactl", "--dev-bind-try", "/dev/nvidia0",
                               "/dev/nvidia0", "--dev-bind-try", "/dev/nvidia-uvm", "/dev/nvidia-uvm", "--dev-bind-try",
                               "/dev/nvidia-uvm-tools", "/dev/nvidia-uvm-tools", "--ro-bind-try", "/proc/driver/nvidia",
                               "/proc/driver/nvidia", NULL},
};

static size_t append_device(const char *argv[SANDBOX_ARGUMENTS], size_t count, enum sandbox_device device) {
  for (const char *const *argument = devices[device]; *argument != NULL; argument++) {
    argv[count++] = *argument;
  }
  return count;
}

size_t sandbox_append_writing(const char *argv[SANDBOX_ARGUMENTS], const char *folder, enum sandbox_device device) {
  const char *const begin[] = {"--bind",  folder,         SANDBOX_OUTPUT, "--remount-ro",     "/",
                               "--chdir", SANDBOX_OUTPUT, "prlimit",      TRANSCODE_PROCESSES};
  _Static_assert(COUNT(closed) + COUNT(begin) + DEVICE_ARGUMENTS <= SANDBOX_ARGUMENTS, "they fit");
  size_t count = append_device(argv, append_argument(argv, 0, closed, COUNT(closed)), device);
  return append_argument(argv, count, begin, COUNT(begin));
}
