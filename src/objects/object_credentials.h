/* SPDX-License-Identifier: ISC */
/*
 * The key pair of an S3 account, from a file of two lines that nginx can include in a map too:
 *
 *   access_key AKIAIOSFODNN7EXAMPLE;
 *   secret_key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY;
 */
#ifndef MEDIAGATE_OBJECTS_OBJECT_CREDENTIALS_H
#define MEDIAGATE_OBJECTS_OBJECT_CREDENTIALS_H

#include <stddef.h>

#include "base/error.h"

#define OBJECT_ACCESS_KEY_SIZE  129
#define OBJECT_SECRET_KEY_SIZE  129
#define OBJECT_CREDENTIALS_SIZE (OBJECT_ACCESS_KEY_SIZE + OBJECT_SECRET_KEY_SIZE)

struct object_credentials {
  char access_key[OBJECT_ACCESS_KEY_SIZE];
  char secret_key[OBJECT_SECRET_KEY_SIZE];
};

/* Pure. "#" begins a comment. ERROR_INVALID: a line is missing, is there twice, or is of another form. */
enum error object_credentials_parse(const char *text, size_t size,
                                    struct object_credentials *ret_credentials) MUST_CHECK;
/* Reads a secret file (file_read_secret) and parses it. Wipe it after use. */
enum error object_credentials_load(const char *path, struct object_credentials *ret_credentials) MUST_CHECK;
void object_credentials_wipe(struct object_credentials *credentials);

#endif
