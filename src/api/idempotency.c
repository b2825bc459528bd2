/* SPDX-License-Identifier: ISC */
/*
 * One mechanism for all routes: the handler runs inside a transaction that it does not know of, and its answer is
 * stored at its end.
 */
#include "config.h"

#include "api/idempotency.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audience/audience.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/content_type.h"
#include "http/json_body.h"
#include "security/seal.h"
#include "store/engine/idempotency_store.h"

#define HEADER      "HTTP_IDEMPOTENCY_KEY"
#define KEY_MAX     255
#define SECRET_SIZE (KEY_MAX + 64)
#define PURPOSE     "mediagate idempotent answer"

struct attempt {
  struct call *call;
  char secret[SECRET_SIZE];         /* the caller and its key */
  struct idempotent_request stored; /* as it is or will be stored */
  size_t headers_before;            /* bytes of headers that are there in each answer */
};

bool idempotency_key_is_sent(const struct call *call) {
  return request_parameter(call->request, HEADER) != NULL;
}

/* --- what was sent --- */

/* A string of structured fields (RFC 9651), or bare as many clients send it. False: the response has the 400. */
static bool read_key(struct call *call, char ret_key[KEY_MAX + 1]) {
  const char *text = request_parameter(call->request, HEADER);
  size_t length = strlen(text);
  if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
    text++;
    length -= 2;
  }
  bool good = length > 0 && length <= KEY_MAX;
  for (size_t i = 0; good && i < length; i++) {
    good = text[i] > ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\' && text[i] != ',';
  }
  if (!good) {
    response_problem(call->response, 400,
                     "Idempotency-Key has 1 to %d visible ASCII characters without quotes, commas and backslashes; "
                     "a UUID will do.",
                     KEY_MAX);
    return false;
  }
  memcpy(ret_key, text, length);
  ret_key[length] = '\0';
  return true;
}

/* False: the response has the answer. */
static bool hold_body(struct call *call) {
  struct request *request = call->request;
  bool sent = request->has_body || (request->content_length < 0 && request->content_type[0] != '\0');
  if (sent && !content_type_is(request->content_type, "application/json")) {
    response_problem(call->response, 400,
                     "An Idempotency-Key goes with a JSON body or with none. Create an upload without bytes first, and "
                     "send them with PATCH.");
    return false;
  }
  enum error error = request_hold_body(request, JSON_BODY_MAX_BYTES);
  if (error == ERROR_TOO_LARGE) {
    response_problem(call->response, 413, "A JSON body may have at most %d bytes.", JSON_BODY_MAX_BYTES);
  } else if (error == ERROR_ABORTED) {
    response_problem(call->response, 400, "The body ended before its announced length.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "reading a body");
  }
  return error == ERROR_NONE;
}

/* Each part with its NUL, so that no two requests are one text. */
static enum error hash_request(const struct call *call, unsigned char ret_hash[DIGEST_SIZE]) {
  static const char *const headers[] = {"HTTP_UPLOAD_LENGTH", "HTTP_UPLOAD_DEFER_LENGTH", "HTTP_UPLOAD_METADATA"};
  const struct request *request = call->request;
  const char *method = request_method_name(request->method);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(context, method, strlen(method) + 1) == 1 &&
              EVP_DigestUpdate(context, request->path, strlen(request->path) + 1) == 1 &&
              EVP_DigestUpdate(context, request->query_text, strlen(request->query_text) + 1) == 1;
  for (size_t i = 0; good && i < sizeof headers / sizeof *headers; i++) {
    const char *value = request_parameter(request, headers[i]);
    value = value == NULL ? "" : value;
    good = EVP_DigestUpdate(context, value, strlen(value) + 1) == 1;
  }
  good = good && EVP_DigestUpdate(context, request->test_body, request->test_body_size) == 1 &&
         EVP_DigestFinal_ex(context, ret_hash, NULL) == 1;
  EVP_MD_CTX_free(context);
  return good ? ERROR_NONE : ERROR_MEMORY;
}

static enum error identify(struct attempt *attempt, const char *key) {
  const struct call *call = attempt->call;
  snprintf(attempt->secret, sizeof attempt->secret, "%s %" PRId64 " %s", call->key == NULL ? "account" : "key",
           call->key == NULL ? call->account->id : call->key->id, key);
  if (EVP_Digest(attempt->secret, strlen(attempt->secret), attempt->stored.key, NULL, EVP_sha256(), NULL) != 1) {
    return ERROR_MEMORY;
  }
  return hash_request(call, attempt->stored.request);
}

/* --- answers --- */

static void answer_error(struct call *call, enum error error) {
  if (error == ERROR_CONFLICT) {
    response_header(call->response, "Retry-After", "1");
    response_problem_of_type(call->response, 409, "idempotency-key-in-use",
                             "A request with this Idempotency-Key is under way. Send it again in a moment.");
  } else if (error == ERROR_UNKNOWN_OUTCOME) {
    response_header(call->response, "Retry-After", "1");
    response_problem(call->response, 503,
                     "The connection to the database broke while it saved this. Send the request again with the same "
                     "Idempotency-Key.");
  } else {
    call_fail(call, error, "storing an answer");
  }
}

/* Those of an answer that is not given go. */
static void cut_headers(struct attempt *attempt) {
  struct text *headers = &attempt->call->response->headers;
  if (headers->data != NULL) {
    headers->length = attempt->headers_before;
    headers->data[headers->length] = '\0';
  }
}

/* The headers, a NUL, the body: neither has one. */
static enum error seal_answer(struct attempt *attempt, struct text *ret_sealed) {
  const struct response *response = attempt->call->response;
  struct text plain = {.data = NULL};
  text_append_bytes(&plain, response->headers.data + attempt->headers_before,
                    response->headers.length - attempt->headers_before);
  text_append_bytes(&plain, "", 1);
  if (response->content_type != NULL) {
    text_append_bytes(&plain, response->body.data, response->body.length);
  }
  enum error error =
      plain.failed || response->headers.failed
          ? ERROR_MEMORY
          : seal_text(attempt->call->app->access_keys, PURPOSE, attempt->secret, plain.data, plain.length, ret_sealed);
  if (plain.data != NULL) {
    explicit_bzero(plain.data, plain.length);
  }
  text_free(&plain);
  return error;
}

static void replay(struct attempt *attempt) {
  struct response *response = attempt->call->response;
  struct text plain = {.data = NULL};
  enum error error =
      seal_open(attempt->call->app->access_keys, PURPOSE, attempt->secret, attempt->stored.sealed, &plain);
  if (error == ERROR_DENIED) {
    response_problem_of_type(
        response, 409, "idempotent-answer-lost",
        "This was done; its answer cannot be read any more, since the access key that it was sealed "
        "by is retired.");
    return;
  }
  if (error != ERROR_NONE) {
    call_fail(attempt->call, error, "opening a stored answer");
    return;
  }
  size_t headers = strlen(plain.data);
  text_append_bytes(&response->headers, plain.data, headers);
  response_header(response, "Idempotent-Replayed", "true");
  response->status = attempt->stored.status;
  response->content_type = headers + 1 < plain.length ? "application/json" : NULL;
  text_clear(&response->body);
  text_append_bytes(&response->body, plain.data + headers + 1, plain.length - headers - 1);
  log_event(LOG_LEVEL_INFO, "answer_replayed", LOG_I64("account_id", attempt->call->account->id),
            LOG_STR("route", attempt->call->request->route), LOG_I64("status", response->status));
  explicit_bzero(plain.data, plain.length);
  text_free(&plain);
}

/* --- the request --- */

/* What a handler makes only outside of transactions, and remembers. */
static enum error prepare(const struct app *app, struct address_salts *salts) {
  const unsigned char *salt = NULL;
  return app->audience != NULL && audience_needs_salt(app->audience)
             ? address_salts_get(salts, app->database, clock_now_us(), &salt)
             : ERROR_NONE;
}

/* Nothing was changed after all: what the process remembers of it is not so. */
static void abandon(const struct app *app, struct address_salts *salts) {
  idempotency_store_abandon(app->database);
  explicit_bzero(salts, sizeof *salts);
}

static void run_handler(struct attempt *attempt, void (*handler)(struct call *call)) {
  struct call *call = attempt->call;
  struct response *response = call->response;
  attempt->headers_before = response->headers.length;
  handler(call);
  if (response->status < 200 || response->status > 299) {
    abandon(call->app, &call->app->address_salts);
    return;
  }
  struct text sealed = {.data = NULL};
  enum error error = seal_answer(attempt, &sealed);
  if (error == ERROR_NONE) {
    attempt->stored.status = response->status;
    attempt->stored.sealed = sealed.data;
    error = idempotency_store_finish(call->app->database, &attempt->stored);
    attempt->stored.sealed = NULL;
  } else {
    abandon(call->app, &call->app->address_salts);
  }
  text_free(&sealed);
  if (error != ERROR_NONE) {
    explicit_bzero(&call->app->address_salts, sizeof call->app->address_salts);
    cut_headers(attempt);
    answer_error(call, error);
  }
}

static void run_attempt(struct attempt *attempt, void (*handler)(struct call *call)) {
  struct call *call = attempt->call;
  struct idempotent_request found = {.sealed = NULL};
  bool answered = false;
  enum error error = prepare(call->app, &call->app->address_salts);
  if (error == ERROR_NONE) {
    error = idempotency_store_begin(call->app->database, attempt->stored.key, &answered, &found);
  }
  if (error != ERROR_NONE) {
    answer_error(call, error);
  } else if (!answered) {
    run_handler(attempt, handler);
  } else if (memcmp(found.request, attempt->stored.request, DIGEST_SIZE) != 0) {
    response_problem_of_type(call->response, 422, "idempotency-key-reused",
                             "This Idempotency-Key was sent with another request. Take a new key for each.");
  } else {
    attempt->stored = found;
    replay(attempt);
  }
  idempotent_request_free(&found);
}

void idempotency_run(struct call *call, void (*handler)(struct call *call)) {
  struct attempt attempt = {.call = call};
  char key[KEY_MAX + 1];
  if (!read_key(call, key) || !hold_body(call)) {
    return;
  }
  enum error error = identify(&attempt, key);
  if (error == ERROR_NONE) {
    run_attempt(&attempt, handler);
  } else {
    call_fail(call, error, "reading an Idempotency-Key");
  }
  explicit_bzero(&attempt, sizeof attempt);
  request_release_body(call->request);
}
