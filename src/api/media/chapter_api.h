/* SPDX-License-Identifier: ISC */
/*
 * Which chapters a medium plays with.
 */
#ifndef MEDIAGATE_API_MEDIA_CHAPTER_API_H
#define MEDIAGATE_API_MEDIA_CHAPTER_API_H

#include <stdbool.h>

#include "domain/medium.h"
#include "store/media/media_store.h"

/* Their file below media/<id>/. False: it has none. */
bool chapter_api_file(const struct media *media, char ret_name[MEDIUM_STORED_NAME_SIZE]);

#endif
