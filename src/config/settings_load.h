/* SPDX-License-Identifier: ISC */
/* Reads the settings from the file and the environment. */
#ifndef MEDIAGATE_CONFIG_SETTINGS_LOAD_H
#define MEDIAGATE_CONFIG_SETTINGS_LOAD_H

#include "config/settings.h"

/* Reads defaults, then the file at `path` (NULL: no file), then the environment. Every problem is one line in
 * ret_problems ("FILE:LINE: what is wrong; what to do"), all of them at once. Also checks what must fit together
 * (stream_ttl_default <= stream_ttl_max, …). ERROR_INVALID when there was a problem; *ret_settings untouched.
 * Release with settings_free. */
enum error settings_load(const char *path, struct settings **ret_settings, struct text *ret_problems) MUST_CHECK;
/* The same from text instead of a file and without the environment, for tests and fuzzing. */
enum error settings_parse(const char *file_text, struct settings **ret_settings, struct text *ret_problems) MUST_CHECK;

#endif
