/* SPDX-License-Identifier: ISC */
/*
 * ffmpeg reads hostile files, so nothing is believed of how it ended: a package is what has its playlists and segments.
 */
#include "config.h"

#include "package/transcode.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "files/sandbox.h"

#define ERRORS_MAX         4096
#define LINE_SIZE          100
#define PROGRESS_TAIL      1024
#define LOOK_INTERVAL_MS   1000 /* between two looks at the folder's size */
#define START_SECONDS      60   /* for a source of any length */
#define START_CPU_SECONDS  2
#define UNKNOWN_DURATION   (6 * 3600)
#define HOURS_MAX          24
#define OUTPUT_GRACE_BYTES (INT64_C(256) << 20)
#define POSTER_SECONDS     60
#define STRANGE_FILE       "ffmpeg left a file that is none of a package"
#define FFMPEG_STOPPED     255 /* its exit code when a signal asked it to end */

struct run {
  const struct transcode_options *options;
  const struct package_source *source;
  const char *folder;
  int folder_fd;
  int source_fd;
  int64_t max_bytes; /* of the whole folder */
  int64_t looked_ms;
  enum error error;           /* why we ended it */
  volatile sig_atomic_t stop; /* the caller's wish, or ours */
};

static enum error PRINTF_LIKE(3, 4)
    refuse(enum error error, char ret_reason[TRANSCODE_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, TRANSCODE_REASON_SIZE, format, arguments);
  va_end(arguments);
  return error;
}

/* --- what is in the folder ---------------------------------------------------------------------- */

struct content {
  bool strange; /* something is there that we did not ask for */
  bool foreign; /* and it is not even a file: ffmpeg makes none such, not for a moment */
  int64_t size_bytes;
  int segments; /* of rendition 0 */
  bool has_hls, has_dash, has_poster;
};

/* "seg-0-00001.m4s", "init-0.m4s", "media_0.m3u8" and the four that have names of their own. */
static bool is_ours(const char *name) {
  static const char *const names[] = {PACKAGE_HLS, PACKAGE_DASH, PACKAGE_POSTER, PACKAGE_PROGRESS};
  static const struct {
    const char *begin, *end;
  } numbered[] = {{"seg-", ".m4s"}, {"init-", ".m4s"}, {"media_", ".m3u8"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) {
      return true;
    }
  }
  for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
    size_t begin = strlen(numbered[i].begin);
    if (strncmp(name, numbered[i].begin, begin) == 0 && isdigit((unsigned char)name[begin])) {
      return strcmp(name + begin + strspn(name + begin, "0123456789-"), numbered[i].end) == 0;
    }
  }
  return false;
}

static void note_entry(int folder_fd, const char *name, struct content *content) {
  struct stat status;
  bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
  if (dots || fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return;
  }
  if (!S_ISREG(status.st_mode) || !is_ours(name) || (status.st_size == 0 && strcmp(name, PACKAGE_PROGRESS) != 0)) {
    content->strange = true;
    content->foreign = content->foreign || !S_ISREG(status.st_mode);
    content->size_bytes += status.st_size;
    return;
  }
  content->size_bytes += status.st_size;
  content->segments += strncmp(name, "seg-0-", 6) == 0;
  content->has_hls = content->has_hls || strcmp(name, PACKAGE_HLS) == 0;
  content->has_dash = content->has_dash || strcmp(name, PACKAGE_DASH) == 0;
  content->has_poster = content->has_poster || strcmp(name, PACKAGE_POSTER) == 0;
}

static enum error look_into(int folder_fd, struct content *ret_content) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct content content = {0};
  struct dirent *entry;
  while ((entry = readdir(entries)) != NULL) {
    note_entry(dirfd(entries), entry->d_name, &content);
  }
  closedir(entries);
  *ret_content = content;
  return ERROR_NONE;
}

/* --- while it runs ------------------------------------------------------------------------------ */

/* The last "out_time_us=N" of what ffmpeg wrote so far, in seconds. */
static double seconds_done(int folder_fd) {
  char tail[PROGRESS_TAIL + 1];
  size_t size = 0;
  struct stat status;
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, PACKAGE_PROGRESS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    return 0;
  }
  int64_t from = status.st_size > PROGRESS_TAIL ? status.st_size - PROGRESS_TAIL : 0;
  if (file_read_at(fd, from, tail, PROGRESS_TAIL, &size) != ERROR_NONE) {
    return 0;
  }
  tail[size] = '\0';
  static const char name[] = "out_time_us=";
  const char *last = NULL;
  for (const char *at = strstr(tail, name); at != NULL; at = strstr(at + 1, name)) {
    last = at + sizeof name - 1;
  }
  return last == NULL ? 0 : (double)strtoll(last, NULL, 10) / 1e6;
}

/* Files that were unlinked while they are open are seen by the disk alone. What is wrong, if anything is. */
static enum error look(const struct run *run) {
  struct content content = {0};
  struct statvfs disk;
  if (look_into(run->folder_fd, &content) == ERROR_NONE) {
    if (content.foreign) {
      return ERROR_INVALID;
    }
    if (content.size_bytes > run->max_bytes) {
      return ERROR_TOO_LARGE;
    }
  }
  bool full = fstatvfs(run->folder_fd, &disk) == 0 && disk.f_blocks > 0 && disk.f_bavail < disk.f_blocks / 100;
  return full ? ERROR_NO_SPACE : ERROR_NONE;
}

static void on_beat(void *context) {
  struct run *run = context;
  const struct transcode_options *options = run->options;
  double duration = run->source->duration_seconds;
  double share = duration > 0 ? seconds_done(run->folder_fd) / duration : 0;
  int percent = share < 0 ? 0 : share > 0.99 ? 99 : (int)(share * 100);
  if (options->progress != NULL) {
    options->progress(options->context, percent);
  }
  if (clock_monotonic_ms() - run->looked_ms >= LOOK_INTERVAL_MS) {
    run->looked_ms = clock_monotonic_ms();
    run->error = look(run);
  }
  run->stop = run->error != ERROR_NONE || (options->stop != NULL && *options->stop);
}

/* ffmpeg's first words, made printable and without the address of their context. */
static void first_words(const struct text *errors, char ret_line[LINE_SIZE]) {
  const char *text = errors->length > 0 ? errors->data : "";
  const char *bracket = strstr(text, "] ");
  text = bracket != NULL ? bracket + 2 : text;
  size_t length = 0;
  for (; text[length] != '\0' && text[length] != '\n' && length < LINE_SIZE - 1; length++) {
    unsigned char byte = (unsigned char)text[length];
    ret_line[length] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
  }
  ret_line[length] = '\0';
}

/* The shell calls it 128 + N, and so does bwrap; 0: it ended by itself. Later versions of ffmpeg have exit codes above.
 */
static int signal_of(const struct subprocess_result *result) {
  bool told = result->exit_code > 128 && result->exit_code <= 128 + SIGSYS;
  return told ? result->exit_code - 128 : result->signal_number;
}

/* What we ended it for. */
static enum error judge_end(enum error error, char ret_reason[TRANSCODE_REASON_SIZE]) {
  return refuse(error, ret_reason, "%s",
                error == ERROR_INVALID    ? STRANGE_FILE
                : error == ERROR_NO_SPACE ? "the disk is full"
                                          : "the package became larger than a file of this size may make it");
}

/* Killed from outside is no fault of the file; crashed on it is. */
static enum error judge_signal(int number, char ret_reason[TRANSCODE_REASON_SIZE]) {
  if (number == SIGXFSZ) {
    return judge_end(ERROR_TOO_LARGE, ret_reason);
  }
  if (number == SIGKILL || number == SIGTERM) {
    return refuse(ERROR_MEMORY, ret_reason, "ffmpeg was killed: too little memory?");
  }
  return refuse(ERROR_INVALID, ret_reason, "ffmpeg crashed on the file (signal %d)", number);
}

static enum error judge(enum error error, const struct run *run, const struct subprocess_result *result,
                        bool used_cpu_up, char ret_reason[TRANSCODE_REASON_SIZE]) {
  char words[LINE_SIZE];
  first_words(&result->errors, words);
  const char *errors = result->errors.length > 0 ? result->errors.data : "";
  if (error == ERROR_NOT_FOUND) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "%s is not installed", run->options->sandbox ? "bwrap" : "ffmpeg");
  }
  if (error == ERROR_TIMEOUT) {
    return refuse(error, ret_reason, "packaging took longer than %lld seconds for each second of the file",
                  (long long)run->options->time_factor);
  }
  if (error == ERROR_ABORTED && run->error != ERROR_NONE) {
    return judge_end(run->error, ret_reason);
  }
  if (error != ERROR_NONE) {
    return refuse(error, ret_reason, "%s", error_strerror(error));
  }
  if (strncmp(errors, "bwrap: ", 7) == 0 || result->exit_code == 127) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "the sandbox or ffmpeg cannot start: %s", words);
  }
  if (strstr(errors, "No space left on device") != NULL) {
    return judge_end(ERROR_NO_SPACE, ret_reason);
  }
  if (signal_of(result) == SIGXCPU || (result->exit_code == FFMPEG_STOPPED && used_cpu_up)) {
    return refuse(ERROR_TIMEOUT, ret_reason,
                  "packaging took more than %lld seconds of processor time for each second of the file",
                  (long long)run->options->cpu_factor);
  }
  if (result->exit_code == FFMPEG_STOPPED || signal_of(result) != 0) {
    return judge_signal(result->exit_code == FFMPEG_STOPPED ? SIGTERM : signal_of(result), ret_reason);
  }
  if (result->exit_code != 0 && (strstr(errors, "get_buffer() failed") != NULL || strstr(errors, "memory") != NULL)) {
    return refuse(ERROR_INVALID, ret_reason, "the file needs more memory than packaging may take");
  }
  if (result->exit_code != 0) {
    return refuse(ERROR_INVALID, ret_reason, "ffmpeg cannot read the file: %s", words);
  }
  return ERROR_NONE;
}

static const char *begin_arguments(const struct run *run, struct ffmpeg_arguments *arguments) {
  *arguments = (struct ffmpeg_arguments){.count = 0};
  const char *const unprotected[] = {"env", "-C", run->folder};
  if (run->options->sandbox) {
    arguments->count = sandbox_append_writing(arguments->argv, run->folder);
    return SANDBOX_INPUT;
  }
  memcpy(arguments->argv, unprotected, sizeof unprotected);
  arguments->count = sizeof unprotected / sizeof unprotected[0];
  return "/proc/self/fd/0";
}

/* SIGXCPU has ffmpeg end as a wish to stop does; who else wished that, and when, is not told. */
static bool used_up(int64_t cpu_seconds, int64_t began_ms) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return (clock_monotonic_ms() - began_ms) * (cores < 1 ? 1 : cores) >= cpu_seconds * 1000;
}

static enum error run_ffmpeg(struct run *run, const struct ffmpeg_arguments *arguments, int64_t seconds,
                             int64_t cpu_seconds, char ret_reason[TRANSCODE_REASON_SIZE]) {
  int64_t began_ms = clock_monotonic_ms();
  const struct subprocess_limits limits = {.wall_ms = seconds * 1000,
                                           .cpu_seconds = (uint64_t)cpu_seconds,
                                           .memory_bytes = (uint64_t)run->options->memory_bytes,
                                           .file_size_bytes = (uint64_t)run->max_bytes,
                                           .output_bytes = ERRORS_MAX,
                                           .error_bytes = ERRORS_MAX,
                                           .stop = &run->stop};
  struct subprocess_result result;
  enum error error = subprocess_run(arguments->argv, run->source_fd, &limits, on_beat, run, &result);
  error = judge(error, run, &result, used_up(cpu_seconds, began_ms), ret_reason);
  subprocess_result_free(&result);
  return error;
}

/* A picture that cannot be made is no reason to refuse a film that plays. */
static enum error make_poster(struct run *run, char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  ffmpeg_arguments_poster(&arguments, begin_arguments(run, &arguments), run->source);
  enum error error = run_ffmpeg(run, &arguments, POSTER_SECONDS, POSTER_SECONDS, ret_reason);
  if (error != ERROR_NONE) {
    (void)unlinkat(run->folder_fd, PACKAGE_POSTER, 0); /* perhaps half of one, perhaps none */
  }
  return error == ERROR_INVALID || error == ERROR_TIMEOUT ? ERROR_NONE : error;
}

static enum error make_package(struct run *run, char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct ffmpeg_arguments arguments;
  struct rendition renditions[LADDER_MAX];
  const struct package_source *source = run->source;
  double duration = source->duration_seconds > 0 ? source->duration_seconds : UNKNOWN_DURATION;
  if (duration > HOURS_MAX * 3600.0) { /* what a file says of itself bounds the time that it gets */
    return refuse(ERROR_INVALID, ret_reason, "the file says that it is longer than %d hours", HOURS_MAX);
  }
  int64_t seconds = START_SECONDS + (int64_t)duration * run->options->time_factor;
  size_t count = ladder_make(source->width, source->height, run->options->max_height, renditions);
  ffmpeg_arguments_package(&arguments, begin_arguments(run, &arguments), source, renditions, count,
                           run->options->preset);
  int64_t cpu_seconds = START_CPU_SECONDS + (int64_t)(duration * (double)run->options->cpu_factor);
  enum error error = run_ffmpeg(run, &arguments, seconds, cpu_seconds, ret_reason);
  return error == ERROR_NONE && count > 0 ? make_poster(run, ret_reason) : error;
}

enum error transcode_run(int source_fd, const struct package_source *source, const char *folder,
                         const struct transcode_options *options, struct transcode_result *ret_result,
                         char ret_reason[TRANSCODE_REASON_SIZE]) {
  struct stat status;
  ret_reason[0] = '\0';
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd < 0 || fstat(source_fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  struct run run = {.options = options,
                    .source = source,
                    .folder = folder,
                    .folder_fd = folder_fd,
                    .source_fd = source_fd,
                    .max_bytes = (int64_t)status.st_size * options->output_factor + OUTPUT_GRACE_BYTES};
  enum error error = make_package(&run, ret_reason);
  if (error != ERROR_NONE) {
    return error;
  }
  if (unlinkat(folder_fd, PACKAGE_PROGRESS, 0) != 0 && errno != ENOENT) {
    return file_error_from_errno(errno);
  }
  struct content content = {0};
  error = look_into(folder_fd, &content);
  if (error == ERROR_NONE && content.strange) {
    /* ffmpeg names its files otherwise until they are written; what else is there somebody smuggled in. */
    return refuse(ERROR_INVALID, ret_reason, STRANGE_FILE);
  }
  if (error == ERROR_NONE && (!content.has_hls || !content.has_dash || content.segments == 0)) {
    error = refuse(ERROR_INVALID, ret_reason, "ffmpeg found nothing in the file that can be packaged");
  }
  if (error == ERROR_NONE) {
    *ret_result = (struct transcode_result){
        .segments = content.segments, .has_poster = content.has_poster, .size_bytes = content.size_bytes};
  }
  return error;
}
