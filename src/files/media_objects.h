/* SPDX-License-Identifier: ISC */
/*
 * Media files in a bucket: what media/<id>/ would hold lies under the keys "media/<id>/<name>" there, and notes are
 * rows of the database, so that any node can sweep. All else of data_dir stays on this machine: spool/, uploads/,
 * packaging/, links/, revoked/. A link into the library stays a file of media/<id>/ here.
 *
 * An object is put before the row commits: a row never names one that is not whole.
 */
#ifndef MEDIAGATE_FILES_MEDIA_OBJECTS_H
#define MEDIAGATE_FILES_MEDIA_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/medium.h"
#include "files/media_folder.h"
#include "objects/object_store.h"

enum media_note {
  MEDIA_NOTE_INTENT,   /* this entry is about to be put */
  MEDIA_NOTE_REPLACED, /* a commit may have replaced it just now: renews the time */
  MEDIA_NOTE_STRAY,    /* nobody knows whose it is: keeps the time that it has */
  MEDIA_NOTE_DELETION, /* of the medium; entry "" */
};

/* Who keeps the notes. */
struct media_notes {
  enum error (*write)(void *context, int64_t media_id, const char *entry, enum media_note kind);
  enum error (*remove)(void *context, int64_t media_id, const char *entry);
  void *context;
};

/* From now on media files are objects. The folder owns the store, and closes it. */
void media_folder_use_objects(struct media_folder *folder, struct object_store *store, const struct media_notes *notes);
/* NULL: media files are files. */
struct object_store *media_folder_store(const struct media_folder *folder);
/* Removes all objects of a medium, or of one entry ("" for all), and uploads of such that were begun. */
enum error media_objects_remove(struct media_folder *folder, int64_t media_id, const char *entry) MUST_CHECK;

/* Each medium that the bucket has objects of, and each entry of one: "<name>", of a package its folder. */
typedef enum error media_objects_visit(void *context, int64_t media_id, const char *entry);
enum error media_objects_walk(struct media_folder *folder, media_objects_visit *visit, void *context) MUST_CHECK;

/* "video/mp4" of "….mp4": as nginx has it. */
const char *media_objects_type(const char *name);
/* "media/<id>/<name>". ERROR_INVALID: no such name. */
enum error media_objects_key(int64_t media_id, const char *name, char ret_key[OBJECT_KEY_SIZE]) MUST_CHECK;

#endif
