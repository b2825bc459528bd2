/* SPDX-License-Identifier: ISC */
/*
 * Signed stream paths: the signature is what nginx computes; grants and viewers. Paths that must be refused are in
 * test_signed_url_paths.c.
 */
#include "config.h"

#include "domain/grant.h"
#include "security/signed_url.h"

#include <string.h>

#include "token_forge.h"
#include "unit.h"

#define GRANT "018bcfe568007ea88d17291cdeadbeef"

static const struct signed_url good = {
    .kid = "k1", .viewer = "alice", .grant_id = GRANT, .expires_at = FORGE_NOW + 600, .media_id = 42};

START_TEST(signs_as_nginx_does) {
  /* printf '%s' "$text" | openssl md5 -binary | base64 | tr +/ -_ */
  struct keyring *keyring = forge_keyring();
  struct signed_url url = good;
  struct text path = {0};
  ck_assert_int_eq(signed_url_append_path(keyring, &url, "film.mp4", &path), ERROR_NONE);
  ck_assert_str_eq(path.data, "/stream/k1/n/alice/" GRANT "/1700000600/6udOlVhrSF94bRQNynHmBw/42/film.mp4");
  text_clear(&path);
  memcpy(url.bound_address, "2001:db8::1", sizeof "2001:db8::1");
  ck_assert_int_eq(signed_url_append_path(keyring, &url, "hls/index.m3u8", &path), ERROR_NONE);
  ck_assert_str_eq(path.data, "/stream/k1/i/alice/" GRANT "/1700000600/2Exirp1kP_bRAzQ6v_eguQ/42/hls/index.m3u8");
  text_free(&path);
  keyring_free(keyring);
}
END_TEST

START_TEST(gives_back_what_was_signed) {
  struct keyring *keyring = forge_keyring();
  struct text path = {0};
  struct signed_url url;
  const char *file;
  ck_assert_int_eq(signed_url_append_path(keyring, &good, "a/b~c+d=e,f@g.mp4", &path), ERROR_NONE);
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.1", FORGE_NOW, &url, &file), ERROR_NONE);
  ck_assert_str_eq(file, "a/b~c+d=e,f@g.mp4");
  ck_assert_str_eq(url.kid, "k1");
  ck_assert_str_eq(url.viewer, "alice");
  ck_assert_str_eq(url.grant_id, GRANT);
  ck_assert_str_eq(url.bound_address, "");
  ck_assert_int_eq(url.expires_at, FORGE_NOW + 600);
  ck_assert_int_eq(url.media_id, 42);
  /* Good in its last second, as nginx has it. */
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.1", FORGE_NOW + 600, &url, &file), ERROR_NONE);
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.1", FORGE_NOW + 601, &url, &file),
                   ERROR_EXPIRED);
  text_free(&path);
  keyring_free(keyring);
}
END_TEST

START_TEST(signs_downloads) {
  struct keyring *keyring = forge_keyring();
  struct text path = {0};
  struct signed_url url = good;
  struct signed_url verified;
  const char *file;
  url.download = true;
  ck_assert_int_eq(signed_url_append_path(keyring, &url, "film.mp4/My-film.mp4", &path), ERROR_NONE);
  ck_assert(strncmp(path.data, "/stream/k1/d/alice/", 19) == 0);
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.1", FORGE_NOW, &verified, &file), ERROR_NONE);
  ck_assert(verified.download && verified.bound_address[0] == '\0');
  ck_assert_str_eq(file, "film.mp4/My-film.mp4");
  text_clear(&path);
  memcpy(url.bound_address, "192.0.2.1", sizeof "192.0.2.1");
  ck_assert_int_eq(signed_url_append_path(keyring, &url, "film.mp4/My-film.mp4", &path), ERROR_NONE);
  ck_assert(strncmp(path.data, "/stream/k1/id/alice/", 20) == 0);
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.2", FORGE_NOW, &verified, &file), ERROR_DENIED);
  ck_assert_int_eq(signed_url_verify_path(keyring, path.data, "192.0.2.1", FORGE_NOW, &verified, &file), ERROR_NONE);
  ck_assert(verified.download && strcmp(verified.bound_address, "192.0.2.1") == 0);
  text_free(&path);
  keyring_free(keyring);
}
END_TEST

START_TEST(names_downloads_after_titles) {
  static const struct {
    const char *title, *expected, *description;
  } rows[] = {
      {"The Film", "The-Film", "two words"},
      {"  ...The  Film!? ", "The-Film", "what cannot stand in a name separates"},
      {"a/../b\\c\"d\r\ne;f", "a-b-c-d-e-f", "nothing that a header or a path could mean otherwise"},
      {"M\xc3\xbcnchen 72", "M-nchen-72", "letters beyond ASCII separate too"},
      {"\xe6\x98\xa0\xe7\x94\xbb", "", "none left"},
      {"-rf", "rf", "no dash in front"},
      {"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789x",
       "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
       "a long one is cut"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text name = {0};
    text_append(&name, "");
    signed_url_append_name(&name, rows[i].title);
    ck_assert_msg(strcmp(name.data, rows[i].expected) == 0, "%s: %s", rows[i].description, name.data);
    text_free(&name);
  }
}
END_TEST

START_TEST(binds_to_an_address) {
  static const struct {
    const char *bound, *remote;
    enum error expected;
    const char *description;
  } rows[] = {
      {"192.0.2.7", "192.0.2.7", ERROR_NONE, "the address"},
      {"192.0.2.7", "192.0.2.8", ERROR_DENIED, "another"},
      {"192.0.2.7", "::ffff:192.0.2.7", ERROR_NONE, "the same through a dual-stack socket"},
      {"2001:db8::1", "2001:db8::1", ERROR_NONE, "IPv6"},
      {"2001:db8::1", "2001:DB8:0:0:0:0:0:1", ERROR_NONE, "IPv6 in another spelling"},
      {"2001:db8::1", "2001:db8::2", ERROR_DENIED, "another IPv6"},
      {"192.0.2.7", "", ERROR_DENIED, "no address"},
      {"192.0.2.7", "unix:", ERROR_DENIED, "a unix socket"},
  };
  struct keyring *keyring = forge_keyring();
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct signed_url url = good;
    struct text path = {0};
    const char *file;
    memcpy(url.bound_address, rows[i].bound, strlen(rows[i].bound) + 1);
    ck_assert_int_eq(signed_url_append_path(keyring, &url, "film.mp4", &path), ERROR_NONE);
    enum error error = signed_url_verify_path(keyring, path.data, rows[i].remote, FORGE_NOW, &url, &file);
    ck_assert_msg(error == rows[i].expected, "%s: %s", rows[i].description, error_strerror(error));
    text_free(&path);
  }
  keyring_free(keyring);
}
END_TEST

START_TEST(refuses_to_sign_what_nginx_would_refuse) {
  struct keyring *keyring = forge_keyring();
  struct {
    struct signed_url url;
    const char *file;
    const char *description;
  } rows[] = {
      {good, "", "no file"},
      {good, "a b.mp4", "a blank"},
      {good, "a%20b.mp4", "an escape"},
      {good, "../film.mp4", "a parent folder"},
      {good, "-film.mp4", "a dash first"},
      {good, "film.mp4/", "a folder"},
      {good, "f\xc3\xadlm.mp4", "not ASCII"},
      {good, "film.mp4", "medium 0"},
      {good, "film.mp4", "a viewer with a slash"},
      {good, "film.mp4", "an address in another spelling"},
      {good, "film.mp4", "a grant that is no UUIDv7"},
      {good, "film.mp4", "an expiry of long ago"},
  };
  rows[7].url.media_id = 0;
  memcpy(rows[8].url.viewer, "a/b", 4);
  memcpy(rows[9].url.bound_address, "2001:DB8::1", 12);
  memcpy(rows[10].url.grant_id, "018bcfe568004ea88d17291cdeadbeef", GRANT_ID_SIZE);
  rows[11].url.expires_at = 1;
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text path = {0};
    ck_assert_msg(signed_url_append_path(keyring, &rows[i].url, rows[i].file, &path) == ERROR_INVALID &&
                      path.length == 0,
                  "%s", rows[i].description);
    text_free(&path);
  }
  keyring_free(keyring);
}
END_TEST

UNIT_MAIN("signed_url", signs_as_nginx_does, gives_back_what_was_signed, signs_downloads, names_downloads_after_titles,
          binds_to_an_address, refuses_to_sign_what_nginx_would_refuse)
