/* SPDX-License-Identifier: ISC */
/*
 * See command_warnings.h.
 */
#include "config.h"

#include "command/command_warnings.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "files/library_guard.h"

static bool has_item(const struct settings_list *list, const char *item) {
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->items[i], item) == 0) {
      return true;
    }
  }
  return false;
}

void command_warnings_tell(const struct settings *settings, command_warning *tell, void *context) {
  if (settings->sandbox == SANDBOX_NONE) {
    tell(context, "sandbox", "files of strangers are read without a sandbox, by processes that reach the database",
         "set it to bubblewrap, or take files from people you trust alone");
  }
  if (!has_item(&settings->package_codecs, "h264")) {
    tell(context, "package_codecs", "players without the codecs that it names can play no new package",
         "add h264, which plays everywhere");
  }
  if (settings->library_dir[0] != '\0' && !library_guard_is_mounted_safely(settings->library_dir)) {
    tell(context, "library_dir",
         "who may write there can swap a file for a link, which nginx follows until the next sweep",
         "mount it with nosymfollow: docs/security.md, The library");
  }
}

static void log_warning(void *context, const char *setting, const char *meaning, const char *remedy) {
  (void)context;
  log_event(LOG_LEVEL_WARNING, "setting_is_open", LOG_STR("setting", setting), LOG_STR("meaning", meaning),
            LOG_STR("remedy", remedy));
}

void command_warnings_log(const struct settings *settings) {
  command_warnings_tell(settings, log_warning, NULL);
}
