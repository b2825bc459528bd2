/* SPDX-License-Identifier: ISC */
/*
 * Looks into a media file with the limits of the settings, and writes what it found as a medium's
 * facts. Shared by uploads and files of the library.
 */
#ifndef MEDIAGATE_API_MEDIA_PROBE_FACTS_H
#define MEDIAGATE_API_MEDIA_PROBE_FACTS_H

#include "api/app.h"
#include "files/probe.h"
#include "store/media/media_store.h"

/* As probe_file, and ERROR_INVALID when the file does not have what a medium of this type needs. Of
 * facts sets what probing finds, and leaves stored_name, size_bytes and sha256. ret_extension is
 * the one to store the file under. */
enum error probe_facts_read(const struct app *app, int fd, enum media_type type, struct media_file_facts *facts,
                            char ret_extension[8], char ret_reason[PROBE_REASON_SIZE]) MUST_CHECK;

#endif
