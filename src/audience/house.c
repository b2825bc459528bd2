/* SPDX-License-Identifier: ISC */
/* Networks are few and looked at one by one; ids are sorted. */
#include "config.h"

#include "audience/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/grant.h"
#include "domain/network.h"

typedef char viewer_id[VIEWER_SIZE];

struct house {
  struct network *networks;
  viewer_id *viewers;
  size_t network_count, viewer_count;
};

static int by_name(const void *left, const void *right) {
  return strcmp(left, right);
}

static enum error fill(struct house *house, const char *const *networks, const char *const *viewers) {
  for (size_t i = 0; i < house->network_count; i++) {
    enum error error = network_parse(networks[i], &house->networks[i]);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  for (size_t i = 0; i < house->viewer_count; i++) {
    (void)snprintf(house->viewers[i], VIEWER_SIZE, "%s", viewers[i]); /* no id is longer */
  }
  qsort(house->viewers, house->viewer_count, sizeof *house->viewers, by_name);
  return ERROR_NONE;
}

enum error house_new(const char *const *networks, size_t network_count, const char *const *viewers, size_t viewer_count,
                     struct house **ret_house) {
  struct house *house = calloc(1, sizeof *house);
  if (house == NULL) {
    return ERROR_MEMORY;
  }
  house->network_count = network_count;
  house->viewer_count = viewer_count;
  house->networks = calloc(network_count + 1, sizeof *house->networks);
  house->viewers = calloc(viewer_count + 1, sizeof *house->viewers);
  enum error error = house->networks == NULL || house->viewers == NULL ? ERROR_MEMORY : fill(house, networks, viewers);
  if (error != ERROR_NONE) {
    house_free(house);
    return error;
  }
  *ret_house = house;
  return ERROR_NONE;
}

void house_free(struct house *house) {
  if (house != NULL) {
    free(house->networks);
    free(house->viewers);
    free(house);
  }
}

bool house_has(const struct house *house, const char *address, const char *viewer_or_null) {
  struct network one;
  if (viewer_or_null != NULL && *viewer_or_null != '\0' &&
      bsearch(viewer_or_null, house->viewers, house->viewer_count, sizeof *house->viewers, by_name) != NULL) {
    return true;
  }
  if (house->network_count == 0 || network_parse(address, &one) != ERROR_NONE) {
    return false;
  }
  for (size_t i = 0; i < house->network_count; i++) {
    if (network_holds(&house->networks[i], &one)) {
      return true;
    }
  }
  return false;
}
