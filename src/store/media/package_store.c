/* SPDX-License-Identifier: ISC */
/*
 * Every change of a job carries its medium's columns along, so whoever reads the medium reads the truth, and the
 * workers that cache it are told. Locks are always taken on the job first, then on its medium; who asks for a job or
 * cancels one takes a turn before, since a job that is not committed yet cannot be seen or locked.
 */
#include "config.h"

#include "store/media/package_store.h"

#include <string.h>

#include "domain/digest.h"
#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"
#include "store/engine/statement.h"
#include "store/media/media_store.h"
#include "store/media/package_claim.sql.h"

#define PACKAGED_TYPES "^(video|audio)/(?!(x-)?mpegurl)"

/* --- requests ----------------------------------------------------------------------------------- */

static enum error change_package(struct database *database, const char *sql, const struct parameters *parameters,
                                 int64_t *ret_affected) {
  return statement_change(database, sql, STATEMENT_ONCE, parameters, ret_affected);
}

static enum error take_turn(struct database *database, int64_t media_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  return change_package(database, "select pg_advisory_xact_lock(hashtextextended('package of ' || $1::int8, 0))",
                        &parameters, NULL);
}

/* The medium and its job, if there is one, are locked: is there a file to package? */
static enum error lock_packageable(struct database *database, int64_t media_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  enum error error = change_package(
      database, "select from package_job where media_id = $1 and state in ('queued', 'running') for update",
      &parameters, NULL);
  if (error != ERROR_NONE) {
    return error;
  }
  struct rows row =
      statement_row(database,
                    "select coalesce(stored_name is not null and content_type ~ '" PACKAGED_TYPES "', false)"
                    " from media_asset where id = $1 and deleted_at is null for update",
                    STATEMENT_ONCE, &parameters);
  bool fits = rows_bool(&row);
  error = rows_close(&row);
  return error == ERROR_NONE && !fits ? ERROR_CONFLICT : error;
}

static enum error queue_job(struct database *database, int64_t media_id, int64_t requested_by) {
  struct parameters medium = {0};
  parameters_i64(&medium, media_id);
  enum error error = change_package(database,
                                    "update package_job j set state = 'cancelled', ended_at = now() from media_asset m"
                                    " where j.media_id = $1 and m.id = $1 and j.state in ('queued', 'running')"
                                    " and j.file_version <> m.file_version",
                                    &medium, NULL);
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_i64_or_null(&parameters, requested_by);
  parameters_text(&parameters, event_origin(database));
  if (error == ERROR_NONE) {
    error = change_package(
        database,
        "with queued as (insert into package_job as j (media_id, file_version, requested_by, priority)"
        " select id, file_version, $2::int8, case when $2::int8 is null then 0 else 1 end"
        " from media_asset where id = $1"
        " on conflict (media_id) where state in ('queued', 'running') do update"
        " set priority = greatest(j.priority, excluded.priority), not_before = now(), attempts = 0"
        " where j.state = 'queued' and excluded.requested_by is not null returning id, media_id),"
        " added as (" EVENT_ADD_SQL(
            "'package.requested'", "$3::text", "'medium:' || queued.media_id", "jsonb_build_object('job', queued.id)",
            "queued") ")"
                      " update media_asset m set package_state = 'queued', package_progress = 0,"
                      " package_seconds_left = null, package_error = null, updated_at = now()"
                      " from queued q where m.id = q.media_id",
        &parameters, NULL);
  }
  return error;
}

enum error package_store_request(struct database *database, int64_t media_id, int64_t requested_by) {
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = take_turn(database, media_id);
  if (error == ERROR_NONE) {
    error = lock_packageable(database, media_id);
  }
  if (error == ERROR_NONE) {
    error = queue_job(database, media_id, requested_by);
  }
  return statement_end_transaction(database, error);
}

enum error package_store_set_priority(struct database *database, int64_t media_id, int64_t priority) {
  static const char *const update =
      "with m as (update package_job set priority = $2 where media_id = $1 and state = 'queued' and priority <> $2"
      " returning id, media_id, priority),"
      " added as (" EVENT_ADD_SQL("'package.prioritized'", "$3::text", "'medium:' || m.media_id",
                                  "jsonb_build_object('job', m.id, 'priority', m.priority)", "m") ") select from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_i64(&parameters, priority);
  parameters_text(&parameters, event_origin(database));
  return change_package(database, update, &parameters, NULL);
}

static enum error find_missing(struct database *database, int64_t *ret_media_id) {
  static const char *const select =
      "select id from media_asset where deleted_at is null and stored_name is not null and file_url is null"
      " and package_state is null and content_type ~ '" PACKAGED_TYPES "' order by id limit 1";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  int64_t media_id = rows_i64(&row);
  return rows_close_into(&row, ret_media_id, &media_id, sizeof media_id);
}

enum error package_store_request_missing(struct database *database, int64_t limit, int64_t *ret_count) {
  enum error error = ERROR_NONE;
  int64_t count = 0;
  while (error == ERROR_NONE && count < limit) {
    int64_t media_id = 0;
    error = find_missing(database, &media_id);
    if (error == ERROR_NONE) {
      error = package_store_request(database, media_id, 0);
      count += error == ERROR_NONE;
    }
  }
  *ret_count = count;
  /* Not found, no film any more: somebody else changed it meanwhile; the next look tells. */
  return error == ERROR_NOT_FOUND || error == ERROR_CONFLICT ? ERROR_NONE : error;
}

static enum error execute_name(struct database *database, const char *sql, const struct parameters *parameters,
                               char ret_name[UNIQUE_NAME_SIZE]) {
  struct rows row = statement_row(database, sql, STATEMENT_ONCE, parameters);
  char name[UNIQUE_NAME_SIZE] = "";
  rows_text(&row, name, sizeof name);
  return rows_close_into(&row, ret_name, name, sizeof name);
}

static enum error cancel_job(struct database *database, int64_t media_id) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  return change_package(database,
                        "update package_job set state = 'cancelled', ended_at = now()"
                        " where media_id = $1 and state in ('queued', 'running')",
                        &parameters, NULL);
}

static enum error forget_package(struct database *database, int64_t media_id, bool keep_served,
                                 char ret_old_name[UNIQUE_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, package_name, $2::bool and package_name is not null as kept from media_asset"
      " where id = $1 and deleted_at is null for update), m as (update media_asset m set"
      " package_name = case when kept then m.package_name end,"
      " package_state = case when kept then 'ready' else 'cancelled' end, package_error = null,"
      " package_progress = case when kept then 100 end, package_seconds_left = case when kept then 0 end,"
      " package_segments = case when kept then m.package_segments end,"
      " package_timeline = case when kept then m.package_timeline end,"
      " package_facts = case when kept then m.package_facts end,"
      " package_has_poster = kept and m.package_has_poster, updated_at = now() from old"
      " where m.id = old.id returning m.id, kept, old.package_name),"
      " added as (" EVENT_ADD_SQL("'package.removed'", "$3::text", "'medium:' || m.id",
                                  "jsonb_build_object('kept', m.kept)",
                                  "m") ")"
                                       " select case when not kept then package_name end from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, media_id);
  parameters_bool(&parameters, keep_served);
  parameters_text(&parameters, event_origin(database));
  return execute_name(database, update, &parameters, ret_old_name);
}

enum error package_store_remove(struct database *database, int64_t media_id, bool keep_served,
                                char ret_old_name[UNIQUE_NAME_SIZE]) {
  char old_name[UNIQUE_NAME_SIZE] = "";
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = take_turn(database, media_id);
  if (error == ERROR_NONE) {
    error = cancel_job(database, media_id);
  }
  if (error == ERROR_NONE) {
    error = forget_package(database, media_id, keep_served, old_name);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE) {
    memcpy(ret_old_name, old_name, sizeof old_name);
  }
  return error;
}

/* --- work --------------------------------------------------------------------------------------- */

static void read_job(struct rows *rows, struct package_job *job) {
  job->id = rows_i64(rows);
  job->media_id = rows_i64(rows);
  job->file_version = rows_i64(rows);
  job->attempts = (int)rows_i64(rows);
  rows_text(rows, job->claim, sizeof job->claim);
  job->gone = rows_bool(rows);
  rows_text(rows, job->stored_name, sizeof job->stored_name);
  job->size_bytes = rows_i64_or(rows, 0);
}

enum error package_store_claim(struct database *database, const char *node, int64_t takeover_seconds,
                               struct package_job *ret_job) {
  static const char *const claim = PACKAGE_CLAIM_SQL(
      EVENT_ADD_SQL("'package.started'", "$3::text", "'medium:' || job.media_id",
                    "jsonb_build_object('job', job.id, 'attempt', job.attempts)", "job join medium on true"));
  struct parameters parameters = {0};
  parameters_text(&parameters, node);
  parameters_i64(&parameters, takeover_seconds);
  parameters_text(&parameters, event_origin(database));
  struct rows row = statement_row(database, claim, STATEMENT_ONCE, &parameters);
  struct package_job job = {.id = 0};
  read_job(&row, &job);
  return rows_close_into(&row, ret_job, &job, sizeof job);
}

#define HELD " j.id = $1 and j.claim = $2::uuid and j.state = 'running'"

static void add_held(struct parameters *parameters, const struct package_job *job) {
  parameters_i64(parameters, job->id);
  parameters_text(parameters, job->claim);
}

enum error package_store_beat(struct database *database, const struct package_job *job, int percent,
                              int64_t seconds_left) {
  static const char *const beat =
      "with job as (update package_job j set heartbeat_at = now() where" HELD " returning media_id, file_version),"
      " medium as (update media_asset m set package_progress = $3, package_seconds_left = $4 from job"
      " where m.id = job.media_id and m.file_version = job.file_version"
      " and (m.package_progress, m.package_seconds_left) is distinct from ($3::int, $4::int))"
      " select from job join media_asset m on m.id = job.media_id and m.file_version = job.file_version"
      " and m.deleted_at is null";
  struct parameters parameters = {0};
  add_held(&parameters, job);
  parameters_i64(&parameters, percent);
  parameters_text(&parameters, NULL);
  if (seconds_left >= 0) {
    parameters.count--;
    parameters_i64(&parameters, seconds_left);
  }
  int64_t held = 0;
  enum error error = statement_change(database, beat, STATEMENT_REPEATABLE, &parameters, &held);
  return error == ERROR_NONE && held == 0 ? ERROR_CONFLICT : error;
}

static enum error end_job(struct database *database, const struct package_job *job) {
  struct parameters parameters = {0};
  add_held(&parameters, job);
  int64_t held = 0;
  enum error error =
      change_package(database, "update package_job j set state = 'done', error = null, ended_at = now() where" HELD,
                     &parameters, &held);
  return error == ERROR_NONE && held == 0 ? ERROR_CONFLICT : error;
}

static enum error set_package(struct database *database, const struct package_job *job, const struct package_made *made,
                              char ret_old_name[UNIQUE_NAME_SIZE]) {
  static const char *const update =
      "with old as (select id, package_name from media_asset where id = $1 and file_version = $2"
      " and deleted_at is null for update), m as (update media_asset m set package_name = $3, package_segments = $4,"
      " package_has_poster = $5, package_facts = $9::jsonb, package_timeline = $10::int8[], package_state = 'ready', "
      "package_progress = 100, "
      "package_seconds_left = 0,"
      " duration_seconds = case when abs(m.duration_seconds - $6::float8) < 0.5 then m.duration_seconds"
      " else coalesce($6::float8, m.duration_seconds) end,"
      " package_error = null, updated_at = now() from old where m.id = old.id returning m.id, old.package_name),"
      " added as (" EVENT_ADD_SQL("'package.ready'", "$8::text", "'medium:' || m.id",
                                  "jsonb_build_object('job', $7::int8, 'segments', $4::int8)",
                                  "m") ")"
                                       " select package_name from m";
  struct parameters parameters = {0};
  parameters_i64(&parameters, job->media_id);
  parameters_i64(&parameters, job->file_version);
  parameters_text(&parameters, made->name);
  parameters_i64(&parameters, made->segments);
  parameters_bool(&parameters, made->has_poster);
  parameters_f64_or_null(&parameters, made->duration_seconds);
  parameters_i64(&parameters, job->id);
  parameters_text(&parameters, event_origin(database));
  parameters_text(&parameters, made->facts);
  __attribute__((cleanup(text_free))) struct text timeline = {0};
  if (made->timeline != NULL) {
    media_store_append_timeline(&timeline, made->timeline);
  }
  parameters_text(&parameters, timeline.data);
  enum error error = timeline.failed ? ERROR_MEMORY : execute_name(database, update, &parameters, ret_old_name);
  return error == ERROR_NOT_FOUND ? ERROR_CONFLICT : error;
}

/* Names are unique: a row that has this one got it from us. */
static enum error was_finished(struct database *database, const struct package_job *job,
                               const struct package_made *made) {
  struct parameters parameters = {0};
  int64_t found = 0;
  parameters_i64(&parameters, job->media_id);
  parameters_text(&parameters, made->name);
  enum error error =
      change_package(database, "select from media_asset where id = $1 and package_name = $2", &parameters, &found);
  return error == ERROR_NONE && found == 0 ? ERROR_CONFLICT : error;
}

enum error package_store_finish(struct database *database, const struct package_job *job,
                                const struct package_made *made, char ret_old_name[UNIQUE_NAME_SIZE]) {
  char old_name[UNIQUE_NAME_SIZE] = "";
  enum error error = statement_begin(database);
  if (error != ERROR_NONE) {
    return error;
  }
  error = end_job(database, job);
  if (error == ERROR_NONE) {
    error = set_package(database, job, made, old_name);
  } else if (error == ERROR_CONFLICT) {
    error = was_finished(database, job, made);
  }
  error = statement_end_transaction(database, error);
  if (error == ERROR_NONE) {
    memcpy(ret_old_name, old_name, sizeof old_name);
  }
  return error;
}

enum error package_store_fail(struct database *database, const struct package_job *job, const char *reason,
                              int64_t retry_seconds) {
  static const char *const update =
      "with job as (update package_job j set state = case when $4::int8 < 0 then 'failed' else 'queued' end, error = "
      "$3,"
      " not_before = now() + greatest($4::int8, 0) * interval '1 second',"
      " ended_at = case when $4::int8 < 0 then now() end where" HELD
      " returning j.id, media_id, file_version, state, attempts),"
      " added as (" EVENT_ADD_SQL(
          "'package.failed'", "$5::text", "'medium:' || job.media_id",
          "jsonb_build_object('job', job.id, 'attempt', job.attempts, 'error', $3::text,"
          " 'again', job.state = 'queued')",
          "job") "),"
                 " medium as (update media_asset m set package_state = job.state, package_error = $3, package_progress "
                 "= 0,"
                 " package_seconds_left = null, updated_at = now() from job"
                 " where m.id = job.media_id and m.file_version = job.file_version) select from job";
  struct parameters parameters = {0};
  add_held(&parameters, job);
  parameters_text(&parameters, reason);
  parameters_i64(&parameters, retry_seconds);
  parameters_text(&parameters, event_origin(database));
  int64_t held = 0;
  enum error error = change_package(database, update, &parameters, &held);
  return error == ERROR_NONE && held == 0 ? ERROR_CONFLICT : error;
}

enum error package_store_keep_log(struct database *database, const struct package_job *job, const char *log) {
  struct parameters parameters = {0};
  add_held(&parameters, job);
  parameters_text(&parameters, log);
  return statement_change(database, "update package_job set log = $3 where id = $1 and claim = $2::uuid",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error package_store_give_back(struct database *database, const struct package_job *job) {
  static const char *const update =
      "with job as (update package_job j set state = 'queued', attempts = attempts - 1, not_before = now() where" HELD
      " returning media_id, file_version), medium as (update media_asset m set package_state = 'queued',"
      " package_progress = 0, package_seconds_left = null from job"
      " where m.id = job.media_id and m.file_version = job.file_version) select from job";
  struct parameters parameters = {0};
  add_held(&parameters, job);
  return change_package(database, update, &parameters, NULL);
}

enum error package_store_abandon(struct database *database, const struct package_job *job) {
  struct parameters parameters = {0};
  add_held(&parameters, job);
  return change_package(database, "update package_job j set state = 'cancelled', ended_at = now() where" HELD,
                        &parameters, NULL);
}

enum error package_store_sweep(struct database *database, int64_t kept_seconds, int64_t limit, int64_t *ret_deleted) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, kept_seconds);
  parameters_i64(&parameters, limit);
  return change_package(
      database,
      "delete from package_job where id in (select id from package_job"
      " where state in ('done', 'failed', 'cancelled') and ended_at < now() - $1::int8 * interval '1 second'"
      " limit $2 for update skip locked)",
      &parameters, ret_deleted);
}
