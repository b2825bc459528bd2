/* SPDX-License-Identifier: ISC */
/* The exit code is the errno: those of Linux fit. See trial.h. */
#include "config.h"

#include "process/trial.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 20

enum error trial_run(trial_attempt *attempt, void *context, struct trial_result *ret_result) {
  int status = 0;
  (void)fflush(stdout); /* or it would be printed twice */
  pid_t pid = fork();
  if (pid == 0) {
    (void)alarm(SECONDS_MAX);
    _exit(attempt(context));
  }
  if (pid < 0) {
    return ERROR_MEMORY;
  }
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  *ret_result = (struct trial_result){.error_number = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                                      .signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  return ERROR_NONE;
}
