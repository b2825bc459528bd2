/* SPDX-License-Identifier: ISC */
/*
 * mediagate store copy: moves a running installation's media files into the bucket, or out of it.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "command/command_media.h"
#include "command/options.h"
#include "files/store_copy.h"

#define PROGRESS_MS 2000

static const char usage[] =
    "usage: mediagate store copy [--config FILE] --from file --to s3 [--verify]\n"
    "       mediagate store copy [--config FILE] --from s3 --to file [--verify]\n\n"
    "Copies all media files from data_dir/media into the bucket of the settings, or back, while everything runs. What\n"
    "is there already is left, so one that was interrupted is run again. To move an installation: copy, change\n"
    "media_store, run `mediagate nginx-config`, reload nginx, restart serve and package, and copy once more what came\n"
    "meanwhile. The files that were copied stay where they are.\n\n" OPTIONS_USAGE_CONFIG
    "  --verify        compare all bytes of both sides, too\n";

struct progress {
  int64_t told_ms;
};

static void print_progress(void *context, const struct store_copy *copy) {
  struct progress *progress = context;
  int64_t now_ms = clock_monotonic_ms();
  if (now_ms - progress->told_ms >= PROGRESS_MS) {
    progress->told_ms = now_ms;
    fprintf(stderr, "copied %" PRId64 " files, %" PRId64 " MiB; %" PRId64 " were there already\n", copy->copied,
            copy->bytes >> 20, copy->kept);
  }
}

static int report(const struct store_copy *copy, enum error error) {
  printf("copied: %" PRId64 " files, %" PRId64 " bytes; there already: %" PRId64 "; compared: %" PRId64 "\n",
         copy->copied, copy->bytes, copy->kept, copy->verified);
  if (error == ERROR_NONE) {
    return 0;
  }
  fprintf(stderr, "mediagate: the copy stopped at %s: %s %s\n", copy->failed_name,
          error == ERROR_CONFLICT ? "the two sides differ" : error_strerror(error),
          error == ERROR_STORE_AWAY ? object_store_last_error(copy->store) : "");
  return COMMAND_FAILED;
}

static int run_copy(const struct settings *settings, bool to_store, bool verify) {
  struct object_store *store = NULL;
  struct progress progress = {.told_ms = clock_monotonic_ms()};
  if (settings->s3_endpoint[0] == '\0' || settings->s3_bucket[0] == '\0') {
    fputs("mediagate: set s3_endpoint, s3_bucket and the other settings of the bucket first\n", stderr);
    return COMMAND_FAILED;
  }
  enum error error = command_media_open_store(settings, &store);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s: %s; it must have the lines `access_key …;` and `secret_key …;`, mode 0600\n",
            settings->s3_key_file, error_strerror(error));
    return COMMAND_FAILED;
  }
  struct store_copy copy = {.data_dir = settings->data_dir,
                            .store = store,
                            .verify = verify,
                            .progress = print_progress,
                            .context = &progress};
  error = to_store ? store_copy_to_objects(&copy) : store_copy_to_files(&copy);
  int exit_code = report(&copy, error);
  object_store_close(store);
  return exit_code;
}

struct wanted {
  const char *from, *to;
  bool verify;
};

static bool take_arguments(int argc, char **argv, struct wanted *ret_wanted) {
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--verify") == 0) {
      ret_wanted->verify = true;
    } else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc) {
      ret_wanted->from = argv[++i];
    } else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc) {
      ret_wanted->to = argv[++i];
    } else {
      return false;
    }
  }
  return true;
}

int command_store(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  struct wanted wanted = {.from = "", .to = ""};
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc < 2 || strcmp(argv[1], "copy") != 0 || !take_arguments(argc, argv, &wanted)) {
    return options_complain("store", usage, "say: store copy --from file --to s3");
  }
  bool to_store = strcmp(wanted.from, "file") == 0 && strcmp(wanted.to, "s3") == 0;
  if (!to_store && (strcmp(wanted.from, "s3") != 0 || strcmp(wanted.to, "file") != 0)) {
    return options_complain("store", usage, "--from and --to are file and s3, or s3 and file");
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = run_copy(settings, to_store, wanted.verify);
  settings_free(settings);
  return exit_code;
}
