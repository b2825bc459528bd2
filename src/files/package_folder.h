/* SPDX-License-Identifier: ISC */
/*
 * A package on its way: packaging/<unique name>/, filled by ffmpeg, then renamed into media/<id>/.
 */
#ifndef MEDIAGATE_FILES_PACKAGE_FOLDER_H
#define MEDIAGATE_FILES_PACKAGE_FOLDER_H

#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "files/media_folder.h"

#define PACKAGE_HLS           "master.m3u8"
#define PACKAGE_DASH          "manifest.mpd"
#define PACKAGE_POSTER        "poster.jpg"
#define PACKAGE_POSTER_MEDIUM "poster-640.jpg"
#define PACKAGE_POSTER_SMALL  "poster-320.jpg"
#define PACKAGE_CHAPTERS      "chapters.vtt"
#define PACKAGE_STORYBOARD    "storyboard.vtt"
#define STORYBOARD_PLAYLIST   "storyboard.m3u8"

struct package_folder;

/* An empty folder that the sweep leaves alone as long as this process lives. `folder` must outlive it. */
enum error package_folder_create(struct media_folder *folder, struct package_folder **ret_package) MUST_CHECK;
/* Absolute; good until it is placed. */
const char *package_folder_path(const struct package_folder *package);
/* Called after each file, of which a long film has thousands. */
typedef void package_folder_beat(void *context);
/* Fsyncs every file in it, renames it into media/<id>/ under its unique name and fsyncs that folder. Not served until a
 * URL names it; unsettled until media_folder_settle. beat may be NULL. */
enum error package_folder_place(struct package_folder *package, int64_t media_id, package_folder_beat *beat,
                                void *beat_context, char ret_name[UNIQUE_NAME_SIZE]) MUST_CHECK;
/* Closes, and removes it unless it was placed. NULL is fine. */
void package_folder_discard(struct package_folder *package);

#endif
