/* SPDX-License-Identifier: ISC */
/*
 * Package jobs as administrators read them: lists, and what a job wrote. Who works on them uses package_store.h.
 */
#ifndef MEDIAGATE_STORE_MEDIA_JOB_LIST_H
#define MEDIAGATE_STORE_MEDIA_JOB_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/medium.h"
#include "store/engine/database.h"

#define JOB_STATE_SIZE 12
#define JOB_NODE_SIZE  128
#define JOB_TITLE_SIZE 1201

struct job_row {
  int64_t id;
  int64_t media_id;
  char title[JOB_TITLE_SIZE];
  char state[JOB_STATE_SIZE]; /* "queued", "running", "done", "failed", "cancelled" */
  int64_t priority;
  int64_t position; /* from 1 among those that wait; 0: it does not wait */
  int64_t attempts;
  char node[JOB_NODE_SIZE]; /* who works, or worked, on it; "" for nobody */
  int64_t percent;          /* of one that runs; -1: it does not run */
  int64_t seconds_left;     /* -1: unknown */
  char error[MEDIUM_REASON_SIZE];
  int64_t requested_by;                                             /* 0: the setting `package` */
  int64_t created_at_us, started_at_us, ended_at_us, not_before_us; /* 0: none */
};

struct job_filter {
  const char *state;                       /* NULL: any */
  int64_t before_created_at_us, before_id; /* a cursor; 0, 0: the first page */
  int limit;
};

/* The newest first; those of deleted media are left out. Free *ret_rows. */
enum error job_list_find(struct database *database, const struct job_filter *filter, struct job_row **ret_rows,
                         size_t *ret_count) MUST_CHECK;
/* What the medium's last job wrote, malloc'd; NULL: nothing yet. Nothing but id, state, attempts and error of *ret_row
 * is set. ERROR_NOT_FOUND: no such medium, or it has no job. */
enum error job_list_find_log(struct database *database, int64_t media_id, struct job_row *ret_row,
                             char **ret_log) MUST_CHECK;

#endif
