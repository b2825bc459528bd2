/* SPDX-License-Identifier: ISC */
/* A slot is a locked byte of one file. The lock belongs to the open file, and ends with it. */
#include "config.h"

#include "api/export_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define RETRY_AFTER_SECONDS 30

static enum error lock_any_slot(int fd, int slots) {
  for (int slot = 0; slot < slots; slot++) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
      return ERROR_NONE;
    }
    if (errno != EAGAIN && errno != EACCES) {
      return ERROR_IO;
    }
  }
  return ERROR_LIMITED;
}

/* So many exports at once on this machine, whichever workers serve them: an export holds its worker. ERROR_LIMITED: all
 * `slots` are taken. *ret_fd is the slot; a worker that dies gives it back too. */
static enum error take_slot(const char *run_dir, int slots, int *ret_fd) {
  char *path = file_join(run_dir, "exports.lock");
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  free(path);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = lock_any_slot(fd, slots);
  if (error != ERROR_NONE) {
    (void)close(fd);
    return error;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

bool export_slot_take(struct call *call, int *ret_slot) {
  const struct settings *settings = call->app->settings;
  int slots = settings->api_workers > 1 ? (int)settings->api_workers / 2 : 1;
  enum error error = take_slot(settings->run_dir, slots, ret_slot);
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_EXPORT, RETRY_AFTER_SECONDS, "As many exports run as may run at once.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "taking a place for an export");
  }
  return error == ERROR_NONE;
}

void export_slot_release(int slot) {
  (void)close(slot);
}
