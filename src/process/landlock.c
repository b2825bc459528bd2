/* SPDX-License-Identifier: ISC */
/*
 * Three system calls, for which the C library has no functions. The kernel's version says which rights it knows: one
 * that it does not know is left out, so an older kernel holds back less.
 */
#include "config.h"

#include "process/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

/* Younger than the oldest header that this builds with (Linux 6.1). */
#define RIGHT_TRUNCATE      (UINT64_C(1) << 14) /* version 3 */
#define RIGHT_BIND_TCP      (UINT64_C(1) << 0)  /* 4 */
#define RIGHT_CONNECT_TCP   (UINT64_C(1) << 1)
#define RULE_NET_PORT       2
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* 6 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)

#define LOWEST_VERSION 2 /* LANDLOCK_ACCESS_FS_REFER */

#define READS_FILE  ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define CHANGES     (LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)
#define WRITES_FILE (READS_FILE | CHANGES)
#define READS       (READS_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES                                                                                                         \
  (READS | CHANGES | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |    \
   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)
#define NOBODYS                                                                                                        \
  (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                         \
   LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK)

struct ruleset {
  uint64_t files, network, scoped;
};

struct port_rule {
  uint64_t rights, port;
};

int landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < LOWEST_VERSION ? 0 : (int)version;
}

static uint64_t file_rights(int version) {
  uint64_t rights = WRITES | NOBODYS;
  return version < 3 ? rights & ~RIGHT_TRUNCATE : rights;
}

static int make_ruleset(const struct landlock_rules *rules, int version) {
  struct ruleset set = {.files = file_rights(version)};
  if (version >= 4) {
    set.network = RIGHT_BIND_TCP | (rules->any_port ? 0 : RIGHT_CONNECT_TCP);
  }
  if (version >= 6) {
    set.scoped = (rules->abstract_sockets ? 0 : SCOPE_ABSTRACT_UNIX) | (rules->signals_others ? 0 : SCOPE_SIGNAL);
  }
  size_t size = version >= 6 ? sizeof set : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
  return (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
}

/* What cannot be named stays closed, such as a file that this account does not reach, or a pipe. */
static void allow_path(int ruleset, const struct landlock_path *path, int version) {
  struct stat status;
  __attribute__((cleanup(file_close_cleanup))) int fd = open(path->path, O_PATH | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    return;
  }
  uint64_t wanted =
      S_ISDIR(status.st_mode) ? (path->writes ? WRITES : READS) : (path->writes ? WRITES_FILE : READS_FILE);
  struct landlock_path_beneath_attr rule = {.allowed_access = wanted & file_rights(version), .parent_fd = fd};
  (void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static enum error allow_port(int ruleset, uint16_t port) {
  struct port_rule rule = {.rights = RIGHT_CONNECT_TCP, .port = port};
  return syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) == 0 ? ERROR_NONE : ERROR_IO;
}

enum error landlock_enter(const struct landlock_rules *rules) {
  int version = landlock_version();
  if (version == 0) {
    return ERROR_UNSUPPORTED;
  }
  __attribute__((cleanup(file_close_cleanup))) int ruleset = make_ruleset(rules, version);
  enum error error = ruleset < 0 ? ERROR_IO : ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i < rules->path_count; i++) {
    allow_path(ruleset, &rules->paths[i], version);
  }
  for (size_t i = 0; error == ERROR_NONE && version >= 4 && !rules->any_port && i < rules->port_count; i++) {
    error = allow_port(ruleset, rules->ports[i]);
  }
  if (error == ERROR_NONE &&
      (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)) {
    error = ERROR_IO;
  }
  return error;
}
