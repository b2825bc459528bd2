/* SPDX-License-Identifier: ISC */
/*
 * Looks into a media file with the limits of the settings, and writes what it found as a medium's
 * facts. Shared by uploads and files of the library.
 */
#ifndef MEDIAGATE_API_MEDIA_PROBE_FACTS_H
#define MEDIAGATE_API_MEDIA_PROBE_FACTS_H

#include <stdbool.h>

#include "api/app.h"
#include "files/probe.h"
#include "store/media/media_store.h"

struct probe_wanted {
  enum media_type type;      /* of the medium */
  bool either;               /* it is not known yet: the file decides */
  struct timeline *timeline; /* where facts.timeline points afterwards, if that is known; NULL: it is not wanted */
};

/* As probe_file, and ERROR_INVALID when the file does not have what the medium needs: a video a picture that moves,
 * audio none. Of facts sets what probing finds, and leaves stored_name, size_bytes (which the timeline goes by) and
 * sha256. *ret_type: which of both the file is. ret_extension is the one to store the file under. */
enum error probe_facts_read(const struct app *app, int fd, const struct probe_wanted *wanted,
                            struct media_file_facts *facts, enum media_type *ret_type, char ret_extension[8],
                            char ret_reason[PROBE_REASON_SIZE]) MUST_CHECK;

#endif
