/* SPDX-License-Identifier: ISC */
/*
 * libjwt checks a signature and little else, and is lenient where it must not be. So its input is
 * first made certain to be of the form that we issue, and afterwards every claim is read by type
 * from the canonical payload.
 */
#include "config.h"

#include "security/access_token.h"

#include <errno.h>
#include <jwt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text_parse.h"

#define NAME              "mediagate" /* iss and aud */
#define SIGNATURE_LENGTH  43          /* 32 bytes in base64url */
#define SESSION_ID_LENGTH 36

/* libjwt writes its header sorted by key. */
static const char header_before_kid[] = "{\"alg\":\"HS256\",\"kid\":\"";
static const char header_after_kid[] = "\",\"typ\":\"JWT\"}";

/* A token's three segments. */
struct segments {
  const char *header, *payload, *signature;
  size_t header_length, payload_length, signature_length;
};

static void free_string(char **string) {
  if (*string != NULL) {
    explicit_bzero(*string, strlen(*string));
    free(*string);
  }
}

static void free_jwt(jwt_t **jwt) {
  jwt_free(*jwt); /* wipes the key; NULL is fine */
}

static bool split(const char *text, size_t length, struct segments *ret_segments) {
  const char *first = memchr(text, '.', length);
  const char *second = first == NULL ? NULL : memchr(first + 1, '.', length - (size_t)(first + 1 - text));
  if (second == NULL) {
    return false;
  }
  *ret_segments = (struct segments){
      .header = text,
      .header_length = (size_t)(first - text),
      .payload = first + 1,
      .payload_length = (size_t)(second - first - 1),
      .signature = second + 1,
      .signature_length = length - (size_t)(second + 1 - text),
  };
  return ret_segments->header_length > 0 && ret_segments->payload_length > 0 &&
         ret_segments->signature_length == SIGNATURE_LENGTH;
}

/* Strict base64url has one spelling, so equal bytes mean an equal segment. */
static bool decode_header(const struct segments *segments, char ret_kid[KEYRING_KID_SIZE]) {
  char header[64];
  size_t size;
  size_t before = sizeof header_before_kid - 1;
  size_t after = sizeof header_after_kid - 1;
  if (segments->header_length * 3 / 4 > sizeof header ||
      text_base64url_decode(segments->header, segments->header_length, header, &size) != ERROR_NONE) {
    return false;
  }
  if (size <= before + after || size > before + 8 + after || memcmp(header, header_before_kid, before) != 0 ||
      memcmp(header + size - after, header_after_kid, after) != 0) {
    return false;
  }
  memcpy(ret_kid, header + before, size - before - after);
  ret_kid[size - before - after] = '\0';
  return strlen(ret_kid) == size - before - after;
}

enum error access_token_gate(const struct keyring *keyring, const char *text, size_t length,
                             const struct keyring_key **ret_key) {
  struct segments segments;
  unsigned char bytes[ACCESS_TOKEN_MAX_BYTES];
  size_t size;
  char kid[KEYRING_KID_SIZE];
  if (length > ACCESS_TOKEN_MAX_BYTES || !split(text, length, &segments) || !decode_header(&segments, kid) ||
      text_base64url_decode(segments.payload, segments.payload_length, bytes, &size) != ERROR_NONE ||
      text_base64url_decode(segments.signature, segments.signature_length, bytes, &size) != ERROR_NONE) {
    return ERROR_DENIED;
  }
  const struct keyring_key *key = keyring_find(keyring, kid);
  if (key == NULL) {
    return ERROR_DENIED;
  }
  *ret_key = key;
  return ERROR_NONE;
}

static bool session_id_is_valid(const char *id) {
  for (size_t i = 0; i < SESSION_ID_LENGTH; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool hex = (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
    if (dash ? id[i] != '-' : !hex) {
      return false;
    }
  }
  return id[SESSION_ID_LENGTH] == '\0';
}

/* The payload must be what libjwt itself would write: no duplicate members, no blanks, no other
 * spelling. */
static bool payload_is_canonical(jwt_t *jwt, const struct segments *segments) {
  unsigned char payload[ACCESS_TOKEN_MAX_BYTES];
  size_t size;
  __attribute__((cleanup(free_string))) char *canonical = jwt_get_grants_json(jwt, NULL);
  return canonical != NULL &&
         text_base64url_decode(segments->payload, segments->payload_length, payload, &size) == ERROR_NONE &&
         size == strlen(canonical) && CRYPTO_memcmp(payload, canonical, size) == 0;
}

/* libjwt's get_grant_int makes a number of anything; the JSON text of the claim shows its type. */
static bool claim_integer(jwt_t *jwt, const char *name, int64_t *ret_value) {
  __attribute__((cleanup(free_string))) char *json = jwt_get_grants_json(jwt, name);
  uint64_t value;
  if (json == NULL || text_parse_u64(json, strlen(json), INT64_MAX, &value) != ERROR_NONE) {
    return false;
  }
  *ret_value = (int64_t)value;
  return true;
}

/* NULL unless the claim is a string. */
static const char *claim_string(jwt_t *jwt, const char *name) {
  __attribute__((cleanup(free_string))) char *json = jwt_get_grants_json(jwt, name);
  return json != NULL && json[0] == '"' ? jwt_get_grant(jwt, name) : NULL;
}

static bool claim_is(jwt_t *jwt, const char *name, const char *expected) {
  const char *value = claim_string(jwt, name);
  return value != NULL && strcmp(value, expected) == 0;
}

/* The claims, each of its type; whether they are good now is judge_times's. */
static enum error read_claims(jwt_t *jwt, struct access_token *ret_token, int64_t *ret_valid_from) {
  struct access_token token = {0};
  uint64_t account_id;
  int64_t not_before;
  const char *subject = claim_string(jwt, "sub");
  const char *session = claim_string(jwt, "sid");
  if (!claim_is(jwt, "iss", NAME) || !claim_is(jwt, "aud", NAME) || subject == NULL || session == NULL ||
      !session_id_is_valid(session) || text_parse_u64(subject, strlen(subject), INT64_MAX, &account_id) != ERROR_NONE ||
      account_id == 0 || !claim_integer(jwt, "epoch", &token.epoch) || !claim_integer(jwt, "iat", &token.issued_at) ||
      !claim_integer(jwt, "nbf", &not_before) || !claim_integer(jwt, "exp", &token.expires_at) ||
      token.expires_at <= token.issued_at || token.expires_at - token.issued_at > ACCESS_TOKEN_MAX_TTL_SECONDS) {
    return ERROR_DENIED;
  }
  token.account_id = (int64_t)account_id;
  memcpy(token.session_id, session, SESSION_ID_LENGTH);
  *ret_token = token;
  *ret_valid_from = not_before > token.issued_at ? not_before : token.issued_at;
  return ERROR_NONE;
}

static enum error judge_times(const struct access_token *token, int64_t valid_from, int64_t now_seconds) {
  if (valid_from > now_seconds + ACCESS_TOKEN_SKEW_SECONDS) {
    return ERROR_DENIED;
  }
  return token->expires_at <= now_seconds ? ERROR_EXPIRED : ERROR_NONE;
}

/* What stands behind the gate. `text` ends with a NUL. */
static enum error decode_token(const struct keyring_key *key, const char *text, const struct segments *segments,
                               struct access_token *ret_token, int64_t *ret_valid_from) {
  __attribute__((cleanup(free_jwt))) jwt_t *jwt = NULL;
  error_watch_memory();
  int result = jwt_decode(&jwt, text, key->secret, (int)key->secret_size);
  bool ours = result == 0 && jwt != NULL && jwt_get_alg(jwt) == JWT_ALG_HS256 && payload_is_canonical(jwt, segments);
  enum error error = ours ? read_claims(jwt, ret_token, ret_valid_from) : ERROR_DENIED;
  return result == ENOMEM ? ERROR_MEMORY : error_with_memory(error);
}

/* Everything but the times. *ret_key: the key that the header names, NULL when it names none. */
static enum error read_token(const struct keyring *keyring, const char *text, size_t length,
                             const struct keyring_key **ret_key, struct access_token *ret_token,
                             int64_t *ret_valid_from) {
  struct segments segments;
  char copy[ACCESS_TOKEN_MAX_BYTES + 1]; /* libjwt wants a NUL */
  *ret_key = NULL;
  enum error error = access_token_gate(keyring, text, length, ret_key);
  if (error != ERROR_NONE || !split(text, length, &segments)) {
    return ERROR_DENIED;
  }
  memcpy(copy, text, length);
  copy[length] = '\0';
  error = decode_token(*ret_key, copy, &segments, ret_token, ret_valid_from);
  if (error == ERROR_DENIED) {
    /* An allocation that fails deep in libjwt, jansson or OpenSSL looks like a token that is not ours, and they may set
     * errno back. What refuses twice has another reason: while none succeeds, the second try fails at its first. */
    error = decode_token(*ret_key, copy, &segments, ret_token, ret_valid_from);
  }
  return error;
}

enum error access_token_verify(const struct keyring *keyring, const char *text, size_t length, int64_t now_seconds,
                               struct access_token *ret_token) {
  const struct keyring_key *key;
  struct access_token token = {0}; /* expired, whatever happens */
  int64_t valid_from = 0;
  enum error error = read_token(keyring, text, length, &key, &token, &valid_from);
  if (error == ERROR_NONE) {
    error = judge_times(&token, valid_from, now_seconds);
  }
  if (error == ERROR_NONE) {
    *ret_token = token;
  }
  return error;
}

void access_token_explain(const struct keyring *keyring, const char *text, size_t length, int64_t now_seconds,
                          struct access_token_refusal *ret_refusal) {
  const struct keyring_key *key;
  struct access_token token = {0};
  int64_t valid_from = 0;
  enum error error = read_token(keyring, text, length, &key, &token, &valid_from);
  enum error times = error == ERROR_NONE ? judge_times(&token, valid_from, now_seconds) : ERROR_NONE;
  *ret_refusal = (struct access_token_refusal){
      .reason = error != ERROR_NONE && key == NULL ? "has not our form, or names no key of jwt_key_file"
                : error != ERROR_NONE              ? "has a signature or content that is not ours"
                : times == ERROR_EXPIRED           ? "has expired"
                : times == ERROR_DENIED            ? "was issued later than it is here: clocks differ"
                                                   : "is good",
      .issued_at = token.issued_at,
      .expires_at = token.expires_at,
  };
}

static int add_claims(jwt_t *jwt, const struct keyring_key *key, const struct access_token *token) {
  char subject[24];
  struct text text = {0};
  text_appendf(&text, "%lld", (long long)token->account_id);
  if (text.failed || text.length >= sizeof subject) {
    text_free(&text);
    return ENOMEM;
  }
  memcpy(subject, text.data, text.length + 1);
  text_free(&text);
  int result = jwt_add_header(jwt, "kid", key->kid);
  result = result != 0 ? result : jwt_add_grant(jwt, "iss", NAME);
  result = result != 0 ? result : jwt_add_grant(jwt, "aud", NAME);
  result = result != 0 ? result : jwt_add_grant(jwt, "sub", subject);
  result = result != 0 ? result : jwt_add_grant(jwt, "sid", token->session_id);
  result = result != 0 ? result : jwt_add_grant_int(jwt, "epoch", token->epoch);
  result = result != 0 ? result : jwt_add_grant_int(jwt, "iat", token->issued_at);
  result = result != 0 ? result : jwt_add_grant_int(jwt, "nbf", token->issued_at);
  result = result != 0 ? result : jwt_add_grant_int(jwt, "exp", token->expires_at);
  return result != 0 ? result : jwt_set_alg(jwt, JWT_ALG_HS256, key->secret, (int)key->secret_size);
}

static enum error issue(const struct keyring *keyring, const struct access_token *token, char **ret_text) {
  const struct keyring_key *key = keyring_signing(keyring);
  const struct keyring_key *gate_key;
  __attribute__((cleanup(free_jwt))) jwt_t *jwt = NULL;
  struct access_token read;
  int64_t valid_from;
  if (jwt_new(&jwt) != 0 || add_claims(jwt, key, token) != 0) {
    return ERROR_MEMORY;
  }
  char *text = jwt_encode_str(jwt);
  if (text == NULL) {
    return ERROR_MEMORY;
  }
  /* A libjwt that writes another header than the gate expects would lock everybody out: say so at
   * the first token. */
  if (access_token_gate(keyring, text, strlen(text), &gate_key) != ERROR_NONE) {
    free_string(&text);
    return ERROR_UNSUPPORTED;
  }
  if (read_token(keyring, text, strlen(text), &gate_key, &read, &valid_from) != ERROR_NONE) {
    free_string(&text);
    return ERROR_MEMORY; /* libjwt left out what it could not allocate */
  }
  *ret_text = text;
  return ERROR_NONE;
}

enum error access_token_issue(const struct keyring *keyring, const struct access_token *token, char **ret_text) {
  if (token->account_id <= 0 || token->epoch < 0 || token->issued_at < 0 || token->expires_at <= token->issued_at ||
      token->expires_at - token->issued_at > ACCESS_TOKEN_MAX_TTL_SECONDS || !session_id_is_valid(token->session_id)) {
    return ERROR_INVALID;
  }
  enum error error = issue(keyring, token, ret_text);
  return error == ERROR_UNSUPPORTED ? issue(keyring, token, ret_text)
                                    : error; /* as read_token: an allocation, perhaps */
}
