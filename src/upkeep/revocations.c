/* SPDX-License-Identifier: ISC */
/*
 * From the rows of revoked grants to the files that nginx looks for, and back where the rows were lost.
 */
#include "config.h"

#include "upkeep/revocations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "base/log.h"
#include "files/revocation.h"
#include "store/accounts/grant_store.h"

struct list {
  struct revocation *items; /* names are copies */
  size_t count;
  size_t capacity;
  bool failed;
};

static void collect(struct list *list, const char *name, int64_t expires_at) {
  bool fits = grow_array(&list->items, list->count, &list->capacity, sizeof *list->items) == ERROR_NONE;
  char *copy = fits ? strdup(name) : NULL;
  list->failed = list->failed || copy == NULL;
  if (copy != NULL) {
    list->items[list->count++] = (struct revocation){.name = copy, .expires_at = expires_at};
  }
}

static void collect_row(void *context, const char *name, int64_t expires_at_us) {
  collect(context, name, expires_at_us / 1000000); /* the rows are those that have not expired */
}

static void collect_lost(void *context, const struct revocation *revocation) {
  collect(context, revocation->name, revocation->expires_at);
}

static void free_list(struct list *list) {
  for (size_t i = 0; i < list->count; i++) {
    free((char *)list->items[i].name);
  }
  free(list->items);
}

/* The database went back in time: a restore, or a fail-over to a standby that had not everything. */
static enum error give_rows_back(struct database *database, const struct list *lost) {
  enum error error = lost->failed ? ERROR_MEMORY : ERROR_NONE;
  for (size_t i = 0; i < lost->count && error == ERROR_NONE; i++) {
    error = grant_store_restore(database, lost->items[i].name, lost->items[i].expires_at * 1000000);
  }
  if (lost->count > 0) {
    log_event(LOG_LEVEL_WARNING, "revocations_restored", LOG_I64("count", (int64_t)lost->count), LOG_ERROR_FIELD(error),
              LOG_STR("meaning", "the database did not have these revocations any more: it went back in time"));
  }
  return error;
}

enum error revocations_rebuild(struct database *database, const char *data_dir) {
  struct list rows = {0}, lost = {0};
  int64_t deleted = 0;
  enum error error = grant_store_sweep(database, &deleted);
  if (error == ERROR_NONE) {
    error = grant_store_list_revoked(database, collect_row, &rows);
  }
  if (error == ERROR_NONE) {
    error = rows.failed ? ERROR_MEMORY : revocation_rebuild(data_dir, rows.items, rows.count, collect_lost, &lost);
  }
  if (error == ERROR_NONE) {
    error = give_rows_back(database, &lost);
  }
  free_list(&rows);
  free_list(&lost);
  return error;
}
