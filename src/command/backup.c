/* SPDX-License-Identifier: ISC */
/*
 * `mediagate backup DIR`: the database first, then the files, since a row decides which file exists. It is DIR/partial
 * until it is whole, then DIR/<time>.
 */
#include "config.h"

#include "command/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "command/dump.h"
#include "command/options.h"
#include "files/backup_tree.h"

#define NAME_SIZE    sizeof "20261130T201500Z"
#define KEY_FILE_MAX ((size_t)1 << 20)

static const char usage[] =
    "usage: mediagate backup [--config FILE] DIR\n\n"
    "Copies the database, the media files and the keys into DIR/<time>/, while everything runs. Files that an earlier\n"
    "backup in DIR has become hard links to it, so that each backup is whole and takes the room of what is new. One "
    "that\n"
    "was interrupted goes on where it was. Old ones may be removed at any time: rm -r DIR/<time>.\n\n"
    "Run it as the service's account. `mediagate restore DIR/<time>` brings it back.\n\n" OPTIONS_USAGE_CONFIG;

struct backup {
  const struct settings *settings;
  const char *folder;
  char partial[BACKUP_PATH_SIZE];
  struct backup_manifest manifest;
  struct backup_copy copy;
};

static bool complain(const char *path, enum error error) {
  fprintf(stderr, "mediagate backup: %s: %s\n", path,
          error == ERROR_IO && errno != 0 ? strerror(errno) : error_strerror(error));
  return false;
}

static bool join(char ret_path[BACKUP_PATH_SIZE], const char *folder, const char *name) {
  return snprintf(ret_path, BACKUP_PATH_SIZE, "%s/%s", folder, name) < BACKUP_PATH_SIZE ||
         complain(folder, ERROR_TOO_LARGE);
}

static bool is_backup(const char *name) {
  return strlen(name) == NAME_SIZE - 1 && strspn(name, "0123456789") == 8 && name[8] == 'T' &&
         strspn(name + 9, "0123456789") == 6 && name[15] == 'Z';
}

/* The newest backup that is whole; "" for none. */
static void find_previous(const char *folder, char ret_name[NAME_SIZE]) {
  const struct dirent *entry;
  DIR *entries = opendir(folder);
  ret_name[0] = '\0';
  while (entries != NULL && (entry = readdir(entries)) != NULL) {
    if (is_backup(entry->d_name) && strcmp(entry->d_name, ret_name) > 0) {
      memcpy(ret_name, entry->d_name, NAME_SIZE);
    }
  }
  if (entries != NULL) {
    (void)closedir(entries);
  }
}

static bool copy_media(struct backup *backup) {
  char name[NAME_SIZE], source[BACKUP_PATH_SIZE], target[BACKUP_PATH_SIZE];
  char previous[BACKUP_PATH_SIZE], path[BACKUP_PATH_SIZE];
  struct backup_manifest previous_manifest = {.entries = NULL};
  find_previous(backup->folder, name);
  if (!join(source, backup->settings->data_dir, "media") || !join(target, backup->partial, "media") ||
      snprintf(previous, sizeof previous, "%s/%s/media", backup->folder, name) >= (int)sizeof previous ||
      snprintf(path, sizeof path, "%s/%s/manifest", backup->folder, name) >= (int)sizeof path) {
    return false;
  }
  enum error error = file_make_folders(target, 0700);
  bool linking = name[0] != '\0' && backup_manifest_read(path, &previous_manifest) == ERROR_NONE;
  backup->copy = (struct backup_copy){.source = source,
                                      .target = target,
                                      .previous = linking ? previous : NULL,
                                      .previous_manifest = &previous_manifest,
                                      .prefix = "media/",
                                      .manifest = &backup->manifest};
  if (error == ERROR_NONE) {
    error = backup_tree_copy(&backup->copy);
  }
  backup_manifest_free(&previous_manifest);
  return error == ERROR_NONE ||
         complain(backup->copy.failed_path[0] != '\0' ? backup->copy.failed_path : target, error);
}

static bool copy_secret(const struct backup *backup, const char *source, const char *name) {
  char target[BACKUP_PATH_SIZE];
  struct text text = {0};
  if (!join(target, backup->partial, name)) {
    return false;
  }
  enum error error = file_read_secret(source, KEY_FILE_MAX, &text);
  if (error == ERROR_NONE) {
    error = file_replace(target, 0600, text.data, text.length);
  }
  if (text.data != NULL) {
    explicit_bzero(text.data, text.length);
  }
  text_free(&text);
  return error == ERROR_NONE || complain(source, error);
}

/* A key without which serve starts may be missing. */
static bool copy_secret_if_any(const struct backup *backup, const char *source, const char *name) {
  return (access(source, F_OK) != 0 && errno == ENOENT) || copy_secret(backup, source, name);
}

static bool copy_database(struct backup *backup) {
  char path[BACKUP_PATH_SIZE], sha256[DIGEST_HEX_SIZE];
  int64_t size = 0;
  if (!join(path, backup->partial, "database.dump") || !dump_write(backup->settings, path)) {
    return false;
  }
  enum error error = backup_file_hash(path, &size, sha256);
  if (error == ERROR_NONE) {
    error = backup_manifest_add(&backup->manifest, "database.dump", size, sha256);
  }
  return error == ERROR_NONE || complain(path, error);
}

/* Gives the folder the time as its name. Where a backup of this very second stands already, the next one is waited for.
 */
static bool name_backup(const struct backup *backup, char ret_final[BACKUP_PATH_SIZE]) {
  static const struct timespec pause = {.tv_nsec = 100000000};
  for (;;) {
    char name[NAME_SIZE];
    time_t now = time(NULL);
    struct tm date;
    gmtime_r(&now, &date);
    (void)strftime(name, sizeof name, "%Y%m%dT%H%M%SZ", &date);
    if (!join(ret_final, backup->folder, name)) {
      return false;
    }
    if (rename(backup->partial, ret_final) == 0) {
      return true;
    }
    if (errno != ENOTEMPTY && errno != EEXIST) {
      return complain(ret_final, ERROR_IO);
    }
    (void)nanosleep(&pause, NULL);
  }
}

/* All that was copied is on the disk before the name says that it is whole. */
static bool finish(struct backup *backup) {
  char path[BACKUP_PATH_SIZE], final[BACKUP_PATH_SIZE];
  if (!join(path, backup->partial, "manifest")) {
    return false;
  }
  enum error error = backup_manifest_write(&backup->manifest, path);
  if (error != ERROR_NONE) {
    return complain(path, error);
  }
  sync();
  if (!name_backup(backup, final)) {
    return false;
  }
  error = backup_note_made(backup->settings->data_dir);
  if (error != ERROR_NONE) {
    return complain("last_backup in data_dir", error);
  }
  printf("%s: %" PRId64 " files copied (%" PRId64 " bytes), %" PRId64 " linked, %" PRId64 " kept\n", final,
         backup->copy.copied, backup->copy.bytes_copied, backup->copy.linked, backup->copy.kept);
  return true;
}

static bool make_backup(struct backup *backup) {
  char lock[BACKUP_PATH_SIZE];
  int lock_fd = -1;
  enum error error = join(lock, backup->folder, "lock") && join(backup->partial, backup->folder, "partial")
                         ? file_make_folders(backup->partial, 0700)
                         : ERROR_TOO_LARGE;
  if (error == ERROR_NONE) {
    error = file_lock_opened(open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600), &lock_fd);
  }
  if (error == ERROR_CONFLICT) {
    fprintf(stderr, "mediagate backup: another backup into %s runs\n", backup->folder);
    return false;
  }
  if (error != ERROR_NONE) {
    return complain(backup->folder, error);
  }
  bool done = copy_database(backup) && copy_media(backup) &&
              copy_secret(backup, backup->settings->jwt_key_file, "jwt_keys") &&
              copy_secret(backup, backup->settings->stream_key_file, "stream_keys") &&
              copy_secret_if_any(backup, backup->settings->totp_key_file, "totp_keys") &&
              copy_secret_if_any(backup, backup->settings->webhook_key_file, "webhook_keys") && finish(backup);
  (void)close(lock_fd);
  return done;
}

int command_backup(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc != 2 || argv[1][0] == '-') {
    return options_complain("backup", usage, "name one folder");
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  struct backup *backup = calloc(1, sizeof *backup);
  bool done = false;
  if (backup != NULL && dump_is_possible(settings)) {
    backup->settings = settings;
    backup->folder = argv[1];
    done = make_backup(backup);
    backup_manifest_free(&backup->manifest);
  }
  free(backup);
  settings_free(settings);
  return done ? 0 : COMMAND_FAILED;
}
