/* SPDX-License-Identifier: ISC */
/*
 * The table of roles, and how far the setting goes. What a role holds and what its loss costs is told in
 * docs/design/threats.md: a change here is one there.
 */
#include "config.h"

#include "command/confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/subprocess.h"
#include "base/syscall_filter.h"
#include "command/confinement_rules.h"
#include "files/sandbox.h"
#include "process/landlock.h"

#define STALE_INTERVAL_MS 3000

/* AddressSanitizer's leak check stops the process's threads by ptrace, and reads itself through /proc. */
#ifndef __has_feature
#define __has_feature(name) 0 /* clang's; gcc has the macros */
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer)
#define HAS_SANITIZER true
#else
#define HAS_SANITIZER false
#endif

enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };

struct duty_row {
  const char *name;
  unsigned syscalls;
  enum access data;     /* data_dir */
  bool library;         /* reads library_dir */
  bool exports;         /* counts exports in run_dir, and reads what others count there */
  bool logs;            /* rotates logs in log_dir, and writes in ingest_dir */
  bool audience;        /* reads country_database anew when it is replaced */
  bool any_port;        /* reaches servers of strangers */
  bool starts_programs; /* has a launcher */
};

static const struct duty_row rows[DUTY_COUNT] = {
    [POOL_FAST] = {.name = "fast", .syscalls = SYSCALLS_NETWORK, .data = ACCESS_READ, .library = true},
    [POOL_AUTH] = {.name = "auth", .syscalls = SYSCALLS_NETWORK},
    [POOL_API] = {.name = "api",
                  .syscalls = SYSCALLS_NETWORK | SYSCALLS_CHANGE_FILES,
                  .data = ACCESS_WRITE,
                  .library = true,
                  .exports = true,
                  .audience = true,
                  .starts_programs = true},
    [POOL_UPLOAD] = {.name = "upload",
                     .syscalls = SYSCALLS_NETWORK | SYSCALLS_CHANGE_FILES,
                     .data = ACCESS_WRITE,
                     .starts_programs = true},
    [POOL_HOUSEKEEPING] = {.name = "housekeeping",
                           .syscalls = SYSCALLS_NETWORK | SYSCALLS_CHANGE_FILES,
                           .data = ACCESS_WRITE,
                           .library = true},
    [DUTY_INGEST] = {.name = "ingest",
                     .syscalls = SYSCALLS_NETWORK | SYSCALLS_CHANGE_FILES | SYSCALLS_SIGNAL_OTHERS,
                     .logs = true,
                     .audience = true},
    [DUTY_PACKAGE] = {.name = "package",
                      .syscalls = SYSCALLS_NETWORK | SYSCALLS_CHANGE_FILES,
                      .data = ACCESS_WRITE,
                      .library = true,
                      .starts_programs = true},
    [DUTY_NOTIFY] = {.name = "notify", .syscalls = SYSCALLS_NETWORK | SYSCALLS_THREADS, .any_port = true},
};

/* The files that the role was let in to, as they were then. */
static struct {
  struct {
    char *path;
    dev_t device;
    ino_t inode; /* 0: there was none */
  } files[CONFINEMENT_PATHS_MAX];
  size_t count;
  int64_t looked_ms;
} seen;

bool confinement_is_built_in(void) {
  return !HAS_SANITIZER;
}

const char *confinement_duty_name(enum duty duty) {
  return rows[duty].name;
}

bool confinement_starts_programs(enum duty duty) {
  return rows[duty].starts_programs;
}

bool confinement_changes_data(enum duty duty) {
  return rows[duty].data == ACCESS_WRITE;
}

static bool is_off(const struct settings *settings) {
  return HAS_SANITIZER || settings->confinement == CONFINEMENT_OFF;
}

/* curl resolves the name of the S3 service in a thread. */
static unsigned system_calls(const struct duty_row *row, const struct settings *settings) {
  bool bucket = row->data != ACCESS_NONE && settings->media_store == MEDIA_STORE_S3;
  return row->syscalls | (bucket ? SYSCALLS_THREADS : 0);
}

/* --- what a role may reach ------------------------------------------------------------------- */

/* A lock file: the role may write to it, but not make it. */
static void add_export_slots(struct confinement_rules *rules, const struct settings *settings) {
  char *path = file_join(settings->run_dir, "exports.lock");
  __attribute__((cleanup(file_close_cleanup))) int fd =
      path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  confinement_rules_add_path(rules, settings->run_dir, false);
  confinement_rules_add_path(rules, path == NULL ? "" : path, true);
  free(path);
}

static void add_duty(struct confinement_rules *rules, const struct duty_row *row, const struct settings *settings) {
  if (row->data != ACCESS_NONE) {
    confinement_rules_add_path(rules, settings->data_dir, row->data == ACCESS_WRITE);
    confinement_rules_add_bucket(rules, settings);
  }
  if (row->library) {
    confinement_rules_add_path(rules, settings->library_dir, false);
  }
  if (row->exports) {
    add_export_slots(rules, settings);
  }
  if (row->logs) {
    confinement_rules_add_path(rules, settings->log_dir, true);
    confinement_rules_add_path(rules, settings->ingest_dir, true);
    confinement_rules_add_folder_of(rules, settings->nginx_pid_file);
  }
  if (row->audience) {
    confinement_rules_add_folder_of(rules, settings->country_database);
    confinement_rules_add_path(rules, settings->robot_list, false);
  }
}

static void make_rules(struct confinement_rules *rules, const struct duty_row *row, const struct settings *settings) {
  const char *notify_socket = getenv("NOTIFY_SOCKET");
  confinement_rules_add_system(rules, settings);
  confinement_rules_add_databases(rules, settings);
  add_duty(rules, row, settings);
  rules->landlock.any_port = rules->landlock.any_port || row->any_port;
  rules->landlock.signals_others = (row->syscalls & SYSCALLS_SIGNAL_OTHERS) != 0;
  rules->landlock.abstract_sockets =
      rules->landlock.abstract_sockets || (notify_socket != NULL && notify_socket[0] == '@');
}

/* --- files that are replaced ------------------------------------------------------------------ */

static ino_t look_up(const char *path, dev_t *ret_device, bool *ret_folder) {
  struct stat status;
  if (stat(path, &status) != 0) {
    *ret_device = 0;
    *ret_folder = false;
    return 0;
  }
  *ret_device = status.st_dev;
  *ret_folder = S_ISDIR(status.st_mode);
  return status.st_ino;
}

static void remember(struct confinement_rules *rules) {
  for (size_t i = 0; i < rules->landlock.path_count; i++) {
    bool folder;
    seen.files[seen.count].inode = look_up(rules->owned[i], &seen.files[seen.count].device, &folder);
    if (!folder) {
      seen.files[seen.count++].path = rules->owned[i];
      rules->owned[i] = NULL; /* for as long as the process lives */
    }
  }
}

bool confinement_is_stale(void) {
  int64_t now_ms = clock_monotonic_ms();
  if (seen.count == 0 || now_ms - seen.looked_ms < STALE_INTERVAL_MS) {
    return false;
  }
  seen.looked_ms = now_ms;
  for (size_t i = 0; i < seen.count; i++) {
    dev_t device;
    bool folder;
    ino_t inode = look_up(seen.files[i].path, &device, &folder);
    if (inode != 0 && (inode != seen.files[i].inode || device != seen.files[i].device)) {
      log_event(LOG_LEVEL_INFO, "confinement_stale", LOG_STR("path", seen.files[i].path),
                LOG_STR("meaning", "the file was replaced; a new process may read it"));
      seen.files[i].inode = inode;
      seen.files[i].device = device;
      return true;
    }
  }
  return false;
}

/* --- closing ---------------------------------------------------------------------------------- */

bool confinement_tell(const struct settings *settings) {
  int landlock = landlock_version();
  bool required = settings->confinement == CONFINEMENT_REQUIRE;
  if (HAS_SANITIZER) {
    log_event(LOG_LEVEL_WARNING, "confinement_off", LOG_STR("reason", "this program was built with a sanitizer"));
  } else if (settings->confinement == CONFINEMENT_OFF) {
    log_event(LOG_LEVEL_WARNING, "confinement_off", LOG_STR("remedy", "set confinement to try"));
  } else if (landlock == 0) {
    log_event(required ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "confinement_incomplete",
              LOG_STR("reason", "this kernel has no Landlock, or it is off: only permissions say which files are read"),
              LOG_STR("remedy", "use Linux 5.19 or newer, with landlock among its security modules"));
    return !required;
  } else {
    log_event(LOG_LEVEL_INFO, "confined", LOG_I64("landlock", landlock));
  }
  return true;
}

static bool permit_programs(const char *const argv[], void *context) {
  const struct settings *settings = context;
  return settings->sandbox == SANDBOX_NONE || sandbox_permits(argv, settings->data_dir, false);
}

/* ffmpeg may use the hardware that is to encode. */
static bool permit_packaging(const char *const argv[], void *context) {
  const struct settings *settings = context;
  return settings->sandbox == SANDBOX_NONE ||
         sandbox_permits(argv, settings->data_dir, settings->package_encoder != PACKAGE_ENCODER_SOFTWARE);
}

enum error confinement_prepare(enum duty duty, const struct settings *settings, void (*forget)(void *context),
                               void *context) {
  if (!rows[duty].starts_programs || settings->confinement == CONFINEMENT_OFF) {
    return ERROR_NONE;
  }
  const struct subprocess_launcher launcher = {.permits = duty == DUTY_PACKAGE ? permit_packaging : permit_programs,
                                               .permits_context = (void *)(uintptr_t)settings,
                                               .data = settings->sandbox == SANDBOX_NONE ? NULL : sandbox_filter,
                                               .forget = forget,
                                               .forget_context = context};
  enum error error = subprocess_launcher_start(&launcher);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "launcher_failed", LOG_STR("duty", rows[duty].name), LOG_ERROR_FIELD(error));
  }
  return error;
}

/* Where the kernel has neither, `try` goes on. That it has no Landlock was told by confinement_tell. */
static enum error unless_missing(const struct settings *settings, enum error error) {
  return error == ERROR_UNSUPPORTED && settings->confinement == CONFINEMENT_TRY ? ERROR_NONE : error;
}

static void tell_missing_filter(enum error error) {
  if (error == ERROR_UNSUPPORTED) {
    log_event(LOG_LEVEL_WARNING, "confinement_incomplete", LOG_STR("reason", "no seccomp filter can be set"),
              LOG_STR("remedy", "let the container or the kernel allow seccomp"));
  }
}

enum error confinement_enter(enum duty duty, const struct settings *settings) {
  struct confinement_rules rules = {.failed = false};
  if (is_off(settings)) {
    return ERROR_NONE;
  }
  make_rules(&rules, &rows[duty], settings);
  errno = 0;
  enum error error = rules.failed ? ERROR_MEMORY : unless_missing(settings, landlock_enter(&rules.landlock));
  if (error == ERROR_NONE) {
    remember(&rules);
    errno = 0;
    error = syscall_filter_enter(system_calls(&rows[duty], settings));
    if (duty >= DUTY_INGEST) { /* the supervisor tells for its workers */
      tell_missing_filter(error);
    }
    error = unless_missing(settings, error);
  }
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "confinement_failed", LOG_STR("duty", rows[duty].name), LOG_ERROR_FIELD(error),
              LOG_STR("reason", errno == 0 ? "" : strerror(errno)),
              LOG_STR("remedy", "mediagate doctor --sandbox says more; confinement = \"off\" does without"));
  }
  confinement_rules_free(&rules);
  return error;
}

enum error confinement_enter_supervisor(const struct settings *settings) {
  if (is_off(settings)) {
    return ERROR_NONE;
  }
  enum error error = syscall_filter_enter_guard();
  tell_missing_filter(error);
  return unless_missing(settings, error);
}
