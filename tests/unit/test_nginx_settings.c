/* SPDX-License-Identifier: ISC */
/*
 * What nginx gets of the settings: every list with good and hostile values, and nothing beyond what was asked for.
 */
#include "config.h"

#include "config/nginx_settings.h"
#include "config/settings_load.h"

#include <string.h>

#include "unit.h"

#define CA "/etc/ssl/certs/ca-certificates.crt"

enum list { NAMES, CORS, PROXIES, ORIGINS };

static const char *const list_names[] = {"server_names", "cors_origins", "trusted_proxies", "origin_hosts"};

static const struct {
  enum list list;
  const char *value;
  const char *expected; /* in one of the files; NULL: refused */
  const char *description;
} values[] = {
    {NAMES, "media.example.org", "  \"media.example.org\" 1;\n", "a host name"},
    {NAMES, "*.example.org", NULL, "a wildcard"},
    {NAMES, "[::1]", "  \"[::1]\" 1;\n", "an IPv6 address"},
    {NAMES, "http://example.org", NULL, "a scheme is not part of a name"},
    {NAMES, "example.org:80", NULL, "a port is not part of a name"},
    {NAMES, "a\" 1; default \"1", NULL, "a quote would end the value"},
    {NAMES, "a\nb", NULL, "a newline"},
    {NAMES, "*", NULL, "a star alone would be every host"},
    {NAMES, "-x", NULL, "a leading hyphen"},
    {CORS, "https://player.example.org", "  \"https://player.example.org\" $http_origin;\n", "an origin"},
    {CORS, "http://localhost:3000", "  \"http://localhost:3000\" $http_origin;\n", "an origin with a port"},
    {CORS, "*", "  default \"*\";\n", "all"},
    {CORS, "capacitor://localhost", "  \"capacitor://localhost\" $http_origin;\n", "an app"},
    {CORS, "tauri://localhost", "  \"tauri://localhost\" $http_origin;\n", "another app"},
    {CORS, "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
     "  \"chrome-extension://abcdefghijklmnopabcdefghijklmnop\" $http_origin;\n", "an extension"},
    {CORS, "moz-extension://0c2b1d7a-5b1e-4b6f-8f0a-1a2b3c4d5e6f",
     "  \"moz-extension://0c2b1d7a-5b1e-4b6f-8f0a-1a2b3c4d5e6f\" $http_origin;\n", "another extension"},
    {CORS, "app.x+y-z://host:8080", "  \"app.x+y-z://host:8080\" $http_origin;\n", "a scheme with signs, and a port"},
    {CORS, "null", "  \"null\" $http_origin;\n", "null, since it is named"},
    {CORS, "1app://localhost", NULL, "a scheme begins with a letter"},
    {CORS, "app://", NULL, "no host"},
    {CORS, "app://local\"; x", NULL, "a quote in an app's host"},
    {CORS, "app;x://localhost", NULL, "a semicolon in a scheme"},
    {CORS, "app://localhost/", NULL, "a path of an app's"},
    {CORS, "app://$host", NULL, "a variable in an app's host"},
    {CORS, "://localhost", NULL, "an empty scheme"},
    {CORS, "player.example.org", NULL, "no scheme"},
    {CORS, "https://player.example.org/", NULL, "a path"},
    {CORS, "~.*", NULL, "a regular expression"},
    {PROXIES, "10.0.0.0/8", "set_real_ip_from 10.0.0.0/8;\n", "a network"},
    {PROXIES, "fd00::/8", "set_real_ip_from fd00::/8;\n", "an IPv6 network"},
    {PROXIES, "all; deny all", NULL, "a directive"},
    {ORIGINS, "https://Origin.example.org", "location ^~ \"/_origin/https/origin.example.org/443/\" {\n",
     "lower case, default port"},
    {ORIGINS, "http://origin.example.org:8080", "location ^~ \"/_origin/http/origin.example.org/8080/\" {\n",
     "another port"},
    {ORIGINS, "https://origin.example.org", "  server origin.example.org:443;\n", "a static upstream"},
    {ORIGINS, "https://origin.example.org", "proxy_ssl_trusted_certificate \"" CA "\";\n", "a certificate store"},
    {ORIGINS, "http://origin.example.org:8080", "  set $origin_host \"origin.example.org:8080\";\n",
     "the port in Host"},
    {ORIGINS, "https://[2001:db8::1]:8443", "location ^~ \"/_origin/https/[2001:db8::1]/8443/\" {\n", "an IPv6 origin"},
    {ORIGINS, "ftp://origin.example.org", NULL, "another scheme"},
    {ORIGINS, "https://user@origin.example.org", NULL, "user information"},
    {ORIGINS, "https://origin.example.org/films", NULL, "a path"},
    {ORIGINS, "https://origin.example.org:0", NULL, "port 0"},
    {ORIGINS, "https://origin.example.org:65536", NULL, "a port too high"},
    {ORIGINS, "https://", NULL, "no host"},
    {ORIGINS, "https://[::1", NULL, "an open bracket"},
};

/* As from a file with one value in one list. NULL: it is refused there. */
static struct settings *parse(const char *name, const char *value) {
  struct settings *settings = NULL;
  struct text file = {0}, problems = {0};
  text_appendf(&file, "%s = [", name);
  text_append_json_string(&file, value, strlen(value));
  text_append(&file, "];");
  enum error error = settings_parse(file.data, &settings, &problems);
  ck_assert_msg((error == ERROR_NONE) != (problems.length > 0), "%s", file.data);
  text_free(&file);
  text_free(&problems);
  return settings;
}

static void check_row(size_t row) {
  struct settings *settings = parse(list_names[values[row].list], values[row].value);
  struct nginx_settings files = {0};
  ck_assert_msg((settings != NULL) == (values[row].expected != NULL), "%s", values[row].description);
  if (settings != NULL) {
    ck_assert_msg(nginx_settings_render(settings, CA, &files) == ERROR_NONE, "%s", values[row].description);
    ck_assert_msg(strstr(files.http.data, values[row].expected) != NULL ||
                      strstr(files.server.data, values[row].expected) != NULL,
                  "%s:\n%s%s", values[row].description, files.http.data, files.server.data);
  }
  nginx_settings_free(&files);
  settings_free(settings);
}

START_TEST(each_value_is_rendered_or_refused) {
  for (size_t row = 0; row < UNIT_ROWS(values); row++) {
    check_row(row);
  }
}
END_TEST

START_TEST(a_resolver_looks_origins_up_at_run_time) {
  struct settings *settings = NULL;
  struct nginx_settings files = {0};
  struct text problems = {0};
  ck_assert_int_eq(settings_parse("origin_hosts = [\"https://origin.example.org\"]; resolver = \"127.0.0.53 [::1]\";",
                                  &settings, &problems),
                   ERROR_NONE);
  ck_assert_int_eq(nginx_settings_render(settings, CA, &files), ERROR_NONE);
  ck_assert_ptr_nonnull(strstr(files.server.data, "resolver 127.0.0.53 [::1] valid=30s;\n"));
  ck_assert_ptr_nonnull(strstr(files.server.data, "proxy_pass https://$origin_address$origin_target;\n"));
  ck_assert_ptr_null(strstr(files.http.data, "upstream"));
  nginx_settings_free(&files);
  settings_free(settings);
}
END_TEST

START_TEST(deliveries_of_a_grant_are_limited_only_where_that_is_set) {
  static const struct {
    const char *text, *zone, *limit;
  } rows[] = {
      {"", NULL, NULL},
      {"grant_delivery_limit = 0;", NULL, NULL},
      {"grant_delivery_limit = 50;", "limit_req_zone $stream_grant zone=mediagate_grant:10m rate=50r/s;\n",
       "limit_req zone=mediagate_grant burst=50 nodelay;\nlimit_req_status 429;\n"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct settings *settings = NULL;
    struct nginx_settings files = {0};
    struct text problems = {0};
    ck_assert_int_eq(settings_parse(rows[i].text, &settings, &problems), ERROR_NONE);
    ck_assert_int_eq(nginx_settings_render(settings, CA, &files), ERROR_NONE);
    if (rows[i].zone == NULL) {
      ck_assert(strstr(files.http.data, "limit_req") == NULL && strstr(files.server.data, "limit_req") == NULL);
    } else {
      ck_assert_ptr_nonnull(strstr(files.http.data, rows[i].zone));
      ck_assert_ptr_nonnull(strstr(files.server.data, rows[i].limit));
    }
    nginx_settings_free(&files);
    settings_free(settings);
  }
}
END_TEST

START_TEST(the_certificates_path_cannot_leave_its_quotes) {
  static const char *const paths[] = {"/ca\"; x", "/ca$x", "/ca{", "/ca\\", "/ca\nx", "relative", ""};
  struct settings *settings = parse("origin_hosts", "https://origin.example.org");
  struct nginx_settings files = {0};
  for (size_t i = 0; i < UNIT_ROWS(paths); i++) {
    ck_assert_msg(nginx_settings_render(settings, paths[i], &files) == ERROR_INVALID, "%s", paths[i]);
    ck_assert_ptr_null(files.http.data);
  }
  settings_free(settings);
}
END_TEST

UNIT_MAIN("nginx_settings", each_value_is_rendered_or_refused, a_resolver_looks_origins_up_at_run_time,
          deliveries_of_a_grant_are_limited_only_where_that_is_set, the_certificates_path_cannot_leave_its_quotes)
