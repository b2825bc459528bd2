/* SPDX-License-Identifier: ISC */
/*
 * The media files below data_dir. Files are immutable under unique names, and the committed row
 * decides which one exists:
 *
 *   spool/       uploads on their way (spool_file.h)
 *   uploads/     resumable uploads on their way, for days perhaps (upload_file.h)
 *   packaging/   packages on their way, each with a lock beside it (package_folder.h)
 *   media/<id>/  what grants for that medium may play: files, packages, and links into the library
 *                (library_link.h)
 *   pending/     notes of what is not settled: "<id>-<entry>" may not be the row's file, "<id>" is
 *                being deleted
 *   links/       a copy of each link into the library, named as a note (library_guard.h)
 *   trash/       folders of deleted media, on their way out
 *
 * A note is written before the step that it is about and removed after it, so whatever a kill -9
 * interrupts is found again by the sweep (sweep.h) without reading every folder.
 */
#ifndef MEDIAGATE_FILES_MEDIA_FOLDER_H
#define MEDIAGATE_FILES_MEDIA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A name below media/<id>/: "<32 hex digits>.mp4", or "<32 hex digits>/master.m3u8" in a linked folder or a package. */

struct media_folder;

/* Makes the folders that are missing (0750). library_dir "" or NULL: none. A library_dir that
 * cannot be opened is not an error here: linking then answers ERROR_UNSUPPORTED. */
enum error media_folder_open(const char *data_dir, const char *library_dir,
                             struct media_folder **ret_folder) MUST_CHECK;
void media_folder_close(struct media_folder *folder);
/* Can files be written? For /readyz. */
enum error media_folder_check_writable(struct media_folder *folder) MUST_CHECK;
/* Does the file system know locks (flock)? Without them one machine's sweep would remove what another one is making.
 * ERROR_UNSUPPORTED: it gives a lock twice. For /readyz. */
enum error media_folder_check_locks(struct media_folder *folder) MUST_CHECK;

/* After the row's commit: this stored name is the row's, so its note goes. Failure is harmless; the
 * sweep does the same later. */
void media_folder_settle(struct media_folder *folder, int64_t media_id, const char *stored_name);

/* After a commit that replaced a file: the note that this name is no longer the row's. It was noted before, but another
 * upload, whose file it was, may have settled it since. "" is fine; failure is harmless, the full sweep notes it. */
void media_folder_note_replaced(struct media_folder *folder, int64_t media_id, const char *stored_name);

/* Before a commit that makes the row forget its file (a new file_url): what media/<id>/ holds is no
 * longer settled. */
enum error media_folder_note_replacement(struct media_folder *folder, int64_t media_id) MUST_CHECK;

/* Deleting takes three steps, each of which can be repeated: note it, commit the row, move
 * media/<id>/ to trash/ and remove it. */
enum error media_folder_note_deletion(struct media_folder *folder, int64_t media_id) MUST_CHECK;
enum error media_folder_trash(struct media_folder *folder, int64_t media_id) MUST_CHECK;

#endif
