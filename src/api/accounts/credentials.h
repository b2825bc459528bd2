/* SPDX-License-Identifier: ISC */
/*
 * What a login sends: {"email", "password"} as JSON, or username and password as a form (OAuth's
 * password grant, which Swagger UI's Authorize uses).
 */
#ifndef MEDIAGATE_API_ACCOUNTS_CREDENTIALS_H
#define MEDIAGATE_API_ACCOUNTS_CREDENTIALS_H

#include <stdbool.h>

#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "domain/email.h"

struct json_object;

struct credentials {
  char email[EMAIL_SIZE]; /* normalised */
  const char *password;   /* points into one of the two below */
  struct json_object *json;
  struct query form;
};

/* False: the response has the answer (400, 413, 415, 422). Release with credentials_free in both
 * cases. */
bool credentials_read(struct request *request, struct response *response,
                      struct credentials *ret_credentials) MUST_CHECK;
void credentials_free(struct credentials *credentials);

#endif
