/* SPDX-License-Identifier: ISC */
/*
 * Rows for the settings: what a file may say, every kind of problem with its line and remedy, and that
 * nothing which nginx would read specially passes.
 */
#include "config.h"

#include "config/settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/settings_check.h"
#include "config/settings_load.h"
#include "unit.h"

static const struct {
  const char *input, *problem, *description;
} problem_rows[] = {
    {"fast_workers = 4;", NULL, "a number"},
    {"fast_workers: 4", NULL, "libconfig's other spelling"},
    {"# fast_workers = 9;\n/* \" */ // x\nlog_level = \"debug\";", NULL, "comments"},
    {"upload_max = 21474836480;", NULL, "beyond 32 bits without a suffix"},
    {"upload_max = 21474836480L;", NULL, "beyond 32 bits with the suffix"},
    {"upload_max = 0x10000;", NULL, "hexadecimal"},
    {"prepared = \"off\";", NULL, "off in quotes"},
    {"cors_origins = \"https://a.example,https://b.example\";", NULL, "a list in one text"},
    {"cors_origins = (\"https://a.example\");", NULL, "libconfig's other list"},
    {"cors_origins = [\"*\"];", NULL, "a star alone"},
    {"fast_workers = 0;", "settings:1: fast_workers must be 1 to 256 processes\n", "below the range"},
    {"\n\nfast_workers = 257;", "settings:3: fast_workers must be 1 to 256 processes\n", "above the range"},
    {"fast_workers = -1;", "settings:1: fast_workers must be 1 to 256 processes\n", "negative"},
    {"fast_workers = 4294967298;", "settings:1: fast_workers must be 1 to 256 processes\n",
     "must not wrap around to 2"},
    {"fast_workers = 99999999999999999999;", "settings:1: the number is too large\n", "beyond 64 bits"},
    {"fast_workers = \"4\";", "settings:1: fast_workers must be a whole number without quotes\n", "a text"},
    {"fast_workers = 1.5;", "settings:1: fast_workers must be a whole number without quotes\n", "a fraction"},
    {"fast_workers = {a = 1;};", "settings:1: fast_workers must be a whole number without quotes\n", "a group"},
    {"prepared = 1;", "settings:1: prepared must be true or false\n", "a number as a boolean"},
    {"prepared = \"maybe\";", "settings:1: prepared must be true or false\n", "a word as a boolean"},
    {"data_dir = 1;", "settings:1: data_dir must be a text in quotes\n", "a number as a text"},
    {"log_level = \"loud\";", "settings:1: log_level must be one of error|warning|info|debug\n", "not a choice"},
    {"log_level = \"inf\";", "settings:1: log_level must be one of error|warning|info|debug\n", "half a choice"},
    {"server_names = [1];", "settings:1: server_names must be a list of texts in quotes, such as [\"a\", \"b\"]\n",
     "numbers in a list"},
    {"server_names = [\"a\", \" \"];", "settings:1: server_names has an empty entry; remove it\n", "an empty entry"},
    {"server_names = [];", "settings:1: server_names must not be empty\n", "an empty list"},
    {"fast_worker = 4;", "settings:1: no setting is named fast_worker; did you mean fast_workers?\n", "a letter less"},
    {"fast_wrokers = 4;", "settings:1: no setting is named fast_wrokers; did you mean fast_workers?\n", "swapped"},
    {"colour = 4;", "settings:1: no setting is named colour; `mediagate check-config --sample` shows all\n", "unknown"},
    {"fast_workers = 1;\nfast_workers = 2;",
     "settings:2: duplicate setting name; a setting is `name = value;`, once, texts stand in quotes\n", "twice"},
    {"fast_workers = ;", "settings:1: syntax error; a setting is `name = value;`, once, texts stand in quotes\n",
     "no value"},
    {"@include \"/etc/passwd\"\n", "settings:1: @include is not supported; use one file\n", "another file"},
    {"data_dir = \"/a\\nb\";", "settings:1: data_dir has control characters or invalid UTF-8; retype the value\n",
     "a newline in a text"},
    {"stream_ttl_default = 100000;", "settings:1: stream_ttl_default must not be above stream_ttl_max\n",
     "the default above the maximum"},
    {"request_deadline = 5;",
     "settings: api_statement_timeout must be more than a second below request_deadline, or workers are killed "
     "while they wait\n",
     "a statement that may outlast its worker (5 s for auth, 15 s for api)"},
    {"upload_statement_timeout = 59000;",
     "settings:1: upload_statement_timeout must be more than a second below upload_deadline, or workers are killed "
     "while they wait\n",
     "a worker waits a second longer than the timeout"},
    {"jwt_key_file = \"/etc/mediagate/stream_keys\";",
     "settings:1: jwt_key_file must differ from stream_key_file, which nginx reads\n", "one file for both keys"},
    {"totp_key_file = \"/etc/mediagate/jwt_keys\";",
     "settings:1: totp_key_file must differ from jwt_key_file and stream_key_file: each has its own rotation\n",
     "one file for two keys"},
    {"library_dir = \"/var/lib/mediagate/media/x\";",
     "settings:1: library_dir must not lie in data_dir, which the program cleans up\n", "library in data_dir"},
    {"library_dir = \"/var/lib/mediagate2\";", NULL, "a neighbour of data_dir"},
    {"cors_origins = [\"*\", \"https://a.example\"];",
     "settings:1: cors_origins has * beside others; * must stand alone\n", "a star beside others"},
    {"server_names = [\"a.example\", \"A.EXAMPLE\"];", "settings:1: server_names has \"a.example\" twice; remove one\n",
     "twice but for capitals"},
    {"origin_hosts = [\"https://a.example\", \"http://a.example\", \"https://A.example:443\"];",
     "settings:1: origin_hosts has \"https://a.example:443\" twice; remove one\n", "one origin in two spellings"},
    {"colour = 1;\nfast_workers = 0;", "settings:2: fast_workers must be 1 to 256 processes\n", "all at once"},
};

START_TEST(reports_problems) {
  for (size_t i = 0; i < UNIT_ROWS(problem_rows); i++) {
    struct settings *settings = NULL;
    struct text problems = {0};
    enum error error = settings_parse(problem_rows[i].input, &settings, &problems);
    const char *found = problems.data == NULL ? "" : problems.data;
    ck_assert_msg(error == (problem_rows[i].problem == NULL ? ERROR_NONE : ERROR_INVALID), "%s: %s",
                  problem_rows[i].description, found);
    ck_assert_msg(strstr(found, problem_rows[i].problem == NULL ? "" : problem_rows[i].problem) != NULL, "%s: %s",
                  problem_rows[i].description, found);
    ck_assert((settings != NULL) == (error == ERROR_NONE));
    settings_free(settings);
    text_free(&problems);
  }
}
END_TEST

/* A setting and one value, as text of the environment's kind. */
struct form_row {
  const char *name, *value;
  bool good;
};

static void check_form(const struct form_row *row) {
  struct text file = {0}, problems = {0};
  struct settings *settings = NULL;

  text_appendf(&file, "%s = \"%s\";", row->name, row->value);
  enum error error = settings_parse(file.data, &settings, &problems);
  ck_assert_msg((error == ERROR_NONE) == row->good, "%s: %s", file.data, problems.data == NULL ? "" : problems.data);
  settings_free(settings);
  text_free(&file);
  text_free(&problems);
}

static const struct form_row form_rows[] = {
    {"public_url", "", true},
    {"public_url", "https://media.example.org", true},
    {"public_url", "https://media.example.org:8443", true},
    {"public_url", "http://192.0.2.1:80", true},
    {"public_url", "http://[2001:db8::1]:8080", true},
    {"public_url", "https://media.example.org/", false},
    {"public_url", "https://media.example.org/x", false},
    {"public_url", "https://user@media.example.org", false},
    {"public_url", "https://media.example.org:0", false},
    {"public_url", "https://media.example.org:65536", false},
    {"public_url", "https://media.example.org:", false},
    {"public_url", "https://", false},
    {"public_url", "ftp://media.example.org", false},
    {"public_url", "media.example.org", false},
    {"public_url", "https://-a.example", false},
    {"public_url", "https://a..example", false},
    {"public_url", "https://192.0.2", false},
    {"public_url", "https://192.0.2.256", false},
    {"public_url", "https://[::1", false},
    {"public_url", "https://[192.0.2.1]", false},
    {"public_url", "https://a.example?x", false},
    {"public_url", "https://a.example#x", false},
    {"server_names", "a.example,b_c,192.0.2.1,[::1]", true},
    {"server_names", "~^a", false},
    {"server_names", "*.a.example", false},
    {"server_names", "a.example:80", false},
    {"server_names", "b\xC3\xA4r.example", false},
    {"package_ladder", "1080,360", true},
    {"package_ladder", "", true},
    {"package_ladder", "99", false},
    {"package_ladder", "0720", false},
    {"package_ladder", "4321", false},
    {"package_ladder", "720p", false},
    {"package_codecs", "av1,h264,hevc", true},
    {"package_codecs", "", false},
    {"package_codecs", "vp9", false},
    {"package_codecs", "h264,h264", false},
    {"origin_hosts", "https://cdn.example,http://cdn.example:8080", true},
    {"origin_hosts", "cdn.example", false},
    {"origin_hosts", "https://cdn.example/path", false},
    {"cors_origins", "https://a.example,http://localhost:3000", true},
    {"cors_origins", "https://a.example:443", false},
    {"cors_origins", "http://a.example:80", false},
    {"cors_origins", "http://a.example:443", true},
    {"cors_origins", "https://a.example/", false},
    {"cors_origins", "null", true},
    {"cors_origins", "capacitor://localhost", true},
    {"cors_origins", "capacitor://", false},
    {"trusted_proxies", "192.0.2.1,10.0.0.0/8,2001:db8::/32,::1", true},
    {"trusted_proxies", "10.0.0.0/33", false},
    {"internal_networks", "192.0.2.1,10.0.0.0/8,2001:db8::/32", true},
    {"internal_networks", "10.0.0.1/8", false},
    {"webhook_networks", "10.0.0.1/8", false},
    {"internal_viewers", "boss,qa_1,-x", true},
    {"internal_viewers", "the boss", false},
    {"trusted_proxies", "2001:db8::/129", false},
    {"trusted_proxies", "10.0.0.0/", false},
    {"trusted_proxies", "10.0.0.0/08", false},
    {"trusted_proxies", "proxy.example", false},
    {"trusted_proxies", "unix:", false},
    {"resolver", "127.0.0.53", true},
    {"resolver", "192.0.2.1 [2001:db8::1]:53", true},
    {"resolver", "192.0.2.1:5353", true},
    {"resolver", "dns.example", false},
    {"resolver", "192.0.2.1 ", false},
    {"resolver", "192.0.2.1 valid=1s", false},
    {"data_dir", "/srv/media-1/a.b_c+d", true},
    {"data_dir", "relative", false},
    {"data_dir", "", false},
    {"data_dir", "/a/../b", false},
    {"data_dir", "/a/..", false},
    {"data_dir", "/a/..b", true},
    {"library_dir", "", true},
    {"run_dir", "/run/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     true},
    {"run_dir", "/run/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
     false},
    {"nginx_url", "http://127.0.0.1:8080", true},
    {"nginx_url", "", false},
    {"database", "", false},
    {"database", "host=/tmp dbname=x password='; }'", true},
};

START_TEST(knows_forms) {
  for (size_t i = 0; i < UNIT_ROWS(form_rows); i++) {
    check_form(&form_rows[i]);
  }
}
END_TEST

/* Whatever is rendered into nginx's configuration must not be able to end a directive or a block. */
START_TEST(refuses_what_nginx_reads_specially) {
  static const char *const special[] = {";", "{", "}", "\\\"", "'", "$", "\\\\", " ", "\\t", "\\n", "#", "\\r"};
  static const struct {
    const char *name, *before, *after;
  } values[] = {
      {"public_url", "https://a", ".example"},
      {"server_names", "a", ".example"},
      {"origin_hosts", "https://a", ".example"},
      {"cors_origins", "https://a", ".example"},
      {"trusted_proxies", "10.0.0.0", "/8"},
      {"resolver", "192.0.2", ".1"},
      {"data_dir", "/a", "/b"},
      {"run_dir", "/a", "/b"},
      {"share_dir", "/a", "/b"},
      {"library_dir", "/a", "/b"},
      {"stream_key_file", "/a", "/b"},
      {"log_dir", "/a", "/b"},
      {"nginx_pid_file", "/a", "/b"},
      {"nginx_url", "http://a", ".example"},
      {"jwt_key_file", "/a", "/b"},
      {"totp_key_file", "/a", "/b"},
  };
  for (size_t i = 0; i < UNIT_ROWS(values); i++) {
    for (size_t k = 0; k < UNIT_ROWS(special); k++) {
      char value[64];
      snprintf(value, sizeof(value), "%s%s%s", values[i].before, special[k], values[i].after);
      check_form(&(struct form_row){values[i].name, value, false});
    }
  }
}
END_TEST

START_TEST(every_text_has_a_form) {
  size_t count;
  const struct settings_row *rows = settings_rows(&count);

  for (size_t i = 0; i < count; i++) {
    bool is_text = rows[i].kind == SETTINGS_STRING || rows[i].kind == SETTINGS_LIST;
    ck_assert_msg(settings_has_form(&rows[i]) == is_text, "%s", rows[i].name);
    ck_assert_msg(strlen(rows[i].name) < SETTINGS_NAME_MAX && rows[i].help[0] != '\0', "%s", rows[i].name);
  }
}
END_TEST

/* A list's entry is quoted with its control characters written out, which makes it six times as long. */
START_TEST(problems_are_whole_utf8_however_long_a_value_is) {
  for (size_t controls = 60; controls < 100; controls++) {
    char value[100 + 1];
    char file[160];
    struct settings *settings = NULL;
    struct text problems = {0};
    memset(value, 0x7f, sizeof value - 1);
    for (size_t i = controls; i + 1 < sizeof value - 1; i += 2) {
      memcpy(value + i, "\xc3\xa4", 2);
    }
    value[sizeof value - 1] = '\0';
    snprintf(file, sizeof file, "server_names = [\"%s\"];", value);
    ck_assert_int_eq(settings_parse(file, &settings, &problems), ERROR_INVALID);
    ck_assert_msg(text_is_utf8(problems.data, problems.length), "%zu controls: %s", controls, problems.data);
    ck_assert_ptr_nonnull(strstr(problems.data, "; it must be ")); /* not cut off */
    text_free(&problems);
  }
}
END_TEST

static enum settings_source source_of(const struct settings *settings, const char *name) {
  size_t count, i = 0;
  const struct settings_row *rows = settings_rows(&count);
  while (i < count && strcmp(rows[i].name, name) != 0) {
    i++;
  }
  ck_assert_uint_lt(i, count);
  return settings_source(settings, &rows[i]);
}

START_TEST(reads_file_and_environment) {
  char path[] = "/tmp/mediagate-test-settings-XXXXXX";
  static const char contents[] = "fast_workers = 3;\napi_workers = 5;\ndatabase = \"password=x\";\n";
  struct settings *settings = NULL;
  struct text problems = {0};
  int fd = mkstemp(path);

  ck_assert(fd >= 0 && file_write_all(fd, contents, sizeof(contents) - 1) == ERROR_NONE);
  setenv("MEDIAGATE_API_WORKERS", "7", 1);
  setenv("MEDIAGATE_SERVER_NAMES", " a.example , b.example", 1);
  setenv("MEDIAGATE_PREPARED", "off", 1);
  setenv("MEDIAGATE_PORT", "tcp://10.0.0.1:80", 1);
  ck_assert(settings_load(path, &settings, &problems) == ERROR_NONE);
  ck_assert_int_eq(settings->fast_workers, 3);
  ck_assert_int_eq(settings->api_workers, 7);
  ck_assert(!settings->prepared && settings->server_names.count == 2);
  ck_assert_str_eq(settings->server_names.items[0], "a.example");
  ck_assert_str_eq(settings->server_names.items[1], "b.example");
  ck_assert_int_eq(source_of(settings, "fast_workers"), SETTINGS_FROM_FILE);
  ck_assert_int_eq(source_of(settings, "api_workers"), SETTINGS_FROM_ENVIRONMENT); /* it is in the file too */
  ck_assert_int_eq(source_of(settings, "auth_workers"), SETTINGS_FROM_DEFAULT);
  settings_free(settings);
  settings = NULL;

  setenv("MEDIAGATE_API_WORKERS", "7x", 1);
  setenv("MEDIAGATE_API_WORKER", "7", 1);
  setenv("MEDIAGATE_API_WORKER\xff", "7", 1);
  ck_assert_int_eq(fchmod(fd, 0644), 0);
  ck_assert(settings_load(path, &settings, &problems) == ERROR_INVALID && settings == NULL);
  ck_assert_msg(strstr(problems.data, "environment MEDIAGATE_API_WORKERS: must be a whole number") != NULL, "%s",
                problems.data);
  ck_assert(text_is_utf8(problems.data, problems.length));
  ck_assert_msg(strstr(problems.data, "environment MEDIAGATE_API_WORKER: no setting has that name") != NULL, "%s",
                problems.data);
  ck_assert_msg(strstr(problems.data, "everybody may read it") != NULL, "%s", problems.data);
  text_clear(&problems);
  ck_assert(unlink(path) == 0 && close(fd) == 0);
  ck_assert(settings_load(path, &settings, &problems) == ERROR_INVALID);
  ck_assert_msg(strstr(problems.data, "cannot read: not found") != NULL, "%s", problems.data);
  text_free(&problems);
}
END_TEST

START_TEST(what_is_printed_reads_back) {
  static const char input[] = "database = \"a\\\\b \\\"c\\\"\"; server_names = [\"x\", \"y\"]; sandbox = \"none\";"
                              "prepared = false; upload_max = 5000000000;";
  struct settings *first = NULL, *second = NULL;
  struct text file = {0}, problems = {0};
  size_t count;
  const struct settings_row *rows = settings_rows(&count);

  ck_assert(settings_parse(input, &first, &problems) == ERROR_NONE);
  ck_assert_str_eq(first->database, "a\\b \"c\"");
  for (size_t i = 0; i < count; i++) {
    text_appendf(&file, "%s = ", rows[i].name);
    settings_append_value(first, &rows[i], &file);
    text_append(&file, ";\n");
  }
  ck_assert(settings_parse(file.data, &second, &problems) == ERROR_NONE);
  for (size_t i = 0; i < count; i++) {
    struct text a = {0}, b = {0};
    settings_append_value(first, &rows[i], &a);
    settings_append_value(second, &rows[i], &b);
    ck_assert_str_eq(a.data, b.data);
    text_free(&a);
    text_free(&b);
  }
  settings_free(first);
  settings_free(second);
  text_free(&file);
  text_free(&problems);
}
END_TEST

START_TEST(keeps_fixed_settings) {
  struct settings *current = NULL, *next = NULL;
  struct text text = {0};

  ck_assert(settings_parse("data_dir = \"/a\"; fast_workers = 2;", &current, &text) == ERROR_NONE);
  ck_assert(settings_parse("data_dir = \"/b\"; fast_workers = 3;", &next, &text) == ERROR_NONE);
  ck_assert(settings_keep_fixed(current, next, &text) == ERROR_NONE);
  ck_assert_str_eq(text.data, "data_dir\n");
  ck_assert_str_eq(next->data_dir, "/a");
  ck_assert_int_eq(next->fast_workers, 3);
  settings_free(current);
  settings_free(next);
  settings_free(NULL);
  text_free(&text);
}
END_TEST

UNIT_MAIN("settings", reports_problems, knows_forms, refuses_what_nginx_reads_specially, every_text_has_a_form,
          problems_are_whole_utf8_however_long_a_value_is, reads_file_and_environment, what_is_printed_reads_back,
          keeps_fixed_settings)
