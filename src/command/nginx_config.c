/* SPDX-License-Identifier: ISC */
/*
 * `mediagate nginx-config`: writes the files that tell nginx what the settings say. A file is replaced whole, and only
 * when its text changes, so that running this at every start costs no reload.
 */
#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "command/nginx_files.h"
#include "command/options.h"

#define LARGEST_FILE_SIZE (4U * 1024 * 1024)

static const char usage[] =
    "usage: mediagate nginx-config [--config FILE] [--ca-file FILE] --output-dir DIR\n\n"
    "Writes settings-http.conf, settings-server.conf, settings-stream.conf, settings-upload.conf and\n"
    "settings-upload-share.conf into DIR\n"
    "(/etc/mediagate/nginx where deploy/mediagate.http.conf is used as it stands). Reload nginx afterwards: it reads\n"
    "them only then.\n\n"
    "  --output-dir DIR  where to write; made when it is missing\n"
    "  --ca-file FILE    certificates to verify https origins with (default: " NGINX_FILES_CA_FILE
    ")\n" OPTIONS_USAGE_CONFIG;

/* Takes "NAME VALUE" or "NAME=VALUE" at argv[*index]; false when it is another argument. *ret_value NULL: the value is
 * missing. */
static bool take_option(int argc, char **argv, int *index, const char *name, const char **ret_value) {
  size_t length = strlen(name);
  const char *argument = argv[*index];
  if (strncmp(argument, name, length) != 0 || (argument[length] != '\0' && argument[length] != '=')) {
    return false;
  }
  if (argument[length] == '=') {
    *ret_value = argument + length + 1;
  } else {
    *index += 1;
    *ret_value = *index < argc ? argv[*index] : NULL;
  }
  return true;
}

/* To be called at once: errno tells what ERROR_IO is. Returns the error. */
static enum error complain_of_file(const char *path, enum error error) {
  fprintf(stderr, "mediagate nginx-config: %s: %s\n", path,
          error == ERROR_IO && errno != 0 ? strerror(errno) : error_strerror(error));
  return error;
}

static enum error write_when_changed(const char *folder, const char *name, const struct text *text) {
  __attribute__((cleanup(text_free))) struct text present = {0};
  char *path = file_join(folder, name);
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = file_read(path, LARGEST_FILE_SIZE, &present);
  bool same =
      error == ERROR_NONE && present.length == text->length && memcmp(present.data, text->data, text->length) == 0;
  if (!same) {
    error = file_replace(path, 0644, text->data, text->length);
    if (error == ERROR_NONE) {
      printf("wrote %s\n", path);
    } else {
      error = complain_of_file(path, error);
    }
  }
  free(path);
  return error;
}

static int write_all(const char *folder, const struct nginx_settings *files) {
  enum error error = file_make_folders(folder, 0755);
  if (error != ERROR_NONE) {
    (void)complain_of_file(folder, error);
    return COMMAND_FAILED;
  }
  bool written = write_when_changed(folder, "settings-http.conf", &files->http) == ERROR_NONE &&
                 write_when_changed(folder, "settings-server.conf", &files->server) == ERROR_NONE &&
                 write_when_changed(folder, "settings-stream.conf", &files->stream) == ERROR_NONE &&
                 write_when_changed(folder, "settings-upload.conf", &files->upload) == ERROR_NONE &&
                 write_when_changed(folder, "settings-upload-share.conf", &files->share) == ERROR_NONE;
  return written ? 0 : COMMAND_FAILED;
}

int command_nginx_config(int argc, char **argv) {
  const char *config_path;
  const char *folder = NULL;
  const char *ca_file = NGINX_FILES_CA_FILE;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  for (int i = 1; i < argc; i++) {
    const char *argument = argv[i];
    if (!take_option(argc, argv, &i, "--output-dir", &folder) && !take_option(argc, argv, &i, "--ca-file", &ca_file)) {
      return options_refuse("nginx-config", argument, usage);
    }
  }
  if (folder == NULL || folder[0] == '\0') {
    return options_complain("nginx-config", usage, "--output-dir DIR is missing");
  }
  if (ca_file == NULL) {
    return options_complain("nginx-config", usage, "--ca-file needs a file");
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  struct nginx_settings files = {0};
  enum error error = nginx_files_render(settings, ca_file, &files);
  if (error == ERROR_NONE) {
    exit_code = write_all(folder, &files);
  } else {
    fprintf(stderr, "mediagate nginx-config: %s\n",
            error == ERROR_INVALID ? "--ca-file must be an absolute path without quotes, backslashes, $, ; and braces"
                                   : error_strerror(error));
    exit_code = COMMAND_FAILED;
  }
  nginx_settings_free(&files);
  settings_free(settings);
  return exit_code;
}
