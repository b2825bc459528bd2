/* SPDX-License-Identifier: ISC */
/*
 * Takes jobs and makes their packages, one at a time. It may be killed at any moment: the job is taken over by another,
 * and nothing half-made is ever served.
 */
#ifndef MEDIAGATE_PACKAGE_PACKAGER_H
#define MEDIAGATE_PACKAGE_PACKAGER_H

#include <signal.h>
#include <stdint.h>

#include "base/error.h"
#include "files/media_folder.h"
#include "package/transcode.h"
#include "store/engine/database.h"

struct packager {
  struct database *database;
  struct media_folder *folder;
  const char *node;                   /* who we are, for whoever reads the jobs */
  int64_t takeover_seconds;           /* a job whose holder is silent this long is anybody's */
  struct transcode_options transcode; /* progress, context and stop are set by the packager */
  /* Called every few seconds while a package is made, when the database can be reached; NULL: nothing is. */
  void (*meanwhile)(void *context);
  void *meanwhile_context;
};

/* Makes one package. ERROR_NOT_FOUND: there is no job. ERROR_UNAVAILABLE: the database is away; the job that was begun
 * is taken over later. What goes wrong with the file or this machine is told to the job, and is no error here. *stop
 * gives the job back. */
enum error packager_run_one(const struct packager *packager, const volatile sig_atomic_t *stop) MUST_CHECK;

#endif
