/* SPDX-License-Identifier: ISC */
/* What the api layer reads from outside: bearer tokens, cursors, file_url. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "api/cursor.h"
#include "api/media/file_url.h"
#include "api/guard.h"

#include "unit.h"

static const struct {
  const char *header, *token; /* token NULL: `error` */
  enum error error;
  const char *description;
} bearers[] = {
    {"Bearer abc.def.ghi", "abc.def.ghi", ERROR_NONE, "a token"},
    {"bearer abc", "abc", ERROR_NONE, "the scheme in any case"},
    {"BEARER   abc", "abc", ERROR_NONE, "several blanks"},
    {"Bearer a-._~+/9==", "a-._~+/9==", ERROR_NONE, "every character of b64token"},
    {"", NULL, ERROR_NOT_FOUND, "no header"},
    {"Basic abc", NULL, ERROR_NOT_FOUND, "another scheme"},
    {"Bearerabc", NULL, ERROR_NOT_FOUND, "no blank"},
    {"Bearer\tabc", NULL, ERROR_NOT_FOUND, "a tab"},
    {" Bearer abc", NULL, ERROR_NOT_FOUND, "a blank before"},
    {"Bearer", NULL, ERROR_INVALID, "no token"},
    {"Bearer ", NULL, ERROR_INVALID, "only blanks"},
    {"Bearer ==", NULL, ERROR_INVALID, "only padding"},
    {"Bearer a=b", NULL, ERROR_INVALID, "padding inside"},
    {"Bearer abc ", NULL, ERROR_INVALID, "a blank behind"},
    {"Bearer abc def", NULL, ERROR_INVALID, "two tokens"},
    {"Bearer abc,Bearer def", NULL, ERROR_INVALID, "two headers joined"},
    {"Bearer \"abc\"", NULL, ERROR_INVALID, "quotes"},
    {"Bearer a\xc3\xa4", NULL, ERROR_INVALID, "beyond ASCII"},
};

START_TEST(reads_bearer_tokens) {
  for (size_t i = 0; i < UNIT_ROWS(bearers); i++) {
    const char *token = NULL;
    size_t length = 0;
    enum error error = guard_parse_bearer(bearers[i].header, &token, &length);
    ck_assert_msg(error == bearers[i].error, "%s: %s", bearers[i].description, error_strerror(error));
    if (bearers[i].token != NULL) {
      ck_assert_msg(length == strlen(bearers[i].token) && memcmp(token, bearers[i].token, length) == 0, "%s: %.*s",
                    bearers[i].description, (int)length, token);
    } else {
      ck_assert_msg(token == NULL, "%s: touched", bearers[i].description);
    }
  }
}
END_TEST

START_TEST(cursors_come_back_as_they_went) {
  static const struct cursor rows[] = {{1, 1}, {1795600600123456, 7}, {253402300799999999, INT64_MAX}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char text[CURSOR_SIZE];
    struct cursor back = {0, 0};
    cursor_format(&rows[i], 7, text);
    ck_assert_uint_eq(strlen(text), CURSOR_SIZE - 1);
    ck_assert_int_eq(cursor_parse(text, 7, &back), ERROR_NONE);
    ck_assert_int_eq(back.time_us, rows[i].time_us);
    ck_assert_int_eq(back.id, rows[i].id);
  }
}
END_TEST

static const struct {
  const char *text, *description;
} bad_cursors[] = {
    {"", "nothing"},
    {"AAAAAAAAAAcAAAAAAAAAAAAAAAAAAAAA", "time and id 0"},
    {"AAAAAAAAAAcAAAAAAAAAAQAAAAAAAAAA", "id 0"},
    {"AAAAAAAAAAcAAAAAAAAAAAAAAAAAAAAB", "time 0"},
    {"AAAAAAAAAAcAAAAAAAAAAQAAAAAAAAA", "a character short"},
    {"AAAAAAAAAAcAAAAAAAAAAQAAAAAAAAABA", "a character long"},
    {"AAAAAAAAAAcAAAAAAAAAAQAAAAAAAAA=", "padding"},
    {"AAAAA+AAAAcAAAAAAAAAAQAAAAAAAAAB", "base64, not base64url"},
    {"AAAAAAAAAAf__________wAAAAAAAAAB", "a negative time"},
    {"AAAAAAAAAAd__________wAAAAAAAAAB", "a time that no timestamp can hold"},
    {"AAAAAAAAAAcDhEQMzHNgAAAAAAAAAAAB", "the year 10000"},
    {"AAAAAAAAAAcAAAAAAAAAAf__________", "a negative id"},
    {"AAAAAAAAAAgAAAAAAAAAAQAAAAAAAAAB", "of another list"},
};

START_TEST(refuses_other_cursors) {
  for (size_t i = 0; i < UNIT_ROWS(bad_cursors); i++) {
    struct cursor cursor = {3, 4};
    ck_assert_msg(cursor_parse(bad_cursors[i].text, 7, &cursor) == ERROR_INVALID, "%s", bad_cursors[i].description);
    ck_assert_msg(cursor.time_us == 3 && cursor.id == 4, "%s: touched", bad_cursors[i].description);
  }
}
END_TEST

#define X16  "xxxxxxxxxxxxxxxx"
#define X63  X16 X16 X16 "xxxxxxxxxxxxxxx"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16

static const struct {
  const char *text, *internal, *name, *description; /* internal: where nginx has it; name: of the stream URL */
} remote_urls[] = {
    {"https://a.example/b.mp4", "/_origin/https/a.example/443/b.mp4", "b.mp4", "plain"},
    {"http://a.example/b.mp4", "/_origin/http/a.example/80/b.mp4", "b.mp4", "http"},
    {"HTTPS://A.Example/B.mp4", "/_origin/https/a.example/443/B.mp4", "B.mp4",
     "scheme and host are lowered, the path is not"},
    {"https://a.example:8443/b", "/_origin/https/a.example/8443/b", "b", "a port"},
    {"https://a.example:443/b", "/_origin/https/a.example/443/b", "b", "the default port"},
    {"https://a.example", "/_origin/https/a.example/443/", "media", "no path"},
    {"https://a.example/", "/_origin/https/a.example/443/", "media", "an empty path"},
    {"https://a.example/d/", "/_origin/https/a.example/443/d/", "media", "a folder"},
    {"https://a.example?x=1", "/_origin/https/a.example/443/?x=1", "media", "a query without a path"},
    {"https://a.example/b.mp4?x=/y.m3u8", "/_origin/https/a.example/443/b.mp4?x=/y.m3u8", "b.mp4",
     "a slash in the query"},
    {"https://a.example/%C3%A4%20b.mp4", "/_origin/https/a.example/443/%C3%A4%20b.mp4", "_C3_A4_20b.mp4", "escapes"},
    {"https://a_b/b", "/_origin/https/a_b/443/b", "b", "an underscore, as origin_hosts takes it"},
    {"https://a.example/a%2Fb%2Bc%3Fd?e=%2f", "/_origin/https/a.example/443/a%2Fb%2Bc%3Fd?e=%2f", "a_2Fb_2Bc_3Fd",
     "escapes that mean another thing than what they stand for"},
    {"https://a.example/.hidden", "/_origin/https/a.example/443/.hidden", "_hidden", "a name that begins with a dot"},
    {"https://a.example/...", "/_origin/https/a.example/443/...", "_..", "three dots are a name"},
    {"https://192.0.2.7/b", "/_origin/https/192.0.2.7/443/b", "b", "an IPv4 address"},
    {"https://[2001:DB8:0::7]:8443/b", "/_origin/https/[2001:db8::7]/8443/b", "b", "an IPv6 address, canonical"},
    {"https://a.example/" X256, "/_origin/https/a.example/443/" X256, X63 X16 X16, "a long name keeps its end"},
};

START_TEST(reads_remote_urls) {
  for (size_t i = 0; i < UNIT_ROWS(remote_urls); i++) {
    struct file_url url;
    const char *reason = "";
    ck_assert_msg(file_url_parse(remote_urls[i].text, &url, &reason) == ERROR_NONE, "%s: %s",
                  remote_urls[i].description, reason);
    ck_assert_int_eq(url.kind, FILE_URL_REMOTE);
    struct text internal = {.data = NULL};
    file_url_append_location(&url, &internal);
    file_url_append_target(&url, &internal);
    ck_assert_msg(strcmp(internal.data, remote_urls[i].internal) == 0, "%s: %s", remote_urls[i].description,
                  internal.data);
    text_free(&internal);
    char name[FILE_URL_NAME_SIZE];
    file_url_name(&url, name);
    ck_assert_msg(strcmp(name, remote_urls[i].name) == 0, "%s: %s", remote_urls[i].description, name);
  }
}
END_TEST

static const struct {
  const char *text, *description;
} bad_urls[] = {
    {"", "nothing"},
    {"b.mp4", "no scheme"},
    {"//a.example/b", "no scheme but a host"},
    {"ftp://a.example/b", "another scheme"},
    {"file:///etc/passwd", "a local file"},
    {"javascript:alert(1)", "a script"},
    {"https:/a.example/b", "one slash"},
    {" https://a.example/b", "a blank before"},
    {"https://a.example/b ", "a blank behind"},
    {"https:///b", "no host"},
    {"https://:443/b", "a port alone"},
    {"https://ada@a.example/b", "a user"},
    {"https://ada:secret@a.example/b", "a user with a password"},
    {"https://a.example@b.example/b", "a host as user"},
    {"https://a.example/b#t=3", "a fragment"},
    {"https://a.example#b", "a fragment after the host"},
    {"https://a.example\\@b.example/b", "a backslash in the host"},
    {"https://a.example/b\\c", "a backslash in the path"},
    {"https://a.example:0/b", "port 0"},
    {"https://a.example:65536/b", "a port too high"},
    {"https://a.example:/b", "an empty port"},
    {"https://a.example:+80/b", "a sign in the port"},
    {"https://a.example:80:80/b", "two ports"},
    {"https://a..example/b", "an empty label"},
    {"https://.example/b", "an empty first label"},
    {"https://-a.example/b", "a hyphen first"},
    {"https://a$b.example/b", "a sign in the host"},
    {"https://192.0.2/b", "an address of three numbers"},
    {"https://192.0.2.007/b", "an address with leading zeros"},
    {"https://a%2eexample/b", "an escape in the host"},
    {"https://b\xc3\xbc"
     "cher.example/b",
     "a host beyond ASCII"},
    {"https://" X63 "x.example/b", "a label of 64 characters"},
    {"https://" X63 "." X63 "." X63 "." X63 "/b", "a host of 255 characters"},
    {"https://" X256 "/b", "a host longer than its buffer"},
    {"https://[2001:db8::7/b", "an open bracket"},
    {"https://[2001:db8::7]x/b", "something behind the bracket"},
    {"https://[192.0.2.7]/b", "an IPv4 address in brackets"},
    {"https://[]/b", "empty brackets"},
    {"https://[::ffff:192.0.2.7]/b", "an IPv4 address in IPv6's clothes"},
    {"https://a.example/b c", "a blank in the path"},
    {"https://a.example/b\"c", "a quote"},
    {"https://a.example/b\nc", "a line feed"},
    {"https://a.example/b%0d%0aX-Accel-Redirect:%20/", "escaped line ends"},
    {"https://a.example/b%00", "an escaped NUL"},
    {"https://a.example/b%7f", "an escaped DEL"},
    {"https://a.example/b%", "an escape cut short"},
    {"https://a.example/b%4", "an escape of one digit"},
    {"https://a.example/b%zz", "an escape that is none"},
    {"https://a.example/\xc3\xa4", "a path beyond ASCII"},
    {"https://a.example/a/../b", "dots"},
    {"https://a.example/..", "dots at the end"},
    {"https://a.example/./b", "one dot"},
    {"https://a.example/a/%2e%2E/b", "escaped dots"},
    {"https://a.example/a/.%2e?x", "half-escaped dots before a query"},
    {"https://a.example/" X256 X256 X256 X256 X256 X256 X256 X256, "too long"},
    {"library:", "no path in the library"},
    {"LIBRARY:a.mp4", "the library's name in capitals"},
};

START_TEST(refuses_other_urls) {
  for (size_t i = 0; i < UNIT_ROWS(bad_urls); i++) {
    struct file_url url = {.origin.port = 1};
    const char *reason = NULL;
    ck_assert_msg(file_url_parse(bad_urls[i].text, &url, &reason) == ERROR_INVALID, "%s", bad_urls[i].description);
    ck_assert_msg(reason != NULL && url.origin.port == 1, "%s", bad_urls[i].description);
  }
}
END_TEST

START_TEST(reads_library_urls) {
  struct file_url url;
  const char *reason;
  ck_assert_int_eq(file_url_parse("library:films/a.mp4", &url, &reason), ERROR_NONE);
  ck_assert_int_eq(url.kind, FILE_URL_LIBRARY);
  ck_assert_str_eq(url.library_path, "films/a.mp4");
  ck_assert(!file_url_is_remote("library:films/a.mp4"));
  ck_assert(!file_url_is_remote(NULL));
}
END_TEST

START_TEST(an_origin_is_listed_by_scheme_host_and_port) {
  char *items[] = {(char[]){"https://a.example"}, (char[]){"http://b.example:8080"}, (char[]){"nonsense"},
                   (char[]){"https://[2001:DB8::0:7]"}, (char[]){"http://a_b"}};
  struct settings_list origins = {.items = items, .count = 5};
  static const struct {
    const char *url;
    bool listed;
  } rows[] = {
      {"https://a.example/x", true},       {"https://A.EXAMPLE:443/x", true},
      {"http://a.example/x", false},       {"https://a.example:8443/x", false},
      {"http://b.example:8080/", true},    {"http://b.example/", false},
      {"https://[2001:db8:0::7]/x", true}, {"http://a_b/x", true},
      {"https://sub.a.example/x", false},  {"https://a.example.evil.test/x", false},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct file_url url;
    const char *reason;
    ck_assert_int_eq(file_url_parse(rows[i].url, &url, &reason), ERROR_NONE);
    ck_assert_msg(file_url_origin_is_listed(&url, &origins) == rows[i].listed, "%s", rows[i].url);
  }
}
END_TEST

UNIT_MAIN("api_parsers", reads_bearer_tokens, cursors_come_back_as_they_went, refuses_other_cursors, reads_remote_urls,
          refuses_other_urls, reads_library_urls, an_origin_is_listed_by_scheme_host_and_port)
