/* SPDX-License-Identifier: ISC */
/*
 * Removes objects that no row stands for, by the notes in the database. Any node does it for all.
 */
#ifndef MEDIAGATE_UPKEEP_OBJECT_SWEEP_H
#define MEDIAGATE_UPKEEP_OBJECT_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "files/sweep.h"
#include "upkeep/upkeep.h"

/* Adds to *counts. With the options of a sweep of files: keep_seconds, deletion_grace_seconds and `full`, which lists
 * the whole bucket and notes what no row names. Only where media files are in a bucket; else nothing is done.
 * ERROR_STORE_AWAY, ERROR_UNAVAILABLE: the next sweep goes on. */
enum error object_sweep_run(struct upkeep *upkeep, const struct sweep_options *options,
                            struct sweep_counts *counts) MUST_CHECK;

#endif
