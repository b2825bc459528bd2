/* SPDX-License-Identifier: ISC */
/*
 * libmagic on the first bytes, the length check, then ffprobe in bubblewrap. See probe.h.
 */
#include "config.h"

#include "files/probe.h"

#include <errno.h>
#include <magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "files/container.h"
#include "files/probe_parse.h"
#include "files/sandbox.h"
#include "metrics/metric.h"

#define MAGIC_BYTES   65536
#define OUTPUT_MAX    (256 * 1024)
#define ERRORS_MAX    4096
#define ARGUMENTS_MAX (SANDBOX_ARGUMENTS + 32)
#define LINE_SIZE     100
#define TYPE_SIZE     80
#define REMEDY        "make another of it: ffmpeg -i FILE -c:v libx264 -c:a aac new.mp4"

static const char shown_entries[] = "format=format_name,duration:format_tags=major_brand:"
                                    "stream=codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate:"
                                    "stream_side_data=rotation:stream_disposition=attached_pic";

/* What libmagic says of files that ffprobe may look at. octet-stream: MP3 without a tag, some
 * transport streams. */
static const char *const magic_types[] = {
    "video/", "audio/", "application/ogg", "application/mxf", "application/vnd.ms-asf", "application/octet-stream"};

static enum error PRINTF_LIKE(3, 4)
    refuse(enum error error, char ret_reason[PROBE_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, PROBE_REASON_SIZE, format, arguments);
  va_end(arguments);
  return error;
}

static bool is_magic_type(const char *type) {
  for (size_t i = 0; i < sizeof magic_types / sizeof magic_types[0]; i++) {
    if (strncmp(type, magic_types[i], strlen(magic_types[i])) == 0) {
      return strstr(type, "mpegurl") == NULL;
    }
  }
  return false;
}

/* libmagic gets bytes, never a descriptor, and its decoders of archives and documents are off. */
static enum error check_magic(int fd, char ret_type[TYPE_SIZE], char ret_reason[PROBE_REASON_SIZE]) {
  static char bytes[MAGIC_BYTES]; /* a worker does one thing at a time */
  size_t size = 0;
  if (file_read_at(fd, 0, bytes, sizeof bytes, &size) != ERROR_NONE) {
    return ERROR_IO;
  }
  if (size == 0) {
    return refuse(ERROR_INVALID, ret_reason, "the file is empty");
  }
  magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF |
                             MAGIC_NO_CHECK_ELF);
  if (magic == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = ERROR_NONE;
  if (magic_load(magic, NULL) != 0) {
    error = refuse(ERROR_UNSUPPORTED, ret_reason, "libmagic cannot load its database (Debian: libmagic-mgc)");
  } else {
    const char *type = magic_buffer(magic, bytes, size);
    if (type == NULL) {
      error = refuse(ERROR_UNSUPPORTED, ret_reason, "libmagic failed: %.120s", magic_error(magic));
    } else if (!is_magic_type(type)) {
      error = refuse(ERROR_INVALID, ret_reason, "the file is %.80s, not audio or video", type);
    } else {
      snprintf(ret_type, TYPE_SIZE, "%s", type);
    }
  }
  magic_close(magic);
  return error;
}

static void make_arguments(bool sandbox, const char *argv[ARGUMENTS_MAX]) {
  const char *const ffprobe[] = {"ffprobe",
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
                                 sandbox ? SANDBOX_INPUT : "/proc/self/fd/0",
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

static enum error judge(enum error error, const struct subprocess_result *run, const struct probe_options *options,
                        const char *type, struct probe_result *ret_result, char ret_reason[PROBE_REASON_SIZE]) {
  const char *errors = run->errors.length > 0 ? run->errors.data : "";
  char line[LINE_SIZE];
  first_line(errors, line);
  if (error == ERROR_NOT_FOUND) {
    return refuse(ERROR_UNSUPPORTED, ret_reason, "%s is not installed (Debian: %s)",
                  options->sandbox ? "bwrap" : "ffprobe", options->sandbox ? "bubblewrap" : "ffmpeg");
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
    return refuse(ERROR_UNSUPPORTED, ret_reason, "ffprobe cannot run: %s", line);
  }
  if (run->exit_code != 0) {
    return describe_errors(errors, type, ret_reason);
  }
  return probe_parse(run->output.length > 0 ? run->output.data : "", run->output.length, ret_result, ret_reason);
}

static enum error run_ffprobe(int fd, const struct probe_options *options, const char *type,
                              struct probe_result *ret_result, char ret_reason[PROBE_REASON_SIZE]) {
  const char *argv[ARGUMENTS_MAX];
  make_arguments(options->sandbox, argv);
  const struct subprocess_limits limits = {.wall_ms = options->timeout_ms,
                                           .cpu_seconds = (uint64_t)options->timeout_ms / 1000 + 1,
                                           .memory_bytes = options->memory_bytes,
                                           .file_size_bytes = 0,
                                           .output_bytes = OUTPUT_MAX,
                                           .error_bytes = ERRORS_MAX};
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
  error = judge(error, &run, options, type, ret_result, ret_reason);
  metric_observe(METRIC_PROBE_DURATION, error == ERROR_NONE ? METRIC_OUTCOME_OK : METRIC_OUTCOME_FAILED,
                 clock_monotonic_us() - begun_us);
  subprocess_result_free(&run);
  return error;
}

enum error probe_file(int fd, const struct probe_options *options, struct probe_result *ret_result,
                      char ret_reason[PROBE_REASON_SIZE]) {
  ret_reason[0] = '\0';
  char type[TYPE_SIZE] = "";
  enum error error = check_magic(fd, type, ret_reason);
  if (error == ERROR_NONE) {
    error = container_check_whole(fd, ret_reason);
  }
  return error == ERROR_NONE ? run_ffprobe(fd, options, type, ret_result, ret_reason) : error;
}
