/* SPDX-License-Identifier: ISC */
/*
 * See doctor_attempts.h. What must fail is tried in earnest, in a way that does no harm where it works.
 */
#include "config.h"

#include "command/doctor_attempts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/subprocess.h"
#include "command/command_database.h"
#include "files/sandbox.h"

#define MEMORY_BYTES (64 << 20)
#define NAME_SIZE    64

static int result_of(long result) {
  return result < 0 ? errno : 0;
}

/* Opens and closes. */
static int try_open(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);
  int error_number = result_of(fd);
  if (fd >= 0) {
    (void)close(fd);
  }
  return error_number;
}

static int try_make(const char *folder) {
  char name[NAME_SIZE];
  (void)snprintf(name, sizeof name, ".mediagate-doctor-%ld", (long)getpid());
  char *path = file_join(folder, name);
  int error_number = path == NULL ? ENOMEM : try_open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (error_number == 0) {
    error_number = result_of(unlink(path));
  }
  free(path);
  return error_number;
}

/* --- what must fail -------------------------------------------------------------------------- */

static int run_program(const struct doctor_trial *trial) {
  (void)trial;
  char name[] = "true";
  char *const argv[] = {name, NULL};
  return result_of(syscall(SYS_execve, "/bin/true", argv, argv + 1));
}

static int read_shadow(const struct doctor_trial *trial) {
  (void)trial;
  return try_open("/etc/shadow", O_RDONLY);
}

static int read_keys(const struct doctor_trial *trial) {
  const char *const files[] = {trial->settings->jwt_key_file, trial->settings->stream_key_file,
                               trial->settings->totp_key_file, trial->settings->webhook_key_file,
                               trial->settings->s3_key_file};
  int error_number = ENOENT;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    error_number = try_open(files[i], O_RDONLY);
    if (error_number == 0) {
      break;
    }
  }
  return error_number;
}

static int write_elsewhere(const struct doctor_trial *trial) {
  (void)trial;
  return try_make("/tmp");
}

static int write_data(const struct doctor_trial *trial) {
  return try_make(trial->settings->data_dir);
}

static bool does_not_change_data(const struct doctor_trial *trial) {
  return !confinement_changes_data(trial->duty) &&
         !(trial->duty == DUTY_INGEST && strcmp(trial->settings->ingest_dir, trial->settings->data_dir) == 0);
}

static bool changes_data(const struct doctor_trial *trial) {
  return confinement_changes_data(trial->duty);
}

static int connect_strangely(const struct doctor_trial *trial) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(trial->strange_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? errno : result_of(connect(fd, (const struct sockaddr *)&address, sizeof address));
}

static bool has_its_ports(const struct doctor_trial *trial) {
  return trial->duty != DUTY_NOTIFY && trial->strange_port != 0;
}

static int listen_anywhere(const struct doctor_trial *trial) {
  (void)trial;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd < 0 ? errno : result_of(listen(fd, 1));
}

static int open_packets(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(socket(AF_PACKET, SOCK_RAW, 0));
}

static int trace_parent(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

static int signal_parent(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(syscall(SYS_kill, getppid(), 0));
}

static bool signals_nobody(const struct doctor_trial *trial) {
  return trial->duty != DUTY_INGEST; /* it has nginx open its logs anew */
}

static int mount_memory(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(mount("none", "/nowhere-to-mount", "tmpfs", 0, NULL)) == 0 ? 0 : errno == ENOENT ? 0 : errno;
}

static int make_namespace(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(unshare(CLONE_NEWUSER));
}

static int make_ring(const struct doctor_trial *trial) {
  (void)trial;
  return result_of(syscall(SYS_io_uring_setup, 1, NULL)) == EFAULT ? 0 : errno;
}

/* --- what must work -------------------------------------------------------------------------- */

static int use_memory(const struct doctor_trial *trial) {
  (void)trial;
  char *memory = malloc(MEMORY_BYTES);
  if (memory == NULL) {
    return ENOMEM;
  }
  memset(memory, 1, MEMORY_BYTES);
  int error_number = getrandom(memory, 32, 0) == 32 ? 0 : errno;
  free(memory);
  return error_number;
}

static int resolve_names(const struct doctor_trial *trial) {
  (void)trial;
  const struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  int error = getaddrinfo("localhost", "5432", &hints, &found);
  if (error == 0) {
    freeaddrinfo(found);
  }
  return error == 0 ? 0 : EHOSTUNREACH;
}

static int read_time_zone(const struct doctor_trial *trial) {
  (void)trial;
  int error_number = try_open("/etc/localtime", O_RDONLY);
  return error_number == ENOENT ? 0 : error_number;
}

static int ask_database(const struct doctor_trial *trial) {
  struct database *database = NULL;
  enum error error = command_database_open(trial->settings, (struct database_options){.actor = "operator"}, &database);
  if (error == ERROR_NONE) {
    error = database_ensure(database);
  }
  database_close(database);
  return error == ERROR_NONE ? 0 : EHOSTUNREACH;
}

static int start_ffprobe(const struct doctor_trial *trial) {
  const char *argv[SANDBOX_ARGUMENTS + 3];
  bool sandbox = trial->settings->sandbox == SANDBOX_BUBBLEWRAP;
  size_t count = sandbox ? sandbox_append(argv) : 0;
  argv[count++] = "ffprobe";
  argv[count++] = "-version";
  argv[count] = NULL;
  const struct subprocess_limits limits = {.wall_ms = 10000, .output_bytes = 65536, .error_bytes = 4096};
  struct subprocess_result result;
  enum error error = subprocess_run(argv, STDIN_FILENO, &limits, NULL, NULL, &result);
  int error_number = error == ERROR_NONE && result.exit_code == 0 ? 0 : ENOEXEC;
  subprocess_result_free(&result);
  return error_number;
}

static bool starts_programs(const struct doctor_trial *trial) {
  return confinement_starts_programs(trial->duty);
}

static void *do_nothing(void *nothing) {
  return nothing;
}

static int start_thread(const struct doctor_trial *trial) {
  (void)trial;
  pthread_t thread;
  int error_number = pthread_create(&thread, NULL, do_nothing, NULL);
  return error_number != 0 ? error_number : pthread_join(thread, NULL);
}

static bool has_threads(const struct doctor_trial *trial) {
  return trial->duty == DUTY_NOTIFY;
}

static int end_itself(const struct doctor_trial *trial) {
  (void)trial;
  abort();
}

static const struct doctor_attempt attempts[] = {
    {.name = "running a program", .run = run_program},
    {.name = "reading /etc/shadow", .run = read_shadow, .landlock = DOCTOR_LANDLOCK_FILES},
    {.name = "reading the key files", .run = read_keys, .landlock = DOCTOR_LANDLOCK_FILES},
    {.name = "writing in /tmp", .run = write_elsewhere, .landlock = DOCTOR_LANDLOCK_FILES},
    {.name = "writing in data_dir",
     .run = write_data,
     .applies = does_not_change_data,
     .landlock = DOCTOR_LANDLOCK_FILES},
    {.name = "connecting to a port of nobody's",
     .run = connect_strangely,
     .applies = has_its_ports,
     .landlock = DOCTOR_LANDLOCK_PORTS},
    {.name = "listening", .run = listen_anywhere},
    {.name = "a packet socket", .run = open_packets},
    {.name = "tracing a process", .run = trace_parent},
    {.name = "signalling a process", .run = signal_parent, .applies = signals_nobody},
    {.name = "mounting", .run = mount_memory},
    {.name = "making a namespace", .run = make_namespace},
    {.name = "io_uring", .run = make_ring},
    {.name = "memory and random bytes", .run = use_memory, .must_work = true},
    {.name = "resolving a name", .run = resolve_names, .must_work = true},
    {.name = "reading the time zone", .run = read_time_zone, .must_work = true},
    {.name = "asking the database", .run = ask_database, .must_work = true},
    {.name = "changing data_dir", .run = write_data, .applies = changes_data, .must_work = true},
    {.name = "ffprobe in its sandbox", .run = start_ffprobe, .applies = starts_programs, .must_work = true},
    {.name = "a thread", .run = start_thread, .applies = has_threads, .must_work = true},
    {.name = "ending by abort()", .run = end_itself, .must_work = true, .signal_number = SIGABRT},
};

const struct doctor_attempt *doctor_attempts(size_t *ret_count) {
  *ret_count = sizeof attempts / sizeof attempts[0];
  return attempts;
}
