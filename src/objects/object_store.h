/* SPDX-License-Identifier: ISC */
/*
 * A bucket of an S3 service: put, look, get, list, remove. Objects never change under a key, and no access lists,
 * metadata or versions are used. One process uses a store; it opens connections when it needs them.
 *
 * ERROR_STORE_AWAY: the service cannot be reached, is overloaded, refuses the keys, or has no such bucket:
 * object_store_last_error says which, in words for the log.
 */
#ifndef MEDIAGATE_OBJECTS_OBJECT_STORE_H
#define MEDIAGATE_OBJECTS_OBJECT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "objects/object_options.h"

struct object_store;

enum error object_store_open(const struct object_store_options *options, struct object_store **ret_store) MUST_CHECK;
void object_store_close(struct object_store *store); /* NULL is fine */
/* Called while a call works, about ten times a second. NULL: nobody is. */
void object_store_set_beat(struct object_store *store, object_store_beat *beat, void *context);
const char *object_store_last_error(const struct object_store *store);

/* May these characters be a key? Those of the names that this program gives. */
bool object_store_is_key(const char *key);
/* Can the bucket be used? One request, not tried again. *ret_clock_ahead_seconds (may be NULL): how far this machine's
 * clock is ahead of the service's; signatures hold for 15 minutes around it. */
enum error object_store_check(struct object_store *store, int64_t *ret_clock_ahead_seconds) MUST_CHECK;

/* Stores a file's first size_bytes bytes: in parts, three at once, where it is large. When it returns ERROR_NONE the
 * object is whole: the service has compared every part with its hash, and says that the object has this size. Else
 * there is none, or one that nobody knows: remove it. */
enum error object_store_put(struct object_store *store, const char *key, const char *content_type, int fd,
                            int64_t size_bytes) MUST_CHECK;

struct object_source {
  char key[OBJECT_KEY_SIZE];
  const char *content_type;
  int fd; /* the store closes it */
  int64_t size_bytes;
};
/* Gives the next file. ERROR_NOT_FOUND: there is no more. */
typedef enum error object_store_next_source(void *context, struct object_source *ret_source);
/* The same of many small files, eight at once; each below 5 GiB. */
enum error object_store_put_all(struct object_store *store, object_store_next_source *next, void *context,
                                int64_t *ret_count) MUST_CHECK;

/* ERROR_NOT_FOUND. */
enum error object_store_look(struct object_store *store, const char *key, int64_t *ret_size) MUST_CHECK;
/* Writes the object to fd, from its offset 0 on. ERROR_NOT_FOUND. */
enum error object_store_get(struct object_store *store, const char *key, int fd, int64_t *ret_size) MUST_CHECK;

/* Each object whose key begins with `prefix`, in the order of keys; with `folders` each name up to the next "/" once,
 * with it, and size_bytes -1. An error of visit ends the list. */
typedef enum error object_store_visit(void *context, const char *key, int64_t size_bytes);
enum error object_store_list(struct object_store *store, const char *prefix, bool folders, object_store_visit *visit,
                             void *context) MUST_CHECK;

/* A missing one is fine. */
enum error object_store_remove(struct object_store *store, const char *key) MUST_CHECK;
/* All objects whose keys begin so, and uploads in parts that were begun for such keys. */
enum error object_store_remove_below(struct object_store *store, const char *prefix, int64_t *ret_removed) MUST_CHECK;

#endif
