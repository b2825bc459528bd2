/* SPDX-License-Identifier: ISC */
/*
 * One ffprobe with 100 intervals of one packet each. It jumps by the file's index where there is one. A file without,
 * in which each jump is a search, may take too long: then nothing is known.
 */
#include "config.h"

#include "files/file_timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "files/probe_parse.h"
#include "files/sandbox.h"

#define JUMPS         100
#define SECONDS_MIN   30.0
#define WALL_MS       20000
#define OUTPUT_MAX    ((size_t)16 * 1024)
#define ARGUMENTS_MAX (SANDBOX_ARGUMENTS + 24)
#define ERRORS_MAX    ((size_t)4096)

bool file_timeline_parse(const char *output, double duration_seconds, int64_t size_bytes,
                         struct timeline *ret_timeline) {
  struct timeline_point points[JUMPS] = {{0}};
  size_t count = 0;
  for (const char *line = output; line != NULL && *line != '\0' && count < JUMPS;) {
    char *end = NULL, *position_end = NULL;
    double seconds = strtod(line, &end);
    int64_t position = end != line && *end == ',' ? strtoll(end + 1, &position_end, 10) : -1;
    bool is_later = count == 0 || (seconds > points[count - 1].seconds && position > points[count - 1].position);
    if (position >= 0 && position_end != end + 1 && is_later) { /* many jumps land at the same key frame */
      points[count++] = (struct timeline_point){.seconds = seconds < 0 ? 0 : seconds, .position = position};
    }
    line = strchr(line, '\n');
    line = line == NULL ? NULL : line + 1;
  }
  return timeline_draw(points, count, duration_seconds, size_bytes, ret_timeline);
}

static void append_intervals(struct text *intervals, double duration_seconds) {
  for (int jump = 0; jump < JUMPS; jump++) {
    text_appendf(intervals, "%s%.3f%%+#1", jump == 0 ? "" : ",", duration_seconds * jump / JUMPS);
  }
}

static void make_arguments(bool sandbox, bool has_video, const char *intervals, const char *argv[ARGUMENTS_MAX]) {
  const char *const ffprobe[] = {"ffprobe",
                                 "-v",
                                 "quiet",
                                 "-threads",
                                 "1",
                                 "-protocol_whitelist",
                                 "file",
                                 "-format_whitelist",
                                 probe_parse_formats(),
                                 "-select_streams",
                                 has_video ? "V:0" : "a:0",
                                 "-read_intervals",
                                 intervals,
                                 "-show_entries",
                                 "packet=pts_time,pos",
                                 "-of",
                                 "csv=p=0",
                                 "-i",
                                 sandbox ? SANDBOX_INPUT : "/proc/self/fd/0",
                                 NULL};
  size_t count = sandbox ? sandbox_append(argv) : 0;
  memcpy(argv + count, ffprobe, sizeof ffprobe);
}

static bool run_ffprobe(int fd, const struct probe_options *options, const struct probe_result *probe,
                        const char *intervals, struct subprocess_result *ret_run) {
  const char *argv[ARGUMENTS_MAX];
  make_arguments(options->sandbox, probe->has_video, intervals, argv);
  int64_t wall_ms = options->timeout_ms < WALL_MS ? options->timeout_ms : WALL_MS;
  const struct subprocess_limits limits = {.wall_ms = wall_ms,
                                           .cpu_seconds = (uint64_t)wall_ms / 1000 + 1,
                                           .memory_bytes = options->memory_bytes,
                                           .file_size_bytes = 0,
                                           .output_bytes = OUTPUT_MAX,
                                           .error_bytes = ERRORS_MAX,
                                           .data = options->sandbox ? sandbox_filter : NULL};
  __attribute__((cleanup(file_close_cleanup))) int input_fd = file_open_again(fd);
  enum error error =
      input_fd < 0 ? ERROR_IO : subprocess_run(argv, input_fd, &limits, options->beat, options->beat_context, ret_run);
  return error == ERROR_NONE && ret_run->exit_code == 0;
}

bool file_timeline_read(int fd, const struct probe_options *options, const struct probe_result *probe,
                        int64_t size_bytes, struct timeline *ret_timeline) {
  if (!(probe->duration_seconds >= SECONDS_MIN)) {
    return false;
  }
  struct text intervals = {0};
  struct subprocess_result run = {.exit_code = -1};
  append_intervals(&intervals, probe->duration_seconds);
  bool known = !intervals.failed && run_ffprobe(fd, options, probe, intervals.data, &run) && run.output.length > 0 &&
               file_timeline_parse(run.output.data, probe->duration_seconds, size_bytes, ret_timeline);
  subprocess_result_free(&run);
  text_free(&intervals);
  return known;
}
