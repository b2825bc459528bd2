/* SPDX-License-Identifier: ISC */
/*
 * The connection: what breaks, what is tried again, what is not, and how long anything may take.
 */
#include "config.h"

#include "store/engine/database.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "pgbouncer.h"
#include "store/media/media_store.h"
#include "store/engine/exchange.h"
#include "store/engine/sqlstate.h"
#include "store/analytics/view_analytics.h"
#include "store/views/view_store.h"

/* Ends every other connection to the test's database, and waits until their servers are gone. */
static void cut(void) {
  fixture_sql("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where datname = current_database() "
              "and pid <> pg_backend_pid()");
}

static enum error select_one(struct database *database) {
  return statement_execute(database, "select 1", STATEMENT_REPEATABLE, NULL, NULL);
}

static enum error insert_media(struct database *database) {
  return statement_change(database, "insert into media_asset (title, type) values ('t', 'video')", STATEMENT_ONCE, NULL,
                          NULL);
}

START_TEST(maps_sqlstates) {
  static const struct {
    const char *state;
    enum error error;
    enum fate fate;
  } rows[] = {
      {"23505", ERROR_CONFLICT, FATE_ANSWERED},    {"23503", ERROR_NOT_FOUND, FATE_ANSWERED},
      {"23514", ERROR_INVALID, FATE_ANSWERED},     {"22P02", ERROR_INVALID, FATE_ANSWERED},
      {"57014", ERROR_TIMEOUT, FATE_ANSWERED},     {"57P01", ERROR_UNAVAILABLE, FATE_UNKNOWN},
      {"57P03", ERROR_UNAVAILABLE, FATE_NOT_RUN},  {"25006", ERROR_UNAVAILABLE, FATE_NOT_RUN},
      {"40P01", ERROR_UNAVAILABLE, FATE_ANSWERED}, {"53300", ERROR_UNAVAILABLE, FATE_NOT_RUN},
      {"53100", ERROR_NO_SPACE, FATE_ANSWERED},    {"08006", ERROR_UNAVAILABLE, FATE_UNKNOWN},
      {"26000", ERROR_UNAVAILABLE, FATE_NOT_RUN},  {"42P01", ERROR_INTERNAL, FATE_ANSWERED},
      {"", ERROR_INTERNAL, FATE_ANSWERED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum fate fate;
    ck_assert_msg(sqlstate_error(rows[i].state, &fate) == rows[i].error && fate == rows[i].fate, "%s", rows[i].state);
  }
}
END_TEST

START_TEST(a_cut_connection_is_noticed_before_anything_is_sent) {
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
  cut();
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE); /* though it must not run twice */
  cut();
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_asset"), 3);
}
END_TEST

START_TEST(nothing_runs_outside_a_transaction_that_was_lost) {
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
  cut();
  ck_assert_int_eq(insert_media(fixture_database), ERROR_UNAVAILABLE);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_UNAVAILABLE);
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_UNAVAILABLE);
  ck_assert_int_eq(fixture_sql("select count(*) from media_asset"), 0);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
}
END_TEST

START_TEST(a_commit_that_gets_no_answer_has_an_unknown_outcome) {
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
  cut();
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_UNKNOWN_OUTCOME);
  ck_assert_int_eq(insert_media(fixture_database), ERROR_NONE);
}
END_TEST

START_TEST(a_statement_cut_while_it_runs_is_repeated_only_when_it_may_be) {
  static const char *const slow =
      "with x as (insert into media_asset (title, type) values ('t', 'video')) select pg_sleep(1)";
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  pid_t pid = fork();
  if (pid == 0) {
    poll(NULL, 0, 300);
    cut();
    _exit(0);
  }
  ck_assert_int_eq(statement_execute(fixture_database, slow, STATEMENT_ONCE, NULL, NULL), ERROR_UNKNOWN_OUTCOME);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  ck_assert_int_eq(fixture_sql("select count(*) from media_asset"), 0);
}
END_TEST

START_TEST(a_failed_transaction_cannot_be_committed) {
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  ck_assert_int_eq(statement_execute(fixture_database, "select 1 / 0", STATEMENT_ONCE, NULL, NULL), ERROR_INVALID);
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_INTERNAL);
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
}
END_TEST

START_TEST(errors_do_not_repeat_values) {
  struct parameters parameters = {0};
  parameters_text(&parameters, "secret");
  ck_assert_int_eq(statement_execute(fixture_database, "select $1::uuid", STATEMENT_ONCE, &parameters, NULL),
                   ERROR_INVALID);
  ck_assert_str_eq(database_last_error(fixture_database), "22P02: data exception");
}
END_TEST

START_TEST(a_cell_that_does_not_parse_fails_the_query) {
  struct rows rows;
  ck_assert_int_eq(statement_execute(fixture_database, "select 'x', null::int, 1", STATEMENT_ONCE, NULL, &rows),
                   ERROR_NONE);
  ck_assert(rows_next(&rows));
  (void)rows_i64(&rows);
  ck_assert_int_eq(rows_close(&rows), ERROR_INTERNAL);
  ck_assert_int_eq(
      statement_execute(fixture_database, "select 1, 2 from generate_series(1, 2)", STATEMENT_ONCE, NULL, &rows),
      ERROR_NONE);
  ck_assert(rows_next(&rows));
  (void)rows_i64(&rows);
  ck_assert(!rows_next(&rows)); /* a column was left unread */
  ck_assert_int_eq(rows_close(&rows), ERROR_INTERNAL);
}
END_TEST

START_TEST(a_row_is_read_whole_or_not_at_all) {
  static const struct {
    const char *sql;
    enum error expected;
    int64_t value;
  } cases[] = {
      {"select 7", ERROR_NONE, 7},
      {"select 7 from generate_series(1, 2)", ERROR_NONE, 7},
      {"select 7 where false", ERROR_NOT_FOUND, -1},
      {"select null::int8", ERROR_INTERNAL, -1},
      {"select 'x'", ERROR_INTERNAL, -1},
      {"select 7, 8", ERROR_INTERNAL, -1}, /* a column was left unread */
      {"set enable_sort = on", ERROR_NOT_FOUND, -1},
      {"select 'x'::uuid", ERROR_INVALID, -1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t value = -1;
    struct rows row = statement_row(fixture_database, cases[i].sql, STATEMENT_ONCE, NULL);
    int64_t number = rows_i64(&row);
    ck_assert_msg(rows_close_into(&row, &value, &number, sizeof number) == cases[i].expected, "%s", cases[i].sql);
    ck_assert_msg(value == cases[i].value, "%s", cases[i].sql);
  }
}
END_TEST

START_TEST(bytes_have_the_length_that_was_asked_for) {
  static const struct {
    const char *sql;
    enum error expected;
  } cases[] = {
      {"select encode('abcd', 'hex')", ERROR_NONE},
      {"select encode('abc', 'hex')", ERROR_INTERNAL},
      {"select encode('abcde', 'hex')", ERROR_INTERNAL},
      {"select 'nothexad'", ERROR_INTERNAL},
      {"select null", ERROR_INTERNAL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    unsigned char bytes[4] = {0};
    struct rows row = statement_row(fixture_database, cases[i].sql, STATEMENT_ONCE, NULL);
    rows_bytes(&row, bytes, sizeof bytes);
    ck_assert_msg(rows_close(&row) == cases[i].expected, "%s", cases[i].sql);
    ck_assert(cases[i].expected != ERROR_NONE || memcmp(bytes, "abcd", 4) == 0);
  }
}
END_TEST

static struct database *connect_with_timeout(const char *connection_string, bool prepared, int64_t timeout_ms) {
  struct database_options options = {
      .connection_string = connection_string, .prepared = prepared, .statement_timeout_ms = timeout_ms};
  struct database *database = NULL;
  ck_assert_int_eq(database_open(&options, &database), ERROR_NONE);
  return database;
}

START_TEST(the_server_keeps_the_statement_timeout) {
  struct database *database = connect_with_timeout(fixture_connection_string, true, 100);
  ck_assert_int_eq(statement_execute(database, "select pg_sleep(10)", STATEMENT_ONCE, NULL, NULL), ERROR_TIMEOUT);
  ck_assert_ptr_nonnull(
      strstr(database_last_error(database), "57014")); /* said by the server, before our own deadline */
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  ck_assert_uint_eq(database_generation(database), 1);
  database_close(database);
}
END_TEST

START_TEST(a_silent_server_is_given_up_at_the_deadline) {
  struct database *database =
      connect_with_timeout(fixture_connection_string, false, 100); /* not prepared: nobody told the server */
  int64_t began = clock_monotonic_ms();
  ck_assert_int_eq(statement_execute(database, "select pg_sleep(10)", STATEMENT_REPEATABLE, NULL, NULL), ERROR_TIMEOUT);
  ck_assert_int_lt(clock_monotonic_ms() - began, 10000);
  ck_assert_int_eq(statement_execute(database, "select pg_sleep(10)", STATEMENT_ONCE, NULL, NULL),
                   ERROR_UNKNOWN_OUTCOME);
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  database_close(database);
}
END_TEST

START_TEST(attempts_have_pauses_of_less_than_a_second) {
  struct database *database = connect_with_timeout("host=/nonexistent", true, 1000);
  ck_assert_int_eq(database_ensure(database), ERROR_UNAVAILABLE);
  int64_t pause_ms = database->pause_ms;
  database->next_attempt_ms = INT64_MAX;
  for (int i = 0; i < 100; i++) {
    ck_assert_int_eq(database_ensure(database), ERROR_UNAVAILABLE);
  }
  ck_assert_int_eq(database->pause_ms, pause_ms); /* an attempt would have made it longer */
  for (int i = 0; i < 20; i++) {
    database->next_attempt_ms = 0;
    ck_assert_int_eq(database_ensure(database), ERROR_UNAVAILABLE);
    ck_assert_int_le(database->next_attempt_ms, clock_monotonic_ms() + 800);
  }
  ck_assert_ptr_nonnull(strstr(database_last_error(database), "/nonexistent"));
  database_close(database);
}
END_TEST

START_TEST(recovers_after_the_servers_return) {
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  fixture_cluster("-m fast stop");
  int64_t began = clock_monotonic_ms();
  while (clock_monotonic_ms() - began < 3000) { /* long enough for the longest pause */
    ck_assert_int_eq(select_one(fixture_database), ERROR_UNAVAILABLE);
    poll(NULL, 0, 20);
  }
  fixture_cluster("start");
  began = clock_monotonic_ms();
  while (select_one(fixture_database) != ERROR_NONE) {
    ck_assert_int_lt(clock_monotonic_ms() - began, 20000);
    poll(NULL, 0, 20);
  }
}
END_TEST

START_TEST(works_through_pgbouncer_in_transaction_mode) {
  struct pgbouncer pgbouncer;
  if (!pgbouncer_start(fixture_connection_string, &pgbouncer)) {
    fprintf(stderr, "pgbouncer is not installed: skipped\n");
    return;
  }
  struct database *databases[6];
  for (size_t i = 0; i < 6; i++) { /* more than the pool has servers */
    databases[i] = connect_with_timeout(pgbouncer.connection_string, false, 5000);
  }
  for (int round = 0; round < 5; round++) {
    for (size_t i = 0; i < 6; i++) {
      struct media media;
      enum error error = media_store_create(databases[i], "film", MEDIA_VIDEO, NULL, 0, &media);
      ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(databases[i]));
      struct view view;
      int64_t retry_after = 0;
      const struct view_report report = {
          .media_id = media.id, .address = "192.0.2.1", .address_key = (const unsigned char[16]){1}, .country = ""};
      ck_assert_int_eq(view_store_report(databases[i], &report, 5, &view, &retry_after), ERROR_NONE);
      view_free(&view);
      struct view_totals totals;
      ck_assert_int_eq(
          view_analytics(databases[i],
                         &(struct view_question){.media_id = media.id, .interval = VIEW_DAY, .tz = "Asia/Kolkata"},
                         &totals),
          ERROR_NONE);
      ck_assert_int_eq(totals.sums.views, 1);
      view_totals_free(&totals);
      media_free(&media);
    }
  }
  for (size_t i = 0; i < 6; i++) {
    database_close(databases[i]);
  }
  pgbouncer_stop(&pgbouncer);
  ck_assert_int_eq(fixture_sql("select count(*) from media_view_log"), 30);
}
END_TEST

static void count_beat(void *context) {
  ++*(int *)context;
}

/* The watchdog allows a request's silence one statement's time: a transaction of several slow ones must not be killed.
 */
START_TEST(beats_before_each_statement) {
  int beats = 0;
  const struct database_options options = {.connection_string = fixture_connection_string,
                                           .prepared = true,
                                           .application_name = "test",
                                           .beat = count_beat,
                                           .beat_context = &beats};
  struct database *database = NULL;
  ck_assert_int_eq(database_open(&options, &database), ERROR_NONE);
  ck_assert_int_eq(beats, 0);
  ck_assert_int_eq(statement_begin(database), ERROR_NONE);
  ck_assert_int_eq(beats, 2); /* connecting, and "begin" */
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  ck_assert_int_eq(statement_commit(database), ERROR_NONE);
  ck_assert_int_eq(beats, 5);
  database_close(database);
}
END_TEST

/* --- which server, and how long until it is known ---------------------------------------------- */

/* ALTER SYSTEM runs on a server that only reads, too. */
static void set_read_only(bool on) {
  const struct database_options options = {
      .connection_string = fixture_connection_string, .standby_serves = true, .application_name = "test"};
  struct database *database = NULL;
  ck_assert_int_eq(database_open(&options, &database), ERROR_NONE);
  ck_assert_int_eq(statement_execute(database,
                                     on ? "alter system set default_transaction_read_only = on"
                                        : "alter system reset default_transaction_read_only",
                                     STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  ck_assert_int_eq(statement_execute(database, "select pg_reload_conf()", STATEMENT_ONCE, NULL, NULL), ERROR_NONE);
  database_close(database);
}

static enum error select_until(struct database *database, enum error wanted) {
  int64_t until_ms = clock_monotonic_ms() + 5000;
  enum error error;
  do {
    error = select_one(database);
    (void)poll(NULL, 0, 20);
  } while (error != wanted && clock_monotonic_ms() < until_ms);
  return error;
}

START_TEST(a_server_that_only_reads_is_not_asked) {
  struct database *later = fixture_connect(fixture_connection_string, true);
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  set_read_only(true);
  ck_assert_int_eq(select_until(fixture_database, ERROR_UNAVAILABLE), ERROR_UNAVAILABLE); /* it was connected */
  ck_assert_ptr_nonnull(strstr(database_last_error(fixture_database), "standby"));
  ck_assert_int_eq(select_one(later), ERROR_UNAVAILABLE);
  set_read_only(false);
  ck_assert_int_eq(select_until(fixture_database, ERROR_NONE), ERROR_NONE);
  ck_assert_int_eq(select_until(later, ERROR_NONE), ERROR_NONE);
  database_close(later);
}
END_TEST

START_TEST(behind_a_pooler_the_role_is_asked) {
  struct pgbouncer pgbouncer;
  if (!pgbouncer_start(fixture_connection_string, &pgbouncer)) {
    fprintf(stderr, "pgbouncer is not installed: skipped\n");
    return;
  }
  struct database *database = connect_with_timeout(pgbouncer.connection_string, false, 5000);
  ck_assert_int_eq(database_check_primary(database), ERROR_NONE);
  set_read_only(true);
  int64_t until_ms = clock_monotonic_ms() + 5000;
  while (database_check_primary(database) == ERROR_NONE && clock_monotonic_ms() < until_ms) {
    (void)poll(NULL, 0, 20);
  }
  ck_assert_int_eq(database_check_primary(database), ERROR_UNAVAILABLE);
  ck_assert_int_eq(select_one(database), ERROR_UNAVAILABLE);
  set_read_only(false);
  ck_assert_int_eq(select_until(database, ERROR_NONE), ERROR_NONE);
  database_close(database);
  pgbouncer_stop(&pgbouncer);
}
END_TEST

START_TEST(each_connection_is_a_generation) {
  uint64_t before = database_generation(fixture_database);
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  ck_assert_uint_eq(database_generation(fixture_database), before + 1);
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  ck_assert_uint_eq(database_generation(fixture_database), before + 1);
  cut();
  ck_assert_int_eq(select_one(fixture_database), ERROR_NONE);
  ck_assert_uint_eq(database_generation(fixture_database), before + 2);
}
END_TEST

static void set_synchronous(const char *setting) {
  char sql[200];
  snprintf(sql, sizeof sql, "alter system %s", setting);
  fixture_sql(sql);
  fixture_sql("select 1 from pg_reload_conf()");
}

/* Gives up the wait of whoever waits for a standby, as an administrator may. */
static pid_t cancel_waiting(int waits) {
  pid_t pid = fork();
  if (pid == 0) {
    int64_t until_ms = clock_monotonic_ms() + 10000;
    while (waits > 0 && clock_monotonic_ms() < until_ms) {
      waits -=
          (int)fixture_sql("select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'");
      (void)poll(NULL, 0, 100);
    }
    _exit(0);
  }
  return pid;
}

/* PostgreSQL answers success with a warning: a fail-over would lose what was acknowledged. */
START_TEST(a_commit_that_no_standby_has_is_an_unknown_outcome) {
  ck_assert_int_eq(statement_execute(fixture_database, "set synchronous_commit = on", STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  set_synchronous("set synchronous_standby_names = 'nobody'");
  pid_t pid = cancel_waiting(2);
  enum error alone = insert_media(fixture_database);
  for (int i = 0; i < 100 && alone == ERROR_NONE; i++) { /* the setting takes a moment */
    (void)poll(NULL, 0, 20);
    alone = insert_media(fixture_database);
  }
  enum error begun = statement_begin(fixture_database);
  enum error inside = insert_media(fixture_database);
  enum error committed = statement_commit(fixture_database);
  set_synchronous("reset synchronous_standby_names");
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  ck_assert_int_eq(alone, ERROR_UNKNOWN_OUTCOME);
  ck_assert_int_eq(begun, ERROR_NONE);
  ck_assert_int_eq(inside, ERROR_NONE);
  ck_assert_int_eq(committed, ERROR_UNKNOWN_OUTCOME);
  ck_assert_int_eq(select_until(fixture_database, ERROR_NONE), ERROR_NONE);
}
END_TEST

/* A machine that takes connections and says nothing: the kernel accepts for a process that hangs. */
static int listen_silently(int *ret_port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, size), 0);
  ck_assert_int_eq(listen(fd, 16), 0);
  ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
  *ret_port = ntohs(address.sin_port);
  return fd;
}

static struct database *connect_beside(const char *connection_string) {
  const struct database_options options = {.connection_string = connection_string,
                                           .prepared = true,
                                           .statement_timeout_ms = 5000,
                                           .connect_wait_ms = 200,
                                           .application_name = "test"};
  struct database *database = NULL;
  ck_assert_int_eq(database_open(&options, &database), ERROR_NONE);
  return database;
}

/* The fast pool's other connections and cached rows wait for whoever connects. */
START_TEST(connecting_goes_on_beside_other_work) {
  int port = 0;
  char connection_string[64];
  int fd = listen_silently(&port);
  snprintf(connection_string, sizeof connection_string, "host=127.0.0.1 port=%d", port);
  struct database *database = connect_beside(connection_string);
  int64_t began_ms = clock_monotonic_ms();
  for (int i = 0; i < 50; i++) {
    ck_assert_int_eq(select_one(database), ERROR_UNAVAILABLE);
    database_tick(database);
  }
  ck_assert_int_lt(clock_monotonic_ms() - began_ms, 50 * 200); /* what each of them may wait where it is the first */
  ck_assert_int_eq(database->connecting.wait_ms, 0);
  database_close(database);
  close(fd);
  database = connect_beside(fixture_connection_string);
  ck_assert_int_eq(select_one(database), ERROR_NONE); /* a server that answers is waited for */
  ck_assert_int_eq(insert_media(database), ERROR_NONE);
  cut();
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  database_close(database);
}
END_TEST

static size_t attempts_at(int listening_fd) {
  size_t count = 0;
  struct pollfd waiting = {.fd = listening_fd, .events = POLLIN};
  while (poll(&waiting, 1, 0) > 0) {
    int fd = accept(listening_fd, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    count++;
    close(fd);
  }
  return count;
}

START_TEST(a_request_connects_to_a_silent_server_once) {
  int port = 0;
  char connection_string[64];
  int fd = listen_silently(&port);
  ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  snprintf(connection_string, sizeof connection_string, "host=127.0.0.1 port=%d", port);
  struct database *database = connect_with_timeout(connection_string, true, 1000);
  for (size_t request = 0; request < 2; request++) {
    database_begin_request(database);
    for (int i = 0; i < 3; i++) {
      database->next_attempt_ms = 0; /* the pause is over */
      ck_assert_int_eq(select_one(database), ERROR_UNAVAILABLE);
    }
    database_end_request(database);
    ck_assert_uint_eq(attempts_at(fd), 1);
  }
  database->next_attempt_ms = 0;
  ck_assert_int_eq(select_one(database), ERROR_UNAVAILABLE); /* other work than requests tries again */
  ck_assert_uint_eq(attempts_at(fd), 1);
  database_close(database);
  close(fd);
}
END_TEST

START_TEST(a_request_whose_statement_got_no_answer_does_not_connect) {
  struct database *database = connect_with_timeout(fixture_connection_string, false, 100);
  database_begin_request(database);
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  ck_assert_int_eq(statement_execute(database, "select pg_sleep(10)", STATEMENT_REPEATABLE, NULL, NULL), ERROR_TIMEOUT);
  ck_assert_int_eq(select_one(database), ERROR_UNAVAILABLE);
  ck_assert_uint_eq(database_generation(database), 1);
  database_begin_request(database);
  ck_assert_int_eq(select_one(database), ERROR_NONE);
  ck_assert_uint_eq(database_generation(database), 2);
  database_end_request(database);
  database_close(database);
}
END_TEST

START_TEST(a_connection_has_limits_that_the_operator_may_change) {
  int port = 0;
  char connection_string[100];
  int fd = listen_silently(&port);
  snprintf(connection_string, sizeof connection_string, "host=127.0.0.1 port=%d keepalives_idle=77", port);
  struct database *database = connect_beside(connection_string);
  ck_assert_int_eq(database_ensure(database), ERROR_UNAVAILABLE);
  static const struct {
    int level, option, value;
  } rows[] = {{IPPROTO_TCP, TCP_USER_TIMEOUT, 3000},
              {IPPROTO_TCP, TCP_KEEPINTVL, 2},
              {IPPROTO_TCP, TCP_KEEPCNT, 2},
              {IPPROTO_TCP, TCP_KEEPIDLE, 77},
              {SOL_SOCKET, SO_KEEPALIVE, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int value = -1;
    socklen_t size = sizeof value;
    ck_assert_int_eq(getsockopt(PQsocket(database->connection), rows[i].level, rows[i].option, &value, &size), 0);
    ck_assert_msg(value == rows[i].value, "option %d is %d", rows[i].option, value);
  }
  database_close(database);
  close(fd);
}
END_TEST

FIXTURE_MAIN("database", a_server_that_only_reads_is_not_asked, behind_a_pooler_the_role_is_asked,
             each_connection_is_a_generation, a_commit_that_no_standby_has_is_an_unknown_outcome,
             connecting_goes_on_beside_other_work, a_request_connects_to_a_silent_server_once,
             a_request_whose_statement_got_no_answer_does_not_connect,
             a_connection_has_limits_that_the_operator_may_change, maps_sqlstates, beats_before_each_statement,
             a_cut_connection_is_noticed_before_anything_is_sent, nothing_runs_outside_a_transaction_that_was_lost,
             a_commit_that_gets_no_answer_has_an_unknown_outcome,
             a_statement_cut_while_it_runs_is_repeated_only_when_it_may_be, a_failed_transaction_cannot_be_committed,
             errors_do_not_repeat_values, a_cell_that_does_not_parse_fails_the_query, a_row_is_read_whole_or_not_at_all,
             bytes_have_the_length_that_was_asked_for, the_server_keeps_the_statement_timeout,
             a_silent_server_is_given_up_at_the_deadline, attempts_have_pauses_of_less_than_a_second,
             recovers_after_the_servers_return, works_through_pgbouncer_in_transaction_mode)
