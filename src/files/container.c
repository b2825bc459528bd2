/* SPDX-License-Identifier: ISC */
/*
 * Walks the top level of MP4 (ISO/IEC 14496-12, section 4.2), Matroska (RFC 8794, EBML) and RIFF.
 * See container.h.
 */
#include "config.h"

#include "files/container.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "files/camera_trailer.h"

#define BOXES_MAX     2000000 /* two for each fragment of a long recording */
#define EBML_SEGMENT  0x18538067U
#define EBML_HEADER   0x1A45DFA3U
#define EBML_SKIP_MAX 16
#define PEEK_SIZE     16

struct source {
  int fd;
  int64_t size;
};

/* Reads up to PEEK_SIZE bytes; what lies behind the end is zero. */
static enum error peek(const struct source *source, int64_t offset, unsigned char ret_bytes[PEEK_SIZE]) {
  memset(ret_bytes, 0, PEEK_SIZE);
  size_t size = 0;
  return file_read_at(source->fd, offset, ret_bytes, PEEK_SIZE, &size);
}

static uint64_t big_endian(const unsigned char *bytes, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; i++) {
    value = value << 8 | bytes[i];
  }
  return value;
}

static enum error truncated(const struct source *source, int64_t expected, char ret_reason[CONTAINER_REASON_SIZE]) {
  snprintf(ret_reason, CONTAINER_REASON_SIZE, "the file is cut off: it has %lld bytes, its contents say at least %lld",
           (long long)source->size, (long long)expected);
  return ERROR_INVALID;
}

static enum error malformed(int64_t offset, char ret_reason[CONTAINER_REASON_SIZE]) {
  snprintf(ret_reason, CONTAINER_REASON_SIZE,
           "the file is damaged: from byte %lld on it is no part of a film or sound (was something appended?)",
           (long long)offset);
  return ERROR_INVALID;
}

static bool is_box_type(const unsigned char *type) {
  for (int i = 0; i < 4; i++) {
    if ((type[i] < 0x20 || type[i] > 0x7e) && type[i] != 0xa9) {
      return false;
    }
  }
  return true;
}

/* One that files have at their top level. Only of these a size beyond the end means that the file is cut off: four
 * letters of a text that was appended look like a type too, and those before them like a size. */
static bool is_usual_box(const unsigned char *type) {
  static const char usual[] =
      "ftyp moov mdat moof mfra free skip wide sidx ssix styp emsg prft meta meco uuid udta pnot";
  for (const char *at = usual; at < usual + sizeof usual - 1; at += 5) {
    if (memcmp(at, type, 4) == 0) {
      return true;
    }
  }
  return false;
}

/* The size of the box at `offset`, INT64_MAX for "to the end". 0: not a box. */
static int64_t box_size(const unsigned char header[PEEK_SIZE]) {
  uint64_t size = big_endian(header, 4);
  if (!is_box_type(header + 4)) {
    return 0;
  }
  if (size == 0) {
    return INT64_MAX;
  }
  if (size == 1) {
    size = big_endian(header + 8, 8);
    return size >= 16 && size <= INT64_MAX / 2 ? (int64_t)size : 0;
  }
  return size >= 8 ? (int64_t)size : 0;
}

static bool is_padding(const unsigned char header[PEEK_SIZE]) {
  return header[0] == 0 && memcmp(header, header + 1, PEEK_SIZE - 1) == 0;
}

/* Where no box begins: the end of a film, or of a file that is none. */
static enum error check_rest(const struct source *source, int64_t offset, bool fragments,
                             char ret_reason[CONTAINER_REASON_SIZE]) {
  unsigned char header[PEEK_SIZE];
  bool trailer = false;
  enum error error = peek(source, offset, header);
  if (error != ERROR_NONE) {
    return error;
  }
  if (source->size - offset < 8 && (fragments || is_padding(header))) {
    return ERROR_NONE; /* the head of a fragment that a recorder did not finish */
  }
  error = camera_trailer_is_at(source->fd, source->size, offset, &trailer);
  return error != ERROR_NONE || trailer ? error : malformed(offset, ret_reason);
}

/* A recorder that was killed leaves a part of its last fragment. Those before it are whole, and players play them. */
struct fragments {
  bool begun;    /* a moof is there */
  bool complete; /* and its mdat */
};

static void note_fragment(const unsigned char *type, struct fragments *fragments) {
  fragments->complete = fragments->complete || (fragments->begun && memcmp(type, "mdat", 4) == 0);
  fragments->begun = fragments->begun || memcmp(type, "moof", 4) == 0;
}

/* `source` ends where a camera's trailer begins. */
static enum error check_boxes(const struct source *source, char ret_reason[CONTAINER_REASON_SIZE]) {
  unsigned char header[PEEK_SIZE];
  struct fragments fragments = {.begun = false};
  int64_t offset = 0;
  for (int boxes = 0; boxes < BOXES_MAX && offset < source->size; boxes++) {
    enum error error = peek(source, offset, header);
    if (error != ERROR_NONE) {
      return error;
    }
    int64_t size = source->size - offset < 8 ? 0 : box_size(header);
    if (size == INT64_MAX || (boxes > 0 && size == 0 && is_padding(header))) {
      return ERROR_NONE;
    }
    bool beyond = size > source->size - offset;
    if (size == 0 || (beyond && !is_usual_box(header + 4))) {
      return check_rest(source, offset, fragments.complete, ret_reason);
    }
    if (beyond) {
      return fragments.complete ? ERROR_NONE
                                : truncated(source, size > INT64_MAX - offset ? INT64_MAX : offset + size, ret_reason);
    }
    note_fragment(header + 4, &fragments);
    offset += size;
  }
  return ERROR_NONE;
}

static enum error check_mp4(const struct source *source, char ret_reason[CONTAINER_REASON_SIZE]) {
  struct source boxes = *source;
  enum error error = camera_trailer_begin(source->fd, source->size, &boxes.size);
  return error == ERROR_NONE ? check_boxes(&boxes, ret_reason) : error;
}

/* An EBML element's head: its id, the size of its contents (-1: unknown) and its own length. False:
 * none. */
static bool ebml_head(const unsigned char bytes[PEEK_SIZE], uint32_t *ret_id, int64_t *ret_size, int *ret_length) {
  int id_length = 1;
  while (id_length <= 4 && (bytes[0] & (0x80 >> (id_length - 1))) == 0) {
    id_length++;
  }
  int size_length = 1;
  while (size_length <= 8 && (bytes[id_length] & (0x80 >> (size_length - 1))) == 0) {
    size_length++;
  }
  if (id_length > 4 || size_length > 8) {
    return false;
  }
  uint64_t unknown = (UINT64_C(1) << (7 * size_length)) - 1;
  uint64_t size = big_endian(bytes + id_length, size_length) & unknown;
  *ret_id = (uint32_t)big_endian(bytes, id_length);
  *ret_size = size == unknown ? -1 : (int64_t)size;
  *ret_length = id_length + size_length;
  return true;
}

static enum error check_matroska(const struct source *source, char ret_reason[CONTAINER_REASON_SIZE]) {
  unsigned char bytes[PEEK_SIZE];
  int64_t offset = 0;
  for (int elements = 0; elements < EBML_SKIP_MAX && offset < source->size; elements++) {
    uint32_t id = 0;
    int64_t size = 0;
    int length = 0;
    enum error error = peek(source, offset, bytes);
    if (error != ERROR_NONE) {
      return error;
    }
    if (!ebml_head(bytes, &id, &size, &length)) {
      return malformed(offset, ret_reason);
    }
    if (size < 0) {
      return ERROR_NONE; /* a live recording: as long as it is */
    }
    if (size > source->size - offset - length) {
      return truncated(source, offset + length + size, ret_reason);
    }
    if (id == EBML_SEGMENT) {
      return ERROR_NONE;
    }
    offset += length + size;
  }
  snprintf(ret_reason, CONTAINER_REASON_SIZE, "the file is cut off before its first segment");
  return ERROR_INVALID;
}

/* Recorders that could not go back leave 0 or 0xFFFFFFFF; sizes above 4 GiB do not fit either. */
static enum error check_riff(const struct source *source, const unsigned char header[PEEK_SIZE],
                             char ret_reason[CONTAINER_REASON_SIZE]) {
  uint32_t size =
      (uint32_t)header[4] | (uint32_t)header[5] << 8 | (uint32_t)header[6] << 16 | (uint32_t)header[7] << 24;
  if (size == 0 || size >= 0xFFFFFF00U || source->size >= (int64_t)size) {
    return ERROR_NONE; /* some writers count the 8 bytes of the head, some do not */
  }
  return truncated(source, (int64_t)size, ret_reason);
}

enum error container_check_whole(int fd, char ret_reason[CONTAINER_REASON_SIZE]) {
  struct stat status;
  unsigned char header[PEEK_SIZE];
  if (fstat(fd, &status) != 0) {
    return ERROR_IO;
  }
  struct source source = {.fd = fd, .size = status.st_size};
  enum error error = peek(&source, 0, header);
  if (error != ERROR_NONE) {
    return error;
  }
  if (memcmp(header + 4, "ftyp", 4) == 0 || memcmp(header + 4, "moov", 4) == 0 || memcmp(header + 4, "mdat", 4) == 0) {
    return check_mp4(&source, ret_reason);
  }
  if (big_endian(header, 4) == EBML_HEADER) {
    return check_matroska(&source, ret_reason);
  }
  if (memcmp(header, "RIFF", 4) == 0) {
    return check_riff(&source, header, ret_reason);
  }
  return ERROR_NONE;
}
