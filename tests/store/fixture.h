/* SPDX-License-Identifier: ISC */
/*
 * What the store tests share: a database of their own with all migrations, on the cluster of
 * tests/scripts/with-postgres. It is made before the first test, emptied before each, and dropped at the end.
 *
 *   FIXTURE_MAIN("media_store", lists_newest_first, …)
 */
#ifndef MEDIAGATE_TESTS_STORE_FIXTURE_H
#define MEDIAGATE_TESTS_STORE_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "store/accounts/account_store.h"
#include "store/engine/database.h"
#include "store/engine/statement.h"

/* The connection string of the test's own database. */
extern char fixture_connection_string[256];
/* A fresh connection before each test. */
extern struct database *fixture_database;

struct database *fixture_connect(const char *connection_string, bool prepared);
/* Connection string of another database on the same cluster; made anew when create. */
void fixture_other_database(const char *name, bool create, char ret_connection_string[256]);
/* Runs SQL, failing the test when it fails. The first column of the first row, as a number (0 for none). */
int64_t fixture_sql(const char *sql);
/* Runs `child` in this many processes at once; each has its own connection. The sum of what they return (0..100). */
int fixture_race(int processes, int (*child)(struct database *database, int number));
/* Runs pg_ctl on the whole cluster: "-m fast stop", "start". */
void fixture_cluster(const char *arguments);
struct account fixture_account(const char *email);
int64_t fixture_medium(void); /* a new one's id */
/* A view with 10 bytes, and what it adds to the sums. */
void fixture_view(int64_t media_id, const char *timestamp, const char *address, bool robot);

int fixture_run(const char *suite_name, const TTest *const *tests, size_t test_count);

#define FIXTURE_MAIN(suite_name, ...)                                                                                  \
  int main(void) {                                                                                                     \
    const TTest *const tests[] = {__VA_ARGS__};                                                                        \
    return fixture_run(suite_name, tests, sizeof tests / sizeof *tests);                                               \
  }

#endif
