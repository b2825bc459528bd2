/* SPDX-License-Identifier: ISC */
/*
 * Starts PgBouncer as an unprivileged user (it refuses root), waits for its socket, and stops it by its process id.
 */
#include "config.h"

#include "pgbouncer.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static const char *find_program(void) {
  static const char *const paths[] = {"/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/sbin/pgbouncer"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    if (access(paths[i], X_OK) == 0) {
      return paths[i];
    }
  }
  return NULL;
}

static void write_file(const struct pgbouncer *pgbouncer, const char *name, const char *contents) {
  char path[64];
  snprintf(path, sizeof path, "%s/%s", pgbouncer->folder, name);
  ck_assert_int_eq(file_replace(path, 0644, contents, strlen(contents)), ERROR_NONE);
}

/* The value of the last `key=` in a connection string of keywords. */
static void keyword(const char *connection_string, const char *key, char *ret_value, size_t size) {
  const char *found = NULL;
  for (const char *at = connection_string; (at = strstr(at, key)) != NULL; at++) {
    found = at + strlen(key);
  }
  ck_assert_ptr_nonnull(found);
  snprintf(ret_value, size, "%.*s", (int)strcspn(found, " "), found);
}

/* The socket is there a moment before anybody listens on it. */
static bool accepts(const char *folder) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
  if (fd >= 0) {
    close(fd);
  }
  return connected;
}

bool pgbouncer_start(const char *connection_string, struct pgbouncer *ret_pgbouncer) {
  const char *program = find_program();
  if (program == NULL) {
    const char *ci = getenv("CI");
    ck_assert_msg(ci == NULL || strcmp(ci, "true") != 0, "pgbouncer is not installed");
    return false;
  }
  struct pgbouncer *pgbouncer = ret_pgbouncer;
  snprintf(pgbouncer->folder, sizeof pgbouncer->folder, "/tmp/mgpgb.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(pgbouncer->folder));
  ck_assert_int_eq(chmod(pgbouncer->folder, 0777), 0);
  char host[64], dbname[64], configuration[1024];
  keyword(connection_string, "host=", host, sizeof host);
  keyword(connection_string, "dbname=", dbname, sizeof dbname);
  snprintf(
      configuration, sizeof configuration,
      "[databases]\nx = host=%s dbname=%s user=postgres pool_size=2\n[pgbouncer]\nlisten_port = 5432\nlisten_addr =\n"
      "unix_socket_dir = %s\nauth_type = any\npool_mode = transaction\nlogfile = %s/log\n",
      host, dbname, pgbouncer->folder, pgbouncer->folder);
  write_file(pgbouncer, "pgbouncer.ini", configuration);
  snprintf(pgbouncer->connection_string, sizeof pgbouncer->connection_string, "host=%s user=postgres dbname=x",
           pgbouncer->folder);
  pgbouncer->pid = fork();
  ck_assert_int_ge(pgbouncer->pid, 0);
  if (pgbouncer->pid == 0) {
    const char *name = getenv("POSTGRES_USER");
    const struct passwd *user = getpwnam(name == NULL ? "nobody" : name);
    if (geteuid() == 0 && (user == NULL || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
      _exit(1);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    char path[64];
    snprintf(path, sizeof path, "%s/pgbouncer.ini", pgbouncer->folder);
    execl(program, program, path, (char *)NULL);
    _exit(1);
  }
  bool started = false;
  for (int i = 0; i < 3000 && !started; i++) {
    poll(NULL, 0, 10);
    started = accepts(pgbouncer->folder);
  }
  ck_assert_msg(started, "pgbouncer did not start");
  return true;
}

void pgbouncer_stop(struct pgbouncer *pgbouncer) {
  kill(pgbouncer->pid, SIGKILL);
  waitpid(pgbouncer->pid, NULL, 0);
  ck_assert_int_eq(file_remove_tree(pgbouncer->folder), ERROR_NONE);
}
