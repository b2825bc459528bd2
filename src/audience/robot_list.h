/* SPDX-License-Identifier: ISC */
/*
 * Whether a user agent is a robot's. Files of patterns decide, the first that knows it: the operator's own list of
 * robots; players.list, what people play media with; robots.list, what crawls. Exceptions (lines with !) of the
 * operator's list are no robots, those of players.list are robots. Answers are remembered, so asking for each view
 * costs next to nothing.
 */
#ifndef MEDIAGATE_AUDIENCE_ROBOT_LIST_H
#define MEDIAGATE_AUDIENCE_ROBOT_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

struct robot_list;

/* A list that knows no robot. */
enum error robot_list_new(struct robot_list **ret_list) MUST_CHECK;
/* `folder` holds players.list and robots.list. On failure *ret_problem gets a line on what is wrong, and the list is as
 * it was; ERROR_NOT_FOUND: this build has no list of robots. The same of the operator's file. Each at most once. */
enum error robot_list_read_shipped(struct robot_list *list, const char *folder, struct text *ret_problem) MUST_CHECK;
enum error robot_list_read_own(struct robot_list *list, const char *path, struct text *ret_problem) MUST_CHECK;
void robot_list_close(struct robot_list *list);
/* NULL and "" are nobody's, so no robot's. */
bool robot_list_has(struct robot_list *list, const char *user_agent_or_null);

#endif
