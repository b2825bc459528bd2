/* SPDX-License-Identifier: ISC */
/*
 * Under which name a download is kept (RFC 6266). Its URL ends with a name that every program can read, letters and
 * digits of ASCII: <file>/<name>. The title in its own script follows as ?name=, percent-encoded as RFC 8187 wants it:
 * nginx copies that into Content-Disposition. Neither is signed. Pure.
 */
#ifndef MEDIAGATE_API_MEDIA_DOWNLOAD_NAME_H
#define MEDIAGATE_API_MEDIA_DOWNLOAD_NAME_H

#include <stdint.h>

#include "base/text.h"

/* What a name in its own script may have, its extension included: file systems take 255 bytes. */
#define DOWNLOAD_NAME_MAX_BYTES 200

/* Appends "/<name>" to a stored file's name, medium-<id> where the title has nothing to make one of, and nothing where
 * the file's own name is so long that no folder could have it. `extension`: with its dot, "" for none. */
void download_name_append_path(struct text *file, const char *title, int64_t media_id, const char *extension);
/* Appends "?name=<name>", nothing when the name in the path says the same. */
void download_name_append_query(struct text *url, const char *title, const char *extension);

#endif
