/* SPDX-License-Identifier: ISC */
/*
 * The values of a log line as nginx writes them: strings escaped by `escape=json`, numbers, times. Each function reads
 * one value and moves on; false: something else stands there, and where the scanner stands is not defined any more.
 */
#ifndef MEDIAGATE_INGEST_LINE_SCANNER_H
#define MEDIAGATE_INGEST_LINE_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_scanner {
  const char *at;
  const char *end;
};

/* What a word may hold. */
enum line_alphabet {
  LINE_HEX = 1,     /* 0-9 a-f */
  LINE_VIEWER = 2,  /* letters 0-9 _ - */
  LINE_FILE = 4,    /* letters 0-9 . _ ~ + = , @ - and the slash */
  LINE_ADDRESS = 8, /* 0-9 a-f A-F . : */
  LINE_METHOD = 16, /* letters _ - */
  LINE_HOST = 32,   /* letters 0-9 . - : [ ] */
};

/* Exactly these bytes. */
bool line_scanner_skip(struct line_scanner *scanner, const char *literal, size_t size);
/* Decimal digits without leading zeros, at most `max`. */
bool line_scanner_number(struct line_scanner *scanner, int64_t max, int64_t *ret_number);
/* "12.345", as nginx writes times. */
bool line_scanner_milliseconds(struct line_scanner *scanner, int64_t max_seconds, int64_t *ret_us);
/* A string with its quotes, unescaped, of at most size - 1 bytes. */
bool line_scanner_string(struct line_scanner *scanner, char *ret_text, size_t size);
/* A string of min to size - 1 bytes, all of them of the alphabet. */
bool line_scanner_word(struct line_scanner *scanner, enum line_alphabet alphabet, size_t min, char *ret_text,
                       size_t size);
/* 0 to 15, of a hexadecimal digit in either case; else -1. */
int line_scanner_hex_value(char digit);

#endif
