/* SPDX-License-Identifier: ISC */
/* See object_sweep.h. */
#include "config.h"

#include "upkeep/object_sweep.h"

#include "files/media_objects.h"
#include "files/stored_file.h"
#include "store/media/file_note_store.h"

#define BATCH 100
/* Longer than any upload takes; what the bucket's own rule for broken uploads should have, too. */
#define INTENT_SECONDS INT64_C(172800)

struct object_sweep {
  struct upkeep *upkeep;
  const struct sweep_options *options;
  struct sweep_counts *counts;
};

static bool ends_sweep(enum error error) {
  return error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT || error == ERROR_STORE_AWAY || error == ERROR_MEMORY;
}

/* Objects first, notes last: what a crash cuts short is done again. */
static enum error remove_medium(struct object_sweep *sweep, int64_t media_id) {
  enum error error = media_objects_remove(sweep->upkeep->media_folder, media_id, "");
  if (error == ERROR_NONE) {
    error = media_folder_trash(sweep->upkeep->media_folder, media_id); /* links into the library */
  }
  if (error == ERROR_NONE) {
    error = file_note_store_remove_all(sweep->upkeep->database, media_id);
    sweep->counts->deleted += error == ERROR_NONE;
  }
  return error;
}

static enum error remove_entry(struct object_sweep *sweep, const struct file_note *note) {
  enum error error = stored_file_remove(sweep->upkeep->media_folder, note->media_id, note->entry);
  sweep->counts->stored += error == ERROR_NONE;
  return error;
}

static enum error sweep_note(struct object_sweep *sweep, const struct file_note *note) {
  struct database *database = sweep->upkeep->database;
  bool current = false, deleted = false;
  enum error error =
      sweep->options->is_current(sweep->options->context, note->media_id, note->entry, &current, &deleted);
  if (error == ERROR_NOT_FOUND && note->intent) {
    return remove_entry(sweep, note); /* of a medium that was to be made with this file, and never was */
  }
  if (error == ERROR_NOT_FOUND) {
    sweep->counts->unknown++;
    return ERROR_NONE;
  }
  if (error != ERROR_NONE) {
    return error;
  }
  if (deleted) {
    return remove_medium(sweep, note->media_id);
  }
  if (note->entry[0] == '\0') { /* a deletion that was begun may still be under way */
    return note->age_seconds >= sweep->options->deletion_grace_seconds
               ? file_note_store_remove(database, note->media_id, "")
               : ERROR_NONE;
  }
  return current ? file_note_store_remove(database, note->media_id, note->entry) : remove_entry(sweep, note);
}

static enum error sweep_notes(struct object_sweep *sweep) {
  const struct file_note_ages ages = {
      .replaced_seconds = sweep->options->keep_seconds,
      .intent_seconds = INTENT_SECONDS < sweep->options->keep_seconds ? INTENT_SECONDS : sweep->options->keep_seconds};
  struct file_note notes[BATCH], after = {.media_id = 0};
  size_t count = 0;
  enum error error;
  do {
    error = file_note_store_due(sweep->upkeep->database, &ages, &after, notes, BATCH, &count);
    for (size_t i = 0; i < count && error == ERROR_NONE; i++) {
      error = sweep_note(sweep, &notes[i]);
      if (error != ERROR_NONE && !ends_sweep(error)) {
        sweep->counts->failed++;
        error = ERROR_NONE;
      }
      after = notes[i];
    }
  } while (error == ERROR_NONE && count == BATCH && !upkeep_is_stopping(sweep->upkeep));
  return error;
}

static enum error judge_entry(void *context, int64_t media_id, const char *entry) {
  struct object_sweep *sweep = context;
  bool current = false, deleted = false;
  enum error error = sweep->options->is_current(sweep->options->context, media_id, entry, &current, &deleted);
  if (error == ERROR_NOT_FOUND) {
    sweep->counts->unknown++; /* a restored backup or a wrong connection string looks like this */
    return ERROR_NONE;
  }
  if (error == ERROR_NONE && deleted) {
    return file_note_store_write(sweep->upkeep->database, media_id, "", false, true);
  }
  if (error == ERROR_NONE && !current) {
    sweep->counts->noted++;
    return file_note_store_write(sweep->upkeep->database, media_id, entry, false, true);
  }
  return error;
}

static void beat(void *context) {
  upkeep_beat(context);
}

enum error object_sweep_run(struct upkeep *upkeep, const struct sweep_options *options, struct sweep_counts *counts) {
  struct object_sweep sweep = {.upkeep = upkeep, .options = options, .counts = counts};
  struct object_store *store = media_folder_store(upkeep->media_folder);
  if (store == NULL) {
    return ERROR_NONE;
  }
  object_store_set_beat(store, beat, upkeep);
  enum error error = options->full ? media_objects_walk(upkeep->media_folder, judge_entry, &sweep) : ERROR_NONE;
  if (error == ERROR_NONE) {
    error = sweep_notes(&sweep);
  }
  object_store_set_beat(store, NULL, NULL);
  return error;
}
