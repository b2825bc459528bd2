/* SPDX-License-Identifier: ISC */
/* A PgBouncer in transaction mode before the test's database, on a unix socket in a short folder. */
#ifndef MEDIAGATE_TESTS_STORE_PGBOUNCER_H
#define MEDIAGATE_TESTS_STORE_PGBOUNCER_H

#include <stdbool.h>
#include <sys/types.h>

struct pgbouncer {
  pid_t pid;
  char folder[32];
  char connection_string[256];
};

/* False when PgBouncer is not installed, which fails the test where CI=true. */
bool pgbouncer_start(const char *connection_string, struct pgbouncer *ret_pgbouncer);
void pgbouncer_stop(struct pgbouncer *pgbouncer);

#endif
