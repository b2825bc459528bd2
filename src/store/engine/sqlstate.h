/* SPDX-License-Identifier: ISC */
/*
 * What PostgreSQL's error codes mean to us (manual, appendix A). Pure.
 */
#ifndef MEDIAGATE_STORE_ENGINE_SQLSTATE_H
#define MEDIAGATE_STORE_ENGINE_SQLSTATE_H

#include "base/error.h"

/* What became of a statement and its connection. */
enum fate {
  FATE_ANSWERED, /* the server answered; the connection is fine */
  FATE_NOT_RUN,  /* it surely did not run; the connection is of no more use */
  FATE_UNKNOWN,  /* the connection is lost, and it may have run */
};

enum error sqlstate_error(const char *state, enum fate *ret_fate) MUST_CHECK;

#endif
