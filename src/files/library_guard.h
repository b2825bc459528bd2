/* SPDX-License-Identifier: ISC */
/*
 * Looks again at the links that library_link_create made: the library may change after a file was linked, and a file or
 * folder of it may be swapped for a link that leads out. nginx follows what it finds. The guard keeps a copy of each
 * link in links/ below data_dir, by which it finds and restores them.
 *
 * A look is no lock: who may write into the library can swap between two looks. Only a library that is mounted with
 * nosymfollow is safe then (docs/security.md).
 */
#ifndef MEDIAGATE_FILES_LIBRARY_GUARD_H
#define MEDIAGATE_FILES_LIBRARY_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"

/* Before a link is made: its copy. Noting the same link again is fine. */
enum error library_guard_note(struct media_folder *folder, int64_t media_id, const char *entry,
                              const char *target) MUST_CHECK;
/* Before a link is removed. A missing copy is fine, so this may be called for entries that are no links. */
enum error library_guard_forget(struct media_folder *folder, int64_t media_id, const char *entry) MUST_CHECK;
/* Notes an entry of media/<id>/ that is a link without a copy; does nothing for others. */
enum error library_guard_adopt(struct media_folder *folder, int64_t media_id, int medium_fd,
                               const char *entry) MUST_CHECK;

/* May a grant be given for this stored name? ERROR_NONE too for what is no link. ERROR_DENIED: it leads out of the
 * library. ERROR_UNSUPPORTED: there is no library any more. ERROR_NOT_FOUND: nothing is there just now. */
enum error library_guard_check(struct media_folder *folder, int64_t media_id, const char *stored_name) MUST_CHECK;

enum library_guard_deed { LIBRARY_GUARD_NOTHING, LIBRARY_GUARD_CUT, LIBRARY_GUARD_RESTORED };
/* One copy of links/, by its name: removes its link when that leads out, and makes it again when it does so no more.
 * What cannot be resolved at all is left as it is, since nginx cannot follow it either. *ret_media_id is 0 for a name
 * that is no copy's, which goes. */
enum error library_guard_tend(struct media_folder *folder, const char *name, int64_t *ret_media_id,
                              enum library_guard_deed *ret_deed) MUST_CHECK;

/* Does the kernel itself refuse to follow links in this folder (mount option nosymfollow)? False too when it cannot be
 * asked. */
bool library_guard_is_mounted_safely(const char *library_dir);

#endif
