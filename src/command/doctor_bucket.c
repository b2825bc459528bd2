/* SPDX-License-Identifier: ISC */
/* See doctor_bucket.h. */
#include "config.h"

#include "command/doctor_bucket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "command/command_media.h"

#define CLOCK_WARN_SECONDS 60
#define CLOCK_MAX_SECONDS  900

static void check_clock(struct doctor *doctor, int64_t ahead_seconds) {
  static const char remedy[] = "let the machine follow time servers: signatures hold for 15 minutes";
  if (llabs(ahead_seconds) >= CLOCK_MAX_SECONDS) {
    doctor_wrong(doctor, "bucket clock", remedy, "this machine is %" PRId64 " s ahead of the service", ahead_seconds);
  } else if (llabs(ahead_seconds) >= CLOCK_WARN_SECONDS) {
    doctor_warn(doctor, "bucket clock", remedy, "this machine is %" PRId64 " s ahead of the service", ahead_seconds);
  } else {
    doctor_good(doctor, "bucket clock", "the service has the same time");
  }
}

static void check_cache(struct doctor *doctor, const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
    doctor_wrong(doctor, "s3_cache_dir", "make it: only nginx's account may enter it, or nginx does not start",
                 "%s is no folder", path);
  } else if ((status.st_mode & S_IXOTH) != 0) {
    doctor_warn(doctor, "s3_cache_dir", "chmod o-rwx it", "anyone on this machine may enter %s, and read the bucket",
                path);
  } else {
    doctor_good(doctor, "s3_cache_dir", "%s is nginx's alone", path);
  }
}

void doctor_check_bucket(struct doctor *doctor) {
  const struct settings *settings = doctor->settings;
  struct object_store *store = NULL;
  int64_t ahead_seconds = 0;
  if (settings->media_store != MEDIA_STORE_S3) {
    return;
  }
  check_cache(doctor, settings->s3_cache_dir);
  enum error error = command_media_open_store(settings, &store);
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, "s3_key_file",
                 "lines `access_key …;` and `secret_key …;`, the service account's alone, mode 0600", "%s: %s",
                 settings->s3_key_file, error_strerror(error));
    return;
  }
  error = object_store_check(store, &ahead_seconds);
  if (error == ERROR_NONE) {
    doctor_good(doctor, "bucket", "%s can be listed", settings->s3_bucket);
  } else {
    doctor_wrong(doctor, "bucket", "see docs/object-storage.md for what the key pair must be allowed", "%s: %s",
                 settings->s3_bucket, object_store_last_error(store));
  }
  check_clock(doctor, ahead_seconds);
  object_store_close(store);
}
