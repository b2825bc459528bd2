/* SPDX-License-Identifier: ISC */
/*
 * Each allocation of an operation fails once, alone and with all that follow: a good token, good JSON and a good file
 * are never called bad for that, and afterwards everything works again. These functions stand before the C library's
 * own.
 */
#include "config.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "files/probe_parse.h"
#include "http/json_body.h"
#include "security/access_token.h"
#include "security/crypto.h"
#include "security/signed_url.h"

#include "token_forge.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_OWN_ALLOCATIONS 0 /* the sanitizer's own stand there */
#else
#define HAVE_OWN_ALLOCATIONS 1
#endif

static long left;    /* the allocation that makes this 0 fails; below 0 nobody counts */
static bool lasting; /* so do all behind it */

#if HAVE_OWN_ALLOCATIONS

/* The names are glibc's own. */
/* NOLINTBEGIN(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static bool fails(void) {
  if (left < 0 || (left == 0 && !lasting)) {
    return false;
  }
  left -= left > 0;
  if (left > 0) {
    return false;
  }
  errno = ENOMEM;
  return true;
}

void *malloc(size_t size) {
  return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  return fails() ? NULL : __libc_realloc(block, size);
}
/* NOLINTEND(bugprone-reserved-identifier,readability-inconsistent-declaration-parameter-name) */

#endif

/* What was tried is over: how many allocations of the planned ones were not reached. */
static long unreached;

static void end_failing(void) {
  unreached = left;
  left = -1;
}

/* --- the operations: each returns what came of it; ERROR_INTERNAL for a result that is not whole --- */

static struct keyring *keyring;
static struct text good_token;

static enum error verify_token(void) {
  struct access_token token;
  enum error error = access_token_verify(keyring, good_token.data, good_token.length, FORGE_NOW, &token);
  end_failing();
  return error == ERROR_NONE && (token.account_id != 42 || token.epoch != 3) ? ERROR_INTERNAL : error;
}

static enum error issue_token(void) {
  const struct access_token token = {
      .account_id = 42, .session_id = FORGE_SESSION_ID, .issued_at = FORGE_NOW, .expires_at = FORGE_NOW + 900};
  struct access_token verified;
  char *text = NULL;
  enum error error = access_token_issue(keyring, &token, &text);
  end_failing();
  if (error == ERROR_NONE && access_token_verify(keyring, text, strlen(text), FORGE_NOW, &verified) != ERROR_NONE) {
    error = ERROR_INTERNAL;
  }
  free(text);
  return error;
}

static enum error sign_url(void) {
  struct signed_url url = {
      .viewer = "-", .grant_id = "01890a5dac967b4bbcceb302a8057abc", .expires_at = FORGE_NOW, .media_id = 1};
  struct text path = {0};
  enum error error = signed_url_append_path(keyring, &url, "film.mp4", &path);
  end_failing();
  text_free(&path);
  return error;
}

#define LONG_TEXT "0123456789012345678901234567890123456789012345678901234567890123456789"

static enum error parse_json(void) {
  static const char json[] =
      "{\"title\":\"" LONG_TEXT "\\u00e4\",\"a\":1,\"b\":2,\"c\":[1,2,{\"d\":null}],\"e\":0.5,\"f\":true,"
      "\"g\":6,\"h\":7,\"i\":8,\"j\":9,\"k\":10,\"l\":11,\"m\":12,\"n\":13,\"type\":\"video\"}";
  char reason[JSON_REASON_SIZE] = "";
  struct json_object *object = NULL, *title = NULL, *type = NULL;
  enum error error = json_body_parse(json, sizeof json - 1, &object, reason);
  end_failing();
  if (error == ERROR_NONE &&
      (json_object_object_length(object) != 15 || !json_object_object_get_ex(object, "title", &title) ||
       !json_object_object_get_ex(object, "type", &type) ||
       strcmp(json_object_get_string(title), LONG_TEXT "\xc3\xa4") != 0 ||
       strcmp(json_object_get_string(type), "video") != 0)) {
    error = ERROR_INTERNAL;
  }
  json_object_put(object);
  return error;
}

static enum error parse_probe(void) {
  static const char json[] =
      "{\"streams\":[{\"codec_type\":\"video\",\"codec_name\":\"h264\",\"width\":320,\"height\":180,"
      "\"disposition\":{\"attached_pic\":0}},{\"codec_type\":\"audio\",\"codec_name\":\"aac\"}],"
      "\"format\":{\"format_name\":\"mov,mp4,m4a,3gp,3g2,mj2\",\"duration\":\"6.000000\","
      "\"tags\":{\"major_brand\":\"isom\"}}}";
  struct probe_result result;
  char reason[PROBE_REASON_SIZE] = "";
  enum error error = probe_parse(json, sizeof json - 1, &result, reason);
  end_failing();
  bool whole = error != ERROR_NONE || (result.has_video && result.has_audio && result.width == 320 &&
                                       result.duration_seconds > 5.9 && strcmp(result.extension, "mp4") == 0);
  return whole ? error : ERROR_INTERNAL;
}

static const struct {
  enum error (*run)(void);
  const char *description;
  bool may_crash;
} operations[] = {
    {verify_token, "a good token", false}, {issue_token, "issuing a token", true}, {sign_url, "signing a URL", false},
    {parse_json, "good JSON", true},       {parse_probe, "a good file", true},
};

static void start(void) {
  static const char claims[] =
      "{\"aud\":\"mediagate\",\"epoch\":3,\"exp\":1700000900,\"iat\":1700000000,\"iss\":\"mediagate\","
      "\"nbf\":1700000000,\"sid\":\"" FORGE_SESSION_ID "\",\"sub\":\"42\"}";
  left = -1;
  keyring = forge_keyring();
  forge_token(keyring_signing(keyring), "SHA256", FORGE_HEADER, claims, sizeof claims - 1, &good_token);
  ck_assert_int_eq(crypto_warm_up(keyring, keyring, keyring), ERROR_NONE);
}

#define NOT_REACHED 99 /* the operation made fewer allocations */
#define POISONED    98 /* it does not work any more, now that there is memory */

/* The exit status of a process in which the n-th allocation fails. Else the operation's error. */
static int try_one(enum error (*run)(void), long n, bool all_behind) {
  pid_t pid = fork();
  if (pid == 0) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    lasting = all_behind;
    left = n;
    enum error error = run();
    if (unreached > 0) {
      _exit(error == ERROR_NONE ? NOT_REACHED : (int)error);
    }
    _exit(run() == ERROR_NONE ? (int)error : POISONED);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  return status;
}

static void fail_each(size_t operation, bool all_behind) {
  const char *description = operations[operation].description;
  long n = 1;
  for (int status = 0; !WIFEXITED(status) || WEXITSTATUS(status) != NOT_REACHED; n++) {
    ck_assert_int_lt(n, 10000);
    status = try_one(operations[operation].run, n, all_behind);
    if (WIFSIGNALED(status)) {
      ck_assert_msg(operations[operation].may_crash, "%s, allocation %ld: a crash", description, n);
      continue;
    }
    int result = WEXITSTATUS(status);
    ck_assert_msg(result != POISONED, "%s does not work after allocation %ld failed", description, n);
    ck_assert_msg(result == ERROR_NONE || result == ERROR_MEMORY || result == NOT_REACHED, "%s, allocation %ld%s: %s",
                  description, n, all_behind ? " and all behind it" : "", error_strerror((enum error)result));
  }
  ck_assert_int_gt(n, 2);
}

START_TEST(what_is_good_is_never_refused_for_want_of_memory) {
  start();
  for (size_t i = 0; i < UNIT_ROWS(operations); i++) {
    fail_each(i, false);
    fail_each(i, true);
  }
}
END_TEST

int main(void) {
  if (!HAVE_OWN_ALLOCATIONS) {
    return 77;
  }
  Suite *suite = suite_create("failing_allocations");
  TCase *tests = tcase_create("failing_allocations");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, what_is_good_is_never_refused_for_want_of_memory);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
