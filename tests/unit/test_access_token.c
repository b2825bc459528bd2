/* SPDX-License-Identifier: ISC */
/*
 * Access tokens: what is issued verifies, and a table of hostile ones with the exact error of each.
 * Those behind the signature are signed correctly, so that only the check that is meant can refuse
 * them.
 */
#include "config.h"

#include "security/access_token.h"

#include <string.h>

#include "token_forge.h"
#include "unit.h"

#define SID "\"" FORGE_SESSION_ID "\""
/* A payload as we write it: members sorted, no blanks. */
#define CLAIMS(aud, epoch, exp, iat, iss, nbf, sid, sub)                                                               \
  "{\"aud\":" aud ",\"epoch\":" epoch ",\"exp\":" exp ",\"iat\":" iat ",\"iss\":" iss ",\"nbf\":" nbf ",\"sid\":" sid  \
  ",\"sub\":" sub "}"
#define OURS "\"mediagate\""
#define NOW  "1700000000"
#define SOON "1700000900"
#define GOOD CLAIMS(OURS, "3", SOON, NOW, OURS, NOW, SID, "\"42\"")
/* The good payload with one claim changed. */
#define WITH_AUD(aud)     CLAIMS(aud, "3", SOON, NOW, OURS, NOW, SID, "\"42\"")
#define WITH_EPOCH(epoch) CLAIMS(OURS, epoch, SOON, NOW, OURS, NOW, SID, "\"42\"")
#define WITH_EXP(exp)     CLAIMS(OURS, "3", exp, NOW, OURS, NOW, SID, "\"42\"")
#define WITH_IAT(iat)     CLAIMS(OURS, "3", SOON, iat, OURS, NOW, SID, "\"42\"")
#define WITH_ISS(iss)     CLAIMS(OURS, "3", SOON, NOW, iss, NOW, SID, "\"42\"")
#define WITH_NBF(nbf)     CLAIMS(OURS, "3", SOON, NOW, OURS, nbf, SID, "\"42\"")
#define WITH_SID(sid)     CLAIMS(OURS, "3", SOON, NOW, OURS, NOW, sid, "\"42\"")
#define WITH_SUB(sub)     CLAIMS(OURS, "3", SOON, NOW, OURS, NOW, SID, sub)

static const struct access_token good = {.account_id = 42,
                                         .epoch = 3,
                                         .session_id = FORGE_SESSION_ID,
                                         .issued_at = FORGE_NOW,
                                         .expires_at = FORGE_NOW + 900};

static void assert_verifies(const char *text, size_t length, enum error expected, const char *description) {
  struct keyring *keyring = forge_keyring();
  struct access_token token;
  memset(&token, 0x55, sizeof token);
  enum error error = access_token_verify(keyring, text, length, FORGE_NOW, &token);
  ck_assert_msg(error == expected, "%s: %s instead of %s", description, error_strerror(error),
                error_strerror(expected));
  if (error != ERROR_NONE) {
    ck_assert_msg(token.account_id == 0x5555555555555555, "%s: the result is touched", description);
  }
  keyring_free(keyring);
}

START_TEST(issues_what_it_verifies) {
  struct keyring *keyring = forge_keyring();
  struct access_token token;
  struct text expected = {0};
  char *text = NULL;
  ck_assert_int_eq(access_token_issue(keyring, &good, &text), ERROR_NONE);
  forge_token(keyring_signing(keyring), "SHA256", FORGE_HEADER, GOOD, strlen(GOOD), &expected);
  ck_assert_str_eq(text, expected.data);
  ck_assert_int_eq(access_token_verify(keyring, text, strlen(text), FORGE_NOW, &token), ERROR_NONE);
  ck_assert_int_eq(token.account_id, 42);
  ck_assert_int_eq(token.epoch, 3);
  ck_assert_int_eq(token.issued_at, FORGE_NOW);
  ck_assert_int_eq(token.expires_at, FORGE_NOW + 900);
  ck_assert_str_eq(token.session_id, FORGE_SESSION_ID);
  ck_assert_int_eq(access_token_verify(keyring, text, strlen(text), FORGE_NOW + 899, &token), ERROR_NONE);
  ck_assert_int_eq(access_token_verify(keyring, text, strlen(text), FORGE_NOW + 900, &token), ERROR_EXPIRED);
  free(text);
  text_free(&expected);
  keyring_free(keyring);
}
END_TEST

START_TEST(verifies_with_every_key) {
  struct keyring *keyring = forge_keyring();
  struct text text = {0};
  forge_token(&keyring->keys[1], "SHA256", "{\"alg\":\"HS256\",\"kid\":\"k2\",\"typ\":\"JWT\"}", GOOD, strlen(GOOD),
              &text);
  assert_verifies(text.data, text.length, ERROR_NONE, "the second key");
  text_free(&text);
  keyring_free(keyring);
}
END_TEST

START_TEST(refuses_to_issue_what_would_not_verify) {
  static const struct {
    struct access_token token;
    const char *description;
  } rows[] = {
      {{0, 0, FORGE_SESSION_ID, FORGE_NOW, FORGE_NOW + 900}, "no account"},
      {{-1, 0, FORGE_SESSION_ID, FORGE_NOW, FORGE_NOW + 900}, "a negative account"},
      {{1, -1, FORGE_SESSION_ID, FORGE_NOW, FORGE_NOW + 900}, "a negative epoch"},
      {{1, 0, "", FORGE_NOW, FORGE_NOW + 900}, "no session"},
      {{1, 0, "01890A5D-AC96-774B-BCCE-B302099A8057", FORGE_NOW, FORGE_NOW + 900}, "a session in capitals"},
      {{1, 0, FORGE_SESSION_ID, FORGE_NOW, FORGE_NOW}, "no lifetime"},
      {{1, 0, FORGE_SESSION_ID, FORGE_NOW, FORGE_NOW + 86401}, "more than a day"},
  };
  struct keyring *keyring = forge_keyring();
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char *text = NULL;
    ck_assert_msg(access_token_issue(keyring, &rows[i].token, &text) == ERROR_INVALID && text == NULL, "%s",
                  rows[i].description);
  }
  keyring_free(keyring);
}
END_TEST

/* Well-formed and correctly signed with k1 by HMAC-SHA256, but for what the row says. NULL: as it
 * should be. */
static const struct {
  const char *description;
  const char *header;
  const char *payload;
  enum error expected;
} signed_rows[] = {
    {"nothing wrong", NULL, GOOD, ERROR_NONE},
    /* the header */
    {"alg none", "{\"alg\":\"none\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg None", "{\"alg\":\"None\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg HS384 in name only", "{\"alg\":\"HS384\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg RS256", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg hs256", "{\"alg\":\"hs256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg twice", "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"alg null", "{\"alg\":null,\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"no alg", "{\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"no typ", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", NULL, ERROR_DENIED},
    {"typ jwt", "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"jwt\"}", NULL, ERROR_DENIED},
    {"typ at+jwt", "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", NULL, ERROR_DENIED},
    {"typ an array", "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":[\"JWT\"]}", NULL, ERROR_DENIED},
    {"crit", "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"zip", "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"JWT\",\"zip\":\"DEF\"}", NULL, ERROR_DENIED},
    {"jwk", "{\"alg\":\"HS256\",\"jwk\":{},\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"jku", "{\"alg\":\"HS256\",\"jku\":\"http://evil.test\",\"kid\":\"k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"no kid", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"empty kid", "{\"alg\":\"HS256\",\"kid\":\"\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"unknown kid", "{\"alg\":\"HS256\",\"kid\":\"k9\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid of another key", "{\"alg\":\"HS256\",\"kid\":\"k2\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid in capitals", "{\"alg\":\"HS256\",\"kid\":\"K1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid a path", "{\"alg\":\"HS256\",\"kid\":\"../../k1\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid SQL", "{\"alg\":\"HS256\",\"kid\":\"' OR 1--\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid with an escaped NUL", "{\"alg\":\"HS256\",\"kid\":\"k1\\u0000\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid too long", "{\"alg\":\"HS256\",\"kid\":\"k1k1k1k1k\",\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"kid a number", "{\"alg\":\"HS256\",\"kid\":1,\"typ\":\"JWT\"}", NULL, ERROR_DENIED},
    {"header in another order", "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"k1\"}", NULL, ERROR_DENIED},
    {"header with blanks", "{\"alg\": \"HS256\", \"kid\": \"k1\", \"typ\": \"JWT\"}", NULL, ERROR_DENIED},
    {"header with a newline behind", FORGE_HEADER "\n", NULL, ERROR_DENIED},
    {"header not JSON", "HS256", NULL, ERROR_DENIED},
    {"header an array", "[]", NULL, ERROR_DENIED},
    /* exp */
    {"exp is now", NULL, WITH_EXP(NOW), ERROR_DENIED /* no lifetime at all */},
    {"expired a second ago", NULL, CLAIMS(OURS, "3", "1699999999", "1699999099", OURS, "1699999099", SID, "\"42\""),
     ERROR_EXPIRED},
    {"expired this second", NULL, CLAIMS(OURS, "3", NOW, "1699999100", OURS, "1699999100", SID, "\"42\""),
     ERROR_EXPIRED},
    {"exp a string", NULL, WITH_EXP("\"" SOON "\""), ERROR_DENIED},
    {"exp a float", NULL, WITH_EXP(SOON ".5"), ERROR_DENIED},
    {"exp a whole float", NULL, WITH_EXP(SOON ".0"), ERROR_DENIED},
    {"exp in exponent form", NULL, WITH_EXP("1.7000009e9"), ERROR_DENIED},
    {"exp negative", NULL, WITH_EXP("-1"), ERROR_DENIED},
    {"exp zero", NULL, WITH_EXP("0"), ERROR_DENIED},
    {"exp null", NULL, WITH_EXP("null"), ERROR_DENIED},
    {"exp true", NULL, WITH_EXP("true"), ERROR_DENIED},
    {"exp an array", NULL, WITH_EXP("[" SOON "]"), ERROR_DENIED},
    {"exp far away", NULL, WITH_EXP("9999999999"), ERROR_DENIED},
    {"exp a second over the longest lifetime", NULL, WITH_EXP("1700086401"), ERROR_DENIED},
    {"exp the largest integer", NULL, WITH_EXP("9223372036854775807"), ERROR_DENIED},
    {"exp beyond 64 bits", NULL, WITH_EXP("18446744073709551616"), ERROR_DENIED},
    {"no exp", NULL,
     "{\"aud\":\"mediagate\",\"epoch\":3,\"iat\":" NOW ",\"iss\":\"mediagate\",\"nbf\":" NOW ",\"sid\":" SID
     ",\"sub\":\"42\"}",
     ERROR_DENIED},
    {"exp twice", NULL,
     "{\"aud\":\"mediagate\",\"epoch\":3,\"exp\":1,\"exp\":" SOON ",\"iat\":" NOW ",\"iss\":\"mediagate\",\"nbf\":" NOW
     ",\"sid\":" SID ",\"sub\":\"42\"}",
     ERROR_DENIED},
    /* nbf and iat */
    {"nbf as far ahead as a clock may be", NULL, WITH_NBF("1700000030"), ERROR_NONE},
    {"nbf in the future", NULL, WITH_NBF("1700000031"), ERROR_DENIED},
    {"nbf a string", NULL, WITH_NBF("\"" NOW "\""), ERROR_DENIED},
    {"nbf negative", NULL, WITH_NBF("-5"), ERROR_DENIED},
    {"nbf null", NULL, WITH_NBF("null"), ERROR_DENIED},
    {"iat in the future", NULL, WITH_IAT("1700000031"), ERROR_DENIED},
    {"iat negative, exp minus iat would overflow", NULL, WITH_IAT("-9223372036854775808"), ERROR_DENIED},
    {"iat a float", NULL, WITH_IAT(NOW ".0"), ERROR_DENIED},
    {"no iat", NULL,
     "{\"aud\":\"mediagate\",\"epoch\":3,\"exp\":" SOON ",\"iss\":\"mediagate\",\"nbf\":" NOW ",\"sid\":" SID
     ",\"sub\":\"42\"}",
     ERROR_DENIED},
    /* iss and aud */
    {"another iss", NULL, WITH_ISS("\"mediagate2\""), ERROR_DENIED},
    {"iss empty", NULL, WITH_ISS("\"\""), ERROR_DENIED},
    {"iss an array", NULL, WITH_ISS("[\"mediagate\"]"), ERROR_DENIED},
    {"iss with a NUL behind", NULL, WITH_ISS("\"mediagate\\u0000\""), ERROR_DENIED},
    {"another aud", NULL, WITH_AUD("\"other\""), ERROR_DENIED},
    {"aud an array", NULL, WITH_AUD("[\"mediagate\"]"), ERROR_DENIED},
    {"aud null", NULL, WITH_AUD("null"), ERROR_DENIED},
    {"aud in capitals", NULL, WITH_AUD("\"MediaGate\""), ERROR_DENIED},
    /* sub, epoch, sid */
    {"sub an integer", NULL, WITH_SUB("42"), ERROR_DENIED},
    {"sub negative", NULL, WITH_SUB("\"-42\""), ERROR_DENIED},
    {"sub zero", NULL, WITH_SUB("\"0\""), ERROR_DENIED},
    {"sub with leading zeros", NULL, WITH_SUB("\"0042\""), ERROR_DENIED},
    {"sub with a plus", NULL, WITH_SUB("\"+42\""), ERROR_DENIED},
    {"sub with a blank", NULL, WITH_SUB("\" 42\""), ERROR_DENIED},
    {"sub huge", NULL, WITH_SUB("\"9223372036854775808\""), ERROR_DENIED},
    {"sub empty", NULL, WITH_SUB("\"\""), ERROR_DENIED},
    {"sub an e-mail", NULL, WITH_SUB("\"admin@example.test\""), ERROR_DENIED},
    {"sub an object", NULL, WITH_SUB("{}"), ERROR_DENIED},
    {"sub with a NUL behind", NULL, WITH_SUB("\"42\\u0000\""), ERROR_DENIED},
    {"epoch a string", NULL, WITH_EPOCH("\"3\""), ERROR_DENIED},
    {"epoch negative", NULL, WITH_EPOCH("-1"), ERROR_DENIED},
    {"epoch null", NULL, WITH_EPOCH("null"), ERROR_DENIED},
    {"sid no UUID", NULL, WITH_SID("\"1\""), ERROR_DENIED},
    {"sid null", NULL, WITH_SID("null"), ERROR_DENIED},
    {"sid with more behind", NULL, WITH_SID("\"" FORGE_SESSION_ID "0\""), ERROR_DENIED},
    /* the payload as a whole */
    {"payload with a blank", NULL, " " GOOD, ERROR_DENIED},
    {"payload with a newline behind", NULL, GOOD "\n", ERROR_DENIED},
    {"payload with junk behind", NULL, GOOD "x", ERROR_DENIED},
    {"payload with a second object", NULL, GOOD "{}", ERROR_DENIED},
    {"payload escaped in another way", NULL, WITH_SUB("\"4\\u0032\""), ERROR_DENIED},
    {"payload an empty object", NULL, "{}", ERROR_DENIED},
    {"payload an array", NULL, "[]", ERROR_DENIED},
    {"payload a number", NULL, "1", ERROR_DENIED},
    {"payload null", NULL, "null", ERROR_DENIED},
    {"payload not JSON", NULL, "sub=42", ERROR_DENIED},
    {"payload not UTF-8", NULL, WITH_SUB("\"\xff\""), ERROR_DENIED},
    {"payload deeply nested", NULL, WITH_SUB("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
     ERROR_DENIED},
    {"a claim more, in its place", NULL,
     "{\"aud\":\"mediagate\",\"epoch\":3,\"exp\":" SOON ",\"iat\":" NOW ",\"iss\":\"mediagate\",\"nbf\":" NOW
     ",\"sid\":" SID ",\"sub\":\"42\",\"x\":1}",
     ERROR_NONE},
};

START_TEST(refuses_hostile_contents) {
  struct keyring *keyring = forge_keyring();
  for (size_t i = 0; i < UNIT_ROWS(signed_rows); i++) {
    struct text text = {0};
    const char *header = signed_rows[i].header != NULL ? signed_rows[i].header : FORGE_HEADER;
    const char *payload = signed_rows[i].payload != NULL ? signed_rows[i].payload : GOOD;
    forge_token(keyring_signing(keyring), "SHA256", header, payload, strlen(payload), &text);
    assert_verifies(text.data, text.length, signed_rows[i].expected, signed_rows[i].description);
    text_free(&text);
  }
  keyring_free(keyring);
}
END_TEST

/* The good token's text in other shapes: {h} {p} {s} are its segments, {0} is a NUL byte, and
 * {s-} without the last character, {s~} with other spare bits, {s!} with another first character,
 * {p!} with another payload, {h~} with junk inside, {5} a signature by HMAC-SHA512, {2} one with
 * another key, {k} 2,048 letters. */
static const struct {
  const char *description;
  const char *shape;
  enum error expected;
} shaped_rows[] = {
    {"nothing wrong", "{h}.{p}.{s}", ERROR_NONE},
    {"empty", "", ERROR_DENIED},
    {"one dot", ".", ERROR_DENIED},
    {"two dots", "..", ERROR_DENIED},
    {"three dots", "...", ERROR_DENIED},
    {"a word", "null", ERROR_DENIED},
    {"header only", "{h}", ERROR_DENIED},
    {"no signature segment", "{h}.{p}", ERROR_DENIED},
    {"empty signature", "{h}.{p}.", ERROR_DENIED},
    {"empty header", ".{p}.{s}", ERROR_DENIED},
    {"empty payload", "{h}..{s}", ERROR_DENIED},
    {"a dot behind", "{h}.{p}.{s}.", ERROR_DENIED},
    {"a dot before", ".{h}.{p}.{s}", ERROR_DENIED},
    {"four segments", "{h}.{p}.{p}.{s}", ERROR_DENIED},
    {"five segments, as in JWE", "{h}.{p}.{p}.{p}.{s}", ERROR_DENIED},
    {"segments in another order", "{p}.{h}.{s}", ERROR_DENIED},
    {"signature cut by a character", "{h}.{p}.{s-}", ERROR_DENIED},
    {"signature with a character more", "{h}.{p}.{s}A", ERROR_DENIED},
    {"signature in another spelling", "{h}.{p}.{s~}", ERROR_DENIED},
    {"signature tampered", "{h}.{p}.{s!}", ERROR_DENIED},
    {"signature by HS512", "{h}.{p}.{5}", ERROR_DENIED},
    {"signature with another key", "{h}.{p}.{2}", ERROR_DENIED},
    {"payload tampered", "{h}.{p!}.{s}", ERROR_DENIED},
    {"junk inside the header", "{h~}.{p}.{s}", ERROR_DENIED},
    {"padding behind the header", "{h}=.{p}.{s}", ERROR_DENIED},
    {"padding behind the payload", "{h}.{p}=.{s}", ERROR_DENIED},
    {"padding behind the signature", "{h}.{p}.{s}=", ERROR_DENIED},
    {"a blank before", " {h}.{p}.{s}", ERROR_DENIED},
    {"a blank behind", "{h}.{p}.{s} ", ERROR_DENIED},
    {"a blank inside", "{h}. {p}.{s}", ERROR_DENIED},
    {"a newline behind", "{h}.{p}.{s}\n", ERROR_DENIED},
    {"a tab inside", "{h}.\t{p}.{s}", ERROR_DENIED},
    {"a NUL behind", "{h}.{p}.{s}{0}", ERROR_DENIED},
    {"a NUL inside", "{h}.{p}{0}.{s}", ERROR_DENIED},
    {"more behind a NUL", "{h}.{p}.{s}{0}{p}", ERROR_DENIED},
    {"not ASCII", "{h}.{p}.{s}\xc3\xa4", ERROR_DENIED},
    {"standard base64", "{h}.{p}.{s}+", ERROR_DENIED},
    {"Bearer twice", "Bearer {h}.{p}.{s}", ERROR_DENIED},
    {"in quotes", "\"{h}.{p}.{s}\"", ERROR_DENIED},
    {"two tokens", "{h}.{p}.{s},{h}.{p}.{s}", ERROR_DENIED},
    {"huge payload", "{h}.{k}.{s}", ERROR_DENIED},
    {"huge signature", "{h}.{p}.{k}", ERROR_DENIED},
    {"huge header", "{k}.{p}.{s}", ERROR_DENIED},
    {"huge, without a dot", "{k}{k}{k}{k}", ERROR_DENIED},
    {"2,048 dots", "{d}", ERROR_DENIED},
};

struct parts {
  char *header, *payload, *signature;
  struct text hs512, other_key;
};

static void append_part(struct text *text, const struct parts *parts, const char *name) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t length = strlen(parts->signature);
  size_t payload_length = strlen(parts->payload);
  if (strcmp(name, "h") == 0) {
    text_append(text, parts->header);
  } else if (strcmp(name, "p") == 0) {
    text_append(text, parts->payload);
  } else if (strcmp(name, "s") == 0) {
    text_append(text, parts->signature);
  } else if (strcmp(name, "0") == 0) {
    text_append_bytes(text, "", 1);
  } else if (strcmp(name, "s-") == 0) {
    text_append_bytes(text, parts->signature, length - 1);
  } else if (strcmp(name, "s~") == 0) {
    text_append_bytes(text, parts->signature, length - 1);
    text_append_bytes(text, strchr(alphabet, parts->signature[length - 1]) + 1, 1);
  } else if (strcmp(name, "s!") == 0) {
    text_append(text, parts->signature[0] == 'A' ? "B" : "A");
    text_append(text, parts->signature + 1);
  } else if (strcmp(name, "p!") == 0) {
    text_append_bytes(text, parts->payload, payload_length - 4);
    text_append(text, parts->payload[payload_length - 4] == 'a' ? "b" : "a");
    text_append(text, parts->payload + payload_length - 3);
  } else if (strcmp(name, "h~") == 0) {
    text_append_bytes(text, parts->header, 8);
    text_append(text, "!*");
    text_append(text, parts->header + 8);
  } else if (strcmp(name, "5") == 0) {
    text_append(text, strrchr(parts->hs512.data, '.') + 1);
  } else if (strcmp(name, "2") == 0) {
    text_append(text, strrchr(parts->other_key.data, '.') + 1);
  } else {
    for (int i = 0; i < ACCESS_TOKEN_MAX_BYTES; i++) {
      text_append(text, name[0] == 'k' ? "k" : ".");
    }
  }
}

static void append_shape(struct text *text, const struct parts *parts, const char *shape) {
  while (*shape != '\0') {
    if (*shape == '{') {
      char name[4] = "";
      size_t length = strcspn(shape + 1, "}");
      ck_assert(length < sizeof name);
      memcpy(name, shape + 1, length);
      append_part(text, parts, name);
      shape += length + 2;
    } else {
      text_append_bytes(text, shape++, 1);
    }
  }
}

START_TEST(refuses_hostile_shapes) {
  struct keyring *keyring = forge_keyring();
  struct text token = {0};
  struct parts parts = {0};
  forge_token(keyring_signing(keyring), "SHA256", FORGE_HEADER, GOOD, strlen(GOOD), &token);
  forge_token(keyring_signing(keyring), "SHA512", FORGE_HEADER, GOOD, strlen(GOOD), &parts.hs512);
  forge_token(&keyring->keys[1], "SHA256", FORGE_HEADER, GOOD, strlen(GOOD), &parts.other_key);
  parts.header = token.data;
  parts.payload = strchr(token.data, '.') + 1;
  parts.signature = strrchr(token.data, '.') + 1;
  parts.payload[-1] = parts.signature[-1] = '\0';
  for (size_t i = 0; i < UNIT_ROWS(shaped_rows); i++) {
    struct text text = {0};
    append_shape(&text, &parts, shaped_rows[i].shape);
    assert_verifies(text.data != NULL ? text.data : "", text.length, shaped_rows[i].expected,
                    shaped_rows[i].description);
    text_free(&text);
  }
  text_free(&token);
  text_free(&parts.hs512);
  text_free(&parts.other_key);
  keyring_free(keyring);
}
END_TEST

_Static_assert(UNIT_ROWS(signed_rows) + UNIT_ROWS(shaped_rows) >= 100, "the tables are as long as they should be");

UNIT_MAIN("access_token", issues_what_it_verifies, verifies_with_every_key, refuses_to_issue_what_would_not_verify,
          refuses_hostile_contents, refuses_hostile_shapes)
