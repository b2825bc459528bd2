/* SPDX-License-Identifier: ISC */
/*
 * Query strings, routing, requests and responses by rows.
 */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "http/content_type.h"
#include "http/query.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"

/* --- content type --- */

static const struct {
  const char *text;
  bool is_json, is_utf8;
  const char *description;
} content_type_rows[] = {
    {"application/json", true, true, "the type alone"},
    {"Application/JSON", true, true, "in any case"},
    {"application/json ; x=1", true, true, "a blank before the semicolon"},
    {"application/jsonp", false, true, "a longer type"},
    {"application/json, text/plain", false, true, "two types"},
    {"", false, true, "none"},
    {"application/json;charset=utf-8", true, true, "UTF-8"},
    {"application/json; Charset=UTF8", true, true, "a usual misspelling"},
    {"application/json; charset=\"utf-8\"", true, true, "quoted"},
    {"application/json; charset=\"u\\tf-8\"", true, true, "quoted, with a needless escape"},
    {"application/json; x=\"; charset=latin1\"; charset=utf-8", true, true, "a semicolon within quotes"},
    {"application/json;", true, true, "an empty parameter"},
    {"application/json; charset=utf-16", true, false, "UTF-16"},
    {"application/json; charset=iso-8859-1; x=1", true, false, "Latin 1, not last"},
    {"application/json; charset=utf-8; charset=utf-16", true, false, "two that differ"},
    {"application/json; charset=", true, false, "no value"},
    {"application/json; charset=\"utf-8", true, false, "an open quote"},
    {"application/json; charset=\"utf-8\\", true, false, "an open quote with an open escape"},
    {"application/json; charset", true, false, "no equals sign"},
    {"application/json; charset=utf-8 x", true, false, "something behind the value"},
};

START_TEST(content_type_row) {
  const char *text = content_type_rows[_i].text;
  ck_assert_msg(content_type_is(text, "application/json") == content_type_rows[_i].is_json, "%s",
                content_type_rows[_i].description);
  ck_assert_msg(content_type_is_utf8(text) == content_type_rows[_i].is_utf8, "%s", content_type_rows[_i].description);
}
END_TEST

/* --- query --- */

static const struct {
  const char *text;
  const char *pairs; /* "name=value;" each, decoded; NULL: refused */
  const char *description;
} query_rows[] = {
    {"", "", "nothing"},
    {"a=1", "a=1;", "one pair"},
    {"a=1&b=2", "a=1;b=2;", "two pairs"},
    {"a", "a=;", "a name alone"},
    {"a=", "a=;", "an empty value"},
    {"a=b=c", "a=b=c;", "only the first = divides"},
    {"a=1&&b=2&", "a=1;b=2;", "empty pairs are skipped"},
    {"a=%41%c3%a9", "a=A\xC3\xA9;", "escapes of both cases"},
    {"a+b=c+d", "a b=c d;", "plus is a blank"},
    {"a=%2B", "a=+;", "an escaped plus"},
    {"a=%26%3D", "a=&=;", "escaped separators do not divide"},
    {"a=1;b=2", "a=1;b=2;", "a semicolon does not divide"},
    {"%74ype=x", "type=x;", "names are decoded too"},
    {"=1", NULL, "no name"},
    {"a=%", NULL, "a cut escape"},
    {"a=%4", NULL, "half an escape"},
    {"a=%zz", NULL, "no hexadecimal escape"},
    {"a=%00", NULL, "NUL"},
    {"a%00=1", NULL, "NUL in a name"},
    {"a=%0a", NULL, "a newline"},
    {"a=%7f", NULL, "DEL"},
    {"a=%c2%85", NULL, "a C1 control character"},
    {"a=%ff", NULL, "invalid UTF-8"},
    {"a=%c0%af", NULL, "overlong UTF-8"},
    {"a=%ed%a0%80", NULL, "an encoded surrogate"},
    {"a=\xff", NULL, "a raw invalid byte"},
    {"1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17&18&19&20&21&22&23&24&25&26&27&28&29&30&31&32&33", NULL, "33 pairs"},
};

START_TEST(query_row) {
  struct query query;
  enum error error = query_parse(query_rows[_i].text, strlen(query_rows[_i].text), &query);
  if (query_rows[_i].pairs == NULL) {
    ck_assert_msg(error == ERROR_INVALID, "%s", query_rows[_i].description);
    return;
  }
  ck_assert_msg(error == ERROR_NONE, "%s", query_rows[_i].description);
  struct text pairs = {0};
  text_append(&pairs, "");
  for (size_t i = 0; i < query.count; i++) {
    text_appendf(&pairs, "%s=%s;", query.pairs[i].name, query.pairs[i].value);
  }
  ck_assert_msg(strcmp(pairs.data == NULL ? "" : pairs.data, query_rows[_i].pairs) == 0, "%s: %s",
                query_rows[_i].description, pairs.data);
  text_free(&pairs);
  query_free(&query);
}
END_TEST

static const struct {
  const char *text;
  const char *password; /* NULL: refused */
  const char *description;
} form_rows[] = {
    {"password=tab%09and%0Aline", "tab\tand\nline", "controls in a value"},
    {"password=%c2%85", "\xC2\x85", "a C1 control character"},
    {"password=a%00b", NULL, "NUL"},
    {"password=%ff", NULL, "invalid UTF-8"},
    {"pass%09word=x", NULL, "a control in a name"},
};

START_TEST(a_form_may_hold_any_text) {
  struct query form;
  enum error error = query_parse_form(form_rows[_i].text, strlen(form_rows[_i].text), &form);
  ck_assert_msg(error == (form_rows[_i].password == NULL ? ERROR_INVALID : ERROR_NONE), "%s",
                form_rows[_i].description);
  if (error == ERROR_NONE) {
    ck_assert_str_eq(query_get(&form, "password"), form_rows[_i].password);
    query_free(&form);
  }
}
END_TEST

START_TEST(query_names_are_looked_up_repeated_and_unknown) {
  static const char *const known[] = {"type", "q", NULL};
  struct query query;
  static const char text[] = "type=video&ttl=1&q=a&q=b";
  ck_assert_int_eq(query_parse(text, sizeof text - 1, &query), ERROR_NONE);
  ck_assert_str_eq(query_get(&query, "q"), "a");
  ck_assert_ptr_null(query_get(&query, "Type"));
  ck_assert_str_eq(query_repeated(&query), "q");
  ck_assert_str_eq(query_unknown(&query, known), "ttl");
  ck_assert_str_eq(query_unknown(&query, NULL), "type");
  query_free(&query);
}
END_TEST

/* --- router --- */

static const struct router_row table[] = {
    {HTTP_GET, "/"},
    {HTTP_GET, "/media/media"},
    {HTTP_POST, "/media/media"},
    {HTTP_GET, "/media/media/{id}"},
    {HTTP_PATCH, "/media/media/{number}"},
    {HTTP_DELETE, "/media/media/{id}"},
    {HTTP_GET, "/media/media/export"},
    {HTTP_PUT, "/media/media/{id}/file"},
    {HTTP_GET, "/media/{kind}/recent/{id}"},
    {HTTP_DELETE, "/media/grants/{grant_id}"},
};

static struct router_row row_at(size_t index) {
  return table[index];
}

static const struct {
  enum http_method method;
  const char *path;
  const char *result; /* "pattern parameter…", "405 allow", "404" */
} router_rows[] = {
    {HTTP_GET, "/", "/"},
    {HTTP_GET, "/media/media", "/media/media"},
    {HTTP_HEAD, "/media/media", "/media/media"},
    {HTTP_GET, "/media/media/", "/media/media"},
    {HTTP_POST, "/media/media/", "/media/media"},
    {HTTP_GET, "/media/media/7", "/media/media/{id} 7"},
    {HTTP_GET, "/media/media/7/", "/media/media/{id} 7"},
    {HTTP_PATCH, "/media/media/7", "/media/media/{number} 7"},
    {HTTP_GET, "/media/media/export", "/media/media/export"},
    {HTTP_DELETE, "/media/media/export", "405 GET, HEAD"},
    {HTTP_PUT, "/media/media/7/file", "/media/media/{id}/file 7"},
    {HTTP_PUT, "/media/media/a b\xC3\xA9/file", "/media/media/{id}/file a b\xC3\xA9"},
    {HTTP_GET, "/media/media/recent/9", "/media/{kind}/recent/{id} media 9"},
    {HTTP_PUT, "/media/media", "405 GET, HEAD, POST"},
    {HTTP_OPTIONS, "/media/media/7", "405 GET, HEAD, PATCH, DELETE"},
    {HTTP_OTHER, "/media/grants/x", "405 DELETE"},
    {HTTP_HEAD, "/media/media/7/file", "405 PUT"},
    {HTTP_GET, "/media", "404"},
    {HTTP_GET, "/Media/media", "404"},
    {HTTP_GET, "/media/mediax", "404"},
    {HTTP_GET, "/media/media//", "404"},
    {HTTP_GET, "//media/media", "404"},
    {HTTP_GET, "/media//media", "404"},
    {HTTP_GET, "/media/media/7/file/x", "404"},
    {HTTP_GET, "/media/media/7/{id}", "404"},
    {HTTP_GET,
     "/media/media/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567",
     "404"},
};

START_TEST(router_row) {
  struct router_match match = {0};
  struct text result = {0};
  switch (router_find(row_at, sizeof table / sizeof table[0], router_rows[_i].method, router_rows[_i].path, &match)) {
  case ERROR_NONE:
    text_append(&result, table[match.row].pattern);
    for (size_t i = 0; i < match.parameter_count; i++) {
      text_appendf(&result, " %s", match.parameters[i]);
    }
    break;
  case ERROR_CONFLICT:
    text_appendf(&result, "405 %s", match.allow);
    break;
  default:
    text_append(&result, "404");
    break;
  }
  ck_assert_str_eq(result.data, router_rows[_i].result);
  text_free(&result);
}
END_TEST

/* --- request --- */

#define GOOD "REQUEST_METHOD=GET", "DOCUMENT_URI=/a", "REQUEST_ID=0123456789abcdef"

static const struct {
  const char *list[8];
  enum error error;
  int64_t content_length;
  bool has_body;
  const char *description;
} request_rows[] = {
    {{GOOD}, ERROR_NONE, -1, false, "the least there is"},
    {{GOOD, "CONTENT_LENGTH="}, ERROR_NONE, -1, false, "an empty length is none"},
    {{GOOD, "CONTENT_LENGTH=0"}, ERROR_NONE, 0, false, "length 0"},
    {{GOOD, "CONTENT_LENGTH=7"}, ERROR_NONE, 7, true, "a length"},
    {{GOOD, "CONTENT_LENGTH=", "HTTP_TRANSFER_ENCODING=chunked"}, ERROR_NONE, -1, true, "a chunked body"},
    {{GOOD, "CONTENT_LENGTH=7", "CONTENT_LENGTH=x"}, ERROR_NONE, 7, true, "the first of two wins"},
    {{GOOD, "CONTENT_LENGTH=-1"}, ERROR_INVALID, 0, false, "a negative length"},
    {{GOOD, "CONTENT_LENGTH=1x"}, ERROR_INVALID, 0, false, "a length with a letter"},
    {{GOOD, "CONTENT_LENGTH=9223372036854775808"}, ERROR_INVALID, 0, false, "a length beyond 63 bits"},
    {{"DOCUMENT_URI=/a", "REQUEST_ID=0123456789abcdef"}, ERROR_INVALID, 0, false, "no method"},
    {{"REQUEST_METHOD=GET", "REQUEST_ID=0123456789abcdef"}, ERROR_INVALID, 0, false, "no path"},
    {{"REQUEST_METHOD=GET", "DOCUMENT_URI=a", "REQUEST_ID=0123456789abcdef"},
     ERROR_INVALID,
     0,
     false,
     "a relative path"},
    {{"REQUEST_METHOD=GET", "DOCUMENT_URI=/a"}, ERROR_INVALID, 0, false, "no request id"},
    {{"REQUEST_METHOD=GET", "DOCUMENT_URI=/a", "REQUEST_ID=short"}, ERROR_INVALID, 0, false, "a short request id"},
    {{"REQUEST_METHOD=GET", "DOCUMENT_URI=/a", "REQUEST_ID=0123456789\r\nX: y"},
     ERROR_INVALID,
     0,
     false,
     "a request id with a line break"},
};

START_TEST(request_row) {
  struct request request;
  enum error error = request_init_list(&request, (char *const *)request_rows[_i].list, NULL);
  ck_assert_msg(error == request_rows[_i].error, "%s", request_rows[_i].description);
  if (error == ERROR_NONE) {
    ck_assert_msg(request.content_length == request_rows[_i].content_length, "%s", request_rows[_i].description);
    ck_assert_msg(request.has_body == request_rows[_i].has_body, "%s", request_rows[_i].description);
    ck_assert_str_eq(request.query_text, "");
    ck_assert_str_eq(request_parameter(&request, "REQUEST_METHOD"), "GET");
    ck_assert_ptr_null(request_parameter(&request, "REQUEST"));
  }
}
END_TEST

static const struct {
  const char *parameter, *host, *description;
} host_rows[] = {
    {"HTTP_HOST=media.example.org:8443", "media.example.org:8443", "a name and a port"},
    {"HTTP_HOST=[2001:db8::1]", "[2001:db8::1]", "an IPv6 address"},
    {"HTTP_HOST=a\"b.example.org", "", "a quote, which would end a JSON string"},
    {"HTTP_HOST=a.example.org/x?", "", "more than a host"},
    {"HTTP_HOST=", "", "nothing"},
};

START_TEST(host_row) {
  const char *list[] = {"REQUEST_METHOD=GET", "DOCUMENT_URI=/a", "REQUEST_ID=0123456789abcdef", host_rows[_i].parameter,
                        NULL};
  struct request request;
  ck_assert_int_eq(request_init_list(&request, (char *const *)list, NULL), ERROR_NONE);
  ck_assert_msg(strcmp(request.host, host_rows[_i].host) == 0, "%s", host_rows[_i].description);
}
END_TEST

static const struct {
  const char *parameter, *address, *description;
} address_rows[] = {
    {"REMOTE_ADDR=192.0.2.7", "192.0.2.7", "IPv4"},
    {"REMOTE_ADDR=::ffff:192.0.2.7", "192.0.2.7", "IPv4 on a dual-stack listener"},
    {"REMOTE_ADDR=2001:DB8:0::1", "2001:db8::1", "IPv6"},
    {"REMOTE_ADDR=unix:", "unix:", "a socket"},
    {"REMOTE_ADDR=", "", "nothing"},
};

START_TEST(address_row) {
  const char *list[] = {"REQUEST_METHOD=GET", "DOCUMENT_URI=/a", "REQUEST_ID=0123456789abcdef",
                        address_rows[_i].parameter, NULL};
  struct request request;
  ck_assert_int_eq(request_init_list(&request, (char *const *)list, NULL), ERROR_NONE);
  ck_assert_msg(strcmp(request.remote_address, address_rows[_i].address) == 0, "%s", address_rows[_i].description);
}
END_TEST

static const struct {
  const char *body;
  int64_t content_length;
  size_t max_size;
  enum error error;
  const char *description;
} body_rows[] = {
    {"hello", 5, 10, ERROR_NONE, "as announced"},
    {"hello", -1, 5, ERROR_NONE, "without a length, just fits"},
    {"", -1, 5, ERROR_NONE, "empty"},
    {"hello", 6, 10, ERROR_ABORTED, "cut short"},
    {"", 1, 10, ERROR_ABORTED, "nothing of one byte came"},
    {"hello", 5, 4, ERROR_TOO_LARGE, "announced too large"},
    {"hello", -1, 4, ERROR_TOO_LARGE, "found too large"},
};

START_TEST(body_row) {
  struct request request = {.content_length = body_rows[_i].content_length,
                            .test_body = body_rows[_i].body,
                            .test_body_size = strlen(body_rows[_i].body)};
  char *body = NULL;
  size_t size = 0;
  enum error error = request_read_all(&request, body_rows[_i].max_size, &body, &size);
  ck_assert_msg(error == body_rows[_i].error, "%s: %s", body_rows[_i].description, error_strerror(error));
  if (error == ERROR_NONE) {
    ck_assert_str_eq(body, body_rows[_i].body);
    ck_assert_uint_eq(size, strlen(body_rows[_i].body));
  }
  free(body);
}
END_TEST

/* --- response --- */

START_TEST(a_problem_document_has_all_members_and_escapes_them) {
  struct response response;
  response_init(&response, "0123456789abcdef");
  response_problem(&response, 404, "There is no \"%s\".", "x\xFF");
  ck_assert_int_eq(response.status, 404);
  ck_assert_str_eq(response.content_type, "application/problem+json");
  ck_assert_str_eq(response.body.data,
                   "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                   "\"detail\":\"There is no \\\"x\xEF\xBF\xBD\\\".\",\"request_id\":\"0123456789abcdef\"}\n");
  response_free(&response);
}
END_TEST

START_TEST(field_errors_make_one_422_of_all) {
  struct response response;
  response_init(&response, "0123456789abcdef");
  response_field_error(&response, "/title", "is required");
  response_field_error(&response, "?ttl", "is not known here");
  ck_assert(response_has_field_errors(&response));
  response_problem_fields(&response);
  ck_assert_int_eq(response.status, 422);
  ck_assert_ptr_nonnull(strstr(response.body.data, "\"errors\":[{\"pointer\":\"/title\",\"detail\":\"is required\"},"
                                                   "{\"pointer\":\"?ttl\",\"detail\":\"is not known here\"}]}"));
  response_free(&response);
}
END_TEST

static const struct {
  enum error error;
  int status;
  bool retry_after;
} error_rows[] = {
    {ERROR_UNAVAILABLE, 503, true},     {ERROR_TIMEOUT, 503, true},   {ERROR_MEMORY, 503, true},
    {ERROR_UNKNOWN_OUTCOME, 503, true}, {ERROR_NO_SPACE, 507, false}, {ERROR_IO, 500, false},
    {ERROR_INTERNAL, 500, false},
};

START_TEST(error_row) {
  struct response response;
  response_init(&response, NULL);
  response_error(&response, error_rows[_i].error);
  ck_assert_int_eq(response.status, error_rows[_i].status);
  bool retry_after = response.headers.data != NULL && strstr(response.headers.data, "Retry-After: ") != NULL;
  ck_assert(retry_after == error_rows[_i].retry_after);
  response_free(&response);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("http");
  TCase *test = tcase_create("http");
  tcase_add_loop_test(test, content_type_row, 0, sizeof content_type_rows / sizeof content_type_rows[0]);
  tcase_add_loop_test(test, query_row, 0, sizeof query_rows / sizeof query_rows[0]);
  tcase_add_loop_test(test, a_form_may_hold_any_text, 0, sizeof form_rows / sizeof form_rows[0]);
  tcase_add_test(test, query_names_are_looked_up_repeated_and_unknown);
  tcase_add_loop_test(test, router_row, 0, sizeof router_rows / sizeof router_rows[0]);
  tcase_add_loop_test(test, request_row, 0, sizeof request_rows / sizeof request_rows[0]);
  tcase_add_loop_test(test, host_row, 0, sizeof host_rows / sizeof host_rows[0]);
  tcase_add_loop_test(test, address_row, 0, sizeof address_rows / sizeof address_rows[0]);
  tcase_add_loop_test(test, body_row, 0, sizeof body_rows / sizeof body_rows[0]);
  tcase_add_test(test, a_problem_document_has_all_members_and_escapes_them);
  tcase_add_test(test, field_errors_make_one_422_of_all);
  tcase_add_loop_test(test, error_row, 0, sizeof error_rows / sizeof error_rows[0]);
  suite_add_tcase(suite, test);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
