/* SPDX-License-Identifier: ISC */
/*
 * Chapters of media that were uploaded (media_asset.chapters). Those inside a file come with its package.
 */
#ifndef MEDIAGATE_STORE_MEDIA_CHAPTER_STORE_H
#define MEDIAGATE_STORE_MEDIA_CHAPTER_STORE_H

#include <stdint.h>

#include "base/error.h"
#include "domain/medium.h"
#include "store/engine/database.h"

/* Takes the place of those that were there, whose stored name is *ret_old_name ("" for none). ERROR_NOT_FOUND: no such
 * medium. */
enum error chapter_store_put(struct database *database, int64_t media_id, const char *stored_name, int64_t size_bytes,
                             int64_t cues, char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) MUST_CHECK;
/* ERROR_NOT_FOUND: no such medium, or none were uploaded. */
enum error chapter_store_remove(struct database *database, int64_t media_id,
                                char ret_old_name[MEDIUM_TEXT_NAME_SIZE]) MUST_CHECK;

#endif
