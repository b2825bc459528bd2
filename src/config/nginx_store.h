/* SPDX-License-Identifier: ISC */
/*
 * nginx's share of media_store = s3: a stream that is no file here is played out of a cache of slices, and what the
 * cache lacks is asked of the bucket, signed by a second server on a socket of nginx's own (deploy/origin.js). Pure.
 */
#ifndef MEDIAGATE_CONFIG_NGINX_STORE_H
#define MEDIAGATE_CONFIG_NGINX_STORE_H

#include "base/text.h"
#include "config/settings.h"

/* At http level, at server level, and in the stream location, which finds the file of a name there. */
struct nginx_store_texts {
  struct text *http, *server, *stream;
};

/* Appends to all three. ca_file verifies the service's certificate. */
void nginx_store_append(const struct settings *settings, const char *ca_file, const struct nginx_store_texts *texts);

#endif
