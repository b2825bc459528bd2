/* SPDX-License-Identifier: ISC */
/*
 * One run of the sandbox: file(1) says the type of the first bytes, and where that may be audio or video ffprobe reads
 * the rest. The length is checked outside, by numbers alone. See probe.h.
 */
#include "config.h"

#include "files/probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "files/container.h"
#include "files/probe_parse.h"
#include "files/sandbox.h"
#include "metrics/metric.h"

#define OUTPUT_MAX    (256 * 1024)
#define ERRORS_MAX    4096
#define ARGUMENTS_MAX (SANDBOX_ARGUMENTS + 40)
#define LINE_SIZE     100
#define TYPE_SIZE     80
#define REMEDY        "make another of it: ffmpeg -i FILE -c:v libx264 -c:a aac new.mp4"

static const char shown_entries[] = "format=format_name,duration:format_tags=major_brand:"
                                    "stream=codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate:"
                                    "stream_side_data=rotation:stream_disposition=attached_pic";

/* What file(1) says of files that ffprobe may look at. octet-stream: MP3 without a tag, some transport streams. */
static const char *const media_types[] = {
    "video/", "audio/", "application/ogg", "application/mxf", "application/vnd.ms-asf", "application/octet-stream"};

static enum error PRINTF_LIKE(3, 4)
    refuse(enum error error, char ret_reason[PROBE_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, PROBE_REASON_SIZE, format, arguments);
  va_end(arguments);
  return error;
}

/* $1 is the file, the rest ffprobe's. The decoders of archives and documents are off. The first line is the type;
 * ffprobe runs where is_media_type holds. */
static const char script[] =
    "type=$(file -L --brief --mime-type -P bytes=65536 -e compress -e tar -e cdf -e elf -- \"$1\") || exit 127; "
    "printf '%s\\n' \"$type\"; shift; case $type in *mpegurl*) ;; "
    "video/*|audio/*|application/ogg*|application/mxf*|application/vnd.ms-asf*|application/octet-stream*) exec \"$@\" "
    ";; "
    "esac";

static bool is_media_type(const char *type) {
  for (size_t i = 0; i < sizeof media_types / sizeof media_types[0]; i++) {
    if (strncmp(type, media_types[i], strlen(media_types[i])) == 0) {
      return strstr(type, "mpegurl") == NULL;
    }
  }
  return false;
}

static void make_arguments(bool sandbox, const char *argv[ARGUMENTS_MAX]) {
  const char *const input = sandbox ? SANDBOX_INPUT : "/proc/self/fd/0";
  const char *const ffprobe[] = {"sh",
                                 "-c",
                                 script,
                                 "sh",
                                 input,
                                 "ffprobe",
                                 "-v",
                                 "error",
                                 "-hide_banner",
                                 "-threads",
                                 "1",
                                 "-protocol_whitelist",
                                 "file",
                                 "-format_whitelist",
                                 probe_parse_formats(),
                                 "-print_format",
                                 "json",
                                 "-show_entries",
                                 shown_entries,
                                 "-i",
                                 input,
                                 NULL};
  size_t count = sandbox ? sandbox_append(argv) : 0;
  memcpy(argv + count, ffprobe, sizeof ffprobe);
}

/* The first line of what was printed, made printable. */
static void first_line(const char *text, char ret_line[LINE_SIZE]) {
  size_t length = 0;
  for (; text[length] != '\0' && text[length] != '\n' && length < LINE_SIZE - 1; length++) {
    unsigned char byte = (unsigned char)text[length];
    ret_line[length] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
  }
  ret_line[length] = '\0';
}

/* ffprobe's own words without the address of its context: "[mov,mp4 @ 0x5581] moov atom not found".
 */
static enum error describe_errors(const char *errors, const char *type, char ret_reason[PROBE_REASON_SIZE]) {
  char line[LINE_SIZE];
  const char *bracket = strstr(errors, "] ");
  first_line(bracket != NULL ? bracket + 2 : errors, line);
  if (strstr(line, "not on whitelist") != NULL) {
    return refuse(ERROR_INVALID, ret_reason, "files of the format %s are not taken; " REMEDY, type);
  }
  if (line[0] == '\0' || line[0] == '/') {
    return refuse(ERROR_INVALID, ret_reason, "the file cannot be read as audio or video");
  }
  return refuse(ERROR_INVALID, ret_reason, "the file cannot be read as audio or video: %s", line);
}

/* The type that stands on the first line, and what follows it. */
static const char *split_type(const struct text *output, char ret_type[TYPE_SIZE]) {
  const char *data = output->length > 0 ? output->data : "";
  size_t length = strcspn(data, "\n");
  snprintf(ret_type, TYPE_SIZE, "%.*s", (int)length, data);
  return data + length + (data[length] == '\n');
}

static enum error judge_run(enum error error, const struct subprocess_result *run, const struct probe_options *options,
                            char ret_reason[PROBE_REASON_SIZE]) {
  const char *errors = run->errors.length > 0 ? run->errors.data : "";
  char line[LINE_SIZE];
  first_line(errors, line);
  if (error == ERROR_NOT_FOUND) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "%s is not installed (Debian: %s)", options->sandbox ? "bwrap" : "sh",
                  options->sandbox ? "bubblewrap" : "dash");
  }
  if (error == ERROR_TIMEOUT) {
    return refuse(ERROR_TIMEOUT, ret_reason, "looking at the file took longer than %lld s",
                  (long long)options->timeout_ms / 1000);
  }
  if (error == ERROR_TOO_LARGE) {
    return refuse(ERROR_INVALID, ret_reason, "the file describes more streams than can be looked at");
  }
  if (error != ERROR_NONE) {
    return error;
  }
  if (options->sandbox && strncmp(errors, "bwrap: ", 7) == 0) {
    return refuse(ERROR_UNSUPPORTED, ret_reason,
                  "the sandbox cannot start (%s); is ffmpeg installed, are user namespaces allowed?", line);
  }
  if (run->exit_code == 127) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "file or ffprobe cannot run (Debian: file, ffmpeg): %s", line);
  }
  return ERROR_NONE;
}

static enum error judge(int fd, const struct subprocess_result *run, struct probe_result *ret_result,
                        char ret_reason[PROBE_REASON_SIZE]) {
  char type[TYPE_SIZE];
  const char *json = split_type(&run->output, type);
  if (!is_media_type(type)) {
    char shown[LINE_SIZE];
    first_line(type, shown);
    return refuse(ERROR_INVALID, ret_reason, "the file is %.80s, not audio or video", shown);
  }
  enum error error = container_check_whole(fd, ret_reason);
  if (error != ERROR_NONE) {
    return error;
  }
  if (run->exit_code != 0) {
    return describe_errors(run->errors.length > 0 ? run->errors.data : "", type, ret_reason);
  }
  return probe_parse(json, strlen(json), ret_result, ret_reason);
}

static enum error look(int fd, const struct probe_options *options, struct probe_result *ret_result,
                       char ret_reason[PROBE_REASON_SIZE]) {
  const char *argv[ARGUMENTS_MAX];
  make_arguments(options->sandbox, argv);
  const struct subprocess_limits limits = {.wall_ms = options->timeout_ms,
                                           .cpu_seconds = (uint64_t)options->timeout_ms / 1000 + 1,
                                           .memory_bytes = options->memory_bytes,
                                           .file_size_bytes = 0,
                                           .output_bytes = OUTPUT_MAX,
                                           .error_bytes = ERRORS_MAX,
                                           .data = options->sandbox ? sandbox_filter : NULL};
  /* A spool file's lock belongs to the description that the worker holds, and a child that outlives a killed worker
   * must not keep it. */
  __attribute__((cleanup(file_close_cleanup))) int input_fd = file_open_again(fd);
  if (input_fd < 0) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "the file cannot be opened again (%s); is /proc mounted?",
                  strerror(errno));
  }
  struct subprocess_result run;
  int64_t begun_us = clock_monotonic_us();
  enum error error = subprocess_run(argv, input_fd, &limits, options->beat, options->beat_context, &run);
  error = judge_run(error, &run, options, ret_reason);
  if (error == ERROR_NONE) {
    error = judge(fd, &run, ret_result, ret_reason);
  }
  metric_observe(METRIC_PROBE_DURATION, error == ERROR_NONE ? METRIC_OUTCOME_OK : METRIC_OUTCOME_FAILED,
                 clock_monotonic_us() - begun_us);
  subprocess_result_free(&run);
  return error;
}

enum error probe_file(int fd, const struct probe_options *options, struct probe_result *ret_result,
                      char ret_reason[PROBE_REASON_SIZE]) {
  struct stat status;
  ret_reason[0] = '\0';
  if (fstat(fd, &status) != 0) {
    return ERROR_IO;
  }
  if (status.st_size == 0) {
    return refuse(ERROR_INVALID, ret_reason, "the file is empty");
  }
  return look(fd, options, ret_result, ret_reason);
}
