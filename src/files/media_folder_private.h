/* SPDX-License-Identifier: ISC */
/*
 * What the files of this layer share about the folders below data_dir: their descriptors, unique
 * names, notes. Only for files of src/files; everybody else uses media_folder.h, spool_file.h,
 * library_link.h and sweep.h.
 */
#ifndef MEDIAGATE_FILES_MEDIA_FOLDER_PRIVATE_H
#define MEDIAGATE_FILES_MEDIA_FOLDER_PRIVATE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/media_folder.h"
#include "files/media_objects.h"

#define MEDIA_FOLDER_NOTE_SIZE (MEDIUM_STORED_NAME_SIZE + 24)

/* packaging/<name>.lock, which the maker of packaging/<name>/ holds. */
#define PACKAGE_FOLDER_LOCK_END  ".lock"
#define PACKAGE_FOLDER_LOCK_SIZE (UNIQUE_NAME_SIZE + sizeof PACKAGE_FOLDER_LOCK_END)

struct media_folder {
  int data_fd, spool_fd, uploads_fd, packaging_fd, media_fd, pending_fd, links_fd, trash_fd;
  char *library_dir;          /* NULL: no library. Opened anew each time: a disk may be mounted there meanwhile */
  struct object_store *store; /* NULL: media files are files */
  struct media_notes notes;   /* with a store */
};

/* Milliseconds and randomness in hex: sorts by time, cannot be guessed. */
void media_folder_unique_name(char ret_name[UNIQUE_NAME_SIZE]);
/* The mode of what is made in this folder. Where the folder has a default ACL, several accounts work in it (serve and
 * the packager): the group's bits are the mask of that list then, and must not take from it what it gives. What the
 * owning group may, the list says. Else nginx's group reads and does not write. */
mode_t media_folder_mode(int parent_fd, mode_t mode);
void package_folder_lock_name(const char *name, char ret_lock[PACKAGE_FOLDER_LOCK_SIZE]);
/* Is this one name of a folder, without "/", and none of "", "." and ".."? */
bool media_folder_is_entry(const char *name);
/* The entry of media/<id>/ that a stored name begins with. ERROR_INVALID: nothing that this layer
 * made. */
enum error media_folder_entry(const char *stored_name, char ret_entry[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;
/* Opens media/<id>/. ERROR_NOT_FOUND. */
enum error media_folder_open_medium(struct media_folder *folder, int64_t media_id, int *ret_fd) MUST_CHECK;
/* Opens media/<id>/, making it where it is missing, notes `entry` as unsettled, and with it what
 * already is in the folder: when the row is committed, that is what it replaces. */
enum error media_folder_prepare_entry(struct media_folder *folder, int64_t media_id, const char *entry,
                                      int *ret_fd) MUST_CHECK;

/* Notes every entry of media/<id>/ as unsettled. */
enum error media_folder_note_entries(struct media_folder *folder, int64_t media_id, int medium_fd) MUST_CHECK;

/* Moves a folder (parent_fd/name: media/<id>/, or a package in it) to trash/ and removes it there; links in it are
 * removed, not followed. ERROR_NOT_FOUND. */
enum error media_folder_trash_entry(struct media_folder *folder, int64_t media_id, int parent_fd,
                                    const char *name) MUST_CHECK;

/* Notes: empty files in pending/. Writing one again renews its time. entry NULL: the deletion of
 * the medium. */
enum error media_folder_write_note(struct media_folder *folder, int64_t media_id, const char *entry) MUST_CHECK;
enum error media_folder_remove_note(struct media_folder *folder, int64_t media_id, const char *entry) MUST_CHECK;
/* The name that a note about an entry has. ERROR_INVALID: too long. */
enum error media_folder_format_note(int64_t media_id, const char *entry,
                                    char ret_name[MEDIA_FOLDER_NOTE_SIZE]) MUST_CHECK;
/* Reads a note's name. *ret_entry is "" for a deletion. ERROR_INVALID: not a note. */
enum error media_folder_parse_note(const char *name, int64_t *ret_media_id,
                                   char ret_entry[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;

#endif
