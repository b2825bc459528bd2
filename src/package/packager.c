/* SPDX-License-Identifier: ISC */
/*
 * One job from its claim to its end. Whether the job is still ours is known by the database alone, at each beat and
 * when the package is committed.
 */
#include "config.h"

#include "package/packager.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/digest.h"
#include "files/media_objects.h"
#include "files/package_folder.h"
#include "files/stored_file.h"
#include "metrics/metric.h"
#include "store/media/package_store.h"

#define ATTEMPTS_MAX       5
#define BEAT_INTERVAL_MS   2000
#define FINISH_PAUSE_MS    1000
#define FINISH_PATIENCE_MS (10 * 60 * 1000)

struct work {
  const struct packager *packager;
  struct package_job job;
  struct package_folder *folder;
  int source_fd;
  int64_t began_ms, beat_ms;
  bool lost;
  const volatile sig_atomic_t *stop_wanted;
  volatile sig_atomic_t stop;
  char reason[TRANSCODE_REASON_SIZE];
  struct job_log log;
};

static void on_progress(void *context, int percent) {
  struct work *work = context;
  int64_t now_ms = clock_monotonic_ms();
  if (work->beat_ms == 0 || now_ms - work->beat_ms >= BEAT_INTERVAL_MS) {
    int64_t left = percent > 0 ? (now_ms - work->began_ms) / 1000 * (100 - percent) / percent : -1;
    work->beat_ms = now_ms;
    /* A database that is away is no reason to throw work away: the commit tells whose job it is. */
    enum error error = package_store_beat(work->packager->database, &work->job, percent, left);
    work->lost = error == ERROR_CONFLICT;
    if (error == ERROR_NONE && work->packager->meanwhile != NULL) {
      work->packager->meanwhile(work->packager->meanwhile_context);
    }
  }
  work->stop = work->lost || *work->stop_wanted;
}

static void on_fetching(void *context) {
  on_progress(context, 0);
}

/* Out of a bucket it may take minutes, in which the job must stay ours. */
static enum error open_source(struct work *work) {
  struct media_folder *folder = work->packager->folder;
  struct object_store *store = media_folder_store(folder);
  if (store != NULL) {
    object_store_set_beat(store, on_fetching, work);
  }
  enum error error = stored_file_open(folder, work->job.media_id, work->job.stored_name, &work->source_fd);
  if (store != NULL) {
    object_store_set_beat(store, NULL, NULL);
  }
  return error;
}

static enum error make(struct work *work, struct transcode_result *ret_result) {
  struct transcode_options options = work->packager->transcode;
  options.progress = on_progress;
  options.context = work;
  options.stop = &work->stop;
  options.log = &work->log;
  enum error error = open_source(work);
  if (error == ERROR_NONE) {
    error = package_folder_create(work->packager->folder, &work->folder);
  }
  if (error != ERROR_NONE) {
    snprintf(work->reason, sizeof work->reason, "the file or a folder for its package cannot be opened: %s",
             error_strerror(error));
    return error;
  }
  return transcode_run(work->source_fd, package_folder_path(work->folder), &options, ret_result, work->reason);
}

/* Hours of work are not thrown away because the database or the bucket is away for a while. */
static enum error finish(struct work *work, const struct package_made *made, char ret_old_name[UNIQUE_NAME_SIZE]) {
  enum error error;
  int64_t until_ms = clock_monotonic_ms() + FINISH_PATIENCE_MS;
  while ((error = package_store_finish(work->packager->database, &work->job, made, ret_old_name)) != ERROR_NONE) {
    bool passes = error == ERROR_UNAVAILABLE || error == ERROR_UNKNOWN_OUTCOME || error == ERROR_TIMEOUT;
    if (!passes || *work->stop_wanted || clock_monotonic_ms() >= until_ms) {
      break;
    }
    (void)poll(NULL, 0, FINISH_PAUSE_MS); /* a signal may end it early */
  }
  return error;
}

/* Fsyncing takes a while too. A job that is lost meanwhile is told by its commit. */
static void on_placing(void *context) {
  on_progress(context, 99);
}

static enum error place(struct work *work, char ret_name[UNIQUE_NAME_SIZE]) {
  enum error error;
  int64_t until_ms = clock_monotonic_ms() + FINISH_PATIENCE_MS;
  while ((error = package_folder_place(work->folder, work->job.media_id, on_placing, work, ret_name)) ==
             ERROR_STORE_AWAY &&
         !work->stop && clock_monotonic_ms() < until_ms) {
    on_placing(work);
    (void)poll(NULL, 0, FINISH_PAUSE_MS); /* a signal may end it early */
  }
  return error;
}

/* The files are placed first: until the row names it nobody sees it. */
static enum error commit(struct work *work, const struct transcode_result *result) {
  struct media_folder *folder = work->packager->folder;
  const struct package_job *job = &work->job;
  char name[UNIQUE_NAME_SIZE];
  char old_name[UNIQUE_NAME_SIZE];
  enum error error = place(work, name);
  if (error != ERROR_NONE) {
    snprintf(work->reason, sizeof work->reason, "the package cannot be stored: %s", error_strerror(error));
    return error;
  }
  const struct package_made made = {.name = name,
                                    .segments = result->segments,
                                    .has_poster = result->has_poster,
                                    .duration_seconds = result->duration_seconds,
                                    .timeline = result->has_timeline ? &result->timeline : NULL,
                                    .facts = result->facts.data};
  error = finish(work, &made, old_name);
  if (error == ERROR_NONE) {
    media_folder_settle(folder, job->media_id, name);
    if (old_name[0] != '\0') {
      media_folder_note_replaced(folder, job->media_id, old_name);
    }
  } else if (error == ERROR_CONFLICT) {
    enum error removed = stored_file_remove(folder, job->media_id, name);
    (void)removed; /* else the sweep does it */
  }
  return error;
}

/* Seconds until another attempt, -1 for none: a file that cannot be packaged today cannot tomorrow. */
static int64_t retry_after(enum error error, int attempts) {
  static const int64_t pauses[] = {10, 60, 300, 900};
  bool hopeless = error == ERROR_INVALID || error == ERROR_TOO_LARGE || error == ERROR_TIMEOUT;
  if (hopeless || attempts >= ATTEMPTS_MAX) {
    return -1;
  }
  return pauses[attempts < 1 ? 0 : attempts - 1];
}

static enum error give_up(struct work *work, enum error error) {
  const struct package_job *job = &work->job;
  int64_t retry_seconds = retry_after(error, job->attempts);
  metric_add(METRIC_PACKAGE_FINISHED, retry_seconds < 0 ? METRIC_MADE_FAILED : METRIC_MADE_RETRIED, 0, 1);
  if (work->reason[0] == '\0') {
    snprintf(work->reason, sizeof work->reason, "packaging failed: %s", error_strerror(error));
  }
  log_event(retry_seconds < 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "package_failed",
            LOG_I64("media_id", job->media_id), LOG_I64("job_id", job->id), LOG_STR("reason", work->reason),
            LOG_I64("retry_after", retry_seconds));
  return package_store_fail(work->packager->database, job, work->reason, retry_seconds);
}

static void count_ready(const struct work *work, const struct transcode_result *result) {
  int64_t took_ms = clock_monotonic_ms() - work->began_ms;
  metric_add(METRIC_PACKAGE_FINISHED, METRIC_MADE_READY, 0, 1);
  if (took_ms > 0 && result->duration_seconds > 0) {
    metric_set(METRIC_PACKAGE_SPEED, 0, 0, (uint64_t)(result->duration_seconds * 1000 * 1000 / (double)took_ms));
  }
}

static enum error end(struct work *work, enum error error, const struct transcode_result *result) {
  const struct package_job *job = &work->job;
  if (error == ERROR_NONE) {
    count_ready(work, result);
    log_event(LOG_LEVEL_INFO, "package_ready", LOG_I64("media_id", job->media_id), LOG_I64("job_id", job->id),
              LOG_I64("segments", result->segments), LOG_I64("size_bytes", result->size_bytes),
              LOG_I64("milliseconds", clock_monotonic_ms() - work->began_ms));
  } else if (work->lost || error == ERROR_CONFLICT) {
    metric_add(METRIC_PACKAGE_FINISHED, METRIC_MADE_LOST, 0, 1);
    log_event(LOG_LEVEL_INFO, "package_job_lost", LOG_I64("media_id", job->media_id), LOG_I64("job_id", job->id),
              LOG_STR("meaning", "it was ended, taken over, or the medium has another file"));
    error = package_store_abandon(work->packager->database, job);
  } else if (error == ERROR_ABORTED) {
    error = package_store_give_back(work->packager->database, job);
  } else if (error == ERROR_STORE_AWAY) { /* which is not the file's fault */
    error = package_store_give_back(work->packager->database, job);
    return error == ERROR_NONE ? ERROR_STORE_AWAY : error;
  } else if (error != ERROR_UNAVAILABLE && error != ERROR_UNKNOWN_OUTCOME) {
    error = give_up(work, error);
  }
  return error == ERROR_CONFLICT ? ERROR_NONE : error;
}

/* Nothing depends on it, so it is not tried again. */
static void keep_log(const struct work *work) {
  const struct text *log = &work->log.text;
  if (log->length > 0 && !log->failed) {
    enum error error = package_store_keep_log(work->packager->database, &work->job, log->data);
    (void)error;
  }
}

static enum error run(struct work *work) {
  struct transcode_result result = {0};
  enum error error;
  if (work->job.attempts > ATTEMPTS_MAX) {
    snprintf(work->reason, sizeof work->reason, "%d attempts ended without a word: too little memory?", ATTEMPTS_MAX);
    error = ERROR_INVALID;
  } else {
    error = make(work, &result);
  }
  if (error == ERROR_NONE) {
    error = commit(work, &result);
  }
  package_folder_discard(work->folder);
  stored_file_close(work->packager->folder, &work->source_fd);
  if (work->reason[0] != '\0') {
    job_log_line(&work->log, "%s", work->reason);
  }
  error = end(work, error, &result);
  keep_log(work);
  text_free(&result.facts);
  text_free(&work->log.text);
  return error;
}

enum error packager_run_one(const struct packager *packager, const volatile sig_atomic_t *stop) {
  struct work work = {.packager = packager, .source_fd = -1, .began_ms = clock_monotonic_ms(), .stop_wanted = stop};
  enum error error = package_store_claim(packager->database, packager->node, packager->takeover_seconds, &work.job);
  if (error != ERROR_NONE) {
    return error;
  }
  if (work.job.gone) {
    return package_store_abandon(packager->database, &work.job);
  }
  work.log.began_ms = work.began_ms;
  job_log_line(&work.log, "attempt %d by %s", work.job.attempts, packager->node);
  log_event(LOG_LEVEL_INFO, "package_begun", LOG_I64("media_id", work.job.media_id), LOG_I64("job_id", work.job.id),
            LOG_I64("attempt", work.job.attempts));
  return run(&work);
}
