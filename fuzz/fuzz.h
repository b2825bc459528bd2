/* SPDX-License-Identifier: ISC */
/*
 * A fuzz target is one function. With --enable-fuzzing libFuzzer drives it; else fuzz/replay.c
 * does, over the files of fuzz/corpus/<target>/, in `make check`.
 *
 * A new target: fuzz/fuzz_NAME.c, files in fuzz/corpus/NAME/, a row in fuzz_targets of Makefile.am.
 * It states what must hold with FUZZ_REQUIRE, which also works in builds with NDEBUG.
 */
#ifndef MEDIAGATE_FUZZ_FUZZ_H
#define MEDIAGATE_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's name for it. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_REQUIRE(condition)                                                                                        \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                                   \
      abort();                                                                                                         \
    }                                                                                                                  \
  } while (0)

/* The input as a string, exactly as long, so that a read beyond it is seen. The caller frees it. */
static inline char *fuzz_text(const uint8_t *bytes, size_t size) {
  char *text = malloc(size + 1);
  FUZZ_REQUIRE(text != NULL);
  if (size > 0) {
    memcpy(text, bytes, size);
  }
  text[size] = '\0';
  return text;
}

#endif
