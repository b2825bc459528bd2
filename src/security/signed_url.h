/* SPDX-License-Identifier: ISC */
/*
 * Signed stream paths: /stream/<kid>/<flags>/<viewer>/<grant>/<expires>/<signature>/<media id>/<file>
 *
 * The signature is base64url(MD5("secret|v1|kid|flags|viewer|grant|expires|media|bound address|secret")), what nginx's
 * secure_link_md5 computes. The file is not signed: the prefix covers all files of a medium. A grant is a UUIDv7 in 32
 * hex digits whose last 8 digits are the issuer tag of the account that issued it, so that all grants of an account can
 * be revoked. Flags are "n" for none, or "i" (bound to an address), "d" (a download), "id". A download's file ends with
 * the name under which it is to be kept: <file>/<name>.
 */
#ifndef MEDIAGATE_SECURITY_SIGNED_URL_H
#define MEDIAGATE_SECURITY_SIGNED_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "security/keyring.h"

struct signed_url {
  char kid[KEYRING_KID_SIZE];
  char viewer[VIEWER_SIZE]; /* "-" for none */
  char grant_id[GRANT_ID_SIZE];
  char bound_address[ADDRESS_TEXT_SIZE]; /* "" for none */
  bool download;                         /* nginx serves it as an attachment */
  int64_t expires_at;                    /* unix seconds */
  int64_t media_id;
};

/* A file's name or path below media/<id>/ that a URL may carry: 1 to 8 segments of [A-Za-z0-9._~+=,@-], each beginning
 * with one of [A-Za-z0-9_], folders up to 128 and the name up to 200 bytes. Nothing in it is ever percent-encoded: one
 * spelling. */
bool signed_url_file_is_valid(const char *file);
/* Appends a file name made of `title` that a download's URL may end with: letters, digits and "-", "" where nothing of
 * the title can stand in one. */
void signed_url_append_name(struct text *name, const char *title);
/* Appends "/stream/…/<media id>/<file>" signed by the keyring's first key. ERROR_INVALID: a part that nginx would
 * refuse. */
enum error signed_url_append_path(const struct keyring *keyring, const struct signed_url *url, const char *file,
                                  struct text *ret_path) MUST_CHECK;
/* Parses and verifies a path, as nginx does: ERROR_INVALID (not of this form), ERROR_DENIED (signature or key),
 * ERROR_EXPIRED. *ret_file points into path. `remote_address` is what an "i" flag is held against. */
enum error signed_url_verify_path(const struct keyring *keyring, const char *path, const char *remote_address,
                                  int64_t now_seconds, struct signed_url *ret_url, const char **ret_file) MUST_CHECK;

#endif
