/* SPDX-License-Identifier: ISC */
/*
 * The table of chores, what each does, and when. A chore that works in batches stops between two of them when the
 * process must end.
 */
#include "config.h"

#include "upkeep/chores.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/outage.h"
#include "ingest/grant_story.h"
#include "ingest/story_answer.h"
#include "ingest/view_rule.h"
#include "store/accounts/session_store.h"
#include "store/analytics/report_store.h"
#include "store/engine/idempotency_store.h"
#include "store/engine/statement.h"
#include "store/events/delivery_queue.h"
#include "store/events/event_months.h"
#include "store/events/event_store.h"
#include "store/media/package_store.h"
#include "store/views/explanation_store.h"
#include "store/views/ingest_store.h"
#include "store/views/user_agent_store.h"
#include "store/views/view_partitions.h"
#include "store/views/watching_store.h"
#include "upkeep/file_sweep.h"
#include "upkeep/revocations.h"

#define SWEEP_BATCH    1000
#define DESCRIBE_BATCH 200
#define RETRY_MS       10000
#define SECOND_MS      INT64_C(1000)
#define MINUTE_MS      (60 * SECOND_MS)
#define HOUR_MS        (60 * MINUTE_MS)
#define DAY_MS         (24 * HOUR_MS)
#define HOUR_SECONDS   INT64_C(3600)
#define CLOCK_SECONDS  INT64_C(5) /* clocks of machines that follow time servers differ by less */
#define DAY_SECONDS    (24 * HOUR_SECONDS)

/* What is over stays grace_seconds longer. */
typedef enum error chore_function(struct upkeep *upkeep, int64_t grace_seconds);

/* --- both ------------------------------------------------------------------------------------ */

/* Grants and access tokens have the time of the machine that issues them, sessions and revocations the database's. */
static enum error compare_clocks(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t ahead_us = 0;
  enum error error = statement_clock_offset(upkeep->database, &ahead_us);
  if (error == ERROR_NONE && llabs(ahead_us) > grace_seconds * INT64_C(1000000)) {
    log_event(LOG_LEVEL_WARNING, "clocks_differ", LOG_I64("ahead_seconds", ahead_us / 1000000),
              LOG_STR("meaning",
                      "this machine's clock is so far ahead of the database's (behind, when negative): access "
                      "tokens are refused by other machines, and URLs end early or late"),
              LOG_STR("remedy", "let both machines follow the same time servers"));
  }
  return error;
}

/* --- serve ----------------------------------------------------------------------------------- */

static enum error rebuild_revocations(struct upkeep *upkeep, int64_t grace_seconds) {
  (void)grace_seconds;
  return revocations_rebuild(upkeep->database, upkeep->settings->data_dir);
}

static enum error sweep_sessions(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t total = 0;
  bool more = true;
  enum error error = ERROR_NONE;
  (void)grace_seconds;
  while (error == ERROR_NONE && more && !upkeep_is_stopping(upkeep)) {
    int64_t deleted = 0;
    error = session_store_sweep(upkeep->database, SWEEP_BATCH, &deleted, &more);
    total += error == ERROR_NONE ? deleted : 0;
  }
  if (total > 0) {
    log_event(LOG_LEVEL_INFO, "sessions_swept", LOG_I64("deleted", total));
  }
  return error;
}

static enum error sweep_noted(struct upkeep *upkeep, int64_t grace_seconds) {
  struct sweep_counts counts;
  return file_sweep_media(upkeep, false, grace_seconds, &counts);
}

static enum error sweep_everything(struct upkeep *upkeep, int64_t grace_seconds) {
  struct sweep_counts counts;
  return file_sweep_media(upkeep, true, grace_seconds, &counts);
}

static enum error sweep_uploads(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t removed = 0;
  return file_sweep_uploads(upkeep, grace_seconds, &removed);
}

/* Answers to requests with an Idempotency-Key. */
static enum error sweep_answers(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t deleted = 0;
  enum error error;
  do {
    error = idempotency_store_sweep(upkeep->database, grace_seconds, SWEEP_BATCH, &deleted);
  } while (error == ERROR_NONE && deleted == SWEEP_BATCH && !upkeep_is_stopping(upkeep));
  return error;
}

/* Jobs that ended: their outcome is in the media's rows and the log. */
static enum error sweep_package_jobs(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t deleted = 0;
  enum error error;
  do {
    error = package_store_sweep(upkeep->database, grace_seconds, SWEEP_BATCH, &deleted);
  } while (error == ERROR_NONE && deleted == SWEEP_BATCH && !upkeep_is_stopping(upkeep));
  return error;
}

/* Makes the tables of the coming months of views, and drops those past view_retention. */
static enum error turn_months(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t kept_since_us = view_rule_kept_since(clock_now_us(), upkeep->settings->view_retention);
  char name[VIEW_PARTITION_NAME_SIZE] = "";
  (void)grace_seconds;
  enum error error = view_partitions_make_ahead(upkeep->database);
  do {
    if (error == ERROR_NONE && kept_since_us > 0) {
      error = view_partitions_expire(upkeep->database, kept_since_us, name);
    }
    if (error == ERROR_NONE && name[0] != '\0') {
      log_event(LOG_LEVEL_INFO, "views_expired", LOG_STR("table", name));
    }
  } while (error == ERROR_NONE && name[0] != '\0' && !upkeep_is_stopping(upkeep));
  return error;
}

/* The same of events, whose months go when their last day is older than event_retention. */
static enum error turn_event_months(struct upkeep *upkeep, int64_t grace_seconds) {
  char name[EVENT_MONTH_NAME_SIZE] = "";
  (void)grace_seconds;
  enum error error = event_months_make_ahead(upkeep->database);
  do {
    if (error == ERROR_NONE) {
      error = event_months_expire(upkeep->database, upkeep->settings->event_retention, name);
    }
    if (error == ERROR_NONE && name[0] != '\0') {
      log_event(LOG_LEVEL_INFO, "events_expired", LOG_STR("table", name));
    }
  } while (error == ERROR_NONE && name[0] != '\0' && !upkeep_is_stopping(upkeep));
  return error;
}

static enum error tell_refusals(struct upkeep *upkeep, int64_t grace_seconds) {
  (void)grace_seconds;
  return event_store_tell_refusals(upkeep->database);
}

/* The first process after a reload that reaches the database tells of it. */
static enum error tell_reload(struct upkeep *upkeep, int64_t grace_seconds) {
  char subject[80];
  (void)grace_seconds;
  if (upkeep->reload == NULL || upkeep->reload[0] == '\0' || upkeep->told_reload) {
    return ERROR_NONE;
  }
  snprintf(subject, sizeof subject, "reload:%s", upkeep->reload);
  enum error error = event_store_note(upkeep->database, "settings.reloaded", subject, NULL);
  upkeep->told_reload = error == ERROR_NONE;
  return error;
}

/* Deliveries to webhooks that ended: the event stays. */
static enum error sweep_deliveries(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t deleted = 0;
  enum error error;
  do {
    error = delivery_queue_sweep(upkeep->database, grace_seconds, SWEEP_BATCH, &deleted);
  } while (error == ERROR_NONE && deleted == SWEEP_BATCH && !upkeep_is_stopping(upkeep));
  return error;
}

/* Shared reports that are over: readers were told for a while. */
static enum error sweep_reports(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t deleted = 0;
  enum error error;
  do {
    error = report_store_sweep(upkeep->database, grace_seconds, SWEEP_BATCH, &deleted);
  } while (error == ERROR_NONE && deleted == SWEEP_BATCH && !upkeep_is_stopping(upkeep));
  return error;
}

/* Texts of user agents that no view holds any more, or never did. */
static enum error sweep_user_agents(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t after_id = 0, total = 0;
  bool more = true;
  enum error error = ERROR_NONE;
  (void)grace_seconds;
  while (error == ERROR_NONE && more && !upkeep_is_stopping(upkeep)) {
    int64_t deleted = 0;
    error = user_agent_store_sweep(upkeep->database, SWEEP_BATCH, &after_id, &deleted, &more);
    total += error == ERROR_NONE ? deleted : 0;
  }
  if (total > 0) {
    log_event(LOG_LEVEL_INFO, "user_agents_swept", LOG_I64("deleted", total));
  }
  return error;
}

/* --- ingest ---------------------------------------------------------------------------------- */

static enum error report_lag(struct upkeep *upkeep, int64_t grace_seconds) {
  struct ingest_lag lag;
  (void)grace_seconds;
  enum error error = ingester_lag(upkeep->ingester, &lag);
  return error == ERROR_NONE ? ingest_store_say(upkeep->database, upkeep->node, lag.unread_bytes, lag.seconds) : error;
}

static enum error rotate_log(struct upkeep *upkeep, int64_t grace_seconds) {
  (void)grace_seconds;
  return log_rotation_turn(upkeep->rotation);
}

static enum error sweep_watching(struct upkeep *upkeep, int64_t grace_seconds) {
  (void)grace_seconds;
  return watching_store_sweep(upkeep->database);
}

/* The patterns of user agents take milliseconds, so a batch of views does not wait for them. */
static enum error describe_user_agents(struct upkeep *upkeep, int64_t grace_seconds) {
  struct user_agent_text *texts = NULL;
  size_t count = 0;
  (void)grace_seconds;
  if (upkeep->devices == NULL) {
    return ERROR_NONE;
  }
  enum error error = user_agent_store_undescribed(upkeep->database, DESCRIBE_BATCH, &texts, &count);
  struct device *devices = calloc(count + 1, sizeof *devices);
  struct user_agent_facts *facts = calloc(count + 1, sizeof *facts);
  if (devices == NULL || facts == NULL) {
    error = ERROR_MEMORY;
  }
  for (size_t i = 0; error == ERROR_NONE && i < count; i++) {
    upkeep_beat(upkeep);
    device_list_describe(upkeep->devices, texts[i].text, &devices[i]);
    facts[i] = (struct user_agent_facts){
        .id = texts[i].id, .device = devices[i].kind, .system = devices[i].system, .browser = devices[i].browser};
  }
  if (error == ERROR_NONE && count > 0) {
    error = user_agent_store_describe(upkeep->database, facts, count);
  }
  user_agent_texts_free(texts, count);
  free(devices);
  free(facts);
  return error;
}

/* One grant at a time: counting goes on between two of them. */
static enum error answer_explanations(struct upkeep *upkeep, int64_t grace_seconds) {
  char grant_id[EXPLANATION_GRANT_SIZE];
  struct grant_story story = {0};
  (void)grace_seconds;
  enum error error = explanation_store_next(upkeep->database, upkeep->node, grant_id);
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
  }
  upkeep_beat(upkeep);
  error = grant_story_read(upkeep->settings->log_dir, grant_id,
                           view_rule_kept_since(clock_now_us(), upkeep->settings->view_retention), &story);
  if (error != ERROR_NONE) {
    return error;
  }
  struct text answer = {0};
  story_answer_append(&story, &answer);
  error =
      answer.failed ? ERROR_MEMORY : explanation_store_answer(upkeep->database, grant_id, upkeep->node, answer.data);
  text_free(&answer);
  grant_story_free(&story);
  return error;
}

static enum error sweep_explanations(struct upkeep *upkeep, int64_t grace_seconds) {
  (void)grace_seconds;
  return explanation_store_sweep(upkeep->database);
}

static enum error expire_salts(struct upkeep *upkeep, int64_t grace_seconds) {
  int64_t destroyed = 0;
  enum error error =
      ingester_expire_salts(upkeep->ingester, upkeep->settings->stream_ttl_max + grace_seconds, &destroyed);
  if (error == ERROR_NONE && destroyed > 0) {
    log_event(LOG_LEVEL_INFO, "address_salts_destroyed", LOG_I64("days", destroyed));
  }
  return error;
}

/* --- the table ------------------------------------------------------------------------------- */

/* The log says of a quiet chore at level debug only that it fails: its errors are the database's and the log folder's,
 * and an outage of those is logged by the counting itself. */
static const struct chore {
  const char *name;
  enum chores_process process;
  int64_t interval_ms;
  int64_t grace_seconds;
  enum chores_moment moment;
  bool quiet;
  chore_function *run;
} table[] = {
    /* First, since the database may have been away when serve started. */
    {"rebuild_revocations", CHORES_OF_SERVE, MINUTE_MS, 0, CHORES_BUSY, false, rebuild_revocations},
    {"compare_clocks", CHORES_OF_SERVE, HOUR_MS, CLOCK_SECONDS, CHORES_BUSY, true, compare_clocks},
    {"sweep_sessions", CHORES_OF_SERVE, MINUTE_MS, 0, CHORES_BUSY, false, sweep_sessions},
    {"sweep_everything", CHORES_OF_SERVE, DAY_MS, FILE_SWEEP_COMMIT_SECONDS, CHORES_BUSY, false, sweep_everything},
    {"sweep_noted", CHORES_OF_SERVE, MINUTE_MS, FILE_SWEEP_COMMIT_SECONDS, CHORES_BUSY, false, sweep_noted},
    {"sweep_uploads", CHORES_OF_SERVE, MINUTE_MS, FILE_SWEEP_UPLOAD_SECONDS, CHORES_BUSY, false, sweep_uploads},
    {"sweep_answers", CHORES_OF_SERVE, 10 * MINUTE_MS, DAY_SECONDS, CHORES_BUSY, false, sweep_answers},
    {"sweep_package_jobs", CHORES_OF_SERVE, HOUR_MS, 30 * DAY_SECONDS, CHORES_BUSY, false, sweep_package_jobs},
    {"turn_months", CHORES_OF_SERVE, MINUTE_MS, 0, CHORES_BUSY, false, turn_months},
    {"turn_event_months", CHORES_OF_SERVE, MINUTE_MS, 0, CHORES_BUSY, false, turn_event_months},
    {"sweep_deliveries", CHORES_OF_SERVE, HOUR_MS, 30 * DAY_SECONDS, CHORES_BUSY, false, sweep_deliveries},
    {"sweep_reports", CHORES_OF_SERVE, HOUR_MS, 30 * DAY_SECONDS, CHORES_BUSY, false, sweep_reports},
    {"tell_refusals", CHORES_OF_SERVE, 5 * SECOND_MS, 0, CHORES_BUSY, true, tell_refusals},
    {"tell_reload", CHORES_OF_SERVE, SECOND_MS, 0, CHORES_BUSY, true, tell_reload},
    {"sweep_user_agents", CHORES_OF_SERVE, 6 * HOUR_MS, 0, CHORES_BUSY, false, sweep_user_agents},
    /* A delivery that began while its URL was good may end, and be logged, a day later. A salt that is destroyed and
     * then needed once more would be another one, so everything that was delivered here must be counted first. */
    {"expire_salts", CHORES_OF_INGEST, HOUR_MS, DAY_SECONDS, CHORES_CAUGHT_UP, false, expire_salts},
    {"report_lag", CHORES_OF_INGEST, 2 * SECOND_MS, 0, CHORES_BUSY, true, report_lag},
    {"compare_clocks", CHORES_OF_INGEST, HOUR_MS, CLOCK_SECONDS, CHORES_BUSY, true, compare_clocks},
    {"rotate_log", CHORES_OF_INGEST, SECOND_MS, 0, CHORES_PAUSED, true, rotate_log},
    {"describe_user_agents", CHORES_OF_INGEST, 2 * SECOND_MS, 0, CHORES_PAUSED, true, describe_user_agents},
    {"answer_explanations", CHORES_OF_INGEST, SECOND_MS, 0, CHORES_PAUSED, true, answer_explanations},
    {"sweep_explanations", CHORES_OF_INGEST, 10 * MINUTE_MS, 0, CHORES_PAUSED, true, sweep_explanations},
    {"sweep_watching", CHORES_OF_INGEST, 30 * SECOND_MS, 0, CHORES_PAUSED, true, sweep_watching},
};
#define CHORE_COUNT (sizeof table / sizeof table[0])

/* --- when ------------------------------------------------------------------------------------ */

struct chores {
  struct upkeep *upkeep;
  enum chores_process process;
  int64_t due_ms[CHORE_COUNT];
  struct outage outages[CHORE_COUNT];
};

enum error chores_new(struct upkeep *upkeep, enum chores_process process, struct chores **ret_chores) {
  struct chores *chores = calloc(1, sizeof *chores);
  if (chores == NULL) {
    return ERROR_MEMORY;
  }
  chores->upkeep = upkeep;
  chores->process = process;
  *ret_chores = chores;
  return ERROR_NONE;
}

void chores_free(struct chores *chores) {
  free(chores);
}

static void log_outage(const struct chores *chores, const struct chore *chore, enum error error,
                       enum outage_news news) {
  if (news == OUTAGE_BEGAN) {
    log_event(chore->quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "chore_failed", LOG_STR("chore", chore->name),
              LOG_ERROR_FIELD(error), LOG_STR("database", database_last_error(chores->upkeep->database)),
              LOG_STR("meaning", "it is tried again"));
  } else if (news == OUTAGE_ENDED) {
    log_event(chore->quiet ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "chore_recovered", LOG_STR("chore", chore->name));
  }
}

void chores_run_due(struct chores *chores, enum chores_moment moment) {
  struct upkeep *upkeep = chores->upkeep;
  for (size_t i = 0; i < CHORE_COUNT && !upkeep_is_stopping(upkeep); i++) {
    const struct chore *chore = &table[i];
    if (chore->process != chores->process || chore->moment > moment || clock_monotonic_ms() < chores->due_ms[i]) {
      continue;
    }
    upkeep_beat(upkeep);
    enum error error = chore->run(upkeep, chore->grace_seconds);
    if (upkeep_is_stopping(upkeep)) {
      return; /* what was cut short did not fail */
    }
    log_outage(chores, chore, error, outage_note(&chores->outages[i], error));
    int64_t pause_ms = error != ERROR_NONE && chore->interval_ms > RETRY_MS ? RETRY_MS : chore->interval_ms;
    chores->due_ms[i] = clock_monotonic_ms() + pause_ms;
  }
}
