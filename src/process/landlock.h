/* SPDX-License-Identifier: ISC */
/*
 * Which files a process may reach from here on, and which TCP ports: the kernel's Landlock (5.13, and 6.7 for ports).
 * All that is not named is refused with EACCES, running programs included; what is open already stays open. Unix
 * sockets, and what only looks at names (stat, readlink, chdir), are not its matter. Mounts are refused too.
 */
#ifndef MEDIAGATE_PROCESS_LANDLOCK_H
#define MEDIAGATE_PROCESS_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct landlock_path {
  const char *path; /* a file, or a folder with all below it; one that is not there is passed over */
  bool writes;      /* write, make, rename and remove too */
};

struct landlock_rules {
  const struct landlock_path *paths;
  size_t path_count;
  const uint16_t *ports; /* where TCP may connect to; nobody listens */
  size_t port_count;
  bool any_port;
  bool abstract_sockets; /* may connect to Linux's Unix sockets without a file, of others */
  bool signals_others;   /* may signal processes that are not closed up like it */
};

/* The kernel's version of Landlock; 0: it has none, or one (1) in which no file can be moved to another folder. */
int landlock_version(void);
/* For good; needs no_new_privs. ERROR_UNSUPPORTED: landlock_version is 0. */
enum error landlock_enter(const struct landlock_rules *rules) MUST_CHECK;

#endif
