/* SPDX-License-Identifier: ISC */
/* The files that tell nginx what the settings and the routes say: `mediagate nginx-config` writes them, doctor
 * compares. */
#ifndef MEDIAGATE_COMMAND_NGINX_FILES_H
#define MEDIAGATE_COMMAND_NGINX_FILES_H

#include "config/nginx_settings.h"

#define NGINX_FILES_CA_FILE "/etc/ssl/certs/ca-certificates.crt" /* where nobody says otherwise */

/* Which methods a path knows goes into settings-http.conf. Errors as nginx_settings_render; free in every case. */
enum error nginx_files_render(const struct settings *settings, const char *ca_file,
                              struct nginx_settings *ret_files) MUST_CHECK;

#endif
