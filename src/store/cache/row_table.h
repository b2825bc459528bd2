/* SPDX-License-Identifier: ISC */
/*
 * Rows by id, at most so many: the least recently used one makes room. Internal to the row cache.
 */
#ifndef MEDIAGATE_STORE_CACHE_ROW_TABLE_H
#define MEDIAGATE_STORE_CACHE_ROW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct row_table;

struct row_entry {
  int64_t id;
  int64_t read_ms;     /* monotonic, before the read began */
  uint64_t epoch;      /* of the listening that the read began in; 0: none */
  uint64_t generation; /* database_generation of the connection that read it */
  bool doubted;        /* read anew before it is used, if that can be */
  void *row;
  /* The table's own. */
  bool forgotten;
  struct row_entry *next_in_bucket;
  struct row_entry *newer, *older;
};

/* Rows are row_size bytes; free_row (may be NULL) frees what a row points to. */
enum error row_table_open(size_t entries, size_t row_size, void (*free_row)(void *row),
                          struct row_table **ret_table) MUST_CHECK;
void row_table_close(struct row_table *table);
/* NULL when there is none, or it was forgotten. */
struct row_entry *row_table_find(struct row_table *table, int64_t id);
/* Keeps a copy of `row` instead of what was kept of this id before, and owns what it points to; on ERROR_MEMORY that is
 * freed. */
enum error row_table_store(struct row_table *table, int64_t id, void *row, struct row_entry **ret_entry) MUST_CHECK;
/* A forgotten row is found no more, but its memory is good until the next row_table_store. */
void row_table_forget(struct row_table *table, int64_t id);

#endif
