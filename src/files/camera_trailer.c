/* SPDX-License-Identifier: ISC */
/*
 * See camera_trailer.h.
 */
#include "config.h"

#include "files/camera_trailer.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define INSTA_MAGIC     "8db42d694ccc418790edff439fe026bf"
#define INSTA_END       40 /* the size of the trailer, its version, the magic */
#define SAMSUNG_ENTRY   12
#define SAMSUNG_ENTRIES 64
#define TRAILER_MAX     ((int64_t)16 << 20) /* of one that does not say how long it is */
#define ARCHIVE_TAIL    (66 * 1024)         /* a ZIP's directory ends in no more than the last so many bytes */
#define EMPTY_MAX       16

static uint32_t little_endian(const unsigned char *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static enum error read_tail(int fd, int64_t size, void *ret_bytes, size_t wanted, bool *ret_there) {
  size_t got = 0;
  *ret_there = false;
  if (size < (int64_t)wanted) {
    return ERROR_NONE;
  }
  enum error error = file_read_at(fd, size - (int64_t)wanted, ret_bytes, wanted, &got);
  *ret_there = error == ERROR_NONE && got == wanted;
  return error;
}

/* "…PK\5\6…" near the end: who unpacks the file finds something else in it. */
static enum error holds_archive(int fd, int64_t size, bool *ret_holds) {
  static char bytes[ARCHIVE_TAIL]; /* a worker does one thing at a time */
  size_t wanted = size < ARCHIVE_TAIL ? (size_t)size : ARCHIVE_TAIL;
  bool there = false;
  enum error error = read_tail(fd, size, bytes, wanted, &there);
  *ret_holds = there && memmem(bytes, wanted, "PK\5\6", 4) != NULL;
  return error;
}

/* "SEFH", a version, a number of entries that say how far before it their data begin, its length, "SEFT". */
static enum error samsung_begin(int fd, int64_t size, int64_t length, int64_t *ret_begin) {
  unsigned char head[12 + SAMSUNG_ENTRIES * SAMSUNG_ENTRY] = {0};
  size_t got = 0;
  int64_t directory = size - 8 - length;
  if (length < 12 || directory < 0) {
    return ERROR_NONE;
  }
  enum error error = file_read_at(fd, directory, head, sizeof head, &got);
  if (error != ERROR_NONE || got < 12 || memcmp(head, "SEFH", 4) != 0) {
    return error;
  }
  uint32_t entries = little_endian(head + 8);
  int64_t farthest = 0;
  for (uint32_t i = 0; i < entries && i < SAMSUNG_ENTRIES && 12 + (i + 1) * SAMSUNG_ENTRY <= got; i++) {
    int64_t before = little_endian(head + 12 + i * SAMSUNG_ENTRY + 4);
    farthest = before > farthest ? before : farthest;
  }
  if (farthest <= directory) {
    *ret_begin = directory - farthest;
  }
  return ERROR_NONE;
}

enum error camera_trailer_begin(int fd, int64_t size, int64_t *ret_begin) {
  unsigned char end[INSTA_END];
  bool there = false, archive = false;
  int64_t begin = size;
  enum error error = read_tail(fd, size, end, sizeof end, &there);
  if (error == ERROR_NONE && there && memcmp(end + 8, INSTA_MAGIC, sizeof INSTA_MAGIC - 1) == 0) {
    int64_t length = little_endian(end);
    begin = length >= INSTA_END && length < size ? size - length : size;
  } else if (error == ERROR_NONE && there && memcmp(end + INSTA_END - 4, "SEFT", 4) == 0) {
    error = samsung_begin(fd, size, little_endian(end + INSTA_END - 8), &begin);
  }
  if (error == ERROR_NONE && begin < size) {
    error = holds_archive(fd, size, &archive);
  }
  if (error == ERROR_NONE) {
    *ret_begin = archive ? size : begin;
  }
  return error;
}

static bool is_empty(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (memchr("\n\r\t ", bytes[i], 5) == NULL) {
      return false;
    }
  }
  return true;
}

enum error camera_trailer_is_at(int fd, int64_t size, int64_t offset, bool *ret_is) {
  static const char vivo_end[] = "\xff\xff\xff\xff\x1b*9HWfu\x84\x93\xa2\xb1";
  unsigned char head[EMPTY_MAX] = {0}, end[sizeof vivo_end - 1] = {0};
  size_t got = 0;
  bool there = false, archive = false;
  int64_t length = size - offset;
  *ret_is = false;
  enum error error = file_read_at(fd, offset, head, sizeof head, &got);
  if (error != ERROR_NONE || length < EMPTY_MAX || length > TRAILER_MAX) {
    *ret_is = error == ERROR_NONE && length < EMPTY_MAX && is_empty(head, (size_t)length);
    return error;
  }
  error = read_tail(fd, size, end, sizeof end, &there);
  if (error == ERROR_NONE) {
    error = holds_archive(fd, size, &archive);
  }
  bool vivo =
      (memcmp(head, "vivo{", 5) == 0 || memcmp(head, "streamdata", 10) == 0) && memcmp(end, vivo_end, sizeof end) == 0;
  bool oneplus = memcmp(end + sizeof end - 8, "jxrs", 4) == 0 && end[sizeof end - 1] == 0;
  *ret_is = error == ERROR_NONE && there && !archive && (vivo || oneplus);
  return error;
}
