/* SPDX-License-Identifier: ISC */
/* Media (table media_asset). A deleted medium is a row with deleted_at; it is never found again. */
#ifndef MEDIAGATE_STORE_MEDIA_MEDIA_STORE_H
#define MEDIAGATE_STORE_MEDIA_MEDIA_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "domain/timeline.h"
#include "store/engine/database.h"

enum media_type { MEDIA_UNKNOWN = -1, MEDIA_VIDEO, MEDIA_AUDIO };

/* What probing found, and what the file is. Zero or "" where there is none. */
struct media_file_facts {
  char stored_name[MEDIUM_STORED_NAME_SIZE]; /* below media/<id>/: "0198….mp4" or "0198…/master.m3u8"; "" when nothing
                                                is stored */
  int64_t size_bytes;
  char sha256[DIGEST_HEX_SIZE];
  char content_type[MEDIUM_CONTENT_TYPE_SIZE];
  double duration_seconds;
  int width, height;
  char container[MEDIUM_CONTAINER_SIZE];
  char video_codec[MEDIUM_CODEC_SIZE];
  char audio_codec[MEDIUM_CODEC_SIZE];
  int64_t segment_count; /* of a playlist; written, never read back */
  /* Of the file's bytes or the playlist's segments. NULL: unknown. Borrowed; written, never read back. */
  const struct timeline *timeline;
};

/* HLS and DASH made of the file. */
struct media_package {
  char name[UNIQUE_NAME_SIZE]; /* the folder that is served; "" for none */
  char state[12];              /* of the last job: "queued", "running", "ready", "failed", "cancelled"; "" for none */
  int progress;                /* percent */
  int64_t seconds_left;        /* -1 unknown */
  char error[MEDIUM_REASON_SIZE]; /* "" for none */
  int segments;                   /* of one rendition */
  bool has_poster;
  bool has_storyboard;
  char *facts;                   /* a JSON object of what else is told of it; malloc'd, NULL: none is served */
  char master[UNIQUE_NAME_SIZE]; /* the folder of an HLS master that names the subtitles too; "" for none */
};

struct media {
  int64_t id;
  char title[1201];     /* up to 300 code points */
  enum media_type type; /* MEDIA_UNKNOWN: nobody said, and there is no file yet */
  char *file_url;       /* NULL when absent; malloc'd, as the next four */
  char *description;
  char *tags; /* JSON: an array of strings; NULL is an empty one */
  char *external_id;
  char *metadata; /* JSON: an object; NULL is an empty one */
  struct media_file_facts file;
  struct media_package package;
  char chapters[MEDIUM_TEXT_NAME_SIZE]; /* the file of those that were uploaded; "" for none */
  char poster_name[UNIQUE_NAME_SIZE];   /* the folder of the poster that was chosen; "" for none */
  char *poster;                         /* a JSON object of what was chosen; malloc'd, NULL: nothing was */
  int chapter_count;                    /* of those, else of the package */
  char *subtitles;                      /* JSON: an array of {lang, size_bytes, cues}; malloc'd, NULL is an empty one */
  int64_t file_version;                 /* raised with every change of the file or file_url */
  int64_t created_by;                   /* 0 unknown */
  int64_t created_at_us;
  int64_t updated_at_us;
};

void media_free(struct media *media); /* frees what it points to and zeroes it */
/* NULL for MEDIA_UNKNOWN. */
const char *media_type_name(enum media_type type);

struct media_change { /* NULL or false: leave as it is */
  const char *title;
  const enum media_type *type;
  bool set_file_url, set_description, set_external_id;
  const char *file_url; /* with set_file_url; NULL clears it, as with the next two */
  const char *description;
  const char *external_id;
  const char *tags;         /* as media_tags_end has them */
  const char *metadata;     /* JSON: an object */
  int64_t if_updated_at_us; /* not 0: only if the row is of this time. Else ERROR_EXPIRED */
  bool if_no_file;          /* only if it has no file. Else ERROR_EXPIRED */
};
/* Tags as a change and a filter take them: begun as a zeroed text, each added, then ended; NULL when
 * memory is out. A tag has no comma. One that is there already is not added again. */
void media_tags_add(struct text *tags, const char *tag);
const char *media_tags_end(struct text *tags);

/* file_url may be NULL. created_by 0: nobody. */
enum error media_store_create(struct database *database, const char *title, enum media_type type, const char *file_url,
                              int64_t created_by, struct media *ret_media) MUST_CHECK;
/* The same with all fields, title among them. ERROR_CONFLICT: external_id is another medium's. */
enum error media_store_create_with(struct database *database, const struct media_change *fields, int64_t created_by,
                                   struct media *ret_media) MUST_CHECK;
enum error media_store_find(struct database *database, int64_t id, struct media *ret_media) MUST_CHECK;
/* Another file_url than the one that stands takes the place of the stored file: its facts are cleared. The same one
 * changes nothing. ERROR_INVALID: the stored file, which stays, is of the other type. ERROR_CONFLICT: external_id is
 * another medium's. */
enum error media_store_update(struct database *database, int64_t id, const struct media_change *change,
                              struct media *ret_media) MUST_CHECK;
/* The committed row decides which file exists: sets the facts when the medium is still there, and with them the fields
 * of the change (file_url: "library:…" for a link; NULL for an upload, which takes file_url away). The type becomes
 * that of the file's content; the change's counts where the content does not tell. *ret_old_name is the stored name
 * that it replaced ("" for none): remove it after the longest TTL. ERROR_NOT_FOUND: deleted meanwhile. ERROR_CONFLICT:
 * external_id is another medium's. ERROR_UNKNOWN_OUTCOME: ask media_store_find. */
enum error media_store_set_file(struct database *database, int64_t id, const struct media_file_facts *facts,
                                const struct media_change *change_or_null, struct media *ret_media,
                                char ret_old_name[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;
/* Marks the row deleted. ERROR_NOT_FOUND when it was already. */
enum error media_store_delete(struct database *database, int64_t id) MUST_CHECK;
/* The same where the conditions of `change` (if_…) hold in that moment. Else ERROR_EXPIRED. tombstone_seconds not 0:
 * the name "m<id>" is revoked in the same transaction, for so long. */
enum error media_store_delete_if(struct database *database, int64_t id, const struct media_change *change,
                                 int64_t tombstone_seconds) MUST_CHECK;
/* For sweeping: is this entry of media/<id>/ (a stored name up to its first "/") the one that the row has? A deleted
 * medium has none: *ret_deleted. ERROR_NOT_FOUND: there never was such a medium. */
enum error media_store_is_current(struct database *database, int64_t id, const char *entry, bool *ret_current,
                                  bool *ret_deleted) MUST_CHECK;
/* A timeline as PostgreSQL writes an array of its marks. */
void media_store_append_timeline(struct text *array, const struct timeline *timeline);

#endif
