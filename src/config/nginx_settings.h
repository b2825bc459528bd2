/* SPDX-License-Identifier: ISC */
/*
 * What nginx must know of the settings, as three files that deploy/mediagate.http.conf includes: host names, CORS list
 * and origins at http level, proxies and the origins' locations at server level, the body limit of the upload location.
 * Pure: text from settings. Every value is checked against a narrow alphabet, so that no setting can inject a
 * directive.
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
  struct text upload; /* settings-upload.conf */
};

/* ca_file holds the certificates that https origins are verified with. ERROR_INVALID: a value that cannot stand in
 * nginx's configuration, each one line in ret_problems ("setting: value: what to do"). */
enum error nginx_settings_render(const struct settings *settings, const char *ca_file, struct nginx_settings *ret_files,
                                 struct text *ret_problems) MUST_CHECK;
void nginx_settings_free(struct nginx_settings *files);

#endif
