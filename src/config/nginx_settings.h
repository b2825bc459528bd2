/* SPDX-License-Identifier: ISC */
/*
 * What nginx must know of the settings, as the files that deploy/mediagate.http.conf includes: host names, CORS list
 * and origins at http level, proxies and the origins' locations at server level, the body limit of the upload locations
 * and the shares of their pool, and where the files of streams are. Pure: text from settings that settings_load has
 * judged (settings_check.c): every value's form is a narrow one, so that none can inject a directive.
 */
#ifndef MEDIAGATE_CONFIG_NGINX_SETTINGS_H
#define MEDIAGATE_CONFIG_NGINX_SETTINGS_H

#include "base/error.h"
#include "base/text.h"
#include "config/settings.h"

/* Zero-initialise; release with nginx_settings_free. */
struct nginx_settings {
  struct text http;   /* settings-http.conf */
  struct text server; /* settings-server.conf */
  struct text upload; /* settings-upload.conf: the largest body */
  struct text stream; /* settings-stream.conf: where files of streams are */
  struct text share;  /* settings-upload-share.conf: how many uploads at a time */
};

/* ca_file holds the certificates that https origins are verified with. ERROR_INVALID: it is no absolute path, or has a
 * character that nginx reads specially. */
enum error nginx_settings_render(const struct settings *settings, const char *ca_file,
                                 struct nginx_settings *ret_files) MUST_CHECK;
void nginx_settings_free(struct nginx_settings *files);

#endif
