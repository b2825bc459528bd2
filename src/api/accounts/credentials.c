/* SPDX-License-Identifier: ISC */
/* Reads a body as JSON or as a form. Checks the form of things only; whether they fit is auth_api's. */
#include "config.h"

#include "api/accounts/credentials.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "api/accounts/second_factor.h"
#include "http/content_type.h"
#include "http/json_body.h"
#include "security/password.h"

#define FORM_MAX_BYTES    (16 * 1024)
#define FORM_TYPE         "application/x-www-form-urlencoded"
#define REFRESH_TOKEN_MAX 256 /* longer is not worth a look */

static bool check_grant_type(const struct query *form, const char *expected, struct response *response) {
  const char *grant_type = query_get(form, "grant_type");
  if (grant_type == NULL || strcmp(grant_type, expected) == 0) {
    return true;
  }
  response->oauth_error = "unsupported_grant_type";
  response_problem(response, 400, "The grant_type must be %s here.", expected);
  return false;
}

/* `grant_type` is what the form's field of that name must be, when it is there. */
static bool read_form(struct request *request, struct response *response, const char *grant_type,
                      struct query *ret_form) {
  char *body = NULL;
  size_t size = 0;
  response->oauth_error = "invalid_request"; /* until it was read */
  if (!content_type_is_utf8(request->content_type)) {
    response_problem(response, 415, "Send the form in UTF-8.");
    return false;
  }
  if (!content_type_is_plain(request, response)) {
    return false;
  }
  enum error error = request_read_all(request, FORM_MAX_BYTES, &body, &size);
  if (error == ERROR_TOO_LARGE) {
    response_problem(response, 413, "A form is at most %d bytes.", FORM_MAX_BYTES);
    return false;
  }
  if (error == ERROR_ABORTED) {
    response_problem(response, 400, "The body ended before its announced length.");
    return false;
  }
  if (error != ERROR_NONE) {
    response_error(response, error);
    return false;
  }
  error = query_parse_form(body, size, ret_form);
  explicit_bzero(body, size);
  free(body);
  if (error == ERROR_INVALID) {
    response_problem(response, 400, "The form does not parse: it must be UTF-8 without NUL, percent-encoded.");
  } else if (error != ERROR_NONE) {
    response_error(response, error);
  }
  return error == ERROR_NONE && check_grant_type(ret_form, grant_type, response);
}

static const char *form_value(const struct query *form, const char *name, const char *pointer, size_t max_bytes,
                              struct response *response) {
  const char *value = query_get(form, name);
  if (value == NULL || *value == '\0') {
    response_field_error(response, pointer, "is required");
  } else if (strlen(value) > max_bytes) {
    response_field_error(response, pointer, "must be at most %zu bytes long", max_bytes);
  } else {
    return value;
  }
  return NULL;
}

static void refuse_repeated(const struct query *form, struct response *response) {
  const char *repeated = query_repeated(form);
  if (repeated != NULL) {
    response_field_error(response, "", "the field \"%.64s\" is given twice", repeated);
  }
}

/* scope, client_id and whatever else OAuth clients add to a grant is read over. */
static const char *read_form_fields(struct credentials *credentials, struct response *response) {
  const struct query *form = &credentials->form;
  refuse_repeated(form, response);
  credentials->password = form_value(form, "password", "/password", PASSWORD_MAX_BYTES, response);
  if (query_get(form, "otp") != NULL) {
    credentials->otp = form_value(form, "otp", "/otp", SECOND_FACTOR_CODE_MAX, response);
  }
  return form_value(form, "username", "/username", PASSWORD_MAX_BYTES, response);
}

static const char *read_json_fields(struct credentials *credentials, struct response *response) {
  static const char *const names[] = {"email", "password", "otp", NULL};
  json_body_refuse_unknown(credentials->json, names, response);
  credentials->password = json_body_password(credentials->json, "password", 1, PASSWORD_MAX_BYTES, response);
  credentials->otp = json_body_string_optional(credentials->json, "otp", 1, SECOND_FACTOR_CODE_MAX, response);
  return json_body_string(credentials->json, "email", 1, PASSWORD_MAX_BYTES, response);
}

bool credentials_read(struct request *request, struct response *response, struct credentials *ret_credentials) {
  bool form = content_type_is(request->content_type, FORM_TYPE);
  if (form ? !read_form(request, response, "password", &ret_credentials->form)
           : json_body_read(request, response, &ret_credentials->json) != ERROR_NONE) {
    return false;
  }
  const char *email = form ? read_form_fields(ret_credentials, response) : read_json_fields(ret_credentials, response);
  if (email != NULL && email_normalise(email, ret_credentials->email) != ERROR_NONE) {
    response_field_error(response, form ? "/username" : "/email", "must be an e-mail address");
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  response->oauth_error = NULL;
  return true;
}

void credentials_free(struct credentials *credentials) {
  json_object_put(credentials->json);
  query_free(&credentials->form);
}

static const char *read_token_field(struct credentials *body, bool form, struct response *response) {
  static const char *const names[] = {"refresh_token", NULL};
  if (form) {
    refuse_repeated(&body->form, response);
    return form_value(&body->form, "refresh_token", "/refresh_token", REFRESH_TOKEN_MAX, response);
  }
  json_body_refuse_unknown(body->json, names, response);
  return json_body_string(body->json, "refresh_token", 1, REFRESH_TOKEN_MAX, response);
}

bool credentials_read_refresh_token(struct request *request, struct response *response,
                                    char ret_token[SECRET_TOKEN_SIZE], bool *ret_known) {
  struct credentials body = {.password = NULL};
  bool form = content_type_is(request->content_type, FORM_TYPE);
  bool readable = form ? read_form(request, response, "refresh_token", &body.form)
                       : json_body_read(request, response, &body.json) == ERROR_NONE;
  if (readable) {
    const char *token = read_token_field(&body, form, response);
    readable = token != NULL && !response_has_field_errors(response);
    if (!readable) {
      response_problem_fields(response);
    } else {
      unsigned char hash[DIGEST_SIZE];
      response->oauth_error = NULL;
      *ret_known = secret_token_hash(token, hash) != ERROR_DENIED;
      if (*ret_known) {
        memcpy(ret_token, token, SECRET_TOKEN_SIZE);
      }
    }
  }
  credentials_free(&body);
  return readable;
}
