/* SPDX-License-Identifier: ISC */
/*
 * A key file as `mediagate keys` changes it: locked, read, replaced whole with the owner and mode that it had.
 */
#ifndef MEDIAGATE_COMMAND_KEYS_FILE_H
#define MEDIAGATE_COMMAND_KEYS_FILE_H

#include "base/error.h"
#include "config/settings.h"
#include "security/keyring.h"

enum keys_kind { KEYS_STREAM, KEYS_ACCESS, KEYS_TOTP, KEYS_KIND_COUNT };

struct keys_file {
  enum keys_kind kind;
  const char *path; /* of the settings */
  int lock_fd;      /* -1 without a lock */
  struct keyring *keyring;
};

const char *keys_kind_name(enum keys_kind kind);
const char *keys_file_path(const struct settings *settings, enum keys_kind kind);
/* Locks (exclusively, when `lock`) and reads. Failures are printed. Close with keys_file_close in every case. */
enum error keys_file_open(const struct settings *settings, enum keys_kind kind, bool lock,
                          struct keys_file *ret_file) MUST_CHECK;
/* Replaces the file by what stands in file->keyring. Failures are printed. */
enum error keys_file_save(const struct keys_file *file) MUST_CHECK;
void keys_file_close(struct keys_file *file);
/* Makes a file with one new key, mode 0600. ERROR_CONFLICT: there is one already, which stays. owner "" or NULL: ours.
 */
enum error keys_file_create(const char *path, const char *owner) MUST_CHECK;

#endif
