/* SPDX-License-Identifier: ISC */
/*
 * Keeps the HLS masters of packages in step with their media's subtitles: a change of either is found in the rows, so
 * whoever makes it needs to tell nobody, and nothing is lost when a process dies.
 */
#ifndef MEDIAGATE_PACKAGE_SUBTITLER_H
#define MEDIAGATE_PACKAGE_SUBTITLER_H

#include "base/error.h"
#include "library/media_folder.h"
#include "store/database.h"

/* Writes one master that is missing or outdated. ERROR_NOT_FOUND: there is none. */
enum error subtitler_run_one(struct database *database, struct media_folder *folder) MUST_CHECK;

#endif
