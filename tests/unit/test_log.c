/* SPDX-License-Identifier: ISC */
/*
 * base/log, with stderr turned into a file: every line is whole JSON, whatever the values are.
 */
#include "config.h"

#include "base/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "unit.h"

static char written[8192];

/* Each test runs in a process of its own, so stderr need not come back. */
static void catch_log(void) {
  FILE *file = tmpfile();

  ck_assert(file != NULL);
  ck_assert(dup2(fileno(file), STDERR_FILENO) == STDERR_FILENO);
}

static const char *caught(void) {
  ssize_t size = pread(STDERR_FILENO, written, sizeof(written) - 1, 0);

  ck_assert(size >= 0);
  written[size] = '\0';
  ck_assert_int_eq(ftruncate(STDERR_FILENO, 0), 0);
  lseek(STDERR_FILENO, 0, SEEK_SET);
  return written;
}

static const char *string_at(json_object *line, const char *name) {
  return json_object_get_string(json_object_object_get(line, name));
}

START_TEST(writes_json_lines) {
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  log_set_request_id("0123456789abcdef");
  log_event(LOG_LEVEL_WARNING, "upload_refused", LOG_STR("title", "a \"b\"\n\xFF"), LOG_I64("media_id", -5),
            LOG_F64("seconds", 1.5), LOG_F64("bad", INFINITY), LOG_STR("nothing", NULL), LOG_ERROR_FIELD(ERROR_IO));
  json_object *line = json_tokener_parse(caught());
  ck_assert(line != NULL);
  ck_assert_str_eq(string_at(line, "level"), "warning");
  ck_assert_str_eq(string_at(line, "event"), "upload_refused");
  ck_assert_str_eq(string_at(line, "request_id"), "0123456789abcdef");
  ck_assert_str_eq(string_at(line, "title"), "a \"b\"\n\xEF\xBF\xBD");
  ck_assert_int_eq(json_object_get_int64(json_object_object_get(line, "media_id")), -5);
  ck_assert_int_eq(json_object_get_int64(json_object_object_get(line, "pid")), getpid());
  ck_assert(json_object_get_double(json_object_object_get(line, "seconds")) == 1.5);
  ck_assert(json_object_object_get(line, "bad") == NULL && json_object_object_get(line, "nothing") == NULL);
  ck_assert_str_eq(string_at(line, "error"), error_strerror(ERROR_IO));
  ck_assert_uint_ge(strlen(string_at(line, "time")), strlen("2026-11-22T17:00:00Z"));
  json_object_put(line);
}
END_TEST

START_TEST(a_child_has_a_pid_of_its_own) {
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  log_event(LOG_LEVEL_INFO, "parent", LOG_I64("n", 1));
  (void)caught();
  pid_t pid = fork();
  if (pid == 0) {
    log_event(LOG_LEVEL_INFO, "child", LOG_I64("n", 2));
    _exit(0);
  }
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  json_object *line = json_tokener_parse(caught());
  ck_assert_int_eq(json_object_get_int64(json_object_object_get(line, "pid")), pid);
  json_object_put(line);
}
END_TEST

START_TEST(writes_readable_text) {
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
  log_event(LOG_LEVEL_INFO, "started", LOG_STR("plain", "/run/x.sock"), LOG_STR("quoted", "a b"),
            LOG_STR("hostile", "\x1B[2J\n"));
  const char *line = caught();
  ck_assert_msg(strstr(line, " info    started pid=") != NULL, "%s", line);
  ck_assert_msg(strstr(line, " plain=/run/x.sock quoted=\"a b\" hostile=\"\\u001b[2J\\n\"\n") != NULL, "%s", line);
  ck_assert_msg(strchr(line, '\n') == line + strlen(line) - 1, "one line: %s", line);
}
END_TEST

START_TEST(keeps_to_its_level) {
  catch_log();
  log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_AUTO);
  log_event(LOG_LEVEL_INFO, "not_written");
  ck_assert_str_eq(caught(), "");
  log_event(LOG_LEVEL_ERROR, "written");
  const char *line = caught();
  ck_assert_msg(line[0] == '{' && strstr(line, "\"written\"") != NULL, "a file is no terminal: %s", line);
}
END_TEST

START_TEST(cuts_long_values) {
  char value[3000];

  for (size_t i = 0; i < sizeof(value) - 1; i += 2) {
    memcpy(value + i, "\xC3\xA4", 2);
  }
  memmove(value + 1, value, sizeof(value) - 2);
  value[0] = 'x'; /* so that the limit falls into the middle of a character */
  value[sizeof(value) - 1] = '\0';
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  log_event(LOG_LEVEL_INFO, "long", LOG_STR("value", value));
  json_object *line = json_tokener_parse(caught());
  ck_assert(line != NULL);
  ck_assert_uint_eq(strlen(string_at(line, "value")), 1023);
  ck_assert(strstr(string_at(line, "value"), "\xEF\xBF\xBD") == NULL);
  json_object_put(line);
}
END_TEST

START_TEST(held_lines_are_written_together) {
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  log_hold();
  log_event(LOG_LEVEL_INFO, "first");
  log_event(LOG_LEVEL_WARNING, "second");
  ck_assert_str_eq(caught(), "");
  log_release();
  const char *lines = caught();
  ck_assert(strstr(lines, "\"first\"") != NULL && strstr(lines, "\"first\"") < strstr(lines, "\"second\""));
  log_event(LOG_LEVEL_INFO, "third");
  lines = caught();
  ck_assert(strstr(lines, "\"third\"") != NULL && strstr(lines, "\"first\"") == NULL);
}
END_TEST

START_TEST(an_error_and_many_lines_do_not_wait) {
  catch_log();
  log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
  log_hold();
  log_event(LOG_LEVEL_INFO, "before");
  log_event(LOG_LEVEL_ERROR, "broken");
  ck_assert(strstr(caught(), "\"broken\"") != NULL);
  for (int i = 0; i < 40; i++) {
    log_event(LOG_LEVEL_INFO, "many", LOG_I64("number", i));
  }
  ck_assert(strstr(caught(), "\"number\":0") != NULL);
  log_release();
  ck_assert(strstr(caught(), "\"number\":39") != NULL);
}
END_TEST

UNIT_MAIN("log", writes_json_lines, a_child_has_a_pid_of_its_own, writes_readable_text, keeps_to_its_level,
          cuts_long_values, held_lines_are_written_together, an_error_and_many_lines_do_not_wait)
