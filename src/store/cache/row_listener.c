/* SPDX-License-Identifier: ISC */
/*
 * The heartbeat is a notification to a channel of our own. PostgreSQL delivers notifications in the order of commits,
 * so when ours comes back, every change that was committed before it was sent has been delivered. One that stays away
 * for a second ends the connection.
 */
#include "config.h"

#include "store/cache/row_listener.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "base/text_parse.h"

#define CHANNEL            "mediagate_row"
#define HEARTBEAT_MS       400
#define HEARTBEAT_LIMIT_MS 1000
#define CONNECT_LIMIT_MS   5000
#define PAUSE_FIRST_MS     50
#define PAUSE_MAX_MS       1000
#define PAUSE_POOLED_MS    30000
/* libpq waits for the resolver, up to its timeouts where that is away. So much longer is the pause after it. */
#define PAUSE_PER_WAIT 4

/* CHECKING asks for the server's process id: a pooler such as PgBouncer has told us another one, and behind it nobody
 * can LISTEN. */
enum listener_state { LISTENER_OFF, LISTENER_CONNECTING, LISTENER_CHECKING, LISTENER_SUBSCRIBING, LISTENER_LISTENING };

struct row_listener {
  char *connection_string;
  struct row_listener_callbacks callbacks;
  PGconn *connection;
  enum listener_state state;
  PostgresPollingStatusType wants; /* while connecting */
  int64_t deadline_ms;             /* of connecting and subscribing */
  int64_t next_attempt_ms;
  int64_t pause_ms;
  int64_t waited_ms; /* within libpq, in this attempt to connect */
  char heartbeat_channel[40];
  uint64_t heartbeat; /* the number of the last one sent */
  int64_t heartbeat_sent_ms;
  bool heartbeat_pending;
  bool query_pending; /* its result has not been read to the end */
  bool pooled;        /* a pooler stands before the server */
  int64_t proven_ms;
};

enum error row_listener_open(const char *connection_string, const struct row_listener_callbacks *callbacks,
                             struct row_listener **ret_listener) {
  struct row_listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL) {
    return ERROR_MEMORY;
  }
  listener->connection_string = strdup(connection_string);
  if (listener->connection_string == NULL) {
    free(listener);
    return ERROR_MEMORY;
  }
  listener->callbacks = *callbacks;
  *ret_listener = listener;
  return ERROR_NONE;
}

void row_listener_close(struct row_listener *listener) {
  if (listener != NULL) {
    PQfinish(listener->connection);
    free(listener->connection_string);
    free(listener);
  }
}

bool row_listener_is_listening(const struct row_listener *listener) {
  return listener->state == LISTENER_LISTENING;
}

int64_t row_listener_proven_ms(const struct row_listener *listener) {
  return listener->proven_ms;
}

int row_listener_fd(const struct row_listener *listener) {
  return listener->connection == NULL ? -1 : PQsocket(listener->connection);
}

/* Gives the connection up; the next one comes after a pause that grows, with jitter. */
static void give_up(struct row_listener *listener, int64_t now_ms) {
  PQfinish(listener->connection);
  listener->connection = NULL;
  listener->state = LISTENER_OFF;
  int64_t pause = listener->pause_ms == 0 ? PAUSE_FIRST_MS : listener->pause_ms * 2;
  listener->pause_ms = pause > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause;
  listener->next_attempt_ms =
      now_ms + listener->pause_ms / 2 + (int64_t)(random_u32() % (uint32_t)(listener->pause_ms / 2));
  listener->next_attempt_ms += listener->waited_ms * (1 + PAUSE_PER_WAIT);
  listener->waited_ms = 0;
}

static bool is_ready(const struct row_listener *listener, short events) {
  struct pollfd descriptor = {.fd = PQsocket(listener->connection), .events = events};
  return poll(&descriptor, 1, 0) > 0;
}

static void ignore_notice(void *context, const char *message) {
  (void)context;
  (void)message;
}

/* --- connecting and subscribing -------------------------------------------------------------- */

static void start_connecting(struct row_listener *listener, int64_t now_ms) {
  const char *const keywords[] = {"fallback_application_name", "tcp_user_timeout", "dbname", "client_encoding", NULL};
  const char *const values[] = {"mediagate listen", "2000", listener->connection_string, "UTF8", NULL};
  int64_t began_ms = clock_monotonic_ms();
  listener->connection = PQconnectStartParams(keywords, values, 1);
  listener->waited_ms = clock_monotonic_ms() - began_ms;
  if (listener->connection == NULL || PQstatus(listener->connection) == CONNECTION_BAD) {
    give_up(listener, now_ms);
    return;
  }
  PQsetNoticeProcessor(listener->connection, ignore_notice, NULL);
  listener->state = LISTENER_CONNECTING;
  listener->wants = PGRES_POLLING_WRITING;
  listener->deadline_ms = now_ms + CONNECT_LIMIT_MS;
}

static void send_query(struct row_listener *listener, const char *sql, enum listener_state next, int64_t now_ms) {
  if (PQsendQuery(listener->connection, sql) == 0) {
    give_up(listener, now_ms);
    return;
  }
  listener->query_pending = true;
  listener->state = next;
}

/* Nobody waits for a heartbeat to be durable, so its commit does not either. */
static void subscribe(struct row_listener *listener, int64_t now_ms) {
  unsigned char random[8];
  char digits[17], sql[160];
  random_bytes(random, sizeof random);
  text_hex_encode(random, sizeof random, digits);
  snprintf(listener->heartbeat_channel, sizeof listener->heartbeat_channel, "mediagate_beat_%s", digits);
  snprintf(sql, sizeof sql, "listen " CHANNEL "; listen %s; set synchronous_commit = off", listener->heartbeat_channel);
  send_query(listener, sql, LISTENER_SUBSCRIBING, now_ms);
}

static void go_on_connecting(struct row_listener *listener, int64_t now_ms) {
  while (listener->state == LISTENER_CONNECTING &&
         is_ready(listener, listener->wants == PGRES_POLLING_READING ? POLLIN : POLLOUT)) {
    int64_t began_ms = clock_monotonic_ms();
    listener->wants = PQconnectPoll(listener->connection); /* looks up the next of several hosts */
    listener->waited_ms += clock_monotonic_ms() - began_ms;
    if (listener->wants == PGRES_POLLING_FAILED) {
      give_up(listener, now_ms);
    } else if (listener->wants == PGRES_POLLING_OK) {
      (void)PQsetnonblocking(listener->connection, 1); /* fails only where the connection did */
      listener->query_pending = false;
      listener->heartbeat_pending = false;
      listener->pooled = false;
      send_query(listener, "select pg_backend_pid()", LISTENER_CHECKING, now_ms);
    }
  }
}

/* --- listening ------------------------------------------------------------------------------- */

/* "a:17": kind and id, of an account, a key or a medium. What is not of this form could mean any row: as good as a new
 * beginning. */
static void tell_change(const struct row_listener *listener, const char *payload) {
  uint64_t id = 0;
  bool known = payload[0] != '\0' && strchr("akm", payload[0]) != NULL && payload[1] == ':' &&
               text_parse_u64(payload + 2, strlen(payload + 2), INT64_MAX, &id) == ERROR_NONE;
  if (known) {
    listener->callbacks.changed(listener->callbacks.context, payload[0], (int64_t)id);
  } else {
    listener->callbacks.began(listener->callbacks.context);
  }
}

static void take_notification(struct row_listener *listener, const PGnotify *notification) {
  char expected[24];
  snprintf(expected, sizeof expected, "%" PRIu64, listener->heartbeat);
  if (strcmp(notification->relname, CHANNEL) == 0) {
    tell_change(listener, notification->extra);
  } else if (listener->heartbeat_pending && strcmp(notification->relname, listener->heartbeat_channel) == 0 &&
             strcmp(notification->extra, expected) == 0) {
    listener->heartbeat_pending = false;
    listener->proven_ms = listener->heartbeat_sent_ms;
    listener->pause_ms = 0;
  }
}

static int parse_pid(const char *text) {
  uint64_t pid = 0;
  return text_parse_u64(text, strlen(text), INT32_MAX, &pid) == ERROR_NONE ? (int)pid : -1;
}

/* Reads what is there: results, then notifications. False when the connection is of no more use. */
static bool take_input(struct row_listener *listener) {
  if (PQflush(listener->connection) < 0 || (is_ready(listener, POLLIN) && PQconsumeInput(listener->connection) == 0)) {
    return false;
  }
  while (listener->query_pending && PQisBusy(listener->connection) == 0) {
    PGresult *result = PQgetResult(listener->connection);
    ExecStatusType status = PQresultStatus(result);
    listener->query_pending = result != NULL;
    if (listener->state == LISTENER_CHECKING && status == PGRES_TUPLES_OK) {
      listener->pooled = parse_pid(PQgetvalue(result, 0, 0)) != PQbackendPID(listener->connection);
    }
    PQclear(result);
    if (listener->query_pending && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      return false;
    }
  }
  (void)PQisBusy(listener->connection); /* parses notifications that came without a query */
  for (PGnotify *notification = PQnotifies(listener->connection); notification != NULL;
       notification = PQnotifies(listener->connection)) {
    take_notification(listener, notification);
    PQfreemem(notification);
  }
  return PQstatus(listener->connection) == CONNECTION_OK;
}

static bool send_heartbeat(struct row_listener *listener, int64_t now_ms) {
  char number[24];
  const char *const values[] = {listener->heartbeat_channel, number};
  listener->heartbeat++;
  snprintf(number, sizeof number, "%" PRIu64, listener->heartbeat);
  if (PQsendQueryParams(listener->connection, "select pg_notify($1, $2)", 2, NULL, values, NULL, NULL, 0) == 0) {
    return false;
  }
  listener->query_pending = true;
  listener->heartbeat_pending = true;
  listener->heartbeat_sent_ms = now_ms;
  return PQflush(listener->connection) >= 0;
}

static void go_on_checking(struct row_listener *listener, int64_t now_ms) {
  if (!take_input(listener)) {
    give_up(listener, now_ms);
  } else if (!listener->query_pending && listener->pooled) {
    give_up(listener, now_ms);
    listener->next_attempt_ms = now_ms + PAUSE_POOLED_MS;
  } else if (!listener->query_pending) {
    subscribe(listener, now_ms);
  }
}

static void go_on_subscribing(struct row_listener *listener, int64_t now_ms) {
  if (!take_input(listener)) {
    give_up(listener, now_ms);
  } else if (!listener->query_pending) {
    listener->state = LISTENER_LISTENING;
    listener->heartbeat_sent_ms = 0;
    listener->callbacks.began(listener->callbacks.context);
  }
}

static void go_on_listening(struct row_listener *listener, int64_t now_ms, bool wanted) {
  bool alive = take_input(listener);
  if (alive && listener->heartbeat_pending) {
    alive = now_ms - listener->heartbeat_sent_ms <= HEARTBEAT_LIMIT_MS;
  } else if (alive && wanted && !listener->query_pending && now_ms - listener->heartbeat_sent_ms >= HEARTBEAT_MS) {
    alive = send_heartbeat(listener, now_ms);
  }
  if (!alive) {
    give_up(listener, now_ms);
  }
}

void row_listener_step(struct row_listener *listener, int64_t now_ms, bool wanted) {
  if (listener->state == LISTENER_OFF && now_ms >= listener->next_attempt_ms) {
    start_connecting(listener, now_ms);
  }
  if (listener->state == LISTENER_CONNECTING) {
    go_on_connecting(listener, now_ms);
  }
  if (listener->state == LISTENER_CHECKING) {
    go_on_checking(listener, now_ms);
  }
  if (listener->state == LISTENER_SUBSCRIBING) {
    go_on_subscribing(listener, now_ms);
  }
  if (listener->state == LISTENER_LISTENING) {
    go_on_listening(listener, now_ms, wanted);
  } else if (listener->state != LISTENER_OFF && now_ms > listener->deadline_ms) {
    give_up(listener, now_ms);
  }
}
