/* SPDX-License-Identifier: ISC */
/* The URLs of one grant, as members of an answer: what most players like best, and each form that the medium has. */
#ifndef MEDIAGATE_API_MEDIA_STREAM_URLS_H
#define MEDIAGATE_API_MEDIA_STREAM_URLS_H

#include <stdbool.h>

#include "api/call.h"
#include "api/media/file_url.h"
#include "domain/medium.h"
#include "security/signed_url.h"
#include "store/media/media_store.h"

#define STREAM_FILE_SIZE                                                                                               \
  (sizeof "remote/" + (MEDIUM_STORED_NAME_SIZE > FILE_URL_NAME_SIZE ? MEDIUM_STORED_NAME_SIZE : FILE_URL_NAME_SIZE))

/* The end of the stream URL: a stored file's name, or remote/<name>. False: there is nothing to stream. */
bool stream_urls_file(const struct media *media, char ret_file[STREAM_FILE_SIZE]);
/* Of a file, with its dot; "" for none. */
const char *stream_urls_extension(const char *file);
bool stream_urls_is_playlist(const char *extension);
/* Appends stream_url and streams. HLS is the best once there is a package, the file itself before. */
enum error stream_urls_append(struct call *call, struct text *body, const struct signed_url *url,
                              const struct media *media, const char *file) MUST_CHECK;

#endif
