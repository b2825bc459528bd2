/* SPDX-License-Identifier: ISC */
/*
 * What a user agent says of itself: the kind of device, the system, the browser or app. devices.list, which is made
 * while building, names browsers and systems; the kind of device follows from both.
 */
#ifndef MEDIAGATE_AUDIENCE_DEVICE_LIST_H
#define MEDIAGATE_AUDIENCE_DEVICE_LIST_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

#define DEVICE_NAME_SIZE 64

struct device_list;

struct device {
  char kind[DEVICE_NAME_SIZE]; /* "desktop", "phone", "tablet", "television", "console", "watch", "other" */
  char system[DEVICE_NAME_SIZE], browser[DEVICE_NAME_SIZE]; /* "Android", "Firefox"; "other" when none is known */
};

/* Is it one of the kinds? */
bool device_kind_is_known(const char *kind);
/* On failure *ret_problem gets a line on what is wrong. ERROR_NOT_FOUND: no such file. ERROR_INVALID: a line that is
 * none, or a pattern that does not compile. */
enum error device_list_open(const char *path, struct device_list **ret_list, struct text *ret_problem) MUST_CHECK;
void device_list_close(struct device_list *list);
/* Takes up to some milliseconds: keep the answer. */
void device_list_describe(const struct device_list *list, const char *user_agent, struct device *ret_device);

#endif
