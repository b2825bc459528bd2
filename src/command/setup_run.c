/* SPDX-License-Identifier: ISC */
/* See setup_run.h. */
#include "config.h"

#include "command/setup_run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/subprocess.h"

/* setpriv (util-linux) and its options stand before a tool that another account runs. */
static void become(const char *account, struct text *user, struct text *group, const char **argv, size_t *count) {
  if (account == NULL || geteuid() != 0) {
    return;
  }
  text_appendf(user, "--reuid=%s", account);
  text_appendf(group, "--regid=%s", account);
  const char *const before[] = {"setpriv", user->data, group->data, "--init-groups", "--"};
  memcpy(argv, before, sizeof before);
  *count = sizeof before / sizeof *before;
}

static enum error run(const char *account, int stdin_fd, const char *const argv[], struct subprocess_result *result) {
  static const struct subprocess_limits limits = {
      .wall_ms = 600000, .file_size_bytes = UINT64_MAX, .output_bytes = 1 << 20, .error_bytes = 1 << 16};
  __attribute__((cleanup(text_free))) struct text user = {0}, group = {0};
  const char *whole[SETUP_RUN_ARGUMENTS + 5];
  size_t count = 0, given = 0;
  become(account, &user, &group, whole, &count);
  for (; given < SETUP_RUN_ARGUMENTS - 1 && argv[given] != NULL; given++) {
    whole[count++] = argv[given];
  }
  whole[count] = NULL;
  *result = (struct subprocess_result){.exit_code = -1};
  return user.failed || group.failed ? ERROR_MEMORY : subprocess_run(whole, stdin_fd, &limits, NULL, NULL, result);
}

static void print(const struct text *text, FILE *stream) {
  (void)fwrite(text->data == NULL ? "" : text->data, 1, text->length, stream);
  (void)fflush(stream);
}

static bool judge(const char *tool, enum error error, const struct subprocess_result *result) {
  print(&result->errors, stderr);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate setup: %s: %s%s\n", tool, error_strerror(error),
            error == ERROR_NOT_FOUND ? "; install it" : "");
  } else if (result->exit_code != 0) {
    fprintf(stderr, "mediagate setup: %s failed\n", tool);
  }
  return error == ERROR_NONE && result->exit_code == 0;
}

bool setup_run(const char *account, int stdin_fd, const char *const argv[]) {
  struct subprocess_result result;
  enum error error = run(account, stdin_fd, argv, &result);
  print(&result.output, stdout);
  bool good = judge(argv[0], error, &result);
  subprocess_result_free(&result);
  return good;
}

bool setup_read(const char *account, const char *const argv[], struct text *ret_output) {
  struct subprocess_result result;
  enum error error = run(account, -1, argv, &result);
  text_append_bytes(ret_output, result.output.data == NULL ? "" : result.output.data, result.output.length);
  bool good = judge(argv[0], error, &result);
  subprocess_result_free(&result);
  return good && !ret_output->failed;
}

bool setup_try(const char *account, const char *const argv[]) {
  struct subprocess_result result;
  bool good = run(account, -1, argv, &result) == ERROR_NONE && result.exit_code == 0;
  subprocess_result_free(&result);
  return good;
}
