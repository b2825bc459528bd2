/* SPDX-License-Identifier: ISC */
/*
 * The plain main of every fuzz target: feeds it each file named on the command line. A crash names
 * its file.
 */
#include "config.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "fuzz.h"

#define INPUT_MAX_BYTES (1024 * 1024)

static int replay(const char *path) {
  struct text text = {0};
  enum error error = file_read(path, INPUT_MAX_BYTES, &text);
  if (error != ERROR_NONE) {
    fprintf(stderr, "%s: %s\n", path, error_strerror(error));
    return 1;
  }
  fprintf(stderr, "%s\n", path); /* before it runs: the last name printed is the one that crashed */
  /* An exact copy on the heap, so that a sanitizer sees a read one byte past the end. */
  uint8_t *bytes = malloc(text.length > 0 ? text.length : 1);
  if (bytes == NULL) {
    text_free(&text);
    return 1;
  }
  if (text.length > 0) {
    memcpy(bytes, text.data, text.length);
  }
  (void)LLVMFuzzerTestOneInput(bytes, text.length); /* always 0 */
  free(bytes);
  text_free(&text);
  return 0;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    failed |= replay(argv[i]);
  }
  printf("%d inputs replayed\n", argc - 1);
  return failed;
}
