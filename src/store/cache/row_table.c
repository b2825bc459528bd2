/* SPDX-License-Identifier: ISC */
/*
 * A hash table with chains, and a list by last use. A forgotten entry stays where it is until its memory is wanted.
 */
#include "config.h"

#include "store/cache/row_table.h"

#include <stdlib.h>
#include <string.h>

struct row_table {
  size_t capacity;
  size_t count;
  size_t row_size;
  void (*free_row)(void *row);
  size_t bucket_mask;
  struct row_entry **buckets;
  struct row_entry ends; /* ends.older is the newest, ends.newer the oldest */
};

enum error row_table_open(size_t entries, size_t row_size, void (*free_row)(void *row), struct row_table **ret_table) {
  struct row_table *table = calloc(1, sizeof *table);
  size_t buckets = 16;
  while (buckets < entries) {
    buckets *= 2;
  }
  if (table != NULL) {
    table->buckets = calloc(buckets, sizeof(struct row_entry *));
  }
  if (table == NULL || table->buckets == NULL) {
    free(table);
    return ERROR_MEMORY;
  }
  table->capacity = entries;
  table->row_size = row_size;
  table->free_row = free_row;
  table->bucket_mask = buckets - 1;
  table->ends.newer = table->ends.older = &table->ends;
  *ret_table = table;
  return ERROR_NONE;
}

/* Frees what the row points to. */
static void empty(const struct row_table *table, struct row_entry *entry) {
  if (table->free_row != NULL) {
    table->free_row(entry->row);
  }
  memset(entry->row, 0, table->row_size);
}

void row_table_close(struct row_table *table) {
  if (table == NULL) {
    return;
  }
  while (table->ends.older != &table->ends) {
    struct row_entry *entry = table->ends.older;
    table->ends.older = entry->older;
    empty(table, entry);
    free(entry->row);
    free(entry);
  }
  free(table->buckets);
  free(table);
}

static void unlink_from_list(struct row_entry *entry) {
  entry->newer->older = entry->older;
  entry->older->newer = entry->newer;
}

static void link_as_newest(struct row_table *table, struct row_entry *entry) {
  entry->newer = &table->ends;
  entry->older = table->ends.older;
  entry->older->newer = entry;
  table->ends.older = entry;
}

/* Where the pointer to this id's entry stands, or would stand. Ids come one after the other: their low bits spread
 * well. */
static struct row_entry **slot_of(const struct row_table *table, int64_t id) {
  struct row_entry **slot = &table->buckets[(size_t)id & table->bucket_mask];
  while (*slot != NULL && (*slot)->id != id) {
    slot = &(*slot)->next_in_bucket;
  }
  return slot;
}

struct row_entry *row_table_find(struct row_table *table, int64_t id) {
  struct row_entry *entry = *slot_of(table, id);
  if (entry == NULL || entry->forgotten) {
    return NULL;
  }
  unlink_from_list(entry);
  link_as_newest(table, entry);
  return entry;
}

static struct row_entry *new_entry(struct row_table *table) {
  struct row_entry *entry = calloc(1, sizeof *entry);
  void *row = calloc(1, table->row_size);
  if (entry == NULL || row == NULL) {
    free(entry);
    free(row);
    return NULL;
  }
  entry->row = row;
  table->count++;
  return entry;
}

static struct row_entry *take_oldest(struct row_table *table) {
  struct row_entry *entry = table->ends.newer;
  unlink_from_list(entry);
  *slot_of(table, entry->id) = entry->next_in_bucket;
  empty(table, entry);
  return entry;
}

/* A new entry, or the oldest one, for this id. NULL when memory is out. */
static struct row_entry *add_entry(struct row_table *table, int64_t id) {
  struct row_entry *entry = table->count < table->capacity ? new_entry(table) : take_oldest(table);
  if (entry != NULL) {
    entry->id = id;
    entry->next_in_bucket = NULL;
    *slot_of(table, id) = entry; /* after the oldest one left its chain */
  }
  return entry;
}

enum error row_table_store(struct row_table *table, int64_t id, void *row, struct row_entry **ret_entry) {
  struct row_entry *entry = *slot_of(table, id);
  if (entry != NULL) {
    unlink_from_list(entry);
    empty(table, entry);
  } else {
    entry = add_entry(table, id);
  }
  if (entry == NULL) {
    struct row_entry rejected = {.row = row};
    empty(table, &rejected);
    return ERROR_MEMORY;
  }
  memcpy(entry->row, row, table->row_size);
  entry->forgotten = false;
  link_as_newest(table, entry);
  *ret_entry = entry;
  return ERROR_NONE;
}

void row_table_forget(struct row_table *table, int64_t id) {
  struct row_entry *entry = *slot_of(table, id);
  if (entry != NULL) {
    entry->forgotten = true;
  }
}
