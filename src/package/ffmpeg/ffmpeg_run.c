/* SPDX-License-Identifier: ISC */
/*
 * ffmpeg reads hostile files, so nothing is believed of how it ended.
 */
#include "config.h"

#include "package/ffmpeg/ffmpeg_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/subprocess.h"
#include "package/ffmpeg/output_folder.h"

#define ERRORS_MAX       4096
#define OUTPUT_MAX       (256 * 1024)
#define LINE_SIZE        100
#define LOOK_INTERVAL_MS 1000 /* between two looks at the folder's size */
#define FFMPEG_STOPPED   255  /* its exit code when a signal asked it to end */

enum error ffmpeg_run_refuse(enum error error, char ret_reason[TRANSCODE_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, TRANSCODE_REASON_SIZE, format, arguments);
  va_end(arguments);
  return error;
}

/* Files that were unlinked while they are open are seen by the disk alone. What is wrong, if anything is. */
static enum error look(struct ffmpeg_run *run) {
  struct output_folder content = {0};
  struct statvfs disk;
  if (output_folder_look(run->folder_fd, &content) == ERROR_NONE) {
    run->segments = content.segments;
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

/* ffmpeg tells nothing of its progress before the first sheet of the storyboard, and then goes by that. */
static double seconds_done(const struct ffmpeg_run *run) {
  return run->segments > 0 ? run->segments * run->segment_seconds : output_folder_seconds_done(run->folder_fd);
}

static void on_beat(void *context) {
  struct ffmpeg_run *run = context;
  const struct transcode_options *options = run->options;
  double duration = run->duration_seconds;
  double share = duration > 0 ? seconds_done(run) / duration : 0;
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
  return ffmpeg_run_refuse(error, ret_reason, "%s",
                           error == ERROR_INVALID ? FFMPEG_RUN_STRANGE_FILE
                           : error == ERROR_NO_SPACE
                               ? "the disk is full"
                               : "the package became larger than a file of this size may make it");
}

/* Killed from outside is no fault of the file; crashed on it is. */
static enum error judge_signal(int number, char ret_reason[TRANSCODE_REASON_SIZE]) {
  if (number == SIGXFSZ) {
    return judge_end(ERROR_TOO_LARGE, ret_reason);
  }
  if (number == SIGKILL || number == SIGTERM) {
    return ffmpeg_run_refuse(ERROR_MEMORY, ret_reason, "ffmpeg was killed: too little memory?");
  }
  return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "ffmpeg crashed on the file (signal %d)", number);
}

static enum error judge(enum error error, const struct ffmpeg_run *run, const struct subprocess_result *result,
                        bool used_cpu_up, char ret_reason[TRANSCODE_REASON_SIZE]) {
  char words[LINE_SIZE];
  first_words(&result->errors, words);
  const char *errors = result->errors.length > 0 ? result->errors.data : "";
  if (error == ERROR_NOT_FOUND) {
    return ffmpeg_run_refuse(ERROR_UNSUPPORTED, ret_reason, "%s is not installed",
                             run->options->sandbox ? "bwrap" : "ffmpeg");
  }
  if (error == ERROR_TIMEOUT) {
    return ffmpeg_run_refuse(error, ret_reason, "packaging took longer than %lld seconds for each second of the file",
                             (long long)run->options->time_factor);
  }
  if (error == ERROR_ABORTED && run->error != ERROR_NONE) {
    return judge_end(run->error, ret_reason);
  }
  if (error != ERROR_NONE) {
    return ffmpeg_run_refuse(error, ret_reason, "%s", error_strerror(error));
  }
  if (strncmp(errors, "bwrap: ", 7) == 0 || result->exit_code == 127) {
    return ffmpeg_run_refuse(ERROR_UNSUPPORTED, ret_reason, "the sandbox or ffmpeg cannot start: %s", words);
  }
  if (strstr(errors, "No space left on device") != NULL) {
    return judge_end(ERROR_NO_SPACE, ret_reason);
  }
  if (signal_of(result) == SIGXCPU || (result->exit_code == FFMPEG_STOPPED && used_cpu_up)) {
    return ffmpeg_run_refuse(ERROR_TIMEOUT, ret_reason,
                             "packaging took more than %lld seconds of processor time for each second of the file",
                             (long long)run->options->cpu_factor);
  }
  if (result->exit_code == FFMPEG_STOPPED || signal_of(result) != 0) {
    return judge_signal(result->exit_code == FFMPEG_STOPPED ? SIGTERM : signal_of(result), ret_reason);
  }
  if (result->exit_code != 0 && (strstr(errors, "get_buffer() failed") != NULL || strstr(errors, "memory") != NULL)) {
    return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "the file needs more memory than packaging may take");
  }
  if (result->exit_code != 0) {
    return ffmpeg_run_refuse(ERROR_INVALID, ret_reason, "ffmpeg cannot read the file: %s", words);
  }
  return ERROR_NONE;
}

static const char *input_of(const struct ffmpeg_run *run) {
  return run->options->sandbox ? SANDBOX_INPUT : "/proc/self/fd/0";
}

const char *ffmpeg_run_begin(const struct ffmpeg_run *run, struct ffmpeg_arguments *arguments) {
  *arguments = (struct ffmpeg_arguments){.count = 0};
  const char *const unprotected[] = {"env", "-C", run->folder};
  if (run->options->sandbox) {
    arguments->count = sandbox_append_writing(arguments->argv, run->folder, run->device);
    return input_of(run);
  }
  memcpy(arguments->argv, unprotected, sizeof unprotected);
  arguments->count = sizeof unprotected / sizeof unprotected[0];
  return input_of(run);
}

/* SIGXCPU has ffmpeg end as a wish to stop does; who else wished that, and when, is not told. */
static bool used_up(int64_t cpu_seconds, int64_t began_ms) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return (clock_monotonic_ms() - began_ms) * (cores < 1 ? 1 : cores) >= cpu_seconds * 1000;
}

static void note_command(const struct ffmpeg_run *run, const struct ffmpeg_arguments *arguments) {
  if (run->options->log != NULL) {
    job_log_command(run->options->log, arguments->argv, run->folder, input_of(run));
  }
}

static void note_end(const struct ffmpeg_run *run, enum error error, const struct subprocess_result *result,
                     const char *reason) {
  struct job_log *log = run->options->log;
  if (log == NULL) {
    return;
  }
  if (result->errors.length > 0) {
    job_log_words(log, result->errors.data, run->folder, input_of(run));
  }
  job_log_line(log, "ended with code %d%s%s", result->exit_code, error == ERROR_NONE ? "" : ": ",
               error == ERROR_NONE ? ""
               : reason[0] != '\0' ? reason
                                   : error_strerror(error));
}

enum error ffmpeg_run_output(struct ffmpeg_run *run, const struct ffmpeg_arguments *arguments, int64_t seconds,
                             int64_t cpu_seconds, struct text *ret_output, char ret_reason[TRANSCODE_REASON_SIZE]) {
  int64_t began_ms = clock_monotonic_ms();
  const struct subprocess_limits limits = {.wall_ms = seconds * 1000,
                                           .cpu_seconds = (uint64_t)cpu_seconds,
                                           .memory_bytes = (uint64_t)run->options->memory_bytes,
                                           .file_size_bytes = (uint64_t)run->max_bytes,
                                           .output_bytes = OUTPUT_MAX,
                                           .error_bytes = ERRORS_MAX,
                                           .stop = &run->stop,
                                           .data = run->options->sandbox ? sandbox_filter : NULL};
  struct subprocess_result result;
  note_command(run, arguments);
  enum error error = subprocess_run(arguments->argv, run->source_fd, &limits, on_beat, run, &result);
  error = judge(error, run, &result, used_up(cpu_seconds, began_ms), ret_reason);
  note_end(run, error, &result, ret_reason);
  if (error == ERROR_NONE && ret_output != NULL && result.output.length > 0) {
    text_append_bytes(ret_output, result.output.data, result.output.length);
  }
  subprocess_result_free(&result);
  return error == ERROR_NONE && ret_output != NULL && ret_output->failed ? ERROR_MEMORY : error;
}

enum error ffmpeg_run(struct ffmpeg_run *run, const struct ffmpeg_arguments *arguments, int64_t seconds,
                      int64_t cpu_seconds, char ret_reason[TRANSCODE_REASON_SIZE]) {
  return ffmpeg_run_output(run, arguments, seconds, cpu_seconds, NULL, ret_reason);
}
