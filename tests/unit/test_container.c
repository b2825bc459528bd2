/* SPDX-License-Identifier: ISC */
/*
 * Whole or cut off: the top level of MP4, Matroska and RIFF, by rows, hostile sizes included.
 */
#include "config.h"

#include "files/container.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

struct row {
  const char *bytes;
  size_t size;
  enum error expected;
  const char *description;
};

#define FTYP     "\0\0\0\020ftypisom\0\0\0\0"
#define FRAGMENT "\0\0\0\010moof\0\0\0\012mdatab"
#define INSTA(size)                                                                                                    \
  size "\0\0\0\003\0\0\0"                                                                                              \
       "8db42d694ccc418790edff439fe026bf"
#define EBML                                                                                                           \
  "\x1a\x45\xdf\xa3\x84"                                                                                               \
  "abcd"

static const struct row container_rows[] = {
    {BYTES(""), ERROR_NONE, "empty: not our question"},
    {BYTES("plain text, no container at all"), ERROR_NONE, "unknown"},
    {BYTES(FTYP), ERROR_NONE, "one box"},
    {BYTES(FTYP "\0\0\0\014mdatabcd"), ERROR_NONE, "two boxes"},
    {BYTES(FTYP "\0\0\0\014mdatabc"), ERROR_INVALID, "the last box lacks a byte"},
    {BYTES(FTYP "\0\0\0\0mdatabc"), ERROR_NONE, "a box to the end"},
    {BYTES(FTYP "\0\0\0\001mdat\0\0\0\0\0\0\0\022ab"), ERROR_NONE, "a 64-bit size"},
    {BYTES(FTYP "\0\0\0\001mdat\0\0\0\0\0\0\0\023ab"), ERROR_INVALID, "a 64-bit size, cut off"},
    {BYTES(FTYP "\0\0\0\001mdat\377\377\377\377\377\377\377\377ab"), ERROR_INVALID, "a 64-bit size beyond everything"},
    {BYTES(FTYP "\0\0\0\001mdat\0\0\0\0\0\0\0\017ab"), ERROR_INVALID, "a 64-bit size below its head"},
    {BYTES(FTYP "\0\0\0\007mdatab"), ERROR_INVALID, "a size below its head would never end"},
    {BYTES(FTYP "\0\0\0\014\001\002\003\004abcd"), ERROR_INVALID, "no box type"},
    {BYTES(FTYP "\0\0\0"), ERROR_NONE, "a little padding"},
    {BYTES(FTYP "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), ERROR_NONE, "much padding"},
    {BYTES(FTYP "\0\0\0\014"), ERROR_INVALID, "half a head"},
    {BYTES(FTYP "\n"), ERROR_NONE, "an empty line"},
    {BYTES(FTYP "\r\n \r\n"), ERROR_NONE, "empty lines"},
    {BYTES(FTYP FRAGMENT "\0\0\0\014moofab"), ERROR_NONE, "a recorder was killed in a moof"},
    {BYTES(FTYP FRAGMENT "\0\0\0\010moof\0\0\0\377mdatab"), ERROR_NONE, "a recorder was killed in an mdat"},
    {BYTES(FTYP FRAGMENT "\0\0\0"), ERROR_NONE, "a recorder was killed in a head"},
    {BYTES(FTYP FRAGMENT "some words that are no box"), ERROR_INVALID, "words behind a fragment"},
    {BYTES(FTYP "\0\0\0\010moof\0\0\0\377mdatab"), ERROR_INVALID, "killed in the first fragment"},
    {BYTES(FTYP "\001\002\003\004\005\006\007" INSTA("\057")), ERROR_NONE, "a trailer of an Insta360"},
    {BYTES(FTYP "\001\002\003\004\005\006\007" INSTA("\056")), ERROR_INVALID, "one that says it is shorter"},
    {BYTES(FTYP "PK\5\6\005\006\007" INSTA("\057")), ERROR_INVALID, "one that holds an archive"},
    {BYTES(FTYP "\0\0abdataSEFH\001\0\0\0\001\0\0\0\0\0\060\010\010\0\0\0\010\0\0\0\030\0\0\0SEFT"), ERROR_NONE,
     "a trailer of a Samsung"},
    {BYTES(FTYP "what\0\0abdataSEFH\001\0\0\0\001\0\0\0\0\0\060\010\010\0\0\0\010\0\0\0\030\0\0\0SEFT"), ERROR_INVALID,
     "more before it"},
    {BYTES(FTYP "vivo{\"a\":1}\0\0\0\0\377\377\377\377\033*9HWfu\204\223\242\261"), ERROR_NONE, "a trailer of a vivo"},
    {BYTES(FTYP "[{\"a\":1,\"b\":2}]jxrs\024\0\0\0"), ERROR_NONE, "a trailer of a OnePlus"},
    {BYTES(EBML "\x18\x53\x80\x67\x83"
                "abc"),
     ERROR_NONE, "a segment"},
    {BYTES(EBML "\x18\x53\x80\x67\x83"
                "ab"),
     ERROR_INVALID, "a segment, cut off"},
    {BYTES(EBML "\x18\x53\x80\x67\xff"
                "ab"),
     ERROR_NONE, "a live segment of unknown size"},
    {BYTES(EBML "\x18\x53\x80\x67\x01\0\0\0\0\0\0\003"
                "abc"),
     ERROR_NONE, "an eight-byte size"},
    {BYTES(EBML "\x18\x53\x80\x67\x01\177\377\377\377\377\377\377"
                "abc"),
     ERROR_INVALID, "an eight-byte size beyond everything"},
    {BYTES(EBML "\x18\x53\x80\x67\0"), ERROR_INVALID, "a size of no length"},
    {BYTES(EBML), ERROR_INVALID, "no segment"},
    {BYTES("\x1a\x45\xdf\xa3\x90"
           "ab"),
     ERROR_INVALID, "half an EBML head"},
    {BYTES("RIFF\004\0\0\0WAVEdata"), ERROR_NONE, "RIFF"},
    {BYTES("RIFF\100\0\0\0WAVEdata"), ERROR_INVALID, "RIFF, cut off"},
    {BYTES("RIFF\377\377\377\377WAVEdata"), ERROR_NONE, "RIFF of a recorder that could not go back"},
    {BYTES("RIFF\0\0\0\0WAVEdata"), ERROR_NONE, "RIFF without a size"},
};

static int make_file(const void *bytes, size_t size) {
  char path[] = "/tmp/mediagate-container-XXXXXX";
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  unlink(path);
  ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
  return fd;
}

START_TEST(tells_whole_files_from_cut_ones) {
  for (size_t i = 0; i < UNIT_ROWS(container_rows); i++) {
    char reason[CONTAINER_REASON_SIZE] = "";
    int fd = make_file(container_rows[i].bytes, container_rows[i].size);
    enum error error = container_check_whole(fd, reason);
    close(fd);
    ck_assert_msg(error == container_rows[i].expected, "%s: %s", container_rows[i].description, error_strerror(error));
    ck_assert_msg((error == ERROR_NONE) == (reason[0] == '\0'), "%s: reason \"%s\"", container_rows[i].description,
                  reason);
  }
}
END_TEST

static const struct {
  const char *bytes;
  size_t size;
  const char *reason;
} reason_rows[] = {
    {BYTES(FTYP "\0\0\0\014mdatabc"), "the file is cut off: it has 27 bytes, its contents say at least 28"},
    {BYTES(FTYP "\0\0\0\001mdat\0\0\0\0\0\0\0\023ab"), "the file is cut off"},
    {BYTES(FTYP "Downloaded from a site of films"), "from byte 16 on it is no part of a film or sound"},
    {BYTES(FTYP "</html>\n"), "from byte 16 on"},
    {BYTES(FTYP "bye\n"), "from byte 16 on"},
};

START_TEST(says_whether_it_is_cut_off_or_something_was_appended) {
  for (size_t i = 0; i < UNIT_ROWS(reason_rows); i++) {
    char reason[CONTAINER_REASON_SIZE] = "";
    int fd = make_file(reason_rows[i].bytes, reason_rows[i].size);
    ck_assert_int_eq(container_check_whole(fd, reason), ERROR_INVALID);
    ck_assert_msg(strstr(reason, reason_rows[i].reason) != NULL, "%zu: %s", i, reason);
    close(fd);
  }
}
END_TEST

/* Random bytes behind a good start must never crash or hang it. */
START_TEST(survives_random_boxes) {
  uint32_t state = 7; /* the same bytes in every run */
  for (int round = 0; round < 2000; round++) {
    char bytes[256];
    char reason[CONTAINER_REASON_SIZE];
    static const char *const starts[] = {"\0\0\0\020ftyp", "\x1a\x45\xdf\xa3", "RIFF"};
    for (size_t i = 0; i < sizeof bytes; i++) {
      state = state * 1664525U + 1013904223U;
      bytes[i] = (char)(state >> 24 & (round % 2 == 0 ? 0xff : 0x0f));
    }
    memcpy(bytes, starts[round % 3], round % 3 == 0 ? 8 : 4);
    int fd = make_file(bytes, sizeof bytes);
    enum error error = container_check_whole(fd, reason);
    ck_assert(error == ERROR_NONE || error == ERROR_INVALID);
    close(fd);
  }
}
END_TEST

UNIT_MAIN("container", tells_whole_files_from_cut_ones, says_whether_it_is_cut_off_or_something_was_appended,
          survives_random_boxes)
