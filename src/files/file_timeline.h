/* SPDX-License-Identifier: ISC */
/*
 * At which byte of a film or sound each part of its time lies: ffprobe jumps to 100 places and says where it landed.
 * Runs in the sandbox, with the limits of probe.h.
 */
#ifndef MEDIAGATE_FILES_FILE_TIMELINE_H
#define MEDIAGATE_FILES_FILE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/timeline.h"
#include "files/probe.h"

/* Of a file that probe_file took, of so many bytes. False: unknown. A short one (below half a minute) is not looked at:
 * its parts are too small to tell apart. */
bool file_timeline_read(int fd, const struct probe_options *options, const struct probe_result *probe,
                        int64_t size_bytes, struct timeline *ret_timeline);
/* From what ffprobe prints: "12.345,67890" a line. Pure. False: nothing to go by. */
bool file_timeline_parse(const char *output, double duration_seconds, int64_t size_bytes,
                         struct timeline *ret_timeline);

#endif
