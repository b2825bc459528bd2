/* SPDX-License-Identifier: ISC */
/* Where the lists lie, and how what is missing is told. */
#include "config.h"

#include "command/command_audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "domain/address.h"

static void tell_problems(char *lines) {
  while (*lines != '\0') {
    size_t length = strcspn(lines, "\n");
    bool more = lines[length] != '\0';
    lines[length] = '\0';
    log_event(LOG_LEVEL_WARNING, "audience_incomplete", LOG_STR("problem", lines));
    lines += length + more;
  }
}

enum error command_audience_open(const struct settings *settings, bool tell, struct audience **ret_audience) {
  char *folder = file_join(settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : settings->share_dir, "audience");
  if (folder == NULL) {
    return ERROR_MEMORY;
  }
  struct text problems = {0};
  const struct audience_options options = {.folder = folder,
                                           .robot_list = settings->robot_list,
                                           .country_database = settings->country_database,
                                           .mode = (enum address_mode)settings->view_ip};
  enum error error = audience_open(&options, ret_audience, &problems);
  if (tell && error == ERROR_NONE && problems.data != NULL) {
    tell_problems(problems.data);
  }
  text_free(&problems);
  free(folder);
  return error;
}
