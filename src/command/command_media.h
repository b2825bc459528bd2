/* SPDX-License-Identifier: ISC */
/* The media folder of a process of this program, as the settings have it: with its bucket where media_store is s3. */
#ifndef MEDIAGATE_COMMAND_COMMAND_MEDIA_H
#define MEDIAGATE_COMMAND_COMMAND_MEDIA_H

#include "base/error.h"
#include "config/settings.h"
#include "files/media_folder.h"
#include "objects/object_store.h"
#include "store/engine/database.h"

/* `database` keeps the notes of what is in the bucket, and must outlive the folder. Close it with media_folder_close.
 * ERROR_DENIED, ERROR_NOT_FOUND, ERROR_INVALID: so is s3_key_file. The bucket itself is not asked for anything yet. */
enum error command_media_open(const struct settings *settings, struct database *database,
                              struct media_folder **ret_folder) MUST_CHECK;
/* The bucket alone. The settings need not say that media_store is s3. */
enum error command_media_open_store(const struct settings *settings, struct object_store **ret_store) MUST_CHECK;

#endif
