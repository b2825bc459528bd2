/* SPDX-License-Identifier: ISC */
/*
 * Looks first and writes only what is missing, or was not asked for of late, so that a known text writes nothing. An id
 * may be asked for an hour before its row says so, and is stored a transaction later: a day leaves both of them time.
 */
#include "config.h"

#include "store/views/user_agent_store.h"

#include <stdlib.h>
#include <string.h>

#include "store/engine/array.h"
#include "store/engine/statement.h"

#define REFRESHED_AFTER "interval '1 hour'"
#define UNUSED_AFTER    "interval '1 day'"

/* In the order of the texts; 0 of "" and of those that are not stored. `wanted` gets those that are to be stored or
 * refreshed. */
static enum error find_agents(struct database *database, const char *array, const char *const *texts, size_t count,
                              int64_t *ret_ids, struct text *wanted) {
  static const char *const select = "select a.id, coalesce(a.used_at < now() - " REFRESHED_AFTER
                                    ", t.text is not null) from unnest($1::text[]) with ordinality t (text, place)"
                                    " left join user_agent a on a.text = t.text order by t.place";
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  for (size_t i = 0; i < count && rows_next(&rows); i++) {
    ret_ids[i] = rows_i64_or(&rows, 0);
    if (rows_bool(&rows)) {
      array_add_text(wanted, texts[i]);
    }
  }
  return rows_close(&rows);
}

/* In one order, so that two who write the same wait for each other instead of dying. */
static enum error insert_or_refresh(struct database *database, const char *array) {
  struct parameters parameters = {0};
  parameters_text(&parameters, array);
  return statement_change(database,
                          "insert into user_agent (text) select distinct text from unnest($1::text[]) t (text)"
                          " where text is not null and not exists (select from user_agent a where a.text = t.text"
                          "  and a.used_at >= now() - " REFRESHED_AFTER ")"
                          " order by text on conflict (text) do update set used_at = now()",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

static bool all_found(const char *const *texts, const int64_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (ids[i] == 0 && texts[i][0] != '\0') {
      return false;
    }
  }
  return true;
}

/* Of texts that stand once each. */
static enum error ask_agents(struct database *database, const char *const *texts, size_t count, int64_t *ret_ids) {
  __attribute__((cleanup(text_free))) struct text array = {0}, wanted = {0};
  for (size_t i = 0; i < count; i++) {
    array_add_text(&array, texts[i]);
  }
  const char *values = array_end(&array);
  enum error error = values == NULL ? ERROR_MEMORY : find_agents(database, values, texts, count, ret_ids, &wanted);
  if (error != ERROR_NONE || wanted.length == 0) {
    return wanted.failed ? ERROR_MEMORY : error;
  }
  const char *missing = array_end(&wanted);
  error = missing == NULL ? ERROR_MEMORY : insert_or_refresh(database, missing);
  if (error == ERROR_NONE) {
    text_clear(&wanted);
    error = find_agents(database, values, texts, count, ret_ids, &wanted);
  }
  return error == ERROR_NONE && !all_found(texts, ret_ids, count) ? ERROR_INTERNAL : error;
}

struct mention {
  const char *text;
  size_t place; /* in the caller's arrays */
};

static int by_text(const void *left, const void *right) {
  const struct mention *a = left;
  const struct mention *b = right;
  return strcmp(a->text, b->text);
}

/* A batch of ten thousand views has some hundred players: a look for each view would take a tenth of the batch's time.
 */
enum error user_agent_store_ids(struct database *database, const char *const *texts, size_t count, int64_t *ret_ids) {
  struct mention *mentions = calloc(count + 1, sizeof *mentions);
  const char **distinct = calloc(count + 1, sizeof *distinct);
  int64_t *ids = calloc(count + 1, sizeof *ids);
  enum error error = mentions == NULL || distinct == NULL || ids == NULL ? ERROR_MEMORY : ERROR_NONE;
  size_t distinct_count = 0;
  for (size_t i = 0; error == ERROR_NONE && i < count; i++) {
    mentions[i] = (struct mention){.text = texts[i], .place = i};
  }
  if (error == ERROR_NONE && count > 0) {
    qsort(mentions, count, sizeof *mentions, by_text);
    for (size_t i = 0; i < count; i++) {
      if (i == 0 || by_text(&mentions[i - 1], &mentions[i]) != 0) {
        distinct[distinct_count++] = mentions[i].text;
      }
    }
    error = ask_agents(database, distinct, distinct_count, ids);
  }
  for (size_t i = 0, at = 0; error == ERROR_NONE && i < count; i++) {
    at += i > 0 && by_text(&mentions[i - 1], &mentions[i]) != 0;
    ret_ids[mentions[i].place] = ids[at];
  }
  free(mentions);
  free(distinct);
  free(ids);
  return error;
}

enum error user_agent_store_sweep(struct database *database, int limit, int64_t *after_id, int64_t *ret_deleted,
                                  bool *ret_more) {
  /* Whoever refreshed one meanwhile keeps it: the condition on the row itself is looked at again. */
  static const char *const sweep =
      "with batch as materialized (select id, used_at from user_agent where id > $1 order by id limit $2),"
      " gone as (delete from user_agent a using batch b where a.id = b.id and b.used_at < now() - " UNUSED_AFTER
      "  and a.used_at < now() - " UNUSED_AFTER
      "  and not exists (select from media_view_log v where v.user_agent_id = b.id) returning 1)"
      " select coalesce(max(id), $1), count(*), (select count(*) from gone) from batch";
  struct parameters parameters = {0};
  parameters_i64(&parameters, *after_id);
  parameters_i64(&parameters, limit);
  struct rows row = statement_row(database, sweep, STATEMENT_ONCE, &parameters);
  int64_t last = rows_i64(&row);
  int64_t seen = rows_i64(&row);
  int64_t deleted = rows_i64(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE) {
    *after_id = last;
    *ret_deleted = deleted;
    *ret_more = seen == limit;
  }
  return error;
}

/* --- what they say of themselves ------------------------------------------------------------- */

enum error user_agent_store_undescribed(struct database *database, int limit, struct user_agent_text **ret_texts,
                                        size_t *ret_count) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, limit);
  struct rows rows;
  enum error error =
      statement_execute(database, "select id, text from user_agent where device is null order by id limit $1",
                        STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t count = 0;
  struct user_agent_text *texts = calloc(rows_count(&rows) + 1, sizeof *texts);
  while (texts != NULL && rows_next(&rows)) {
    texts[count].id = rows_i64(&rows);
    texts[count++].text = rows_text_copy(&rows);
  }
  error = rows_close(&rows);
  error = texts == NULL ? ERROR_MEMORY : error;
  if (error != ERROR_NONE) {
    user_agent_texts_free(texts, count);
    return error;
  }
  *ret_texts = texts;
  *ret_count = count;
  return ERROR_NONE;
}

void user_agent_texts_free(struct user_agent_text *texts, size_t count) {
  for (size_t i = 0; texts != NULL && i < count; i++) {
    free(texts[i].text);
  }
  free(texts);
}

enum error user_agent_store_describe(struct database *database, const struct user_agent_facts *facts, size_t count) {
  struct text columns[4] = {{0}};
  struct parameters parameters = {0};
  for (size_t i = 0; i < count; i++) {
    array_add_i64(&columns[0], facts[i].id);
    array_add_text(&columns[1], facts[i].device);
    array_add_text(&columns[2], facts[i].system);
    array_add_text(&columns[3], facts[i].browser);
  }
  enum error error = array_end_columns(columns, 4, &parameters);
  if (error == ERROR_NONE) {
    error = statement_change(database,
                             "update user_agent a set device = u.device, system = u.system, browser = u.browser"
                             " from unnest($1::int8[], $2::text[], $3::text[], $4::text[])"
                             " u (id, device, system, browser) where a.id = u.id",
                             STATEMENT_REPEATABLE, &parameters, NULL);
  }
  array_free_columns(columns, 4);
  return error;
}
