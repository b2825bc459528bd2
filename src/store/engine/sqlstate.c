/* SPDX-License-Identifier: ISC */
/*
 * One table: what PostgreSQL's error codes mean to us.
 */
#include "config.h"

#include "store/engine/sqlstate.h"

#include <string.h>

static const struct {
  const char *prefix; /* of the code; the first row that fits counts */
  enum error error;
  enum fate fate;
} states[] = {
    {"23505", ERROR_CONFLICT, FATE_ANSWERED},    /* unique_violation */
    {"23503", ERROR_NOT_FOUND, FATE_ANSWERED},   /* foreign_key_violation */
    {"23", ERROR_INVALID, FATE_ANSWERED},        /* another constraint */
    {"22", ERROR_INVALID, FATE_ANSWERED},        /* a value that the type does not take */
    {"57014", ERROR_TIMEOUT, FATE_ANSWERED},     /* query_canceled: the statement timeout */
    {"25006", ERROR_UNAVAILABLE, FATE_NOT_RUN},  /* read only: a standby; another host may be the primary */
    {"25P03", ERROR_UNAVAILABLE, FATE_NOT_RUN},  /* idle_in_transaction_session_timeout */
    {"57P03", ERROR_UNAVAILABLE, FATE_NOT_RUN},  /* cannot_connect_now */
    {"57P", ERROR_UNAVAILABLE, FATE_UNKNOWN},    /* shutting down or crashed, maybe while it waited for a standby */
    {"08", ERROR_UNAVAILABLE, FATE_UNKNOWN},     /* connection exceptions, PgBouncer's among them */
    {"40", ERROR_UNAVAILABLE, FATE_ANSWERED},    /* serialization failure, deadlock */
    {"55P03", ERROR_UNAVAILABLE, FATE_ANSWERED}, /* lock_not_available */
    {"53100", ERROR_NO_SPACE, FATE_ANSWERED},    /* disk_full */
    {"53200", ERROR_MEMORY, FATE_ANSWERED},      /* out_of_memory */
    {"53", ERROR_UNAVAILABLE, FATE_NOT_RUN},     /* too many connections */
    {"26000", ERROR_UNAVAILABLE, FATE_NOT_RUN},  /* somebody dropped our prepared statements */
    {"0A000", ERROR_UNAVAILABLE, FATE_NOT_RUN},  /* a prepared plan's result changed: a migration passed by */
    {"", ERROR_INTERNAL, FATE_ANSWERED},
};

enum error sqlstate_error(const char *state, enum fate *ret_fate) {
  size_t row = 0;
  while (strncmp(state, states[row].prefix, strlen(states[row].prefix)) != 0) {
    row++;
  }
  *ret_fate = states[row].fate;
  return states[row].error;
}
