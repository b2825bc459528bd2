/* SPDX-License-Identifier: ISC */
/*
 * The bubblewrap in which ffprobe and ffmpeg read files of strangers: system folders to read, the input as one file to
 * read, perhaps one folder to write; no network, no capabilities, no user namespaces, a bounded number of processes,
 * nothing else to write, nothing else of this machine.
 */
#ifndef MEDIAGATE_FILES_SANDBOX_H
#define MEDIAGATE_FILES_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#define SANDBOX_ARGUMENTS 80        /* as many as an array must have room for before the program's own */
#define SANDBOX_INPUT     "/input"  /* what the child has as fd 0 */
#define SANDBOX_OUTPUT    "/output" /* the folder to write, which is also where the child begins */

/* Hardware that the program may use, where this machine has it. */
enum sandbox_device {
  SANDBOX_DEVICE_NONE,
  SANDBOX_DEVICE_DRI,   /* /dev/dri, and what sysfs says of devices */
  SANDBOX_DEVICE_NVIDIA /* /dev/nvidia… */
};

/* Give it to subprocess_run as the child's data: the system calls that the program may make, which bubblewrap sets up.
 */
enum error sandbox_filter(struct text *ret_filter) MUST_CHECK;
/* Fills argv from its beginning; returns how many. The program and its arguments follow. */
size_t sandbox_append(const char *argv[SANDBOX_ARGUMENTS]);
/* As sandbox_append, with `folder` (an absolute path) to write in, and a device. */
size_t sandbox_append_writing(const char *argv[SANDBOX_ARGUMENTS], const char *folder, enum sandbox_device device);
/* Is this a command line that begins as those above, writes in a folder below data_dir at most, and has no device
 * unless `devices`? */
bool sandbox_permits(const char *const argv[], const char *data_dir, bool hardware);

#endif
