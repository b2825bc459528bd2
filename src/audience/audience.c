/* SPDX-License-Identifier: ISC */
/* Puts the parts together; each has a file of its own. */
#include "config.h"

#include "audience/audience.h"

#include <stdlib.h>
#include <string.h>

#include "audience/house.h"
#include "audience/robot_list.h"
#include "domain/address.h"

struct audience {
  enum address_mode mode;
  struct robot_list *robots;
  struct house *house;
  struct country_database *countries; /* NULL: none is set */
};

/* What is wrong with a list is told, with its consequence; views count without it. */
static enum error tell_problem(enum error error, const char *path, const char *consequence, struct text *problem,
                               struct text *ret_problems) {
  if (error != ERROR_NONE && error != ERROR_MEMORY) {
    text_appendf(ret_problems, "%s; %s\n", problem->data == NULL ? path : problem->data, consequence);
    error = ERROR_NONE;
  }
  text_clear(problem);
  return error;
}

static enum error open_robots(struct audience *audience, const struct audience_options *options,
                              struct text *ret_problems) {
  struct text problem = {0};
  enum error error = robot_list_new(&audience->robots);
  if (error == ERROR_NONE) {
    error = tell_problem(robot_list_read_shipped(audience->robots, options->folder, &problem), options->folder,
                         "robots count as viewers. Build with --with-web and install again, or correct share_dir",
                         &problem, ret_problems);
  }
  if (error == ERROR_NONE && options->robot_list[0] != '\0') {
    error = tell_problem(robot_list_read_own(audience->robots, options->robot_list, &problem), options->robot_list,
                         "robot_list says nothing. Correct the file, readable by this account, and restart", &problem,
                         ret_problems);
  }
  text_free(&problem);
  return error;
}

enum error audience_open(const struct audience_options *options, struct audience **ret_audience,
                         struct text *ret_problems) {
  struct audience *audience = calloc(1, sizeof *audience);
  if (audience == NULL) {
    return ERROR_MEMORY;
  }
  audience->mode = options->mode;
  enum error error = open_robots(audience, options, ret_problems);
  if (error == ERROR_NONE) {
    error =
        house_new(options->networks, options->network_count, options->viewers, options->viewer_count, &audience->house);
  }
  if (error == ERROR_NONE && options->country_database[0] != '\0') {
    error = country_database_new(options->country_database, &audience->countries);
  }
  if (error != ERROR_NONE) {
    audience_close(audience);
    return error;
  }
  audience_refresh(audience, ret_problems);
  *ret_audience = audience;
  return ERROR_NONE;
}

void audience_close(struct audience *audience) {
  if (audience != NULL) {
    robot_list_close(audience->robots);
    house_free(audience->house);
    country_database_free(audience->countries);
    free(audience);
  }
}

void audience_refresh(struct audience *audience, struct text *ret_problems) {
  enum error error = audience->countries == NULL ? ERROR_NONE : country_database_refresh(audience->countries);
  if (error != ERROR_NONE) {
    text_appendf(ret_problems,
                 "country_database: %s; put a database in MaxMind's format there, readable by this account\n",
                 error == ERROR_INVALID ? "the file is none" : error_strerror(error));
  }
}

bool audience_needs_salt(const struct audience *audience) {
  return audience->mode != ADDRESS_FULL;
}

enum error audience_judge(struct audience *audience, const struct audience_viewer *viewer, const unsigned char *salt,
                          struct audience_mark *ret_mark) {
  struct audience_mark mark = {.robot = false};
  enum error error = address_mask(viewer->address, audience->mode, salt, &mark.address);
  if (error != ERROR_NONE) {
    return error;
  }
  mark.robot = robot_list_has(audience->robots, viewer->user_agent);
  mark.internal = house_has(audience->house, viewer->address, viewer->viewer);
  if (audience->countries != NULL) {
    country_database_find(audience->countries, viewer->address, mark.country);
  }
  *ret_mark = mark;
  return ERROR_NONE;
}
