/* SPDX-License-Identifier: ISC */
/*
 * The parser of key files is stricter than nginx's: what passes here means the same to nginx's map,
 * which includes the stream keys' file, and to the workers.
 */
#include "config.h"

#include "security/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text_parse.h"

#define KEY_FILE_MAX_BYTES  65536
#define SECRET_MIN_BYTES    32
#define SECRET_MIN_DISTINCT 8 /* 32 random bytes have about 30; fewer than 8 is a key typed by hand */
#define GENERATED_KID_SIZE  6

/* nginx's map gives these words a meaning of their own: "default" would be the secret of every
 * unknown kid. */
static const char *const reserved_kids[] = {"default", "include", "volatile"};

static bool kid_is_valid(const char *kid, size_t length) {
  if (length == 0 || length > 8) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    if (!((kid[i] >= 'a' && kid[i] <= 'z') || (kid[i] >= '0' && kid[i] <= '9'))) {
      return false;
    }
  }
  for (size_t i = 0; i < sizeof reserved_kids / sizeof *reserved_kids; i++) {
    if (strlen(reserved_kids[i]) == length && memcmp(reserved_kids[i], kid, length) == 0) {
      return false;
    }
  }
  return true;
}

static bool secret_is_weak(const unsigned char *secret, size_t size) {
  bool seen[256] = {false};
  size_t distinct = 0;
  for (size_t i = 0; i < size; i++) {
    distinct += !seen[secret[i]];
    seen[secret[i]] = true;
  }
  return distinct < SECRET_MIN_DISTINCT;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at, const char *end) {
  while (at < end && is_blank(*at)) {
    at++;
  }
  return at;
}

/* Parses "kid secret;" into `key`; NULL, or what is wrong. */
static const char *parse_key(const char *at, const char *end, struct keyring_key *key) {
  const char *kid = at;
  while (at < end && !is_blank(*at)) {
    at++;
  }
  if (!kid_is_valid(kid, (size_t)(at - kid))) {
    return "the key id must be 1 to 8 of a-z and 0-9, and not a word of nginx's map; write `kid "
           "secret;`";
  }
  memcpy(key->kid, kid, (size_t)(at - kid));
  key->kid[at - kid] = '\0';

  const char *secret = skip_blanks(at, end);
  const char *semicolon = memchr(secret, ';', (size_t)(end - secret));
  if (semicolon == NULL || skip_blanks(semicolon + 1, end) != end) {
    return "a key ends with one `;`; write `kid secret;`";
  }
  size_t length = (size_t)(semicolon - secret);
  if (length < text_base64url_length(SECRET_MIN_BYTES) || length > text_base64url_length(sizeof key->secret)) {
    return "the secret must be 32 to 64 bytes in base64url; let `mediagate keys` make it";
  }
  if (text_base64url_decode(secret, length, key->secret, &key->secret_size) != ERROR_NONE) {
    return "the secret is not base64url without padding; let `mediagate keys` make it";
  }
  if (secret_is_weak(key->secret, key->secret_size)) {
    return "the secret is not random; let `mediagate keys` make it";
  }
  memcpy(key->secret_text, secret, length);
  key->secret_text[length] = '\0';
  return NULL;
}

/* What the comments before a key's line say of it. */
struct life {
  int64_t created_at, retired_at;
  bool pending;
};

static int64_t parse_seconds(const char *at, size_t length) {
  char time[CLOCK_RFC3339_SIZE];
  int64_t time_us;
  if (length >= sizeof time) {
    return 0;
  }
  memcpy(time, at, length);
  time[length] = '\0';
  text_trim(time);
  return clock_parse_rfc3339(time, &time_us) == ERROR_NONE ? time_us / 1000000 : 0;
}

/* `at` is behind the "#". Any other comment is just that. */
static void parse_comment(const char *at, const char *end, struct life *life) {
  at = skip_blanks(at, end);
  size_t length = (size_t)(end - at);
  if (length > 8 && memcmp(at, "created ", 8) == 0) {
    life->created_at = parse_seconds(at + 8, length - 8);
  } else if (length > 8 && memcmp(at, "retired ", 8) == 0) {
    life->retired_at = parse_seconds(at + 8, length - 8);
  } else if (length == 7 && memcmp(at, "pending", 7) == 0) {
    life->pending = true;
  }
}

/* One line without its newline; NULL, or what is wrong. *life goes from the comments to the next
 * key. */
static const char *parse_line(const char *at, const char *end, struct keyring *keyring, struct life *life) {
  at = skip_blanks(at, end);
  if (at == end) {
    return NULL;
  }
  if (*at == '#') {
    parse_comment(at + 1, end, life);
    return NULL;
  }
  if (keyring->count == KEYRING_MAX_KEYS) {
    return "more than 16 keys; retire old ones with `mediagate keys retire`";
  }
  struct keyring_key *key = &keyring->keys[keyring->count];
  const char *problem = parse_key(at, end, key);
  if (problem != NULL) {
    return problem;
  }
  if (keyring_find(keyring, key->kid) != NULL) {
    return "this key id stands twice in the file; remove one of the two";
  }
  key->created_at = life->created_at;
  key->retired_at = life->retired_at;
  key->pending = life->pending;
  *life = (struct life){0};
  keyring->count++;
  return NULL;
}

enum error keyring_parse(const char *text, size_t size, struct keyring **ret_keyring,
                         char ret_problem[KEYRING_PROBLEM_SIZE]) {
  struct keyring *keyring = calloc(1, sizeof *keyring);
  if (keyring == NULL) {
    snprintf(ret_problem, 200, "out of memory");
    return ERROR_MEMORY;
  }
  const char *end = text + size;
  struct life life = {0};
  int line = 1;
  for (const char *at = text; at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = newline != NULL ? newline : end;
    const char *problem = parse_line(at, line_end, keyring, &life);
    if (problem != NULL) {
      snprintf(ret_problem, 200, "line %d: %s", line, problem);
      keyring_free(keyring);
      return ERROR_INVALID;
    }
    at = newline != NULL ? newline + 1 : end;
  }
  if (keyring->count == 0) {
    snprintf(ret_problem, 200, "line %d: no key in this file; make one with `mediagate keys init`", line);
    keyring_free(keyring);
    return ERROR_INVALID;
  }
  *ret_keyring = keyring;
  return ERROR_NONE;
}

enum error keyring_load(const char *path, struct keyring **ret_keyring, char ret_problem[KEYRING_PROBLEM_SIZE]) {
  struct text text = {0};
  enum error error = file_read_secret(path, KEY_FILE_MAX_BYTES, &text);
  if (error == ERROR_NONE) {
    error = keyring_parse(text.data != NULL ? text.data : "", text.length, ret_keyring, ret_problem);
  } else if (error == ERROR_NOT_FOUND) {
    snprintf(ret_problem, 200, "no such file; make it with `mediagate keys init`");
  } else if (error == ERROR_DENIED) {
    snprintf(ret_problem, 200,
             "others can read or write it; make it a file of mode 0600 that belongs to mediagate's user");
  } else {
    snprintf(ret_problem, 200, "cannot be read: %s", error_strerror(error));
  }
  if (text.data != NULL) {
    explicit_bzero(text.data, text.capacity);
  }
  text_free(&text);
  return error;
}

void keyring_free(struct keyring *keyring) {
  if (keyring != NULL) {
    explicit_bzero(keyring, sizeof *keyring);
    free(keyring);
  }
}

const struct keyring_key *keyring_find(const struct keyring *keyring, const char *kid) {
  for (size_t i = 0; i < keyring->count; i++) {
    if (strcmp(keyring->keys[i].kid, kid) == 0) {
      return &keyring->keys[i];
    }
  }
  return NULL;
}

const struct keyring_key *keyring_signing(const struct keyring *keyring) {
  return &keyring->keys[0];
}

/* "k" and five random letters or digits: never a reserved word, never a number. */
static void generate_kid(char ret_kid[KEYRING_KID_SIZE]) {
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: no bias; without l, o, 0, 1 */
  unsigned char bytes[GENERATED_KID_SIZE];
  random_bytes(bytes, sizeof bytes);
  ret_kid[0] = 'k';
  for (size_t i = 1; i < sizeof bytes; i++) {
    ret_kid[i] = alphabet[bytes[i] % 32];
  }
  ret_kid[sizeof bytes] = '\0';
}

void keyring_generate(const struct keyring *keyring_or_null, int64_t now_seconds, struct keyring_key *ret_key) {
  *ret_key = (struct keyring_key){.secret_size = SECRET_MIN_BYTES, .created_at = now_seconds};
  do {
    generate_kid(ret_key->kid);
  } while (keyring_or_null != NULL && keyring_find(keyring_or_null, ret_key->kid) != NULL);
  do {
    random_bytes(ret_key->secret, ret_key->secret_size);
  } while (secret_is_weak(ret_key->secret, ret_key->secret_size));
  text_base64url_encode(ret_key->secret, ret_key->secret_size, ret_key->secret_text);
}

static void append_time(struct text *text, const char *word, int64_t seconds) {
  char time[CLOCK_RFC3339_SIZE];
  if (seconds != 0) {
    clock_format_rfc3339(seconds * 1000000, time);
    text_appendf(text, "# %s %s\n", word, time);
  }
}

void keyring_append_text(const struct keyring_key *keys, size_t count, struct text *ret_text) {
  text_append(ret_text, "# The first key signs, all verify. Let `mediagate keys` change this file.\n");
  for (size_t i = 0; i < count; i++) {
    append_time(ret_text, "created", keys[i].created_at);
    append_time(ret_text, "retired", keys[i].retired_at);
    if (keys[i].pending) {
      text_append(ret_text, "# pending\n");
    }
    text_appendf(ret_text, "%s %s;\n", keys[i].kid, keys[i].secret_text);
  }
}
