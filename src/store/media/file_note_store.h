/* SPDX-License-Identifier: ISC */
/*
 * Notes of what a bucket may hold that no row of a medium names (table file_note). A note is committed before the step
 * that it is about. Any node may sweep; two at once do the same.
 */
#ifndef MEDIAGATE_STORE_MEDIA_FILE_NOTE_STORE_H
#define MEDIAGATE_STORE_MEDIA_FILE_NOTE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/medium.h"
#include "store/engine/database.h"

struct file_note {
  int64_t media_id;
  char entry[MEDIUM_STORED_NAME_SIZE]; /* "": the medium is being deleted */
  bool intent;
  int64_t age_seconds;
};

/* entry "": the deletion of the medium. A note that is there gets the time of now; with keep_time it stays as it is. */
enum error file_note_store_write(struct database *database, int64_t media_id, const char *entry, bool intent,
                                 bool keep_time) MUST_CHECK;
/* A missing one is fine. */
enum error file_note_store_remove(struct database *database, int64_t media_id, const char *entry) MUST_CHECK;
/* All notes of a medium. */
enum error file_note_store_remove_all(struct database *database, int64_t media_id) MUST_CHECK;

struct file_note_ages {
  int64_t replaced_seconds, intent_seconds; /* a note is due at this age; a deletion at once */
};
/* Up to `count` notes that are due, those behind `after` in the order of media and entries. *ret_count: how many. */
enum error file_note_store_due(struct database *database, const struct file_note_ages *ages,
                               const struct file_note *after, struct file_note *ret_notes, size_t count,
                               size_t *ret_count) MUST_CHECK;

#endif
