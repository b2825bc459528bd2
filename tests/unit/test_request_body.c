/* SPDX-License-Identifier: ISC */
/*
 * What is left of a body when its answer is there: real requests of libfcgi on a real socket; this side speaks FastCGI
 * as nginx does. Times are generous: what must not wait is given a minute to, and may take a few seconds.
 */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "http/request.h"
#include "process/listener.h"
#include "unit.h"

#define MINUTE_MS 60000
#define SOON_MS   10000

enum record { BEGIN = 1, PARAMS = 4, STDIN = 5 };

struct message {
  char bytes[65536];
  size_t length;
};

static char folder[64];
static char path[96];
static int listener = -1;
static int peer = -1;
static FCGX_Request fcgi;
static struct request request;

static void open_listener(void) {
  (void)snprintf(folder, sizeof folder, "/tmp/mg-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/a.sock", folder);
  ck_assert_int_eq(listener_open(path, &listener), ERROR_NONE);
  ck_assert_int_eq(FCGX_Init(), 0);
  ck_assert_int_eq(FCGX_InitRequest(&fcgi, listener, 0), 0);
}

static void close_listener(void) {
  (void)close(listener);
  (void)unlink(path);
  (void)rmdir(folder);
}

static void append_record(struct message *message, enum record type, const char *content, size_t size) {
  const char header[8] = {1, (char)type, 0, 1, (char)(size >> 8), (char)(size & 0xff), 0, 0};
  memcpy(message->bytes + message->length, header, sizeof header);
  memcpy(message->bytes + message->length + sizeof header, content, size);
  message->length += sizeof header + size;
}

static void append_parameter(char *parameters, size_t *length, const char *name, const char *value) {
  parameters[(*length)++] = (char)strlen(name);
  parameters[(*length)++] = (char)strlen(value);
  memcpy(parameters + *length, name, strlen(name));
  memcpy(parameters + *length + strlen(name), value, strlen(value));
  *length += strlen(name) + strlen(value);
}

static void append_body(struct message *message, size_t size) {
  static char body[32768];
  memset(body, 'b', sizeof body);
  append_record(message, STDIN, body, size);
}

/* A request that announces `announced` bytes and brings `sent` of them in its first piece, as nginx sends small ones.
 */
static void take_request(const char *announced, size_t sent, bool ended) {
  static struct message message;
  const char begin[8] = {0, 1};
  char parameters[256];
  size_t length = 0;
  append_parameter(parameters, &length, "REQUEST_METHOD", "POST");
  append_parameter(parameters, &length, "DOCUMENT_URI", "/a");
  append_parameter(parameters, &length, "REQUEST_ID", "0123456789abcdef");
  append_parameter(parameters, &length, "CONTENT_LENGTH", announced);
  message.length = 0;
  append_record(&message, BEGIN, begin, sizeof begin);
  append_record(&message, PARAMS, parameters, length);
  append_record(&message, PARAMS, "", 0);
  if (sent > 0) {
    append_body(&message, sent);
  }
  if (ended) {
    append_record(&message, STDIN, "", 0);
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  peer = socket(AF_UNIX, SOCK_STREAM, 0);
  ck_assert_int_eq(connect(peer, (const struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(send(peer, message.bytes, message.length, MSG_NOSIGNAL), (ssize_t)message.length);
  ck_assert_int_eq(FCGX_Accept_r(&fcgi), 0);
  ck_assert_int_eq(request_init(&request, &fcgi), ERROR_NONE);
}

/* The connection still takes an answer, however the body ended. */
static void finish_request(void) {
  ck_assert_int_eq(fcntl(fcgi.ipcFd, F_GETFL) & O_NONBLOCK, 0);
  ck_assert_int_eq(FCGX_PutStr("answer", 6, fcgi.out), 6);
  (void)close(peer);
  FCGX_Finish_r(&fcgi);
}

static const struct {
  const char *announced;
  size_t sent;
  int64_t wait_ms;
  const char *description;
} whole_rows[] = {
    {"5", 5, MINUTE_MS, "a small body, which libfcgi holds"},
    {"5", 5, 0, "a small body of a stranger"},
    {"30000", 30000, MINUTE_MS, "a body of which libfcgi holds the first part"},
    {"30000", 30000, 0, "such a body of a stranger"},
};

START_TEST(a_body_that_is_there_is_read_without_waiting) {
  for (size_t i = 0; i < UNIT_ROWS(whole_rows); i++) {
    int64_t begun_ms = clock_monotonic_ms();
    take_request(whole_rows[i].announced, whole_rows[i].sent, true);
    request_discard_rest(&request, whole_rows[i].wait_ms);
    ck_assert_msg(request.body_read == whole_rows[i].sent, "%s", whole_rows[i].description);
    ck_assert_msg(FCGX_HasSeenEOF(fcgi.in) != 0 && FCGX_GetError(fcgi.in) == 0, "%s", whole_rows[i].description);
    ck_assert_msg(clock_monotonic_ms() - begun_ms < SOON_MS, "%s", whole_rows[i].description);
    finish_request();
  }
}
END_TEST

START_TEST(a_body_that_does_not_come_is_waited_for_as_long_as_told) {
  static const int64_t waits_ms[] = {0, 1, 50};
  for (size_t i = 0; i < UNIT_ROWS(waits_ms); i++) {
    int64_t begun_ms = clock_monotonic_ms();
    take_request("5000", 3, false);
    request_discard_rest(&request, waits_ms[i]);
    ck_assert_uint_eq(request.body_read, 3);
    ck_assert_int_ge(clock_monotonic_ms() - begun_ms, waits_ms[i]);
    ck_assert_int_lt(clock_monotonic_ms() - begun_ms, SOON_MS);
    finish_request();
  }
}
END_TEST

static void *send_rest(void *unused) {
  static struct message message;
  (void)unused;
  message.length = 0;
  append_body(&message, 4997);
  append_record(&message, STDIN, "", 0);
  for (size_t at = 0; at < message.length; at += 1000) { /* in pieces, which end in the middle of records */
    size_t piece = message.length - at < 1000 ? message.length - at : 1000;
    ck_assert_int_eq(send(peer, message.bytes + at, piece, MSG_NOSIGNAL), (ssize_t)piece);
    (void)usleep(1000);
  }
  return NULL;
}

START_TEST(a_body_that_is_coming_is_read_to_its_end) {
  pthread_t sender;
  take_request("5000", 3, false);
  ck_assert_int_eq(pthread_create(&sender, NULL, send_rest, NULL), 0);
  request_discard_rest(&request, MINUTE_MS);
  ck_assert_uint_eq(request.body_read, 5000);
  ck_assert_int_eq(pthread_join(sender, NULL), 0);
  finish_request();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("request_body");
  TCase *tests = tcase_create("request_body");
  tcase_set_timeout(tests, 200);
  tcase_add_checked_fixture(tests, open_listener, close_listener);
  tcase_add_test(tests, a_body_that_is_there_is_read_without_waiting);
  tcase_add_test(tests, a_body_that_does_not_come_is_waited_for_as_long_as_told);
  tcase_add_test(tests, a_body_that_is_coming_is_read_to_its_end);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
