/* SPDX-License-Identifier: ISC */
/* A slot is a locked byte of one file. The lock belongs to the open file, and ends with it. */
#include "config.h"

#include "api/views/export_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

static enum error lock_any(int fd, int slots) {
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

enum error export_slot_take(const char *run_dir, int slots, int *ret_fd) {
  char *path = file_join(run_dir, "exports.lock");
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  free(path);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = lock_any(fd, slots);
  if (error != ERROR_NONE) {
    (void)close(fd);
    return error;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

void export_slot_release(int fd) {
  (void)close(fd);
}
