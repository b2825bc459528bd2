/* SPDX-License-Identifier: ISC */
/* See command_media.h. */
#include "config.h"

#include "command/command_media.h"

#include "files/media_objects.h"
#include "store/media/file_note_store.h"

static enum error write_note(void *context, int64_t media_id, const char *entry, enum media_note kind) {
  return file_note_store_write(context, media_id, entry, kind == MEDIA_NOTE_INTENT, kind == MEDIA_NOTE_STRAY);
}

static enum error remove_note(void *context, int64_t media_id, const char *entry) {
  return file_note_store_remove(context, media_id, entry);
}

enum error command_media_open_store(const struct settings *settings, struct object_store **ret_store) {
  struct object_store_options options = {.endpoint = settings->s3_endpoint,
                                         .region = settings->s3_region,
                                         .bucket = settings->s3_bucket,
                                         .path_style = settings->s3_path_style};
  enum error error = object_credentials_load(settings->s3_key_file, &options.credentials);
  if (error == ERROR_NONE) {
    error = object_store_open(&options, ret_store);
  }
  object_credentials_wipe(&options.credentials);
  return error;
}

enum error command_media_open(const struct settings *settings, struct database *database,
                              struct media_folder **ret_folder) {
  const struct media_notes notes = {.write = write_note, .remove = remove_note, .context = database};
  struct media_folder *folder = NULL;
  struct object_store *store = NULL;
  enum error error = media_folder_open(settings->data_dir, settings->library_dir, &folder);
  if (error == ERROR_NONE && settings->media_store == MEDIA_STORE_S3) {
    error = command_media_open_store(settings, &store);
  }
  if (error != ERROR_NONE) {
    media_folder_close(folder);
    return error;
  }
  if (store != NULL) {
    media_folder_use_objects(folder, store, &notes);
  }
  *ret_folder = folder;
  return ERROR_NONE;
}
