/* SPDX-License-Identifier: ISC */
/*
 * All that is said of who views, in one place: robot or not, of the house or not, the country, and what is kept of the
 * address, as the settings want it. What is missing on this machine is left out of the marks; views count without them.
 */
#ifndef MEDIAGATE_AUDIENCE_AUDIENCE_H
#define MEDIAGATE_AUDIENCE_AUDIENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "audience/address_mask.h"
#include "audience/country.h"
#include "base/error.h"
#include "base/text.h"
#include "domain/address.h"

struct audience_options {
  const char *folder;           /* of robots.list and players.list */
  const char *robot_list;       /* the operator's own list of robots; "" for none */
  const char *country_database; /* "" for none */
  const char *const *networks;  /* of the house, as network_parse reads them: their views are internal */
  size_t network_count;
  const char *const *viewers; /* ids whose views are internal */
  size_t viewer_count;
  enum address_mode mode;
};

struct audience;

/* Keeps nothing of the options. Each part that is missing is a line in ret_problems, with its consequence and remedy.
 * ERROR_MEMORY; ERROR_INVALID: one of the networks is none. */
enum error audience_open(const struct audience_options *options, struct audience **ret_audience,
                         struct text *ret_problems) MUST_CHECK;
void audience_close(struct audience *audience);
/* Looks for a new country database; call it before a batch. What is wrong with it is a line in ret_problems, once. */
void audience_refresh(struct audience *audience, struct text *ret_problems);
/* Do the addresses need a salt in this mode? */
bool audience_needs_salt(const struct audience *audience);

struct audience_mark {
  struct masked_address address;
  char country[COUNTRY_SIZE]; /* "" unknown */
  bool robot;
  bool internal;
};
struct audience_viewer {
  const char *address;    /* not masked */
  const char *user_agent; /* NULL for none, as the next */
  const char *viewer;
};
/* `salt` as in address_mask. The country is the unmasked address's. ERROR_INVALID: no address. */
enum error audience_judge(struct audience *audience, const struct audience_viewer *viewer, const unsigned char *salt,
                          struct audience_mark *ret_mark) MUST_CHECK;

#endif
