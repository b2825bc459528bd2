/* SPDX-License-Identifier: ISC */
/* Tries something in a process of its own, which it may end or close up for good. */
#ifndef MEDIAGATE_PROCESS_TRIAL_H
#define MEDIAGATE_PROCESS_TRIAL_H

#include "base/error.h"

/* Returns 0 when it worked, or an errno. */
typedef int trial_attempt(void *context);

struct trial_result {
  int error_number;  /* what the attempt returned */
  int signal_number; /* that ended the process; 0: none */
};

/* ERROR_MEMORY: no process could be had. An attempt that takes longer than 20 s is ended by SIGALRM. */
enum error trial_run(trial_attempt *attempt, void *context, struct trial_result *ret_result) MUST_CHECK;

#endif
