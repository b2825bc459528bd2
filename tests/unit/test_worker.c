/* SPDX-License-Identifier: ISC */
/*
 * How the usual loop ends a connection: at once where nothing of the request is left unread, and else no sooner than
 * the peer. A real worker on a real socket; this side speaks FastCGI as nginx does.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "process/listener.h"
#include "process/scoreboard.h"
#include "process/worker.h"
#include "unit.h"

#define BODY_SIZE   300
#define ANSWER_SIZE 30000 /* several buffers of libfcgi */

enum record { BEGIN = 1, PARAMS = 4, STDIN = 5 };

/* --- the worker --- */

static enum error start(void *context, const char *pool_name, struct scoreboard_slot *slot, void **ret_state) {
  (void)pool_name;
  (void)slot;
  *ret_state = context;
  return ERROR_NONE;
}

static int notes[2]; /* a pipe: 'h' for each request, 't' for each tick */

static void note(char what) {
  ck_assert_int_eq(write(notes[1], &what, 1), 1);
}

static void tick(void *state) {
  (void)state;
  note('t');
}

/* Reads as much of the body as the READ parameter says, and answers. */
static void handle(void *state, struct FCGX_Request *request) {
  (void)state;
  note('h');
  int wanted = atoi(FCGX_GetParam("READ", request->envp));
  while (wanted-- > 0 && FCGX_GetChar(request->in) != EOF) {
  }
  for (int i = 0; i < ANSWER_SIZE; i++) {
    (void)FCGX_PutChar('a', request->out);
  }
}

static void stop(void *state) {
  (void)state;
}

static char folder[64];
static char path[96];
static pid_t worker;

static int open_listener(void) {
  int fd = -1;
  (void)snprintf(folder, sizeof folder, "/tmp/mg-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.sock", folder);
  ck_assert_int_eq(listener_open(path, &fd), ERROR_NONE);
  ck_assert_int_eq(pipe(notes), 0);
  return fd;
}

static void fork_worker(int fd) {
  static const struct worker_callbacks callbacks = {.start = start, .handle = handle, .tick = tick, .stop = stop};
  struct scoreboard *scoreboard = NULL;
  ck_assert_int_eq(scoreboard_create(1, &scoreboard), ERROR_NONE);
  worker = fork();
  if (worker == 0) {
    scoreboard_set_state(scoreboard_slot_at(scoreboard, 0), WORKER_STARTING);
    worker_prepare_signals();
    _exit(worker_run(fd, "api", &callbacks, scoreboard_slot_at(scoreboard, 0)) == ERROR_NONE ? 0 : 1);
  }
  (void)close(fd);
  scoreboard_free(scoreboard);
}

static void start_worker(void) {
  fork_worker(open_listener());
}

static void stop_worker(void) {
  int status = -1;
  (void)kill(worker, SIGTERM);
  ck_assert_int_eq(waitpid(worker, &status, 0), worker);
  ck_assert_int_eq(status, 0);
  (void)close(notes[0]);
  (void)close(notes[1]);
  (void)unlink(path);
  (void)rmdir(folder);
}

/* --- the peer --- */

static int connect_to_worker(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void send_record(int fd, enum record type, const char *content, size_t size) {
  char record[8 + BODY_SIZE] = {1, (char)type, 0, 1, (char)(size >> 8), (char)(size & 0xff), 0, 0};
  memcpy(record + 8, content, size);
  ck_assert_int_eq(send(fd, record, 8 + size, MSG_NOSIGNAL), (ssize_t)(8 + size));
}

/* As nginx begins a request; keep_connection is what it asks for. */
static int begin_request(const char *read_bytes, bool keep_connection) {
  const char begin[8] = {0, 1, (char)keep_connection};
  char parameters[40];
  int fd = connect_to_worker();
  int size = snprintf(parameters, sizeof parameters, "%c%cREAD%s", 4, (char)strlen(read_bytes), read_bytes);
  send_record(fd, BEGIN, begin, sizeof begin);
  send_record(fd, PARAMS, parameters, (size_t)size);
  send_record(fd, PARAMS, "", 0);
  return fd;
}

static void send_body(int fd) {
  char body[BODY_SIZE];
  memset(body, 'b', sizeof body);
  send_record(fd, STDIN, body, sizeof body);
}

/* Reads to the end: how often an 'a' came, -1 when the connection was reset or stays open for a second. */
static int read_answer(int fd) {
  int count = 0;
  while (true) {
    char buffer[4096];
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    ssize_t got = poll(&readable, 1, 1000) == 1 ? recv(fd, buffer, sizeof buffer, 0) : -1;
    if (got <= 0) {
      return got == 0 ? count : -1;
    }
    for (ssize_t i = 0; i < got; i++) {
      count += buffer[i] == 'a';
    }
  }
}

/* Has the worker closed the connection, within two seconds? (It stops writing before, which is not closing.) */
static bool is_closed(int fd) {
  for (int i = 0; i < 200; i++) {
    if (send(fd, "", 1, MSG_NOSIGNAL) < 0) {
      return errno == EPIPE || errno == ECONNRESET;
    }
    (void)poll(NULL, 0, 10);
  }
  return false;
}

static const struct {
  const char *read_bytes; /* by the worker */
  bool keep_connection;
  const char *description;
} whole_rows[] = {
    {"301", false, "read to its end"},
    {"301", true, "read to its end by one that nginx would like to keep"},
};

START_TEST(a_request_that_was_read_whole_is_closed_at_once) {
  for (size_t i = 0; i < UNIT_ROWS(whole_rows); i++) {
    int fd = begin_request(whole_rows[i].read_bytes, whole_rows[i].keep_connection);
    send_body(fd);
    send_record(fd, STDIN, "", 0);
    ck_assert_msg(read_answer(fd) == ANSWER_SIZE, "the answer to one %s", whole_rows[i].description);
    int other = begin_request("1", false); /* the only worker takes it while the first still stands on this side */
    send_record(other, STDIN, "", 0);
    ck_assert_msg(read_answer(other) == ANSWER_SIZE, "the next after one %s", whole_rows[i].description);
    ck_assert_msg(is_closed(fd), "one %s", whole_rows[i].description);
    (void)close(other);
    (void)close(fd);
  }
}
END_TEST

static const struct {
  const char *read_bytes;
  const char *description;
} unread_rows[] = {
    {"0", "a body that nobody looked at"},
    {"300", "a body that was read in part"},
    {"12000", "a body whose end was not looked at"},
};

START_TEST(an_answer_over_an_unread_body_arrives_whole) {
  for (size_t i = 0; i < UNIT_ROWS(unread_rows); i++) {
    int fd = begin_request(unread_rows[i].read_bytes, false);
    for (int part = 0; part < 40; part++) { /* more than the library holds: closing over it would reset */
      send_body(fd);
    }
    send_record(fd, STDIN, "", 0);
    ck_assert_msg(read_answer(fd) == ANSWER_SIZE, "the answer over %s", unread_rows[i].description);
    (void)close(fd);
  }
}
END_TEST

START_TEST(a_peer_that_went_away_costs_nobody_else) {
  for (int i = 0; i < 20; i++) {
    int gone = begin_request("301", false);
    send_body(gone);
    (void)close(gone);
    int fd = begin_request("1", false);
    send_record(fd, STDIN, "", 0);
    ck_assert_int_eq(read_answer(fd), ANSWER_SIZE);
    (void)close(fd);
  }
}
END_TEST

/* The first tick is due at once, and the request is there before the worker. */
START_TEST(a_request_does_not_wait_for_a_tick_that_is_due) {
  char order[2] = "";
  int listening_fd = open_listener();
  int fd = begin_request("1", false);
  send_record(fd, STDIN, "", 0);
  fork_worker(listening_fd);
  ck_assert_int_eq(read_answer(fd), ANSWER_SIZE);
  for (size_t i = 0; i < sizeof order; i++) {
    ck_assert_int_eq(read(notes[0], &order[i], 1), 1);
  }
  ck_assert_int_eq(order[0], 'h');
  ck_assert_int_eq(order[1], 't');
  (void)close(fd);
  stop_worker();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("worker");
  TCase *tests = tcase_create("worker");
  tcase_set_timeout(tests, 60);
  tcase_add_checked_fixture(tests, start_worker, stop_worker);
  tcase_add_test(tests, a_request_that_was_read_whole_is_closed_at_once);
  tcase_add_test(tests, an_answer_over_an_unread_body_arrives_whole);
  tcase_add_test(tests, a_peer_that_went_away_costs_nobody_else);
  suite_add_tcase(suite, tests);
  TCase *order = tcase_create("order");
  tcase_add_test(order, a_request_does_not_wait_for_a_tick_that_is_due);
  suite_add_tcase(suite, order);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
