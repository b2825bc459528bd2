/* SPDX-License-Identifier: ISC */
/*
 * Whether a user agent is a robot's. Two files of patterns decide: players.list, what people play media with, wins over
 * robots.list, what crawls. Answers are remembered, so that asking for each view costs next to nothing.
 */
#ifndef MEDIAGATE_AUDIENCE_ROBOT_LIST_H
#define MEDIAGATE_AUDIENCE_ROBOT_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct robot_list;

/* `folder` holds the two files. On failure *ret_problem gets a line on what is wrong; ERROR_NOT_FOUND: this build has
 * no list of robots. */
enum error robot_list_open(const char *folder, struct robot_list **ret_list, struct text *ret_problem) MUST_CHECK;
void robot_list_close(struct robot_list *list);
/* NULL and "" are nobody's, so no robot's. */
bool robot_list_has(struct robot_list *list, const char *user_agent_or_null);

#endif
