/* SPDX-License-Identifier: ISC */
/* Reads a login's body in either of its two forms. Checks the form of things only; whether they fit
 * is auth_api's. */
#include "config.h"

#include "api/accounts/credentials.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "http/content_type.h"
#include "http/json_body.h"
#include "security/password.h"

#define FORM_MAX_BYTES (16 * 1024)
#define FORM_TYPE      "application/x-www-form-urlencoded"

static const char *const json_names[] = {"email", "password", NULL};

static bool read_form(struct request *request, struct response *response, struct query *ret_form) {
  char *body = NULL;
  size_t size = 0;
  if (!content_type_is_utf8(request->content_type)) {
    response_problem(response, 415, "Send the form in UTF-8.");
    return false;
  }
  if (!content_type_is_plain(request, response)) {
    return false;
  }
  enum error error = request_read_all(request, FORM_MAX_BYTES, &body, &size);
  if (error == ERROR_TOO_LARGE) {
    response_problem(response, 413, "A login's form is at most %d bytes.", FORM_MAX_BYTES);
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
  return error == ERROR_NONE;
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

/* grant_type, scope, client_id and whatever else OAuth clients add to a password grant is read
 * over. */
static const char *read_form_fields(struct credentials *credentials, struct response *response) {
  const struct query *form = &credentials->form;
  const char *repeated = query_repeated(form);
  if (repeated != NULL) {
    response_field_error(response, "", "the field \"%.64s\" is given twice", repeated);
  }
  credentials->password = form_value(form, "password", "/password", PASSWORD_MAX_BYTES, response);
  return form_value(form, "username", "/username", PASSWORD_MAX_BYTES, response);
}

static const char *read_json_fields(struct credentials *credentials, struct response *response) {
  json_body_refuse_unknown(credentials->json, json_names, response);
  credentials->password = json_body_password(credentials->json, "password", 1, PASSWORD_MAX_BYTES, response);
  return json_body_string(credentials->json, "email", 1, PASSWORD_MAX_BYTES, response);
}

bool credentials_read(struct request *request, struct response *response, struct credentials *ret_credentials) {
  bool form = content_type_is(request->content_type, FORM_TYPE);
  if (form ? !read_form(request, response, &ret_credentials->form)
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
  return true;
}

void credentials_free(struct credentials *credentials) {
  json_object_put(credentials->json);
  query_free(&credentials->form);
}
