/* SPDX-License-Identifier: ISC */
/*
 * Lists of patterns and a table of answers. A user agent has one place in the table, and takes it from whatever
 * stood there: so memory is bounded, and clients that invent user agents cost time, not memory.
 */
#include "config.h"

#include "audience/robot_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audience/pattern_list.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"

#define ANSWERS 8192 /* a power of 2; of user agents of some 120 bytes: a megabyte */

struct answer {
  char *user_agent; /* NULL: free */
  bool robot;
};

struct robot_list {
  struct pattern_list *own;    /* the operator's; NULL: none */
  struct pattern_list *robots; /* NULL, with the next: this machine has none */
  struct pattern_list *players;
  uint64_t seed; /* clients choose user agents */
  struct answer answers[ANSWERS];
};

enum error robot_list_new(struct robot_list **ret_list) {
  struct robot_list *list = calloc(1, sizeof *list);
  if (list == NULL) {
    return ERROR_MEMORY;
  }
  random_bytes(&list->seed, sizeof list->seed);
  *ret_list = list;
  return ERROR_NONE;
}

static enum error open_list(const char *folder, const char *name, struct pattern_list **ret_list,
                            struct text *ret_problem) {
  char *path = file_join(folder, name);
  enum error error = path == NULL ? ERROR_MEMORY : pattern_list_open(path, ret_list, ret_problem);
  free(path);
  return error;
}

enum error robot_list_read_shipped(struct robot_list *list, const char *folder, struct text *ret_problem) {
  struct pattern_list *robots = NULL, *players = NULL;
  enum error error = open_list(folder, "robots.list", &robots, ret_problem);
  if (error == ERROR_NONE) {
    error = open_list(folder, "players.list", &players, ret_problem);
  }
  if (error != ERROR_NONE) {
    pattern_list_close(robots);
    return error;
  }
  list->robots = robots;
  list->players = players;
  return ERROR_NONE;
}

enum error robot_list_read_own(struct robot_list *list, const char *path, struct text *ret_problem) {
  return pattern_list_open(path, &list->own, ret_problem);
}

void robot_list_close(struct robot_list *list) {
  if (list == NULL) {
    return;
  }
  for (size_t i = 0; i < ANSWERS; i++) {
    free(list->answers[i].user_agent);
  }
  pattern_list_close(list->own);
  pattern_list_close(list->robots);
  pattern_list_close(list->players);
  free(list);
}

static struct answer *place_of(struct robot_list *list, const char *user_agent) {
  return &list->answers[hash_mix(hash_text(list->seed, user_agent)) & (ANSWERS - 1)];
}

/* The operator's word first, then the shipped exceptions, then players, then robots. */
static bool decide_robot(const struct robot_list *list, const char *user_agent) {
  if (pattern_list_excepts(list->own, user_agent)) {
    return false;
  }
  if (pattern_list_matches(list->own, user_agent) || pattern_list_excepts(list->players, user_agent)) {
    return true;
  }
  return !pattern_list_matches(list->players, user_agent) && pattern_list_matches(list->robots, user_agent);
}

bool robot_list_has(struct robot_list *list, const char *user_agent_or_null) {
  if (user_agent_or_null == NULL || user_agent_or_null[0] == '\0') {
    return false;
  }
  struct answer *answer = place_of(list, user_agent_or_null);
  if (answer->user_agent != NULL && strcmp(answer->user_agent, user_agent_or_null) == 0) {
    return answer->robot;
  }
  bool robot = decide_robot(list, user_agent_or_null);
  char *copy = strdup(user_agent_or_null);
  if (copy != NULL) { /* else it is decided again next time */
    free(answer->user_agent);
    *answer = (struct answer){.user_agent = copy, .robot = robot};
  }
  return robot;
}
