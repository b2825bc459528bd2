/* SPDX-License-Identifier: ISC */
/*
 * Questions why a grant has the views that it has, and what each node answers from its delivery logs (table
 * explanation). The API asks; the ingesters answer within a few seconds; both are forgotten after an hour.
 */
#ifndef MEDIAGATE_STORE_VIEWS_EXPLANATION_STORE_H
#define MEDIAGATE_STORE_VIEWS_EXPLANATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

#define EXPLANATION_GRANT_SIZE 33   /* 32 hex digits and a NUL */
#define EXPLANATION_FRESH      "60" /* SQL: an answer of the last minute is given again */
#define EXPLANATION_NODE_SIZE  256

/* Asks all nodes, unless somebody did within the last minute. ERROR_LIMITED: so much was asked in the last minute that
 * the nodes would do little else. */
enum error explanation_store_ask(struct database *database, const char *grant_id) MUST_CHECK;

enum explanation_state {
  EXPLANATION_ANSWERED,
  EXPLANATION_WAITING, /* the node is there, and has not answered yet */
  EXPLANATION_SILENT,  /* nothing was heard of the node for a while: its logs may know more */
};

struct explanation_node {
  char node[EXPLANATION_NODE_SIZE];
  enum explanation_state state;
  char *answer; /* JSON; malloc'd, NULL until it is answered */
};

/* All nodes that ingested within 14 days, by their names. *ret_nodes is malloc'd; release it with
 * explanation_nodes_free. */
enum error explanation_store_read(struct database *database, const char *grant_id, struct explanation_node **ret_nodes,
                                  size_t *ret_count) MUST_CHECK;
void explanation_nodes_free(struct explanation_node *nodes, size_t count);

/* For ingest: a grant that is asked for, and that this node has not answered. ERROR_NOT_FOUND: none. */
enum error explanation_store_next(struct database *database, const char *node,
                                  char ret_grant_id[EXPLANATION_GRANT_SIZE]) MUST_CHECK;
/* answer: JSON. */
enum error explanation_store_answer(struct database *database, const char *grant_id, const char *node,
                                    const char *answer) MUST_CHECK;
/* Forgets what is older than an hour. */
enum error explanation_store_sweep(struct database *database) MUST_CHECK;

#endif
