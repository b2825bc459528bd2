/* SPDX-License-Identifier: ISC */
/*
 * What a process reaches behind Landlock: each row in a process of its own. A kernel without it has nothing to test.
 */
#include "config.h"

#include "process/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_fixture.h"
#include "process/trial.h"
#include "unit.h"

static struct library_fixture fixture;
static uint16_t port;

static int result_of(long result) {
  return result < 0 ? errno : 0;
}

static int open_in(const char *path, int flags) {
  char whole[256];
  snprintf(whole, sizeof whole, "%s/%s", fixture.root, path);
  return result_of(open(whole, flags | O_CLOEXEC, 0600));
}

static int read_library(void) {
  return open_in("library/film", O_RDONLY);
}

static int write_library(void) {
  return open_in("library/film", O_WRONLY);
}

static int make_in_library(void) {
  return open_in("library/new", O_WRONLY | O_CREAT | O_EXCL);
}

static int write_data(void) {
  return open_in("data/new", O_RDWR | O_CREAT);
}

static int move_data(void) {
  char from[256], to[256];
  snprintf(from, sizeof from, "%s/data/spool/one", fixture.root);
  snprintf(to, sizeof to, "%s/data/media/one", fixture.root);
  int made = open_in("data/spool/one", O_WRONLY | O_CREAT);
  return made != 0 ? made : result_of(rename(from, to));
}

static int read_outside(void) {
  return open_in("outside/secret", O_RDONLY);
}

static int read_through_a_link(void) {
  return open_in("data/way-out", O_RDONLY);
}

static int run_program(void) {
  char name[] = "true";
  char *const argv[] = {name, NULL};
  return result_of(execv("/bin/true", argv));
}

static int connect_to(uint16_t number) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(number), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int error_number = result_of(connect(fd, (const struct sockaddr *)&address, sizeof address));
  return error_number == ECONNREFUSED ? 0 : error_number;
}

static int connect_as_allowed(void) {
  return connect_to(port);
}

static int connect_elsewhere(void) {
  return connect_to(port == 1 ? 2 : 1);
}

static int signal_parent(void) {
  return result_of(kill(getppid(), 0));
}

static const struct landlock_row {
  int (*call)(void);
  int error_number;
  int version; /* that the kernel must have */
  bool free;   /* any port, any signal */
  const char *description;
} landlock_rows[] = {
    {read_library, 0, 2, false, "a folder to read is read"},
    {write_library, EACCES, 2, false, "not written"},
    {make_in_library, EACCES, 2, false, "and gets no file"},
    {write_data, 0, 2, false, "a folder to write is written"},
    {move_data, 0, 2, false, "files move in it, as uploads do"},
    {read_outside, EACCES, 2, false, "nothing else is read"},
    {read_through_a_link, EACCES, 2, false, "not by a link either"},
    {run_program, EACCES, 2, false, "no program is run"},
    {connect_as_allowed, 0, 4, false, "it connects to its ports"},
    {connect_elsewhere, EACCES, 4, false, "and to no others"},
    {connect_elsewhere, 0, 4, true, "but where it may to all"},
    {signal_parent, EPERM, 6, false, "it signals nobody outside"},
    {signal_parent, 0, 6, true, "but where it may"},
};

static int enter_and_call(void *context) {
  const struct landlock_row *row = context;
  char data[96], library[96];
  snprintf(data, sizeof data, "%s/data", fixture.root);
  snprintf(library, sizeof library, "%s/library", fixture.root);
  const struct landlock_path paths[] = {
      {data, true}, {library, false}, {"/usr", false}, {"/dev/null", true}, {"/no-such-file", true}};
  const struct landlock_rules rules = {.paths = paths,
                                       .path_count = UNIT_ROWS(paths),
                                       .ports = &port,
                                       .port_count = 1,
                                       .any_port = row->free,
                                       .signals_others = row->free};
  return landlock_enter(&rules) == ERROR_NONE ? row->call() : 250;
}

START_TEST(a_process_reaches_what_the_rows_say) {
  port = 47;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/film", "film");
  library_fixture_write(&fixture, "outside/secret", "secret");
  library_fixture_link(&fixture, "../outside/secret", "data/way-out");
  for (size_t i = 0; i < UNIT_ROWS(landlock_rows); i++) {
    struct landlock_row row = landlock_rows[i];
    struct trial_result result;
    if (row.version > landlock_version()) {
      continue;
    }
    ck_assert_int_eq(trial_run(enter_and_call, &row, &result), ERROR_NONE);
    ck_assert_msg(result.signal_number == 0 && result.error_number == row.error_number, "%s: signal %d, %s",
                  row.description, result.signal_number, strerror(result.error_number));
  }
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("landlock", a_process_reaches_what_the_rows_say)
