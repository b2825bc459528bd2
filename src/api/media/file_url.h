/* SPDX-License-Identifier: ISC */
/*
 * file_url: where a medium's file is when it was not uploaded. Pure.
 *   library:films/a.mp4          a file below library_dir
 *   https://host[:port]/path?q   a remote file that nginx proxies; http:// too
 * Remote URLs are held to RFC 3986 and kept narrow: what is accepted here ends up in an internal
 * redirect of nginx.
 */
#ifndef MEDIAGATE_API_MEDIA_FILE_URL_H
#define MEDIAGATE_API_MEDIA_FILE_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/origin.h"
#include "base/text.h"
#include "config/settings.h"

#define FILE_URL_MAX_BYTES 2048
#define FILE_URL_NAME_SIZE 96

enum file_url_kind { FILE_URL_REMOTE, FILE_URL_LIBRARY };

struct file_url {
  enum file_url_kind kind;
  const char *library_path; /* FILE_URL_LIBRARY: points into the text */
  struct origin origin;     /* FILE_URL_REMOTE from here on */
  const char *path;         /* behind the origin, with its "?query"; points into the text, "" for none */
};

/* ERROR_INVALID with what is wrong, in words for the caller, in *ret_reason (static storage). */
enum error file_url_parse(const char *text, struct file_url *ret_url, const char **ret_reason) MUST_CHECK;
/* http:// or https://; NULL and "" are not. */
bool file_url_is_remote(const char *text_or_null);
/* library:…; NULL and "" are not. */
bool file_url_is_library(const char *text_or_null);
/* A name for the end of a stream URL: the URL's last segment, kept to [A-Za-z0-9._-]. */
void file_url_name(const struct file_url *url, char ret_name[FILE_URL_NAME_SIZE]);
/* Is the URL's origin one of `scheme://host` or `scheme://host:port`? */
bool file_url_origin_is_listed(const struct file_url *url, const struct settings_list *origins);
/* Appends where nginx has that origin: "/_origin/<scheme>/<host>/<port>". */
void file_url_append_location(const struct file_url *url, struct text *ret_location);
/* Appends what the origin is asked for, as file_url spells it: "/<path?query>". */
void file_url_append_target(const struct file_url *url, struct text *ret_target);

#endif
