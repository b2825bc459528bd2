/* SPDX-License-Identifier: ISC */
/*
 * What many deliveries change in views (tables media_view_log, view_rollup, view_watching), written by one statement.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_WRITER_H
#define MEDIAGATE_STORE_VIEWS_VIEW_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/digest.h"
#include "domain/grant.h"
#include "domain/range_set.h"
#include "store/engine/database.h"
#include "store/views/user_agent_store.h"

/* What the deliveries of one batch add to a view, or open it with. Texts are valid UTF-8 without NUL. */
struct view_change {
  int64_t media_id;
  char grant_id[GRANT_ID_SIZE];
  char address[ADDRESS_TEXT_SIZE];             /* as it is to be shown */
  unsigned char network[ADDRESS_NETWORK_SIZE]; /* address_network of it, while it is not masked */
  unsigned char address_key[ADDRESS_KEY_SIZE]; /* who views: the address before it was masked */
  int64_t address_hash;                        /* >= 0, evenly spread */
  char viewer[VIEWER_SIZE];                    /* "" for none */
  char country[COUNTRY_SIZE];                  /* "" unknown */
  bool robot;          /* counts when it opens the view, as do internal, country, viewer, user agent and referrer */
  bool internal;       /* somebody of the house, who is not the audience */
  char *user_agent;    /* malloc'd; NULL for none */
  char *referrer_host; /* malloc'd; NULL for none */
  int64_t granted_us;  /* since 1970, as the others */
  int64_t started_us, ended_us;
  int64_t bytes_sent;
  int64_t lines;
  unsigned renditions;       /* what was delivered from, as bits of domain/rendition.h */
  int64_t file_bytes;        /* the size of the file that `bytes` are of; 0 unknown */
  struct range_set bytes;    /* delivered of a single file */
  struct range_set segments; /* of a playlist, by number */
};

/* When a view played: as many seconds of its medium were delivered, in as many seconds from its first delivery to the
 * end of its last, or all of the medium; and as large a share. What is unknown is not asked for. */
struct play_rule {
  int64_t min_seconds;
  int64_t min_percent;
};

void view_change_free(struct view_change *change);

/* In a transaction: its commit does not wait for a standby. */
enum error view_writer_commit_locally(struct database *database) MUST_CHECK;
/* Hands the changes to the server, for view_writer_add of the same transaction. Every view stands once in them. */
enum error view_writer_send(struct database *database, const struct view_change *changes, const int64_t *user_agent_ids,
                            size_t count) MUST_CHECK;
/* Before anything that writes views reads: see SQL_TAKE_TURN. */
enum error view_writer_take_turn(struct database *database) MUST_CHECK;
/* Writes what was sent. What is added to media that the database does not know is left out, and counted in `skipped` of
 * that row of delivery_log, as all other lines are in `counted`. */
enum error view_writer_add(struct database *database, const unsigned char log_id[DIGEST_SIZE],
                           const struct play_rule *rule) MUST_CHECK;

#endif
