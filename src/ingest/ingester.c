/* SPDX-License-Identifier: ISC */
/*
 * The loop from lines to views. Where reading goes on is known from the database alone (see log_positions.h).
 */
#include "config.h"

#include "ingest/ingester.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "domain/digest.h"
#include "ingest/delivery_line.h"
#include "ingest/delivery_tally.h"
#include "ingest/log_complaints.h"
#include "ingest/log_follower.h"
#include "ingest/log_positions.h"
#include "ingest/reject_file.h"
#include "ingest/view_batch.h"
#include "ingest/view_marks.h"
#include "ingest/view_rule.h"
#include "ingest/watching_batch.h"
#include "store/views/delivery_store.h"

#define READ_BYTES              ((size_t)32 << 20)
#define ELSEWHERE_TOLD_EVERY_MS 60000

struct ingester {
  struct ingester_options options;
  struct log_positions positions;
  size_t limit; /* lines of the next batch: less than batch_lines after one that failed */
  struct text buffer;
  struct view_batch batch;
  struct watching_batch watching;
  struct delivery_tally tally;
  int64_t now_us; /* when the batch was begun */
  struct view_marks marks;
  enum error batch_error; /* of adding to the batch: it is not whole */
  int64_t kept_since_us;  /* views of older grants are not kept */
  struct reject_file rejects;
  struct log_complaints complaints;
  int64_t elsewhere_told_ms; /* 0: never */
  struct delivery delivery;
  void (*progress)(void *context, int64_t position, int64_t size_bytes); /* of an import, else NULL */
  void *progress_context;
};

enum error ingester_open(const struct ingester_options *options, struct ingester **ret_ingester) {
  struct ingester *ingester = calloc(1, sizeof *ingester);
  if (ingester == NULL) {
    return ERROR_MEMORY;
  }
  ingester->options = *options;
  ingester->limit = options->batch_lines;
  ingester->rejects.path = options->rejects_path;
  ingester->marks.audience = options->audience;
  ingester->marks.database = options->database;
  *ret_ingester = ingester;
  return ERROR_NONE;
}

void ingester_close(struct ingester *ingester) {
  if (ingester != NULL) {
    text_free(&ingester->buffer);
    view_batch_free(&ingester->batch);
    watching_batch_free(&ingester->watching);
    delivery_tally_free(&ingester->tally);
    reject_file_free(&ingester->rejects);
    log_complaints_free(&ingester->complaints);
    free(ingester);
  }
}

static enum error find_log(struct ingester *ingester, const unsigned char id[DIGEST_SIZE],
                           struct delivery_log **ret_log) {
  return log_positions_find(&ingester->positions, ingester->options.database, id, ret_log);
}

/* --- one batch ------------------------------------------------------------------------------- */

struct piece {
  const struct log_file *file;
  int64_t position; /* of the line in the log */
  const char *line;
  size_t size;
};

static void reject_piece(struct ingester *ingester, const struct piece *piece, enum delivery_reject reject) {
  reject_file_add(&ingester->rejects, piece->file, piece->position, reject, piece->line, piece->size);
}

/* With `refuse` what would count is rejected: the database does not take it. */
static enum delivery_reject take(struct ingester *ingester, const struct piece *piece, bool refuse) {
  enum delivery_reject reject = delivery_line_parse(piece->line, piece->size, &ingester->delivery);
  if (reject == DELIVERY_REJECT_NONE && !refuse && ingester->batch_error == ERROR_NONE) {
    ingester->batch_error = watching_batch_add(&ingester->watching, &ingester->delivery, ingester->now_us);
  }
  if (reject != DELIVERY_REJECT_NONE) {
    return reject;
  }
  bool counts = view_rule_judge(&ingester->delivery, ingester->kept_since_us) == VIEW_COUNTS;
  if (counts && refuse) {
    return DELIVERY_REJECT_DATABASE;
  }
  if (!ingester->delivery.begins && ingester->batch_error == ERROR_NONE) {
    ingester->batch_error = delivery_tally_add(&ingester->tally, &ingester->delivery);
  }
  if (!counts) {
    return DELIVERY_REJECT_NONE;
  }
  if (ingester->batch_error == ERROR_NONE) {
    ingester->batch_error = view_batch_add(&ingester->batch, &ingester->delivery);
  }
  return DELIVERY_REJECT_NONE;
}

/* A line, or what a full disk left of one with the next one glued to it: of that the whole end counts. */
static void take_line(struct ingester *ingester, const struct piece *line, bool refuse) {
  enum delivery_reject reject = take(ingester, line, refuse);
  if (reject == DELIVERY_REJECT_NONE) {
    return;
  }
  struct piece head = *line;
  head.size = delivery_line_glued_at(line->line, line->size);
  if (head.size == 0) {
    reject_piece(ingester, line, reject);
    return;
  }
  const struct piece tail = {.file = line->file,
                             .position = line->position + (int64_t)head.size,
                             .line = line->line + head.size,
                             .size = line->size - head.size};
  reject_piece(ingester, &head, reject == DELIVERY_REJECT_DATABASE ? reject : DELIVERY_REJECT_GLUED);
  reject = take(ingester, &tail, refuse);
  if (reject != DELIVERY_REJECT_NONE) {
    reject_piece(ingester, &tail, reject);
  }
}

/* Takes up to `limit` lines of the buffer. Returns their bytes. */
static size_t take_lines(struct ingester *ingester, const struct log_file *file, int64_t position, bool refuse,
                         size_t *ret_lines) {
  const struct text *buffer = &ingester->buffer;
  size_t at = 0;
  size_t lines = 0;
  while (at < buffer->length && lines < ingester->limit) {
    const char *end = memchr(buffer->data + at, '\n', buffer->length - at);
    size_t size = end == NULL ? buffer->length - at : (size_t)(end - buffer->data) - at;
    const struct piece line = {
        .file = file, .position = position + (int64_t)at, .line = buffer->data + at, .size = size};
    take_line(ingester, &line, refuse);
    at += size + (end != NULL);
    lines++;
  }
  *ret_lines = lines;
  return at;
}

static void clear_batch(struct ingester *ingester) {
  view_batch_clear(&ingester->batch);
  watching_batch_clear(&ingester->watching);
  delivery_tally_clear(&ingester->tally);
  ingester->now_us = clock_now_us();
  ingester->batch_error = ERROR_NONE;
  ingester->kept_since_us = view_rule_kept_since(clock_now_us(), ingester->options.view_retention);
  reject_file_forget(&ingester->rejects);
}

static enum error mark_views(struct ingester *ingester) {
  enum error error = ERROR_NONE;
  view_marks_refresh(&ingester->marks);
  for (size_t i = 0; error == ERROR_NONE && i < ingester->batch.count; i++) {
    error = view_marks_fill(&ingester->marks, &ingester->batch.views[i]);
  }
  const struct watching_change *watching = &ingester->watching.change;
  for (size_t i = 0; error == ERROR_NONE && i < watching->start_count; i++) {
    error = view_marks_fill(&ingester->marks, &watching->starts[i].view);
  }
  return error;
}

static enum error commit_lines(struct ingester *ingester, const struct delivery_log *log, int64_t next, size_t lines,
                               int64_t rejected) {
  enum error error = ingester->batch_error;
  if (error == ERROR_NONE) {
    error = mark_views(ingester);
  }
  const struct delivery_batch batch = {.play_rule = ingester->options.play_rule,
                                       .commit_locally = ingester->options.commit_locally,
                                       .lines = (int64_t)lines,
                                       .rejected = rejected,
                                       .views = ingester->batch.views,
                                       .view_count = ingester->batch.count,
                                       .watching = &ingester->watching.change,
                                       .sums = delivery_tally_change(&ingester->tally)};
  return error == ERROR_NONE ? delivery_store_commit(ingester->options.database, log, next, &batch) : error;
}

static enum error store_lines(struct ingester *ingester, const struct log_file *file, struct delivery_log *log,
                              bool refuse, size_t *ret_lines) {
  clear_batch(ingester);
  int64_t next = log->position + (int64_t)take_lines(ingester, file, log->position, refuse, ret_lines);
  int64_t rejected = (int64_t)ingester->rejects.count;
  enum error error = reject_file_flush(&ingester->rejects, file, next);
  if (error != ERROR_NONE) {
    return error;
  }
  error = commit_lines(ingester, log, next, *ret_lines, rejected);
  if (error == ERROR_NONE) {
    log->position = next;
    if (rejected > 0) {
      log_event(LOG_LEVEL_WARNING, "lines_rejected", LOG_I64("count", rejected), LOG_STR("log", file->path),
                LOG_STR("file", ingester->rejects.path));
    }
  }
  return error;
}

/* One batch of what the buffer holds. A value that the database refuses is found by halving the batch, and rejected; a
 * batch that is too much for a slow database is halved too. */
static enum error store_batch(struct ingester *ingester, const struct log_file *file, struct delivery_log *log) {
  size_t lines = 0;
  enum error error = store_lines(ingester, file, log, false, &lines);
  if (error == ERROR_INVALID && lines == 1) {
    error = store_lines(ingester, file, log, true, &lines);
  } else if ((error == ERROR_INVALID || error == ERROR_TIMEOUT) && lines > 1) {
    ingester->limit = lines / 2;
    return ERROR_NONE;
  }
  if (error == ERROR_NONE && ingester->limit < ingester->options.batch_lines) {
    ingester->limit *= 2;
    if (ingester->limit > ingester->options.batch_lines) {
      ingester->limit = ingester->options.batch_lines;
    }
  }
  return error;
}

/* --- one log, all logs ----------------------------------------------------------------------- */

/* nginx's log ends before the position: its disk lost what it had promised to keep, or it is an older copy. nginx
 * writes on from its end, and so do we. Not so of a rotated log: that may be the copy of one, and nobody writes to it.
 */
static enum error follow_shortened(struct ingester *ingester, const struct log_file *file, struct delivery_log *log) {
  struct log_file now;
  const char *slash = strrchr(file->path, '/');
  if (ingester->progress != NULL || slash == NULL || strcmp(slash + 1, DELIVERY_LOG_NAME) != 0 ||
      log_follower_describe(file->path, &now) != ERROR_NONE) {
    return ERROR_NONE;
  }
  free(now.path);
  /* `file` was looked at before the position was asked for, and somebody else may have read what came since. */
  if (memcmp(now.id, file->id, DIGEST_SIZE) != 0 || now.size_bytes >= log->position) {
    return ERROR_NONE;
  }
  log_event(LOG_LEVEL_WARNING, "log_shortened", LOG_STR("log", file->path), LOG_I64("read", log->position),
            LOG_I64("size", now.size_bytes),
            LOG_STR("meaning", "what was counted stays counted; it goes on from the end"));
  clear_batch(ingester);
  ingester->rejects.written_until = 0;
  enum error error = commit_lines(ingester, log, now.size_bytes, 0, 0);
  if (error == ERROR_NONE || error == ERROR_CONFLICT || error == ERROR_UNKNOWN_OUTCOME) {
    log_positions_forget(&ingester->positions);
    error = ERROR_NONE;
  }
  return error;
}

/* Two who follow one log meet all the time: a line a minute says enough. */
static void ask_anew(struct ingester *ingester, const struct log_file *file, enum error error) {
  int64_t now_ms = clock_monotonic_ms();
  bool told = error == ERROR_CONFLICT && ingester->elsewhere_told_ms != 0 &&
              now_ms - ingester->elsewhere_told_ms < ELSEWHERE_TOLD_EVERY_MS;
  log_event(told ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, error == ERROR_CONFLICT ? "read_elsewhere" : "commit_unknown",
            LOG_STR("log", file->path), LOG_STR("meaning", "the database says where to go on"));
  if (error == ERROR_CONFLICT && !told) {
    ingester->elsewhere_told_ms = now_ms;
  }
  log_positions_forget(&ingester->positions);
}

static enum error read_log(struct ingester *ingester, const struct log_file *file, const volatile sig_atomic_t *stop) {
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && !*stop) {
    struct delivery_log *log = NULL;
    error = find_log(ingester, file->id, &log);
    if (error == ERROR_NONE && log->position > file->size_bytes) {
      return follow_shortened(ingester, file, log);
    }
    if (error != ERROR_NONE || log->position == file->size_bytes) {
      return error;
    }
    error = log_follower_read_synced(file, log->position, READ_BYTES, &ingester->buffer);
    if (error == ERROR_IO && ingester->progress == NULL) {
      log_complaints_tell(&ingester->complaints, file->path, errno);
      return ERROR_NONE;
    }
    if (error == ERROR_NOT_FOUND || (error == ERROR_NONE && ingester->buffer.length == 0)) {
      return ERROR_NONE; /* rotated meanwhile, or only the beginning of a line is new */
    }
    if (error == ERROR_NONE) {
      error = store_batch(ingester, file, log);
    }
    if (error == ERROR_NONE && ingester->progress != NULL) {
      ingester->progress(ingester->progress_context, log->position, file->size_bytes);
    }
    if (error == ERROR_CONFLICT || error == ERROR_UNKNOWN_OUTCOME) {
      ask_anew(ingester, file, error);
      error = ERROR_NONE;
    }
    if (error == ERROR_NONE && ingester->options.between_batches != NULL) {
      ingester->options.between_batches(ingester->options.context);
    }
  }
  return error;
}

enum error ingester_run(struct ingester *ingester, const volatile sig_atomic_t *stop) {
  struct log_files files = {0};
  enum error error = log_follower_scan(ingester->options.log_dir, DELIVERY_LOG_NAME, &files);
  for (size_t i = 0; error == ERROR_NONE && i < files.skipped_count; i++) {
    log_complaints_tell(&ingester->complaints, files.skipped[i].path, files.skipped[i].error_number);
  }
  for (size_t i = 0; error == ERROR_NONE && i < files.count; i++) {
    error = read_log(ingester, &files.items[i], stop);
  }
  if (error == ERROR_NONE) {
    log_complaints_end_turn(&ingester->complaints);
  }
  log_files_free(&files);
  if (error != ERROR_NONE) {
    log_positions_forget(&ingester->positions);
  }
  return error;
}

enum error ingester_import(struct ingester *ingester, const struct log_file *file, const volatile sig_atomic_t *stop,
                           void (*progress)(void *context, int64_t position, int64_t size_bytes), void *context,
                           struct ingest_import *ret_import) {
  struct ingest_import import = {.size_bytes = file->size_bytes};
  struct delivery_log *log = NULL;
  log_positions_forget(&ingester->positions);
  enum error error = find_log(ingester, file->id, &log);
  if (error == ERROR_NONE) {
    import.began_at = log->position;
    ingester->progress = progress;
    ingester->progress_context = context;
    error = read_log(ingester, file, stop);
    ingester->progress = NULL;
  }
  if (error == ERROR_NONE) {
    error = find_log(ingester, file->id, &log);
  }
  if (error == ERROR_NONE) {
    import.position = log->position;
    *ret_import = import;
  }
  return error;
}

/* --- lag ------------------------------------------------------------------------------------- */

static enum error add_lag(struct ingester *ingester, const struct log_file *file, struct ingest_lag *lag) {
  struct delivery_log *log = NULL;
  enum error error = find_log(ingester, file->id, &log);
  if (error != ERROR_NONE || log->position >= file->size_bytes) {
    return error;
  }
  error = log_follower_read(file, log->position, 2 * DELIVERY_LINE_MAX, &ingester->buffer);
  if (error != ERROR_NONE || ingester->buffer.length == 0) { /* rotated meanwhile, or only the beginning of a line */
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
  }
  lag->unread_bytes += file->size_bytes - log->position;
  size_t size = strcspn(ingester->buffer.data, "\n");
  if (delivery_line_parse(ingester->buffer.data, size, &ingester->delivery) == DELIVERY_REJECT_NONE) {
    int64_t age = clock_now_seconds() - ingester->delivery.time_us / 1000000;
    lag->seconds = age > lag->seconds ? age : lag->seconds;
  }
  return ERROR_NONE;
}

enum error ingester_lag(struct ingester *ingester, struct ingest_lag *ret_lag) {
  struct log_files files = {0};
  struct ingest_lag lag = {0};
  enum error error = log_follower_scan(ingester->options.log_dir, DELIVERY_LOG_NAME, &files);
  lag.logs = (int64_t)files.count;
  lag.unreadable_logs = (int64_t)files.skipped_count;
  for (size_t i = 0; error == ERROR_NONE && i < files.count; i++) {
    error = add_lag(ingester, &files.items[i], &lag);
  }
  log_files_free(&files);
  if (error == ERROR_NONE) {
    *ret_lag = lag;
  }
  return error;
}

enum error ingester_expire_salts(struct ingester *ingester, int64_t keep_seconds, int64_t *ret_destroyed) {
  return address_salts_expire(&ingester->marks.salts, ingester->options.database, keep_seconds, ret_destroyed);
}
