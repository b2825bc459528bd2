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

#define KEY_FILE_MAX_BYTES 65536
#define SECRET_MIN_BYTES   32
#define SECRET_MIN_DISTINCT                                                                        \
  8 /* 32 random bytes have about 30; fewer than 8 is a key typed by hand */
#define GENERATED_KID_SIZE 6

static const char created_mark[] = "created ";

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
  if (length < text_base64url_length(SECRET_MIN_BYTES) ||
      length > text_base64url_length(sizeof key->secret)) {
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

/* The time of a "# created TIME" comment, 0 for any other comment. `at` is behind the "#". */
static int64_t parse_created(const char *at, const char *end) {
  char time[CLOCK_RFC3339_SIZE];
  at = skip_blanks(at, end);
  size_t mark = sizeof created_mark - 1;
  if ((size_t)(end - at) <= mark || memcmp(at, created_mark, mark) != 0 ||
      (size_t)(end - at) - mark >= sizeof time) {
    return 0;
  }
  size_t length = (size_t)(end - at) - mark;
  memcpy(time, at + mark, length);
  time[length] = '\0';
  text_trim(time);
  int64_t created_us;
  return clock_parse_rfc3339(time, &created_us) == ERROR_NONE ? created_us / 1000000 : 0;
}

/* One line without its newline; NULL, or what is wrong. *created_at goes from a comment to the next
 * key. */
static const char *parse_line(const char *at, const char *end, struct keyring *keyring,
                              int64_t *created_at) {
  at = skip_blanks(at, end);
  if (at == end) {
    return NULL;
  }
  if (*at == '#') {
    int64_t time = parse_created(at + 1, end);
    *created_at = time != 0 ? time : *created_at;
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
  key->created_at = *created_at;
  *created_at = 0;
  keyring->count++;
  return NULL;
}

enum error keyring_parse(const char *text, size_t size, struct keyring **ret_keyring,
                         char ret_problem[200]) {
  struct keyring *keyring = calloc(1, sizeof *keyring);
  if (keyring == NULL) {
    snprintf(ret_problem, 200, "out of memory");
    return ERROR_MEMORY;
  }
  const char *end = text + size;
  int64_t created_at = 0;
  int line = 1;
  for (const char *at = text; at < end; line++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = newline != NULL ? newline : end;
    const char *problem = parse_line(at, line_end, keyring, &created_at);
    if (problem != NULL) {
      snprintf(ret_problem, 200, "line %d: %s", line, problem);
      keyring_free(keyring);
      return ERROR_INVALID;
    }
    at = newline != NULL ? newline + 1 : end;
  }
  if (keyring->count == 0) {
    snprintf(ret_problem, 200, "line %d: no key in this file; make one with `mediagate keys init`",
             line);
    keyring_free(keyring);
    return ERROR_INVALID;
  }
  *ret_keyring = keyring;
  return ERROR_NONE;
}

enum error keyring_load(const char *path, struct keyring **ret_keyring, char ret_problem[200]) {
  struct text text = {0};
  enum error error = file_read_secret(path, KEY_FILE_MAX_BYTES, &text);
  if (error == ERROR_NONE) {
    error =
        keyring_parse(text.data != NULL ? text.data : "", text.length, ret_keyring, ret_problem);
  } else if (error == ERROR_NOT_FOUND) {
    snprintf(ret_problem, 200, "no such file; make it with `mediagate keys init`");
  } else if (error == ERROR_DENIED) {
    snprintf(ret_problem, 200,
             "others can read or write it, or own it; make it a file of mode 0600 that belongs to "
             "mediagate's user or root");
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
static void generate_kid(char ret_kid[9]) {
  static const char alphabet[] =
      "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: no bias; without l, o, 0, 1 */
  unsigned char bytes[GENERATED_KID_SIZE];
  random_bytes(bytes, sizeof bytes);
  ret_kid[0] = 'k';
  for (size_t i = 1; i < sizeof bytes; i++) {
    ret_kid[i] = alphabet[bytes[i] % 32];
  }
  ret_kid[sizeof bytes] = '\0';
}

void keyring_generate(const struct keyring *keyring_or_null, int64_t now_seconds,
                      struct keyring_key *ret_key) {
  *ret_key = (struct keyring_key){.secret_size = SECRET_MIN_BYTES, .created_at = now_seconds};
  do {
    generate_kid(ret_key->kid);
  } while (keyring_or_null != NULL && keyring_find(keyring_or_null, ret_key->kid) != NULL);
  do {
    random_bytes(ret_key->secret, ret_key->secret_size);
  } while (secret_is_weak(ret_key->secret, ret_key->secret_size));
  text_base64url_encode(ret_key->secret, ret_key->secret_size, ret_key->secret_text);
}

void keyring_append_text(const struct keyring_key *keys, size_t count, struct text *ret_text) {
  text_appendf(ret_text,
               "# The first key signs, all verify. Change this file with `mediagate keys` only.\n");
  for (size_t i = 0; i < count; i++) {
    if (keys[i].created_at != 0) {
      char created[CLOCK_RFC3339_SIZE];
      clock_format_rfc3339(keys[i].created_at * 1000000, created);
      text_appendf(ret_text, "# created %s\n", created);
    }
    text_appendf(ret_text, "%s %s;\n", keys[i].kid, keys[i].secret_text);
  }
}
