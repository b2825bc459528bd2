/* SPDX-License-Identifier: ISC */
/*
 * The metric pages of the processes beside serve (ingest, package, notify): files below run_dir, mapped shared, so that
 * a scrape of serve on the same machine sees them. A process locks the first page of its role that nobody holds, and
 * counts on where the one before it ended: no counter falls when a process is killed and started anew.
 */
#ifndef MEDIAGATE_PROCESS_METRIC_FILE_H
#define MEDIAGATE_PROCESS_METRIC_FILE_H

#include "base/error.h"
#include "metrics/metric_text.h"

/* This process counts from here on in a page of RUN_DIR/metrics-ROLE/, until it ends. On an error it counts in a page
 * that nobody reads. ERROR_IO: the folder or file cannot be made (errno). ERROR_LIMITED: all pages of the role are
 * taken. */
enum error metric_file_enter(const char *run_dir, enum metric_pool role) MUST_CHECK;
/* Adds the pages of all roles: counters of those that ended too, gauges of those that run only. */
void metric_file_sum(const char *run_dir, struct metric_sum *sum);

#endif
