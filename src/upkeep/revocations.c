/* SPDX-License-Identifier: ISC */
/*
 * From the rows of revoked grants to the files that nginx looks for.
 */
#include "config.h"

#include "upkeep/revocations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "files/revocation.h"
#include "store/accounts/grant_store.h"

struct names {
  char **items;
  size_t count;
  size_t capacity;
  bool failed;
};

static void collect_name(void *context, const char *name, int64_t expires_at_us) {
  struct names *names = context;
  (void)expires_at_us; /* the rows are those that have not expired */
  bool fits = grow_array(&names->items, names->count, &names->capacity, sizeof *names->items) == ERROR_NONE;
  char *copy = fits ? strdup(name) : NULL;
  names->failed = names->failed || copy == NULL;
  if (copy != NULL) {
    names->items[names->count++] = copy;
  }
}

enum error revocations_rebuild(struct database *database, const char *data_dir) {
  struct names names = {0};
  int64_t deleted = 0;
  enum error error = grant_store_sweep(database, &deleted);
  if (error == ERROR_NONE) {
    error = grant_store_list_revoked(database, collect_name, &names);
  }
  if (error == ERROR_NONE) {
    error = names.failed ? ERROR_MEMORY : revocation_rebuild(data_dir, (const char *const *)names.items, names.count);
  }
  for (size_t i = 0; i < names.count; i++) {
    free(names.items[i]);
  }
  free(names.items);
  return error;
}
