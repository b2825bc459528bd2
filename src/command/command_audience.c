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

static char *lists_folder(const struct settings *settings) {
  return file_join(settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : settings->share_dir, "audience");
}

enum error command_audience_open(const struct settings *settings, bool tell, struct audience **ret_audience) {
  char *folder = lists_folder(settings);
  if (folder == NULL) {
    return ERROR_MEMORY;
  }
  struct text problems = {0};
  const struct audience_options options = {.folder = folder,
                                           .robot_list = settings->robot_list,
                                           .country_database = settings->country_database,
                                           .networks = (const char *const *)settings->internal_networks.items,
                                           .network_count = settings->internal_networks.count,
                                           .viewers = (const char *const *)settings->internal_viewers.items,
                                           .viewer_count = settings->internal_viewers.count,
                                           .mode = (enum address_mode)settings->view_ip};
  enum error error = audience_open(&options, ret_audience, &problems);
  if (tell && error == ERROR_NONE && problems.data != NULL) {
    tell_problems(problems.data);
  }
  text_free(&problems);
  free(folder);
  return error;
}

struct device_list *command_devices_open(const struct settings *settings) {
  char *folder = lists_folder(settings);
  char *path = folder == NULL ? NULL : file_join(folder, "devices.list");
  struct device_list *devices = NULL;
  struct text problem = {0};
  enum error error = path == NULL ? ERROR_MEMORY : device_list_open(path, &devices, &problem);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_WARNING, "audience_incomplete",
              LOG_STR("problem", problem.data == NULL ? error_strerror(error) : problem.data),
              LOG_STR("meaning", "devices, systems and browsers of viewers are not known"),
              LOG_STR("remedy", "build with --with-web"));
  }
  text_free(&problem);
  free(path);
  free(folder);
  return devices;
}
