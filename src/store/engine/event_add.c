/* SPDX-License-Identifier: ISC */
/*
 * The origin of a connection's changes, and events of transactions of several statements.
 */
#include "config.h"

#include "store/engine/event_add.h"
#include "store/engine/event_add.sql.h"

#include "store/engine/exchange.h"
#include "store/engine/statement.h"

const char *event_origin(const struct database *database) {
  return database->origin;
}

enum error event_add(struct database *database, const char *type, const char *subject, const char *data) {
  static const char *const insert =
      EVENT_ADD_SQL("$1::text", "$4::text", "$2::text", "coalesce($3::jsonb, '{}')", "(values (1)) v");
  if (database->transaction == TRANSACTION_NONE) {
    return ERROR_INTERNAL;
  }
  struct parameters parameters = {0};
  parameters_text(&parameters, type);
  parameters_text(&parameters, subject);
  parameters_text(&parameters, data);
  parameters_text(&parameters, event_origin(database));
  return statement_change(database, insert, STATEMENT_ONCE, &parameters, NULL);
}
