/* SPDX-License-Identifier: ISC */
/*
 * ffmpeg prints a line for each encoder, " V....D libx264   words", behind a legend of the same form.
 */
#include "config.h"

#include "package/ffmpeg/encoder_list.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/subprocess.h"
#include "files/sandbox.h"
#include "package/ffmpeg/picture_coding.h"

#define WALL_MS    20000
#define OUTPUT_MAX (256 * 1024)
#define ERRORS_MAX 4096
#define BLANKS     " \t"

bool encoder_list_has(const char *list, const char *encoder) {
  size_t length = strlen(encoder);
  for (const char *line = list; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
    const char *flags = line + strspn(line, BLANKS);
    const char *name = flags + strcspn(flags, BLANKS "\n");
    name += strspn(name, BLANKS);
    if (strncmp(name, encoder, length) == 0 && strchr(BLANKS "\n", name[length]) != NULL) {
      return true;
    }
  }
  return false;
}

static enum error judge(const char *list, const struct picture_wishes *wishes,
                        char ret_reason[ENCODER_LIST_REASON_SIZE]) {
  for (int codec = 0; codec < PICTURE_CODECS; codec++) {
    const char *encoder = picture_coding_encoder((enum picture_codec)codec, PICTURE_ENCODER_SOFTWARE);
    bool needed = wishes->codecs[codec] || (codec == PICTURE_CODEC_HEVC && wishes->keep_hdr);
    if (needed && !encoder_list_has(list, encoder)) {
      const char *name = picture_codec_name((enum picture_codec)codec);
      snprintf(ret_reason, ENCODER_LIST_REASON_SIZE,
               "ffmpeg has no %s, which %s needs: take %s out of package_codecs%s, or install an ffmpeg that has it",
               encoder, name, name, codec == PICTURE_CODEC_HEVC ? ", set package_hdr to tonemap" : "");
      return ERROR_UNSUPPORTED;
    }
  }
  return ERROR_NONE;
}

enum error encoder_list_check(const struct picture_wishes *wishes, bool sandbox,
                              char ret_reason[ENCODER_LIST_REASON_SIZE]) {
  const char *argv[SANDBOX_ARGUMENTS + 4];
  const char *const ask[] = {"ffmpeg", "-hide_banner", "-encoders", NULL};
  memcpy(argv + (sandbox ? sandbox_append(argv) : 0), ask, sizeof ask);
  const struct subprocess_limits limits = {.wall_ms = WALL_MS,
                                           .output_bytes = OUTPUT_MAX,
                                           .error_bytes = ERRORS_MAX,
                                           .data = sandbox ? sandbox_filter : NULL};
  struct subprocess_result result;
  __attribute__((cleanup(file_close_cleanup))) int input =
      open("/proc/self/exe", O_RDONLY | O_CLOEXEC); /* the sandbox wants a file to read */
  enum error error = subprocess_run(argv, input, &limits, NULL, NULL, &result);
  if (error != ERROR_NONE || result.exit_code != 0) {
    snprintf(ret_reason, ENCODER_LIST_REASON_SIZE,
             "ffmpeg does not run: install it, and bubblewrap where sandbox has it");
    error = ERROR_UNAVAILABLE;
  } else {
    error = judge(result.output.length > 0 ? result.output.data : "", wishes, ret_reason);
  }
  subprocess_result_free(&result);
  return error;
}
