/* SPDX-License-Identifier: ISC */
/*
 * What a login, a refresh and a logout send, as JSON or as a form. A login sends {"email", "password"}, or username and
 * password (OAuth's password grant, which Swagger UI's Authorize uses), and otp beside them. The others send
 * {"refresh_token"}, or the same field (OAuth's refresh_token grant).
 */
#ifndef MEDIAGATE_API_ACCOUNTS_CREDENTIALS_H
#define MEDIAGATE_API_ACCOUNTS_CREDENTIALS_H

#include <stdbool.h>

#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "domain/email.h"
#include "security/secret_token.h"

struct json_object;

struct credentials {
  char email[EMAIL_SIZE]; /* normalised */
  const char *password;   /* points into one of the two below */
  const char *otp;        /* so does the code of the second factor; NULL: none was sent */
  struct json_object *json;
  struct query form;
};

/* False: the response has the answer (400, 413, 415, 422). Release with credentials_free in both
 * cases. */
bool credentials_read(struct request *request, struct response *response,
                      struct credentials *ret_credentials) MUST_CHECK;
void credentials_free(struct credentials *credentials);
/* *ret_known is false for a text that none of our tokens can be; ret_token is untouched then. False: the response has
 * the answer. */
bool credentials_read_refresh_token(struct request *request, struct response *response,
                                    char ret_token[SECRET_TOKEN_SIZE], bool *ret_known) MUST_CHECK;

#endif
