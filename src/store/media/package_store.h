/* SPDX-License-Identifier: ISC */
/*
 * Packages and their jobs (table package_job; what callers see of it stands in media_asset's package columns, changed
 * in the same transaction). A job belongs to one version of a medium's file, and to whoever holds its claim.
 */
#ifndef MEDIAGATE_STORE_MEDIA_PACKAGE_STORE_H
#define MEDIAGATE_STORE_MEDIA_PACKAGE_STORE_H

#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"

struct package_job {
  int64_t id;
  int64_t media_id;
  int64_t file_version;
  int attempts; /* this one included */
  char claim[UUID_SIZE];
  bool gone; /* the medium was deleted, or has another file by now */
  char stored_name[MEDIUM_STORED_NAME_SIZE];
  int64_t size_bytes;
};

/* Queues a job for the medium's file as it is now, unless there is one; one that waits is begun anew and goes before
 * those of the policy when somebody asks (requested_by is not 0). Jobs of older files end. ERROR_NOT_FOUND: no such
 * medium. ERROR_CONFLICT: it has no stored film or sound. */
enum error package_store_request(struct database *database, int64_t media_id, int64_t requested_by) MUST_CHECK;
#define PACKAGE_PRIORITY_MAX 100
/* Changes the priority of the medium's job if it waits: those with a higher one come first. The policy's have 0, those
 * that were asked for 1. */
enum error package_store_set_priority(struct database *database, int64_t media_id, int64_t priority) MUST_CHECK;
/* Queues a job for each upload that has had none, up to `limit`. */
enum error package_store_request_missing(struct database *database, int64_t limit, int64_t *ret_count) MUST_CHECK;
/* Ends the job if there is one and, unless the package that is served is to be kept, makes the row forget it: remove
 * *ret_old_name ("" for none) after the longest TTL. ERROR_NOT_FOUND: no such medium. */
enum error package_store_remove(struct database *database, int64_t media_id, bool keep_served,
                                char ret_old_name[UNIQUE_NAME_SIZE]) MUST_CHECK;

/* Takes the most urgent job that waits, or whose holder has not been heard of for takeover_seconds. ERROR_NOT_FOUND:
 * none. */
enum error package_store_claim(struct database *database, const char *node, int64_t takeover_seconds,
                               struct package_job *ret_job) MUST_CHECK;
/* Says that the holder is alive and how far it is; seconds_left -1: unknown. ERROR_CONFLICT: the job is another's by
 * now, was ended, or the medium was deleted or has another file. */
enum error package_store_beat(struct database *database, const struct package_job *job, int percent,
                              int64_t seconds_left) MUST_CHECK;
struct package_made {
  const char *name;
  int segments;
  bool has_poster;
  double duration_seconds;         /* 0: not known */
  const char *facts;               /* a JSON object */
  const struct timeline *timeline; /* of its segments, from 1 on; NULL: not known */
};
/* The committed row decides which package is served. *ret_old_name: as above. ERROR_CONFLICT: the job is another's by
 * now, was ended, or the medium has another file. After ERROR_UNAVAILABLE and ERROR_UNKNOWN_OUTCOME ask again: what was
 * done already is not done twice, but then *ret_old_name is "". */
enum error package_store_finish(struct database *database, const struct package_job *job,
                                const struct package_made *made, char ret_old_name[UNIQUE_NAME_SIZE]) MUST_CHECK;
/* Ends the job, or puts it back for retry_seconds (< 0: no more). ERROR_CONFLICT: the job is another's by now. */
enum error package_store_fail(struct database *database, const struct package_job *job, const char *reason,
                              int64_t retry_seconds) MUST_CHECK;
/* Keeps what the attempt did, whatever became of it. */
enum error package_store_keep_log(struct database *database, const struct package_job *job, const char *log) MUST_CHECK;
/* Puts the job back as if it had not been taken. */
enum error package_store_give_back(struct database *database, const struct package_job *job) MUST_CHECK;
/* Of a job whose medium is gone. */
enum error package_store_abandon(struct database *database, const struct package_job *job) MUST_CHECK;
/* Deletes up to `limit` jobs that ended longer ago. */
enum error package_store_sweep(struct database *database, int64_t kept_seconds, int64_t limit,
                               int64_t *ret_deleted) MUST_CHECK;

#endif
