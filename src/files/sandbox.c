/* SPDX-License-Identifier: ISC */
/*
 * See sandbox.h. What a tool needs beyond its input: its libraries, read-only.
 */
#include "config.h"

#include "files/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/syscall_filter.h"

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
    "--seccomp",
    "3",
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

static const char *const begin_reading[] = {"--remount-ro", "/", "--chdir", "/", "prlimit", PROBE_PROCESSES};
static const char *const begin_writing[] = {"--bind",  NULL,           SANDBOX_OUTPUT, "--remount-ro",     "/",
                                            "--chdir", SANDBOX_OUTPUT, "prlimit",      TRANSCODE_PROCESSES};
#define FOLDER_AT 1 /* the NULL */

size_t sandbox_append(const char *argv[SANDBOX_ARGUMENTS]) {
  return append_argument(argv, append_argument(argv, 0, closed, COUNT(closed)), begin_reading, COUNT(begin_reading));
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

_Static_assert(COUNT(closed) + COUNT(begin_writing) + DEVICE_ARGUMENTS <= SANDBOX_ARGUMENTS, "they fit");

size_t sandbox_append_writing(const char *argv[SANDBOX_ARGUMENTS], const char *folder, enum sandbox_device device) {
  size_t at = append_device(argv, append_argument(argv, 0, closed, COUNT(closed)), device);
  size_t count = append_argument(argv, at, begin_writing, COUNT(begin_writing));
  argv[at + FOLDER_AT] = folder;
  return count;
}

enum error sandbox_filter(struct text *ret_filter) {
  return syscall_filter_append(SYSCALLS_CHANGE_FILES | SYSCALLS_THREADS | SYSCALLS_SIGNAL_OTHERS | SYSCALLS_PROGRAMS,
                               ret_filter);
}

/* --- what others ask for --------------------------------------------------------------------- */

/* argv may end early; NULL in `wanted` is anything. */
static bool begins_with(const char *const argv[], const char *const *wanted, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (argv[i] == NULL || (wanted[i] != NULL && strcmp(argv[i], wanted[i]) != 0)) {
      return false;
    }
  }
  return true;
}

/* Without links: what the path says is where it is. */
static bool is_below(const char *path, const char *folder) {
  char *real = realpath(path, NULL);
  char *top = realpath(folder, NULL);
  size_t length = top == NULL ? 0 : strlen(top);
  bool below = real != NULL && top != NULL && strncmp(real, top, length) == 0 && real[length] == '/';
  free(real);
  free(top);
  return below;
}

static bool permits_writing(const char *const argv[], const char *data_dir, enum sandbox_device device) {
  const char *wanted[SANDBOX_ARGUMENTS];
  size_t count = append_device(wanted, 0, device);
  return begins_with(argv, wanted, count) && begins_with(argv + count, begin_writing, COUNT(begin_writing)) &&
         is_below(argv[count + FOLDER_AT], data_dir);
}

bool sandbox_permits(const char *const argv[], const char *data_dir, bool hardware) {
  if (!begins_with(argv, closed, COUNT(closed))) {
    return false;
  }
  argv += COUNT(closed);
  return begins_with(argv, begin_reading, COUNT(begin_reading)) ||
         permits_writing(argv, data_dir, SANDBOX_DEVICE_NONE) ||
         (hardware && (permits_writing(argv, data_dir, SANDBOX_DEVICE_DRI) ||
                       permits_writing(argv, data_dir, SANDBOX_DEVICE_NVIDIA)));
}
