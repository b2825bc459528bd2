/* SPDX-License-Identifier: ISC */
/*
 * The row cache never uses a row that is older than 2 seconds, whatever becomes of its LISTEN connection. A writer
 * changes an account without pause and notes when; a reader looks it up without pause and knows how old each answer is.
 */
#include "config.h"

#include "store/cache/row_cache.h"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "pgbouncer.h"
#include "store/cache/row_table.h"

#define CHANGES_MAX 100000

static struct row_cache *open_cache(const char *notify, int64_t stale_seconds, size_t entries) {
  const struct row_cache_options options = {
      .notify_connection_string = notify, .stale_seconds = stale_seconds, .entries = entries};
  struct row_cache *cache = NULL;
  ck_assert_int_eq(row_cache_open(fixture_database, &options, &cache), ERROR_NONE);
  return cache;
}

static int64_t listeners(void) {
  return fixture_sql("select count(*) from pg_stat_activity where application_name = 'mediagate listen' and datname = "
                     "current_database()"
                     " and query like '%pg_notify%'");
}

/* What is listened to is seen at once, what is not within 2 seconds: on a busy machine, sooner than that. */
#define AT_ONCE_MS 1500

/* Looks up without pause until the listener sends heartbeats. */
static void wait_until_listening(struct row_cache *cache, int64_t account_id) {
  const struct account *account = NULL;
  int64_t began = clock_monotonic_ms();
  while (listeners() == 0) {
    ck_assert_int_lt(clock_monotonic_ms() - began, 5000);
    ck_assert_int_eq(row_cache_account(cache, account_id, &account), ERROR_NONE);
    poll(NULL, 0, 5);
  }
}

/* --- the writer ------------------------------------------------------------------------------ */

struct writer {
  pid_t pid;
  _Atomic int64_t *replaced_ms; /* by token epoch: when it surely was no longer the current one; shared */
};

static struct writer start_writer(int64_t account_id) {
  struct writer writer = {.replaced_ms = mmap(NULL, CHANGES_MAX * sizeof(int64_t), PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
  ck_assert_ptr_ne((void *)writer.replaced_ms, MAP_FAILED);
  writer.pid = fork();
  ck_assert_int_ge(writer.pid, 0);
  if (writer.pid == 0) {
    struct database *database = fixture_connect(fixture_connection_string, true);
    struct parameters parameters = {0};
    parameters_i64(&parameters, account_id);
    for (int64_t epoch = 0; epoch < CHANGES_MAX;) {
      if (statement_change(database, "update admin_user set token_epoch = token_epoch + 1 where id = $1",
                           STATEMENT_ONCE, &parameters, NULL) == ERROR_NONE) {
        writer.replaced_ms[epoch++] = clock_monotonic_ms();
      }
      poll(NULL, 0, 10);
    }
    _exit(0);
  }
  return writer;
}

static void stop_writer(struct writer *writer) {
  kill(writer->pid, SIGKILL);
  waitpid(writer->pid, NULL, 0);
  munmap((void *)writer->replaced_ms, CHANGES_MAX * sizeof(int64_t));
}

/* The age in ms of what the cache says now. */
static int64_t age(struct row_cache *cache, const struct writer *writer, int64_t account_id) {
  const struct account *account = NULL;
  int64_t now = clock_monotonic_ms();
  ck_assert_int_eq(row_cache_account(cache, account_id, &account), ERROR_NONE);
  int64_t replaced = writer->replaced_ms[account->token_epoch];
  return replaced == 0 || replaced > now ? 0 : now - replaced;
}

/* Reads on for so long, with `disturb` every 300 ms, and returns the age of the oldest answer. */
static int64_t oldest_answer(const char *notify, int64_t duration_ms, void (*disturb)(void)) {
  struct account account = fixture_account("ada@example.org");
  struct row_cache *cache = open_cache(notify, 0, 100);
  if (disturb != NULL) {
    wait_until_listening(cache, account.id);
  }
  struct writer writer = start_writer(account.id);
  int64_t began = clock_monotonic_ms(), disturbed = began, oldest = 0;
  while (clock_monotonic_ms() - began < duration_ms) {
    int64_t this_age = age(cache, &writer, account.id);
    oldest = this_age > oldest ? this_age : oldest;
    if (disturb != NULL && clock_monotonic_ms() - disturbed >= 300) {
      disturb();
      disturbed = clock_monotonic_ms();
    }
    poll(NULL, 0, 2);
  }
  ck_assert_int_gt(writer.replaced_ms[10], 0); /* it did write */
  stop_writer(&writer);
  row_cache_close(cache);
  return oldest;
}

/* --- freshness ------------------------------------------------------------------------------- */

START_TEST(a_change_is_seen_at_once_while_listening) {
  ck_assert_int_lt(oldest_answer(fixture_connection_string, 2500, NULL), 1950);
  struct account account = fixture_account("bob@example.org");
  struct row_cache *cache = open_cache(fixture_connection_string, 0, 100);
  wait_until_listening(cache, account.id);
  struct writer writer = start_writer(account.id);
  int64_t began = clock_monotonic_ms();
  while (clock_monotonic_ms() - began < 1000) {
    ck_assert_int_lt(age(cache, &writer, account.id), AT_ONCE_MS);
    poll(NULL, 0, 2);
  }
  stop_writer(&writer);
  row_cache_close(cache);
}
END_TEST

START_TEST(rows_are_served_from_memory_while_listening) {
  struct account account = fixture_account("ada@example.org");
  struct row_cache *cache = open_cache(fixture_connection_string, 0, 100);
  const struct account *cached = NULL;
  wait_until_listening(cache, account.id);
  fixture_sql("update admin_user set token_epoch = 3");
  do { /* until the row was read while listening */
    ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
  } while (cached->token_epoch != 3);
  /* What no trigger tells of cannot be heard: an answer that stays the same shows that nobody asked the database. */
  fixture_sql("alter table admin_user disable trigger admin_user_changed");
  fixture_sql("update admin_user set token_epoch = 7");
  fixture_sql("alter table admin_user enable trigger admin_user_changed");
  int64_t began = clock_monotonic_ms();
  while (clock_monotonic_ms() - began < 2500) {
    ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
    ck_assert_int_eq(cached->token_epoch, 3);
    poll(NULL, 0, 20);
  }
  row_cache_close(cache);
}
END_TEST

static void cut_listeners(void) {
  fixture_sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'mediagate "
              "listen' and datname = current_database()");
}

START_TEST(a_cut_listener_costs_no_freshness) {
  ck_assert_int_lt(oldest_answer(fixture_connection_string, 4000, cut_listeners), 1950);
}
END_TEST

static pid_t silenced;

static void silence_listener(void) {
  if (silenced == 0) {
    silenced = (pid_t)fixture_sql("select pid from pg_stat_activity where application_name = 'mediagate listen' and "
                                  "datname = current_database() limit 1");
    ck_assert_int_gt(silenced, 0);
    ck_assert_int_eq(kill(silenced, SIGSTOP), 0);
  }
}

START_TEST(a_silent_listener_costs_no_freshness) {
  int64_t oldest = oldest_answer(fixture_connection_string, 4500, silence_listener);
  kill(silenced, SIGCONT);
  ck_assert_int_lt(oldest, 1950);
  ck_assert_int_gt(oldest, 100); /* it was silent */
}
END_TEST

START_TEST(without_a_listener_rows_expire) {
  int64_t oldest = oldest_answer("host=/nonexistent", 4500, NULL);
  ck_assert_int_lt(oldest, 1950);
  ck_assert_int_gt(oldest, 1000); /* they were kept that long */
}
END_TEST

START_TEST(a_doubted_row_is_read_anew_once) {
  struct account account = fixture_account("ada@example.org");
  struct row_cache *cache = open_cache("host=/nonexistent", 60, 100);
  const struct account *cached = NULL;
  ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
  fixture_sql("update admin_user set token_epoch = 7");
  ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
  ck_assert_int_eq(cached->token_epoch, 0);
  row_cache_doubt_account(cache, account.id);
  ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
  ck_assert_int_eq(cached->token_epoch, 7);
  fixture_sql("update admin_user set token_epoch = 8");
  ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
  ck_assert_int_eq(cached->token_epoch, 7);
  row_cache_close(cache);
}
END_TEST

/* --- the resolver is away -------------------------------------------------------------------- */

static int slow_lookups;

/* Stands before the C library's, for libpq: slow.test takes its time, and is not found. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int getaddrinfo(const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict ret_list) {
  static int (*usual)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  if (node != NULL && strcmp(node, "slow.test") == 0) {
    slow_lookups++;
    poll(NULL, 0, 200);
    return EAI_AGAIN;
  }
  if (usual == NULL) {
    *(void **)&usual = dlsym(RTLD_NEXT, "getaddrinfo");
  }
  return usual(node, service, hints, ret_list);
}

START_TEST(a_listener_that_waits_for_the_resolver_seldom_tries) {
  struct row_cache *cache = open_cache("host=slow.test", 0, 100);
  int64_t began = clock_monotonic_ms();
  while (clock_monotonic_ms() - began < 1900) {
    row_cache_tick(cache);
    poll(NULL, 0, 2);
  }
  row_cache_close(cache);
  ck_assert_int_ge(slow_lookups, 1);
  ck_assert_int_le(slow_lookups, 2); /* a second apart; it would be five with the usual pauses */
}
END_TEST

START_TEST(a_listener_behind_pgbouncer_is_not_trusted) {
  struct pgbouncer pgbouncer;
  if (!pgbouncer_start(fixture_connection_string, &pgbouncer)) {
    fprintf(stderr, "pgbouncer is not installed: skipped\n");
    return;
  }
  int64_t oldest = oldest_answer(pgbouncer.connection_string, 4500, NULL);
  ck_assert_int_eq(listeners(), 0);
  pgbouncer_stop(&pgbouncer);
  ck_assert_int_lt(oldest, 1950);
}
END_TEST

START_TEST(a_deleted_medium_and_a_disabled_account_are_seen) {
  struct account account = fixture_account("ada@example.org");
  struct row_cache *cache = open_cache(fixture_connection_string, 0, 100);
  struct media made;
  const struct media *media = NULL;
  const struct account *cached = NULL;
  ck_assert_int_eq(
      media_store_create(fixture_database, "film", MEDIA_VIDEO, "https://media.example.org/a.mp4", 0, &made),
      ERROR_NONE);
  wait_until_listening(cache, account.id);
  ck_assert_int_eq(row_cache_media(cache, made.id, &media), ERROR_NONE);
  ck_assert_str_eq(media->file_url, "https://media.example.org/a.mp4");
  fixture_sql("update media_asset set deleted_at = now()");
  fixture_sql("update admin_user set disabled_at = now()");
  int64_t began = clock_monotonic_ms();
  while (row_cache_media(cache, made.id, &media) != ERROR_NOT_FOUND) {
    ck_assert_int_lt(clock_monotonic_ms() - began, AT_ONCE_MS);
  }
  do {
    ck_assert_int_eq(row_cache_account(cache, account.id, &cached), ERROR_NONE);
    ck_assert_int_lt(clock_monotonic_ms() - began, AT_ONCE_MS);
  } while (!cached->disabled);
  media_free(&made);
  row_cache_close(cache);
}
END_TEST

/* --- keys ------------------------------------------------------------------------------------ */

/* For how long a key was still found after it was revoked, or its row was deleted. */
static int64_t found_after(const char *notify, bool listening, const char *end, void (*disturb)(void)) {
  struct api_key wanted = {.name = "shop", .account_id = fixture_account("ada@example.org").id}, made;
  const struct api_key *cached = NULL;
  ck_assert_int_eq(key_store_create(fixture_database, &wanted, &made), ERROR_NONE);
  struct row_cache *cache = open_cache(notify, 0, 100);
  if (listening) {
    wait_until_listening(cache, wanted.account_id);
  }
  ck_assert_int_eq(row_cache_key(cache, made.id, &cached), ERROR_NONE);
  if (disturb != NULL) {
    disturb();
  }
  fixture_sql(end);
  int64_t began_ms = clock_monotonic_ms(), asked_ms = began_ms, found_ms = began_ms;
  while (row_cache_key(cache, made.id, &cached) == ERROR_NONE) {
    found_ms = asked_ms;
    ck_assert_int_lt(found_ms - began_ms, 5000);
    poll(NULL, 0, 2);
    asked_ms = clock_monotonic_ms(); /* how long the answer takes does not count */
  }
  row_cache_close(cache);
  return found_ms - began_ms;
}

#define REVOKE_KEYS "update api_key set revoked_at = now()"

START_TEST(a_revoked_key_is_gone_at_once_while_listening) {
  ck_assert_int_lt(found_after(fixture_connection_string, true, REVOKE_KEYS, NULL), AT_ONCE_MS);
}
END_TEST

START_TEST(a_key_whose_account_is_deleted_is_gone_at_once_while_listening) {
  ck_assert_int_lt(found_after(fixture_connection_string, true, "delete from admin_user", NULL), AT_ONCE_MS);
}
END_TEST

START_TEST(a_revoked_key_is_gone_within_two_seconds_of_a_cut_listener) {
  ck_assert_int_lt(found_after(fixture_connection_string, true, REVOKE_KEYS, cut_listeners), 1950);
}
END_TEST

START_TEST(a_revoked_key_is_gone_within_two_seconds_of_a_silent_listener) {
  int64_t found_ms = found_after(fixture_connection_string, true, REVOKE_KEYS, silence_listener);
  kill(silenced, SIGCONT);
  ck_assert_int_lt(found_ms, 1950);
  ck_assert_int_gt(found_ms, 100); /* it was silent */
}
END_TEST

START_TEST(a_revoked_key_is_gone_within_two_seconds_behind_pgbouncer) {
  struct pgbouncer pgbouncer;
  if (!pgbouncer_start(fixture_connection_string, &pgbouncer)) {
    fprintf(stderr, "pgbouncer is not installed: skipped\n");
    return;
  }
  int64_t found_ms = found_after(pgbouncer.connection_string, false, REVOKE_KEYS, NULL);
  pgbouncer_stop(&pgbouncer);
  ck_assert_int_lt(found_ms, 1950);
}
END_TEST

START_TEST(sessions_are_cached_for_two_seconds_and_no_longer) {
  static const char session_id[] = "0123abcd-0000-4000-8000-00000000000f";
  static const char alike[] = "0123abcd-0000-4000-8000-000000000000"; /* the same in what they are cached by */
  struct account account = fixture_account("ada@example.org");
  struct row_cache *cache = open_cache(fixture_connection_string, 0, 100);
  bool ended = true;
  char insert[300];
  ck_assert_int_eq(row_cache_session(cache, session_id, &ended), ERROR_NOT_FOUND);
  for (int i = 0; i < 2; i++) {
    snprintf(insert, sizeof insert,
             "insert into login_session (id, account_id, expires_at, ended_at) values ('%s', %lld, now() + interval '1 "
             "hour', %s)",
             i == 0 ? session_id : alike, (long long)account.id, i == 0 ? "null" : "now()");
    fixture_sql(insert);
  }
  wait_until_listening(cache, account.id);
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(row_cache_session(cache, session_id, &ended), ERROR_NONE);
    ck_assert(!ended);
    ck_assert_int_eq(row_cache_session(cache, alike, &ended), ERROR_NONE);
    ck_assert(ended);
  }
  ck_assert_int_eq(row_cache_session(cache, session_id, &ended), ERROR_NONE);
  fixture_sql("update login_session set ended_at = now()");
  int64_t began = clock_monotonic_ms();
  ck_assert_int_eq(row_cache_session(cache, session_id, &ended), ERROR_NONE);
  ck_assert(!ended); /* from the cache, though the listener is well: nothing tells of sessions */
  while (!ended) {
    int64_t asked = clock_monotonic_ms();
    ck_assert_int_eq(row_cache_session(cache, session_id, &ended), ERROR_NONE);
    ck_assert(ended || asked - began < 2000);
    poll(NULL, 0, 5);
  }
  row_cache_close(cache);
}
END_TEST

START_TEST(misses_are_not_cached) {
  struct row_cache *cache = open_cache(fixture_connection_string, 0, 100);
  const struct media *media = NULL;
  struct media made;
  ck_assert_int_eq(media_store_create(fixture_database, "film", MEDIA_VIDEO, NULL, 0, &made), ERROR_NONE);
  ck_assert_int_eq(row_cache_media(cache, made.id + 1, &media), ERROR_NOT_FOUND);
  media_free(&made);
  ck_assert_int_eq(media_store_create(fixture_database, "next", MEDIA_VIDEO, NULL, 0, &made), ERROR_NONE);
  ck_assert_int_eq(row_cache_media(cache, made.id, &media), ERROR_NONE);
  ck_assert_str_eq(media->title, "next");
  media_free(&made);
  row_cache_close(cache);
}
END_TEST

/* --- the database is away -------------------------------------------------------------------- */

START_TEST(stale_rows_serve_while_the_database_is_away) {
  struct account account = fixture_account("ada@example.org");
  struct account other = fixture_account("bob@example.org");
  struct row_cache *patient = open_cache(fixture_connection_string, 60, 100);
  struct row_cache *strict = open_cache(fixture_connection_string, 0, 100);
  const struct account *cached = NULL;
  wait_until_listening(patient, account.id);
  ck_assert_int_eq(row_cache_account(patient, account.id, &cached), ERROR_NONE);
  ck_assert_int_eq(row_cache_account(strict, account.id, &cached), ERROR_NONE);
  fixture_cluster("-m fast stop");
  int64_t began = clock_monotonic_ms();
  while (clock_monotonic_ms() - began < 3000) {
    ck_assert_int_eq(row_cache_account(patient, account.id, &cached), ERROR_NONE);
    ck_assert_int_eq(row_cache_account(patient, other.id, &cached), ERROR_UNAVAILABLE);
    poll(NULL, 0, 20);
  }
  ck_assert_int_eq(row_cache_account(strict, account.id, &cached), ERROR_UNAVAILABLE);
  fixture_cluster("start");
  began = clock_monotonic_ms();
  fixture_sql("update admin_user set token_epoch = 5");
  do {
    ck_assert_int_eq(row_cache_account(patient, account.id, &cached), ERROR_NONE);
    ck_assert_int_lt(clock_monotonic_ms() - began, 4000);
    poll(NULL, 0, 5);
  } while (cached->token_epoch != 5);
  while (row_cache_account(strict, account.id, &cached) != ERROR_NONE) {
    ck_assert_int_lt(clock_monotonic_ms() - began, 20000);
    poll(NULL, 0, 5);
  }
  row_cache_close(patient);
  row_cache_close(strict);
}
END_TEST

/* --- the table ------------------------------------------------------------------------------- */

static int freed;

static void count_freed(void *row) {
  freed += *(int *)row != 0;
}

START_TEST(the_least_recently_used_row_makes_room) {
  struct row_table *table = NULL;
  struct row_entry *entry = NULL;
  ck_assert_int_eq(row_table_open(16, sizeof(int), count_freed, &table), ERROR_NONE);
  for (int i = 1; i <= 100; i++) {
    ck_assert_int_eq(row_table_store(table, i, &i, &entry), ERROR_NONE);
    ck_assert_ptr_nonnull(row_table_find(table, 1)); /* always in use */
  }
  int found = 0;
  for (int i = 1; i <= 100; i++) {
    entry = row_table_find(table, i);
    ck_assert(entry == NULL || *(int *)entry->row == i);
    found += entry != NULL;
    ck_assert(i > 85 || i == 1 || entry == NULL);
  }
  ck_assert_int_eq(found, 16);
  ck_assert_int_eq(freed, 84);
  row_table_forget(table, 100);
  ck_assert_ptr_null(row_table_find(table, 100));
  int again = 100;
  ck_assert_int_eq(row_table_store(table, 100, &again, &entry), ERROR_NONE);
  ck_assert_ptr_nonnull(row_table_find(table, 100));
  row_table_forget(table, 12345);
  row_table_close(table);
  ck_assert_int_eq(freed, 101);
}
END_TEST

FIXTURE_MAIN("row_cache", a_change_is_seen_at_once_while_listening, rows_are_served_from_memory_while_listening,
             a_cut_listener_costs_no_freshness, a_silent_listener_costs_no_freshness, without_a_listener_rows_expire,
             a_doubted_row_is_read_anew_once, a_listener_that_waits_for_the_resolver_seldom_tries,
             a_listener_behind_pgbouncer_is_not_trusted, a_deleted_medium_and_a_disabled_account_are_seen,
             a_revoked_key_is_gone_at_once_while_listening,
             a_key_whose_account_is_deleted_is_gone_at_once_while_listening,
             a_revoked_key_is_gone_within_two_seconds_of_a_cut_listener,
             a_revoked_key_is_gone_within_two_seconds_of_a_silent_listener,
             a_revoked_key_is_gone_within_two_seconds_behind_pgbouncer,
             sessions_are_cached_for_two_seconds_and_no_longer, misses_are_not_cached,
             stale_rows_serve_while_the_database_is_away, the_least_recently_used_row_makes_room)
