/* SPDX-License-Identifier: ISC */
/* What this machine says; a line each. */
#include "config.h"

#include "command/doctor_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "command/doctor_bucket.h"
#include "command/command_warnings.h"
#include "command/nginx_files.h"
#include "command/package_options.h"
#include "domain/pool.h"
#include "files/backup_tree.h"
#include "files/revocation.h"
#include "files/sandbox.h"
#include "package/ffmpeg/encoder_list.h"
#include "process/service.h"
#include "security/keyring.h"

#define FREE_WARN_PERCENT 10
#define FREE_MIN_PERCENT  2
#define BACKUP_OLD_HOURS  48
#define KEY_OLD_DAYS      400
#define NGINX_FILE_MAX    ((size_t)4 << 20)

/* --- folders and the disk -------------------------------------------------------------------- */

static void check_folder(struct doctor *doctor, const char *setting, const char *path, int mode) {
  struct stat status;
  if (stat(path, &status) != 0) {
    doctor_wrong(doctor, setting, "make it, or correct the setting", "%s: %s", path, strerror(errno));
  } else if (!S_ISDIR(status.st_mode)) {
    doctor_wrong(doctor, setting, "correct the setting", "%s is no folder", path);
  } else if (access(path, mode) != 0) {
    doctor_wrong(doctor, setting, "change its owner or mode, or run doctor as the service's account",
                 "user %ld may not %s %s", (long)geteuid(), (mode & W_OK) != 0 ? "write to" : "read", path);
  } else if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    doctor_wrong(doctor, setting, "chmod o-w", "anybody may write to %s", path);
  } else {
    doctor_good(doctor, setting, "%s", path);
  }
}

static void check_disk(struct doctor *doctor) {
  struct statvfs disk;
  if (statvfs(doctor->settings->data_dir, &disk) != 0 || disk.f_blocks == 0) {
    return; /* check_folder said why */
  }
  int percent = (int)(disk.f_bavail * 100 / disk.f_blocks);
  if (percent < FREE_MIN_PERCENT) {
    doctor_wrong(doctor, "disk", "make room, or uploads end with 507", "%d %% of data_dir's disk is free", percent);
  } else if (percent < FREE_WARN_PERCENT) {
    doctor_warn(doctor, "disk", "make room soon", "%d %% of data_dir's disk is free", percent);
  } else {
    doctor_good(doctor, "disk", "%d %% of data_dir's disk is free", percent);
  }
}

static void check_folders(struct doctor *doctor) {
  const struct settings *settings = doctor->settings;
  check_folder(doctor, "data_dir", settings->data_dir, R_OK | W_OK | X_OK);
  check_folder(doctor, "run_dir", settings->run_dir, R_OK | X_OK);
  check_folder(doctor, "log_dir", settings->log_dir, R_OK | X_OK);
  if (settings->library_dir[0] != '\0') {
    check_folder(doctor, "library_dir", settings->library_dir, R_OK | X_OK);
  }
  check_disk(doctor);
  enum error error = revocation_check(settings->data_dir);
  if (error == ERROR_NONE) {
    doctor_good(doctor, "revocations", "nginx can look revoked grants up");
  } else {
    doctor_wrong(doctor, "revocations", "start serve, which fills it", "revoked/ in data_dir: %s; nothing plays",
                 error_strerror(error));
  }
}

static void check_backup(struct doctor *doctor) {
  static const char remedy[] = "run `mediagate backup DIR` each night";
  int64_t made = 0;
  if (backup_last_made(doctor->settings->data_dir, &made) != ERROR_NONE) {
    doctor_warn(doctor, "backup", remedy, "mediagate backup never made one on this machine");
    return;
  }
  int64_t hours = (clock_now_seconds() - made) / 3600;
  if (hours > BACKUP_OLD_HOURS) {
    doctor_warn(doctor, "backup", remedy, "the last one is %ld hours old", (long)hours);
  } else {
    doctor_good(doctor, "backup", "%ld hours old", (long)hours);
  }
}

/* --- keys ------------------------------------------------------------------------------------ */

static void check_keys(struct doctor *doctor, const char *setting, const char *path) {
  struct keyring *keyring = NULL;
  char problem[KEYRING_PROBLEM_SIZE] = "";
  enum error error = keyring_load(path, &keyring, problem);
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, setting,
                 "`mediagate keys init` makes keys; the file is the service account's alone, mode 0600", "%s: %s", path,
                 problem[0] != '\0' ? problem : error_strerror(error));
    return;
  }
  int64_t created = keyring_signing(keyring)->created_at;
  int64_t days = created == 0 ? 0 : (clock_now_seconds() - created) / 86400;
  if (days > KEY_OLD_DAYS) {
    doctor_warn(doctor, setting, "`mediagate keys rotate` makes a new one without breaking a URL",
                "the signing key is %ld days old", (long)days);
  } else {
    doctor_good(doctor, setting, "%zu keys; the signing one is %ld days old", keyring->count, (long)days);
  }
  keyring_free(keyring);
}

/* --- serve ----------------------------------------------------------------------------------- */

static void check_socket(struct doctor *doctor, enum pool pool) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length =
      snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", doctor->settings->run_dir, pool_name(pool));
  if (length < 0 || (size_t)length >= sizeof address.sun_path) {
    doctor_wrong(doctor, "sockets", "choose a shorter run_dir", "a socket's path has at most 107 bytes");
    return;
  }
  struct stat status;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    doctor_wrong(doctor, "sockets", "is mediagate serve running (systemctl status mediagate)?", "%s: %s",
                 address.sun_path, strerror(errno));
  } else if (stat(address.sun_path, &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
    doctor_wrong(doctor, "sockets", "chmod 660: only nginx's group may reach it", "anybody may connect to %s",
                 address.sun_path);
  } else {
    doctor_good(doctor, "sockets", "%s", address.sun_path);
  }
  if (fd >= 0) {
    (void)close(fd);
  }
}

static void check_serve(struct doctor *doctor) {
  char *path = file_join(doctor->settings->run_dir, "serve.pid");
  pid_t pid = 0;
  if (path == NULL || service_find(path, "mediagate", &pid) != ERROR_NONE) {
    doctor_wrong(doctor, "serve", "start it: systemctl start mediagate", "mediagate serve does not run in run_dir");
  } else {
    doctor_good(doctor, "serve", "runs as process %ld", (long)pid);
  }
  free(path);
  for (enum pool pool = 0; pool < POOL_HOUSEKEEPING; pool++) {
    check_socket(doctor, pool);
  }
}

/* --- nginx ----------------------------------------------------------------------------------- */

static void check_nginx_file(struct doctor *doctor, const char *name, const struct text *wanted) {
  static const char remedy[] = "run mediagate nginx-config --output-dir DIR, and reload nginx";
  __attribute__((cleanup(text_free))) struct text present = {0};
  char *path = file_join(doctor->nginx_dir, name);
  enum error error = path == NULL ? ERROR_MEMORY : file_read(path, NGINX_FILE_MAX, &present);
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, "nginx", remedy, "%s/%s: %s", doctor->nginx_dir, name, error_strerror(error));
  } else if (present.length != wanted->length || memcmp(present.data, wanted->data, wanted->length) != 0) {
    doctor_wrong(doctor, "nginx", remedy, "%s is not of these settings and this version", path);
  } else {
    doctor_good(doctor, "nginx", "%s", path);
  }
  free(path);
}

static void check_nginx(struct doctor *doctor) {
  struct nginx_settings files = {.http = {0}};
  enum error error = nginx_files_render(doctor->settings, doctor->ca_file, &files);
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, "nginx", "give --ca-file as it was given to nginx-config", "%s", error_strerror(error));
  } else {
    check_nginx_file(doctor, "settings-http.conf", &files.http);
    check_nginx_file(doctor, "settings-server.conf", &files.server);
    check_nginx_file(doctor, "settings-stream.conf", &files.stream);
    check_nginx_file(doctor, "settings-upload.conf", &files.upload);
    check_nginx_file(doctor, "settings-upload-share.conf", &files.share);
  }
  nginx_settings_free(&files);
  pid_t pid = 0;
  if (service_find(doctor->settings->nginx_pid_file, "nginx", &pid) != ERROR_NONE) {
    doctor_wrong(doctor, "nginx", "start it, or correct nginx_pid_file", "no nginx runs by %s",
                 doctor->settings->nginx_pid_file);
  } else {
    doctor_good(doctor, "nginx", "runs as process %ld", (long)pid);
  }
}

/* --- settings that are good one by one --------------------------------------------------------- */

static void tell_warning(void *context, const char *setting, const char *meaning, const char *remedy) {
  doctor_warn(context, setting, remedy, "%s", meaning);
}

static void check_settings(struct doctor *doctor) {
  const struct settings *settings = doctor->settings;
  command_warnings_tell(settings, tell_warning, doctor);
  if ((settings->https_only || settings->hsts_seconds > 0) && strncmp(settings->public_url, "https://", 8) != 0) {
    doctor_warn(doctor, "public_url", "set it to https:// and your host",
                "clients are sent to https, but stream URLs are as the caller asked nginx");
  }
  if (settings->origin_hosts.count > 0 && settings->resolver[0] == '\0') {
    doctor_warn(doctor, "resolver", "name your DNS servers in it",
                "nginx resolves origin_hosts once, at its start: an origin that moves is lost");
  }
}

/* --- programs -------------------------------------------------------------------------------- */

/* Does the program start, in the sandbox where one is wanted? */
static void check_program(struct doctor *doctor, const char *program, const char *option, bool sandbox) {
  const char *argv[SANDBOX_ARGUMENTS + 3];
  size_t count = sandbox ? sandbox_append(argv) : 0;
  argv[count++] = program;
  argv[count++] = option; /* that prints its version */
  argv[count] = NULL;
  const struct subprocess_limits limits = {
      .wall_ms = 10000, .output_bytes = 65536, .error_bytes = 4096, .data = sandbox ? sandbox_filter : NULL};
  struct subprocess_result result;
  int input = open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* the sandbox wants a file to read */
  enum error error = subprocess_run(argv, input, &limits, NULL, NULL, &result);
  if (error != ERROR_NONE || result.exit_code != 0) {
    const char *errors = result.errors.length > 0 ? result.errors.data : error_strerror(error);
    doctor_wrong(doctor, sandbox ? "sandbox" : "programs",
                 sandbox ? "are bubblewrap, ffmpeg and file installed, and user namespaces allowed?"
                         : "install ffmpeg and file",
                 "%s does not run: %.*s", program, (int)strcspn(errors, "\n"), errors);
  } else {
    doctor_good(doctor, sandbox ? "sandbox" : "programs", "%s runs", program);
  }
  subprocess_result_free(&result);
  if (input >= 0) {
    (void)close(input);
  }
}

static void check_encoders(struct doctor *doctor) {
  char reason[ENCODER_LIST_REASON_SIZE] = "";
  const struct transcode_options options = package_options(doctor->settings);
  enum error error = encoder_list_check(&options.pictures, options.sandbox, reason);
  if (error == ERROR_UNSUPPORTED) {
    doctor_wrong(doctor, "package_codecs", "else mediagate package does not start", "%s", reason);
  } else if (error == ERROR_NONE) {
    doctor_good(doctor, "package_codecs", "ffmpeg has the encoders");
  }
}

void doctor_check_machine(struct doctor *doctor) {
  const struct settings *settings = doctor->settings;
  bool sandbox = settings->sandbox == SANDBOX_BUBBLEWRAP;
  check_folders(doctor);
  check_backup(doctor);
  check_keys(doctor, "jwt_key_file", settings->jwt_key_file);
  check_keys(doctor, "stream_key_file", settings->stream_key_file);
  check_keys(doctor, "totp_key_file", settings->totp_key_file);
  check_keys(doctor, "webhook_key_file", settings->webhook_key_file);
  doctor_check_bucket(doctor);
  check_settings(doctor);
  check_serve(doctor);
  check_nginx(doctor);
  check_program(doctor, "ffprobe", "-version", sandbox);
  check_program(doctor, "ffmpeg", "-version", sandbox);
  check_program(doctor, "file", "--version", sandbox);
  check_encoders(doctor);
}
