/* SPDX-License-Identifier: ISC */
/*
 * `mediagate restore DIR/<time>`: verifies a backup's files while it copies them, and then fills the database, which is
 * empty until then. Interrupted, it goes on where it was.
 */
#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command_database.h"
#include "command/dump.h"
#include "command/options.h"
#include "files/backup_tree.h"

#define KEY_FILE_MAX ((size_t)1 << 20)

static const char usage[] =
    "usage: mediagate restore [--config FILE] DIR/<time>\n\n"
    "Brings a backup of `mediagate backup` back: the media files into data_dir, each verified by its hash, the key "
    "files\n"
    "where there are none, then the database, which must be empty (createdb). Stop serve, ingest, package and notify "
    "before. "
    "Run\n"
    "it as the service's account. What an interrupted run restored is kept.\n\n" OPTIONS_USAGE_CONFIG;

static bool complain(const char *path, enum error error) {
  fprintf(stderr, "mediagate restore: %s: %s\n", path,
          error == ERROR_INVALID            ? "it is not what the backup's manifest says"
          : error == ERROR_IO && errno != 0 ? strerror(errno)
                                            : error_strerror(error));
  return false;
}

static bool join(char ret_path[BACKUP_PATH_SIZE], const char *folder, const char *name) {
  return snprintf(ret_path, BACKUP_PATH_SIZE, "%s/%s", folder, name) < BACKUP_PATH_SIZE ||
         complain(folder, ERROR_TOO_LARGE);
}

static bool database_is_empty(const struct settings *settings) {
  struct migration_status status;
  struct database *database = command_database_connect(settings, false);
  if (database == NULL) {
    return false;
  }
  enum error error = migration_status_read(database, &status);
  bool empty = error == ERROR_NONE && status.version == 0;
  if (error != ERROR_NONE) {
    command_database_complain(database, "looking into the database", error);
  } else if (!empty) {
    fputs("mediagate restore: the database is not empty: make a new one (createdb), so that nothing is mixed\n",
          stderr);
  }
  database_close(database);
  return empty;
}

static bool restore_media(const struct settings *settings, const char *folder, const struct backup_manifest *manifest) {
  char source[BACKUP_PATH_SIZE], target[BACKUP_PATH_SIZE];
  if (!join(source, folder, "media") || !join(target, settings->data_dir, "media")) {
    return false;
  }
  struct backup_copy copy = {.source = source, .target = target, .expected = manifest, .prefix = "media/"};
  enum error error = file_make_folders(target, 0750);
  if (error == ERROR_NONE) {
    error = backup_tree_copy(&copy);
  }
  if (error != ERROR_NONE) {
    return complain(copy.failed_path[0] != '\0' ? copy.failed_path : target, error);
  }
  /* One that the manifest has and the backup does not is damage too. */
  size_t wanted = 0;
  for (size_t i = 0; i < manifest->count; i++) {
    wanted += strncmp(manifest->entries[i].path, "media/", 6) == 0;
  }
  if ((int64_t)wanted != copy.copied + copy.kept) {
    fprintf(stderr, "mediagate restore: files are missing in %s: %zu of %zu are there\n", source,
            (size_t)(copy.copied + copy.kept), wanted);
    return false;
  }
  printf("%" PRId64 " files restored, %" PRId64 " were there; all verified\n", copy.copied, copy.kept);
  return true;
}

/* Key files that are there stay: they may hold newer keys beside the backup's. What the database sealed by these two
 * cannot be read with others, though. */
static bool keep_secret(const char *target, const char *source, bool must_match) {
  struct text there = {0}, backup = {0};
  enum error error = file_read_secret(target, KEY_FILE_MAX, &there);
  if (error == ERROR_NONE) {
    error = file_read_secret(source, KEY_FILE_MAX, &backup);
  }
  bool same = error == ERROR_NONE && there.length == backup.length &&
              (there.length == 0 || memcmp(there.data, backup.data, there.length) == 0);
  for (struct text *text = &there; text != NULL; text = text == &there ? &backup : NULL) {
    if (text->data != NULL) {
      explicit_bzero(text->data, text->length);
    }
    text_free(text);
  }
  if (error != ERROR_NONE) {
    return complain(target, error);
  }
  if (!same && must_match) {
    fprintf(stderr,
            "mediagate restore: %s is not that of the backup, %s, and what the database keeps can be read by that "
            "one alone; put it in its place, with its owner and mode\n",
            target, source);
    return false;
  }
  if (!same) {
    printf("%s is there and stays as it is; the backup's is %s\n", target, source);
  }
  return true;
}

static bool restore_secret(const char *folder, const char *name, const char *target, bool must_match) {
  char source[BACKUP_PATH_SIZE];
  struct text text = {0};
  if (!join(source, folder, name)) {
    return false;
  }
  if (access(target, F_OK) == 0) {
    return keep_secret(target, source, must_match);
  }
  enum error error = file_read_secret(source, KEY_FILE_MAX, &text);
  if (error == ERROR_NONE) {
    error = file_replace(target, 0600, text.data, text.length);
  }
  if (text.data != NULL) {
    explicit_bzero(text.data, text.length);
  }
  text_free(&text);
  return error == ERROR_NONE || complain(target, error);
}

/* A backup may be without it. */
static bool restore_secret_if_any(const char *folder, const char *name, const char *target) {
  char path[BACKUP_PATH_SIZE];
  if (!join(path, folder, name)) {
    return false;
  }
  return (access(path, F_OK) != 0 && errno == ENOENT) || restore_secret(folder, name, target, true);
}

static bool restore_database(const struct settings *settings, const char *folder,
                             const struct backup_manifest *manifest) {
  char path[BACKUP_PATH_SIZE], sha256[DIGEST_HEX_SIZE];
  int64_t size = 0;
  const struct backup_entry *entry = backup_manifest_find(manifest, "database.dump");
  if (!join(path, folder, "database.dump")) {
    return false;
  }
  enum error error = entry == NULL ? ERROR_NOT_FOUND : backup_file_hash(path, &size, sha256);
  if (error == ERROR_NONE && (entry->size_bytes != size || strcmp(entry->sha256, sha256) != 0)) {
    error = ERROR_INVALID;
  }
  return error == ERROR_NONE ? dump_restore(settings, path) : complain(path, error);
}

static bool restore(const struct settings *settings, const char *folder) {
  char path[BACKUP_PATH_SIZE];
  struct backup_manifest manifest = {.entries = NULL};
  if (!join(path, folder, "manifest") || !database_is_empty(settings)) {
    return false;
  }
  enum error error = backup_manifest_read(path, &manifest);
  bool done = error == ERROR_NONE ? restore_media(settings, folder, &manifest) &&
                                        restore_secret(folder, "jwt_keys", settings->jwt_key_file, false) &&
                                        restore_secret(folder, "stream_keys", settings->stream_key_file, false) &&
                                        restore_secret_if_any(folder, "totp_keys", settings->totp_key_file) &&
                                        restore_secret_if_any(folder, "webhook_keys", settings->webhook_key_file) &&
                                        restore_database(settings, folder, &manifest)
                                  : complain(path, error);
  backup_manifest_free(&manifest);
  if (done) {
    puts("restored; now: mediagate migrate, and start serve, ingest, package and notify");
  }
  return done;
}

int command_restore(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc != 2 || argv[1][0] == '-') {
    return options_complain("restore", usage, "name one backup");
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  bool done = dump_is_possible(settings) && restore(settings, argv[1]);
  settings_free(settings);
  return done ? 0 : COMMAND_FAILED;
}
