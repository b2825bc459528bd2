/* SPDX-License-Identifier: ISC */
/* A question is a row without a node; answers stand beside it, each with the time of the question that it is for. */
#include "config.h"

#include "store/views/explanation_store.h"

#include <stdlib.h>

#include "store/engine/statement.h"
#include "store/views/ingest_store.h"

#define FRESH         "interval '" EXPLANATION_FRESH " seconds'"
#define QUESTIONS_MAX 30 /* a minute: a node searches all of its logs for each */

enum error explanation_store_ask(struct database *database, const char *grant_id) {
  static const char *const ask =
      "with asked as (insert into explanation (grant_id, node) select $1::uuid, ''"
      "  where (select count(*) from explanation where node = '' and asked_at > now() - " FRESH ") < $2::int8"
      "  on conflict (grant_id, node) do update set asked_at = now()"
      "  where explanation.asked_at < now() - " FRESH " returning 1)"
      " select exists (select from asked) or exists (select from explanation where grant_id = $1::uuid and node = ''"
      "  and asked_at >= now() - " FRESH ")";
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  parameters_i64(&parameters, QUESTIONS_MAX);
  struct rows row = statement_row(database, ask, STATEMENT_REPEATABLE, &parameters);
  bool is_asked = rows_bool(&row);
  enum error error = rows_close(&row);
  return error == ERROR_NONE && !is_asked ? ERROR_LIMITED : error;
}

enum error explanation_store_read(struct database *database, const char *grant_id, struct explanation_node **ret_nodes,
                                  size_t *ret_count) {
  static const char *const select =
      "select n.node, n.seen_at < now() - $2::int8 * interval '1 second', a.answer::text from ingest_node n"
      " left join explanation q on q.grant_id = $1::uuid and q.node = ''"
      " left join explanation a on a.grant_id = q.grant_id and a.node = n.node and a.asked_at >= q.asked_at"
      " order by n.node";
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  parameters_i64(&parameters, INGEST_SILENT_SECONDS);
  struct rows rows;
  enum error error = statement_execute(database, select, STATEMENT_REPEATABLE, &parameters, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t count = 0;
  struct explanation_node *nodes = calloc(rows_count(&rows) + 1, sizeof *nodes);
  while (nodes != NULL && rows_next(&rows)) {
    struct explanation_node *node = &nodes[count++];
    rows_text(&rows, node->node, sizeof node->node);
    bool silent = rows_bool(&rows);
    node->answer = rows_text_copy(&rows);
    node->state = node->answer != NULL ? EXPLANATION_ANSWERED : silent ? EXPLANATION_SILENT : EXPLANATION_WAITING;
  }
  error = rows_close(&rows);
  error = nodes == NULL ? ERROR_MEMORY : error;
  if (error != ERROR_NONE) {
    explanation_nodes_free(nodes, count);
    return error;
  }
  *ret_nodes = nodes;
  *ret_count = count;
  return ERROR_NONE;
}

void explanation_nodes_free(struct explanation_node *nodes, size_t count) {
  for (size_t i = 0; nodes != NULL && i < count; i++) {
    free(nodes[i].answer);
  }
  free(nodes);
}

enum error explanation_store_next(struct database *database, const char *node,
                                  char ret_grant_id[EXPLANATION_GRANT_SIZE]) {
  static const char *const select =
      "select replace(q.grant_id::text, '-', '') from explanation q where q.node = ''"
      " and q.asked_at > now() - " FRESH
      " and not exists (select from explanation a where a.grant_id = q.grant_id and a.node = $1"
      "  and a.asked_at >= q.asked_at) order by q.asked_at limit 1";
  struct parameters parameters = {0};
  parameters_text(&parameters, node);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  char grant_id[EXPLANATION_GRANT_SIZE];
  rows_text(&row, grant_id, sizeof grant_id);
  return rows_close_into(&row, ret_grant_id, grant_id, sizeof grant_id);
}

enum error explanation_store_answer(struct database *database, const char *grant_id, const char *node,
                                    const char *answer) {
  struct parameters parameters = {0};
  parameters_text(&parameters, grant_id);
  parameters_text(&parameters, node);
  parameters_text(&parameters, answer);
  return statement_change(database,
                          "insert into explanation (grant_id, node, asked_at, answer)"
                          " select grant_id, $2, asked_at, $3::jsonb from explanation where grant_id = $1::uuid"
                          "  and node = '' on conflict (grant_id, node)"
                          " do update set asked_at = excluded.asked_at, answer = excluded.answer",
                          STATEMENT_REPEATABLE, &parameters, NULL);
}

enum error explanation_store_sweep(struct database *database) {
  return statement_change(database, "delete from explanation where asked_at < now() - interval '1 hour'",
                          STATEMENT_REPEATABLE, NULL, NULL);
}
