/* SPDX-License-Identifier: ISC */
/*
 * Tables of tampered stream paths and of other spellings of a good one: each is refused. What nginx answers to the same
 * is in tests/integration/test_hostile_urls.py.
 */
#include "config.h"

#include "security/signed_url.h"

#include <string.h>

#include "token_forge.h"
#include "unit.h"

#define GRANT  "018bcfe568007ea88d17291cdeadbeef"
#define GRANT2 "018bcfe568007ea88d17291cdeadbeee"

static const struct signed_url good = {
    .kid = "k1", .viewer = "alice", .grant_id = GRANT, .expires_at = FORGE_NOW + 600, .media_id = 42};

/* A path in pieces: {k} kid, {f} flags, {v} viewer, {g} grant, {e} expiry, {s} signature, {m}
 * medium, {n} name; {*} is the whole good path without its first slash; {s~} the signature in
 * another spelling, {s-} cut, {s!} tampered. */
struct row {
  const char *description;
  const char *shape;
  enum error expected;
};

#define STREAM "/stream/{k}/{f}/{v}/{g}/{e}/{s}/{m}/"

static const struct row tampered[] = {
    {"nothing wrong", STREAM "{n}", ERROR_NONE},
    {"another file of the medium", STREAM "other.mp4", ERROR_NONE},
    {"a file in a folder", STREAM "hls/seg-1.m4s", ERROR_NONE},
    {"the longest file", STREAM "1/2/3/4/5/6/7/8", ERROR_NONE},
    {"another known kid", "/stream/k2/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"an unknown kid", "/stream/k9/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"kid in capitals", "/stream/K1/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"kid too long", "/stream/k1k1k1k1k/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"kid empty", "/stream//{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"kid default", "/stream/default/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"kid an expression", "/stream/.*/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"flag i added", "/stream/{k}/i/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"flag d added", "/stream/{k}/d/{v}/{g}/{e}/{s}/{m}/{n}/name.mp4", ERROR_DENIED},
    {"flags in the wrong order", "/stream/{k}/di/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"a flag twice", "/stream/{k}/dd/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"unknown flag", "/stream/{k}/x/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"two flags", "/stream/{k}/ni/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"no flag", "/stream/{k}//{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"flag in capitals", "/stream/{k}/N/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"another viewer", "/stream/{k}/{f}/bob/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"no viewer", "/stream/{k}/{f}/-/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"viewer empty", "/stream/{k}/{f}//{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"viewer with a bar", "/stream/{k}/{f}/ali|ce/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"viewer too long",
     "/stream/{k}/{f}/01234567890123456789012345678901234567890123456789012345678901234/{g}/{e}/"
     "{s}/{m}/{n}",
     ERROR_INVALID},
    {"viewer in capitals", "/stream/{k}/{f}/Alice/{g}/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"another grant", "/stream/{k}/{f}/{v}/" GRANT2 "/{e}/{s}/{m}/{n}", ERROR_DENIED},
    {"grant in capitals", "/stream/{k}/{f}/{v}/018BCFE568007EA88D17291CDEADBEEF/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"grant with dashes", "/stream/{k}/{f}/{v}/018bcfe5-6800-7ea8-8d17-291cdeadbeef/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"grant too short", "/stream/{k}/{f}/{v}/018bcfe568007ea88d17291cdeadbee/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"grant too long", "/stream/{k}/{f}/{v}/" GRANT "0/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"grant of another UUID version", "/stream/{k}/{f}/{v}/018bcfe568004ea88d17291cdeadbeef/{e}/{s}/{m}/{n}",
     ERROR_INVALID},
    {"grant of another UUID variant", "/stream/{k}/{f}/{v}/018bcfe568007ea8cd17291cdeadbeef/{e}/{s}/{m}/{n}",
     ERROR_INVALID},
    {"expiry a second later", "/stream/{k}/{f}/{v}/{g}/1700000601/{s}/{m}/{n}", ERROR_DENIED},
    {"expiry tenfold", "/stream/{k}/{f}/{v}/{g}/{e}0/{s}/{m}/{n}", ERROR_DENIED},
    {"expiry in the past, not signed", "/stream/{k}/{f}/{v}/{g}/1600000000/{s}/{m}/{n}", ERROR_DENIED},
    {"expiry zero", "/stream/{k}/{f}/{v}/{g}/0/{s}/{m}/{n}", ERROR_INVALID},
    {"expiry negative", "/stream/{k}/{f}/{v}/{g}/-1/{s}/{m}/{n}", ERROR_INVALID},
    {"expiry with a leading zero", "/stream/{k}/{f}/{v}/{g}/0{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"expiry beyond 64 bits", "/stream/{k}/{f}/{v}/{g}/99999999999999999999/{s}/{m}/{n}", ERROR_INVALID},
    {"expiry in hexadecimal", "/stream/{k}/{f}/{v}/{g}/0x6553f358/{s}/{m}/{n}", ERROR_INVALID},
    {"expiry empty", "/stream/{k}/{f}/{v}/{g}//{s}/{m}/{n}", ERROR_INVALID},
    {"expiry in exponent form", "/stream/{k}/{f}/{v}/{g}/17e8/{s}/{m}/{n}", ERROR_INVALID},
    {"field boundary shifted: grant to expiry", "/stream/{k}/{f}/{v}/018bcfe568007ea88d17291cdeadbee/f{e}/{s}/{m}/{n}",
     ERROR_INVALID},
    {"field boundary shifted: expiry to medium", "/stream/{k}/{f}/{v}/{g}/170000060/{s}/0{m}/{n}", ERROR_INVALID},
    {"signature tampered", "/stream/{k}/{f}/{v}/{g}/{e}/{s!}/{m}/{n}", ERROR_DENIED},
    {"signature in another spelling", "/stream/{k}/{f}/{v}/{g}/{e}/{s~}/{m}/{n}", ERROR_INVALID},
    {"signature cut", "/stream/{k}/{f}/{v}/{g}/{e}/{s-}/{m}/{n}", ERROR_INVALID},
    {"signature with padding", "/stream/{k}/{f}/{v}/{g}/{e}/{s}==/{m}/{n}", ERROR_INVALID},
    {"signature empty", "/stream/{k}/{f}/{v}/{g}/{e}//{m}/{n}", ERROR_INVALID},
    {"signature zeros", "/stream/{k}/{f}/{v}/{g}/{e}/AAAAAAAAAAAAAAAAAAAAAA/{m}/{n}", ERROR_DENIED},
    {"signature in hexadecimal", "/stream/{k}/{f}/{v}/{g}/{e}/0123456789abcdef0123456789abcdef/{m}/{n}", ERROR_INVALID},
    {"signature with a comma and an expiry", "/stream/{k}/{f}/{v}/{g}/{e}/{s},9999999999/{m}/{n}", ERROR_INVALID},
    {"another medium", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/43/{n}", ERROR_DENIED},
    {"medium zero", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/0/{n}", ERROR_INVALID},
    {"medium negative", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/-42/{n}", ERROR_INVALID},
    {"medium with a leading zero", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/042/{n}", ERROR_INVALID},
    {"medium huge", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/9223372036854775808/{n}", ERROR_INVALID},
    {"medium empty", "/stream/{k}/{f}/{v}/{g}/{e}/{s}//{n}", ERROR_INVALID},
    {"no file", STREAM, ERROR_INVALID},
    {"no slash behind the medium", "/stream/{k}/{f}/{v}/{g}/{e}/{s}/{m}", ERROR_INVALID},
    {"parent folder", STREAM "../43/film.mp4", ERROR_INVALID},
    {"parent folder inside", STREAM "hls/../../43/film.mp4", ERROR_INVALID},
    {"only a parent folder", STREAM "..", ERROR_INVALID},
    {"hidden file", STREAM ".htaccess", ERROR_INVALID},
    {"hidden folder", STREAM ".git/config", ERROR_INVALID},
    {"a folder", STREAM "hls/", ERROR_INVALID},
    {"absolute file", STREAM "/etc/passwd", ERROR_INVALID},
    {"nine segments", STREAM "1/2/3/4/5/6/7/8/9", ERROR_INVALID},
    {"a field too few", "/stream/{k}/{f}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"a field too many", "/stream/{k}/{f}/{v}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"fields in another order", "/stream/{k}/{f}/{g}/{v}/{e}/{s}/{m}/{n}", ERROR_INVALID},
};

static const struct row respelt[] = {
    {"two slashes before", "//stream/{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"two slashes inside", "/stream//{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"two slashes before the file", STREAM "/{n}", ERROR_INVALID},
    {"a slash behind", STREAM "{n}/", ERROR_INVALID},
    {"an encoded letter", "/%73tream/{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"an encoded letter of the file", STREAM "%66ilm.mp4", ERROR_INVALID},
    {"an encoded dot", STREAM "film%2emp4", ERROR_INVALID},
    {"an encoded dot in capitals", STREAM "film%2Emp4", ERROR_INVALID},
    {"an encoded slash", "/stream%2f{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"a folder and back", "/x/../stream/{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"a folder and back inside", STREAM "x/../{n}", ERROR_INVALID},
    {"encoded dots back", STREAM "x/%2e%2e/{n}", ERROR_INVALID},
    {"this folder", "/./{*}", ERROR_INVALID},
    {"this folder inside", STREAM "./{n}", ERROR_INVALID},
    {"encoded dot as a folder", STREAM "%2e/{n}", ERROR_INVALID},
    {"a newline behind", STREAM "{n}%0a", ERROR_INVALID},
    {"a raw newline behind", STREAM "{n}\n", ERROR_INVALID},
    {"a NUL behind", STREAM "{n}%00", ERROR_INVALID},
    {"a NUL and a name", STREAM "{n}%00.jpg", ERROR_INVALID},
    {"a blank behind", STREAM "{n} ", ERROR_INVALID},
    {"an encoded blank behind", STREAM "{n}%20", ERROR_INVALID},
    {"a backslash", STREAM "x\\..\\{n}", ERROR_INVALID},
    {"an encoded backslash", STREAM "x%5c{n}", ERROR_INVALID},
    {"an overlong dot", STREAM "film%c0%aemp4", ERROR_INVALID},
    {"a letter that is not ASCII", STREAM "f\xc4\xb1lm.mp4", ERROR_INVALID},
    {"a full-width slash", STREAM "x\xef\xbc\x8f{n}", ERROR_INVALID},
    {"doubly encoded", STREAM "film%252emp4", ERROR_INVALID},
    {"a semicolon parameter", STREAM "{n};a=b", ERROR_INVALID},
    {"a query", STREAM "{n}?x=1", ERROR_INVALID},
    {"a fragment", STREAM "{n}#t=10", ERROR_INVALID},
    {"no slash before", "{*}", ERROR_INVALID},
    {"a whole URL", "http://localhost/{*}", ERROR_INVALID},
    {"capitals", "/STREAM/{k}/{f}/{v}/{g}/{e}/{s}/{m}/{n}", ERROR_INVALID},
    {"nothing", "", ERROR_INVALID},
    {"a slash", "/", ERROR_INVALID},
    {"the prefix", "/stream/", ERROR_INVALID},
};

struct pieces {
  const char *whole;
  char *piece[8]; /* k f v g e s m n */
};

static void append_piece(struct text *text, const struct pieces *pieces, const char *name) {
  static const char names[] = "kfvgesmn";
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (name[0] == '*') {
    text_append(text, pieces->whole + 1);
    return;
  }
  const char *piece = pieces->piece[strchr(names, name[0]) - names];
  size_t length = strlen(piece);
  switch (name[1]) {
  case '~':
    text_append_bytes(text, piece, length - 1);
    text_append_bytes(text, strchr(alphabet, piece[length - 1]) + 1, 1);
    break;
  case '-':
    text_append_bytes(text, piece, length - 1);
    break;
  case '!':
    text_append(text, piece[0] == 'A' ? "B" : "A");
    text_append(text, piece + 1);
    break;
  default:
    text_append(text, piece);
  }
}

static void append_shape(struct text *text, const struct pieces *pieces, const char *shape) {
  while (*shape != '\0') {
    if (*shape == '{') {
      size_t length = strcspn(shape + 1, "}");
      append_piece(text, pieces, shape + 1);
      shape += length + 2;
    } else {
      text_append_bytes(text, shape++, 1);
    }
  }
}

static void assert_rows(const struct row *rows, size_t count) {
  struct keyring *keyring = forge_keyring();
  struct text path = {0};
  ck_assert_int_eq(signed_url_append_path(keyring, &good, "film.mp4", &path), ERROR_NONE);
  struct pieces pieces = {.whole = path.data};
  char *copy = strdup(path.data);
  char *at = copy + strlen("/stream/");
  for (size_t i = 0; i < 8; i++) {
    pieces.piece[i] = strsep(&at, "/");
  }
  for (size_t i = 0; i < count; i++) {
    struct text text = {0};
    struct signed_url url = {.media_id = 7};
    const char *file = NULL;
    append_shape(&text, &pieces, rows[i].shape);
    enum error error =
        signed_url_verify_path(keyring, text.data != NULL ? text.data : "", "192.0.2.1", FORGE_NOW, &url, &file);
    ck_assert_msg(error == rows[i].expected, "%s: %s instead of %s", rows[i].description, error_strerror(error),
                  error_strerror(rows[i].expected));
    ck_assert_msg(error == ERROR_NONE || (file == NULL && url.media_id == 7), "%s: the result is touched",
                  rows[i].description);
    text_free(&text);
  }
  free(copy);
  text_free(&path);
  keyring_free(keyring);
}

_Static_assert(UNIT_ROWS(tampered) >= 54 && UNIT_ROWS(respelt) >= 20, "the tables are as long as they should be");

START_TEST(refuses_tampered_paths) {
  assert_rows(tampered, UNIT_ROWS(tampered));
}
END_TEST

START_TEST(refuses_other_spellings) {
  assert_rows(respelt, UNIT_ROWS(respelt));
}
END_TEST

UNIT_MAIN("signed_url_paths", refuses_tampered_paths, refuses_other_spellings)
