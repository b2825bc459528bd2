/* SPDX-License-Identifier: ISC */
/* Lines of the delivery log: what is taken, why the rest is rejected, and what counts as viewing. */
#include "config.h"

#include "ingest/delivery_line.h"

#include <string.h>

#include "base/clock.h"
#include "ingest/view_rule.h"
#include "unit.h"

#define GRANT "0193550000007000800000000000abcd"
#define HEAD                                                                                                           \
  "{\"time\":1795370400.123,\"request_id\":\"0123456789abcdef0123456789abcdef\",\"media\":\"7\",\"grant\":\"" GRANT    \
  "\",\"viewer\":\"u-1\",\"flags\":\"n\",\"file\":\"film.mp4\",\"address\":\"192.0.2.7\",\"method\":\"GET\","          \
  "\"status\":"
#define TAIL                                                                                                           \
  ",\"content_range\":\"bytes 0-99/1000\",\"seconds\":1.500,\"completion\":\"OK\",\"user_agent\":\"Player/1.0\","      \
  "\"referrer_host\":\"player.example\"}"
#define GOOD    HEAD "206,\"body_bytes\":100" TAIL
#define REFUSED HEAD "403,\"body_bytes\":100" TAIL

#define START                                                                                                          \
  "{\"time\":1795370400.123,\"event\":\"start\",\"request_id\":\"0123456789abcdef0123456789abcdef\",\"media\":\"7\","  \
  "\"grant\":\"" GRANT "\",\"viewer\":\"u-1\",\"flags\":\"i\",\"file\":\"film.mp4\",\"address\":\"192.0.2.7\","        \
  "\"range\":\"bytes=0-\",\"user_agent\":\"Player/1.0\"}"

/* GOOD (or REFUSED, or START) with one occurrence of `from` replaced by `to`; from NULL: `to` is the whole line. */
struct row {
  const char *from, *to;
  enum delivery_reject expected;
  const char *description;
};

#define IN_TIME(t)   "{\"time\":1795370400.123", "{\"time\":" t
#define IN_MEDIA(m)  "\"media\":\"7\"", "\"media\":" m
#define IN_STATUS(s) "\"status\":206", "\"status\":" s
#define IN_BYTES(b)  "\"body_bytes\":100", "\"body_bytes\":" b
#define IN_AGENT(a)  "Player/1.0", a

static const struct row line_rows[] = {
    {"7", "7", DELIVERY_REJECT_NONE, "as nginx writes it"},
    {IN_STATUS("000"), DELIVERY_REJECT_NONE, "a connection that broke before there was a status"},
    {IN_STATUS("499"), DELIVERY_REJECT_NONE, "nginx's own status"},
    {IN_BYTES("0"), DELIVERY_REJECT_NONE, "no body"},
    {"\"u-1\"", "\"-\"", DELIVERY_REJECT_NONE, "no viewer"},
    {"192.0.2.7", "2001:db8::7", DELIVERY_REJECT_NONE, "IPv6"},
    {"bytes 0-99/1000", "", DELIVERY_REJECT_NONE, "no range"},
    {"\"OK\"", "\"\"", DELIVERY_REJECT_NONE, "broken off"},
    {"player.example", "", DELIVERY_REJECT_NONE, "no referrer"},
    {"player.example", "[2001:db8::1]", DELIVERY_REJECT_NONE, "a referrer by address"},
    {"film.mp4", "hls/v1/seg-1.m4s", DELIVERY_REJECT_NONE, "a file in folders"},
    {IN_AGENT(""), DELIVERY_REJECT_NONE, "no user agent"},
    {IN_AGENT("\\\"\\\\\\n\\r\\t\\b\\f\\u001F\\u001b"), DELIVERY_REJECT_NONE, "every escape that nginx writes"},
    {IN_AGENT("Z\xc3\xbcrich \xf0\x9f\x8e\xac"), DELIVERY_REJECT_NONE, "UTF-8"},
    {IN_AGENT("{\\\"time\\\":1"), DELIVERY_REJECT_NONE, "a client cannot write the beginning of a line"},
    {IN_AGENT("\x7f"), DELIVERY_REJECT_NONE, "DEL is a character"},

    {NULL, "", DELIVERY_REJECT_EMPTY, "an empty line"},
    {NULL, "{\"time\":17", DELIVERY_REJECT_TORN, "the beginning of a line"},
    {NULL, HEAD "206", DELIVERY_REJECT_TORN, "most of a line"},
    {NULL, HEAD "20" GOOD, DELIVERY_REJECT_GLUED, "a torn line and the next"},
    {NULL, GOOD GOOD, DELIVERY_REJECT_GLUED, "two lines without a newline between them"},
    {NULL, GOOD " ", DELIVERY_REJECT_TORN, "a blank at the end"},
    {NULL, GOOD "}", DELIVERY_REJECT_END, "a brace too many"},
    {NULL, GOOD "\r", DELIVERY_REJECT_TORN, "a carriage return"},
    {NULL, " " GOOD, DELIVERY_REJECT_GLUED, "a blank at the front: the line begins within"},
    {NULL, "hello", DELIVERY_REJECT_TIME, "something else"},
    {NULL, "{}", DELIVERY_REJECT_TIME, "an empty object"},
    {NULL, "192.0.2.7 - - [22/Nov/2026] \"GET / HTTP/1.1\" 200 5", DELIVERY_REJECT_TIME, "another log format"},
    {IN_AGENT("\xff\xfe"), DELIVERY_REJECT_UTF8, "invalid UTF-8"},
    {IN_AGENT("\xc0\x80"), DELIVERY_REJECT_UTF8, "an overlong form"},
    {IN_AGENT("\xed\xa0\x80"), DELIVERY_REJECT_UTF8, "a surrogate"},
    {IN_AGENT("x\xc3"), DELIVERY_REJECT_UTF8, "half a character"},

    {IN_TIME("1795370400"), DELIVERY_REJECT_TIME, "no milliseconds"},
    {IN_TIME("1795370400.12"), DELIVERY_REJECT_TIME, "two digits of them"},
    {IN_TIME("1795370400.1234"), DELIVERY_REJECT_REQUEST_ID, "four digits of them"},
    {IN_TIME("-1.000"), DELIVERY_REJECT_TIME, "negative"},
    {IN_TIME("0.000"), DELIVERY_REJECT_TIME, "1970"},
    {IN_TIME("9999999999.000"), DELIVERY_REJECT_TIME, "the year 2286"},
    {IN_TIME("99999999999999999999.000"), DELIVERY_REJECT_TIME, "more than 64 bits"},
    {IN_TIME("01795370400.123"), DELIVERY_REJECT_TIME, "a leading zero"},
    {IN_TIME("\"1795370400.123\""), DELIVERY_REJECT_TIME, "a string"},
    {"0123456789abcdef0123456789abcdef", "x", DELIVERY_REJECT_REQUEST_ID, "no request id"},
    {"0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", DELIVERY_REJECT_REQUEST_ID, "upper case"},
    {"\"request_id\"", "\"request-id\"", DELIVERY_REJECT_REQUEST_ID, "another name"},
    {IN_MEDIA("\"0\""), DELIVERY_REJECT_MEDIA, "medium 0"},
    {IN_MEDIA("\"\""), DELIVERY_REJECT_MEDIA, "no medium"},
    {IN_MEDIA("\"07\""), DELIVERY_REJECT_MEDIA, "a leading zero"},
    {IN_MEDIA("\"-7\""), DELIVERY_REJECT_MEDIA, "negative"},
    {IN_MEDIA("7"), DELIVERY_REJECT_MEDIA, "a number"},
    {IN_MEDIA("\"9223372036854775808\""), DELIVERY_REJECT_MEDIA, "more than 63 bits"},
    {IN_MEDIA("\"9223372036854775807\""), DELIVERY_REJECT_NONE, "63 bits"},
    {IN_MEDIA("\"12345678901234567890\""), DELIVERY_REJECT_MEDIA, "twenty digits"},
    {GRANT, "0193550000007000800000000000abc", DELIVERY_REJECT_GRANT, "31 digits"},
    {GRANT, GRANT "0", DELIVERY_REJECT_GRANT, "33 digits"},
    {GRANT, "00000000000070008000000000000000", DELIVERY_REJECT_GRANT, "a grant before there were any"},
    {GRANT, "ffffffffffff7000800000000000abcd", DELIVERY_REJECT_GRANT, "a grant of the far future"},
    {GRANT, "0193550000007000800000000000ABCD", DELIVERY_REJECT_GRANT, "upper case"},
    {"u-1", "", DELIVERY_REJECT_VIEWER, "an empty viewer"},
    {"u-1", "u 1", DELIVERY_REJECT_VIEWER, "a blank in it"},
    {"u-1", "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu", DELIVERY_REJECT_VIEWER, "65 bytes"},
    {"\"flags\":\"n\"", "\"flags\":\"x\"", DELIVERY_REJECT_FLAGS, "an unknown flag"},
    {"\"flags\":\"n\"", "\"flags\":\"ni\"", DELIVERY_REJECT_FLAGS, "two of them"},
    {"\"flags\":\"n\"", "\"flags\":\"di\"", DELIVERY_REJECT_FLAGS, "two in the wrong order"},
    {"\"flags\":\"n\"", "\"flags\":\"id\"", DELIVERY_REJECT_NONE, "a bound download"},
    {"\"flags\":\"n\"", "\"flags\":\"d\"", DELIVERY_REJECT_NONE, "a download"},
    {"film.mp4", "", DELIVERY_REJECT_FILE, "no file"},
    {"film.mp4", "film mp4", DELIVERY_REJECT_FILE, "a blank in it"},
    {"192.0.2.7", "", DELIVERY_REJECT_ADDRESS, "no address"},
    {"192.0.2.7", "unix:", DELIVERY_REJECT_ADDRESS, "a unix socket's"},
    {"192.0.2.7", "192.0.2.256", DELIVERY_REJECT_ADDRESS, "an impossible one"},
    {"192.0.2.7", "192.0.2.7/24", DELIVERY_REJECT_ADDRESS, "a network"},
    {"\"GET\"", "\"\"", DELIVERY_REJECT_METHOD, "no method"},
    {"\"GET\"", "\"GETGETGETGETGETGET\"", DELIVERY_REJECT_NONE, "a long one"},
    {"\"GET\"", "\"GET \"", DELIVERY_REJECT_METHOD, "a blank in it"},
    {IN_STATUS("20"), DELIVERY_REJECT_STATUS, "two digits"},
    {IN_STATUS("2060"), DELIVERY_REJECT_BODY_BYTES, "four digits"},
    {IN_STATUS("099"), DELIVERY_REJECT_STATUS, "below 100"},
    {IN_STATUS("600"), DELIVERY_REJECT_STATUS, "above 599"},
    {IN_STATUS("\"206\""), DELIVERY_REJECT_STATUS, "a string"},
    {IN_BYTES("-1"), DELIVERY_REJECT_BODY_BYTES, "negative"},
    {IN_BYTES("1e3"), DELIVERY_REJECT_CONTENT_RANGE, "an exponent"},
    {IN_BYTES("70368744177665"), DELIVERY_REJECT_BODY_BYTES, "more than 64 TiB"},
    {IN_BYTES("18446744073709551616"), DELIVERY_REJECT_BODY_BYTES, "more than 64 bits"},
    {IN_BYTES(""), DELIVERY_REJECT_BODY_BYTES, "nothing"},
    {"\"bytes 0-99/1000\"", "null", DELIVERY_REJECT_CONTENT_RANGE, "null"},
    {"1.500", "1.5", DELIVERY_REJECT_SECONDS, "one digit of milliseconds"},
    {"1.500", "-0.001", DELIVERY_REJECT_SECONDS, "negative"},
    {"1.500", "9999999.000", DELIVERY_REJECT_SECONDS, "more than a hundred days"},
    {"\"OK\"", "\"ok\"", DELIVERY_REJECT_COMPLETION, "another word"},
    {"\"OK\"", "\"OKOK\"", DELIVERY_REJECT_COMPLETION, "a longer one"},
    {IN_AGENT("a\tb"), DELIVERY_REJECT_USER_AGENT, "a raw control character"},
    {IN_AGENT("\\u0000"), DELIVERY_REJECT_USER_AGENT, "an escaped NUL"},
    {IN_AGENT("\\u0041"), DELIVERY_REJECT_USER_AGENT, "an escape that nginx does not write"},
    {IN_AGENT("\\u00"), DELIVERY_REJECT_USER_AGENT, "half an escape"},
    {IN_AGENT("\\x41"), DELIVERY_REJECT_USER_AGENT, "another kind of escape"},
    {IN_AGENT("\\"), DELIVERY_REJECT_REFERRER_HOST, "an escaped end: the value ends later"},
    {"player.example", "player example", DELIVERY_REJECT_REFERRER_HOST, "a blank in it"},
    {"\"}", "\",\"more\":1}", DELIVERY_REJECT_END, "one field more"},
    {",\"referrer_host\":\"player.example\"", "", DELIVERY_REJECT_REFERRER_HOST, "one field less"},
};

static const struct row start_rows[] = {
    {"7", "7", DELIVERY_REJECT_NONE, "as nginx writes it"},
    {"bytes=0-", "bytes=1000-99999999", DELIVERY_REJECT_NONE, "a long range"},
    {"bytes=0-", "", DELIVERY_REJECT_NONE, "no range"},
    {"Player/1.0", "", DELIVERY_REJECT_NONE, "no user agent"},
    {"\"start\"", "\"stop\"", DELIVERY_REJECT_REQUEST_ID, "another event"},
    {"\"start\"", "start", DELIVERY_REJECT_REQUEST_ID, "an event without quotes"},
    {",\"event\":\"start\"", "", DELIVERY_REJECT_METHOD, "its fields without the event"},
    {"bytes=0-", "items=0-", DELIVERY_REJECT_RANGE, "another unit"},
    {"bytes=0-", "bytes=0-1,5-6", DELIVERY_REJECT_RANGE, "two ranges"},
    {",\"range\":\"bytes=0-\"", "", DELIVERY_REJECT_RANGE, "no range field"},
    {GRANT, "", DELIVERY_REJECT_GRANT, "no grant"},
    {"\"}", "\",\"referrer_host\":\"\"}", DELIVERY_REJECT_END, "one field more"},
    {NULL, START START, DELIVERY_REJECT_GLUED, "two of them"},
    {NULL, START GOOD, DELIVERY_REJECT_GLUED, "a beginning and an end"},
    {NULL, "{\"time\":1795370400.123,\"event\":\"sta", DELIVERY_REJECT_TORN, "the beginning of one"},
};

/* What anybody may write into a URL that is refused. */
static const struct row refused_rows[] = {
    {GRANT, "00000000000070008000000000000000", DELIVERY_REJECT_NONE, "a forged grant before there were any"},
    {GRANT, "ffffffffffff7000800000000000abcd", DELIVERY_REJECT_NONE, "a forged grant of the far future"},
    {IN_MEDIA("\"9999999999999999999\""), DELIVERY_REJECT_NONE, "more than 63 bits"},
    {IN_MEDIA("\"0999999999999999999\""), DELIVERY_REJECT_MEDIA, "which nginx does not take: a leading zero"},
    {IN_MEDIA("\"99999999999999999999\""), DELIVERY_REJECT_MEDIA, "which nginx does not take: twenty digits"},
    {"\"GET\"", "\"GETGETGETGETGETGET\"", DELIVERY_REJECT_NONE, "a long method"},
};

static size_t make_line(const char *base, const struct row *row, char line[4096]) {
  const char *at = row->from == NULL ? NULL : strstr(base, row->from);
  ck_assert_msg(row->from == NULL || at != NULL, "%s: the row replaces nothing", row->description);
  if (at == NULL) {
    return (size_t)snprintf(line, 4096, "%s", row->to);
  }
  return (size_t)snprintf(line, 4096, "%.*s%s%s", (int)(at - base), base, row->to, at + strlen(row->from));
}

static void check_rows(const char *base, const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char line[4096];
    struct delivery delivery;
    enum delivery_reject reject = delivery_line_parse(line, make_line(base, &rows[i], line), &delivery);
    ck_assert_msg(reject == rows[i].expected, "%s: %s instead of %s", rows[i].description, delivery_reject_name(reject),
                  delivery_reject_name(rows[i].expected));
  }
}

START_TEST(takes_a_line_or_names_the_reason) {
  check_rows(GOOD, line_rows, UNIT_ROWS(line_rows));
  check_rows(REFUSED, refused_rows, UNIT_ROWS(refused_rows));
  check_rows(START, start_rows, UNIT_ROWS(start_rows));
}
END_TEST

START_TEST(a_beginning_holds_nothing_of_the_line_before) {
  struct delivery delivery;
  ck_assert_int_eq(delivery_line_parse(GOOD, strlen(GOOD), &delivery), DELIVERY_REJECT_NONE);
  ck_assert(!delivery.begins);
  ck_assert_int_eq(delivery_line_parse(START, strlen(START), &delivery), DELIVERY_REJECT_NONE);
  ck_assert(delivery.begins && !delivery.complete);
  ck_assert_int_eq(delivery.time_us, INT64_C(1795370400123000));
  ck_assert_int_eq(delivery.status + delivery.body_bytes + delivery.duration_us, 0);
  ck_assert_str_eq(delivery.content_range, "bytes=0-");
  ck_assert_str_eq(delivery.user_agent, "Player/1.0");
  ck_assert_str_eq(delivery.method, "");
  ck_assert_str_eq(delivery.referrer_host, "");
  ck_assert_int_eq(view_rule_judge(&delivery, 0), VIEW_BEGINS);
}
END_TEST

START_TEST(reads_every_field) {
  struct delivery delivery;
  ck_assert_int_eq(delivery_line_parse(GOOD, strlen(GOOD), &delivery), DELIVERY_REJECT_NONE);
  ck_assert_int_eq(delivery.time_us, INT64_C(1795370400123000));
  ck_assert_int_eq(delivery.duration_us, 1500000);
  ck_assert_int_eq(delivery.media_id, 7);
  ck_assert_int_eq(delivery.body_bytes, 100);
  ck_assert_int_eq(delivery.status, 206);
  ck_assert(delivery.complete);
  ck_assert_str_eq(delivery.request_id, "0123456789abcdef0123456789abcdef");
  ck_assert_str_eq(delivery.grant_id, GRANT);
  ck_assert_str_eq(delivery.viewer, "u-1");
  ck_assert_str_eq(delivery.file, "film.mp4");
  ck_assert_str_eq(delivery.address, "192.0.2.7");
  ck_assert_str_eq(delivery.method, "GET");
  ck_assert_str_eq(delivery.content_range, "bytes 0-99/1000");
  ck_assert_str_eq(delivery.user_agent, "Player/1.0");
  ck_assert_str_eq(delivery.referrer_host, "player.example");
}
END_TEST

START_TEST(rejects_what_does_not_fit_into_a_string) {
  struct delivery delivery;
  char *line = malloc(DELIVERY_LINE_MAX + 2);
  ck_assert_ptr_nonnull(line);
  memset(line, 'x', DELIVERY_LINE_MAX + 2);
  ck_assert_int_eq(delivery_line_parse(line, DELIVERY_LINE_MAX + 1, &delivery), DELIVERY_REJECT_OVERSIZED);
  ck_assert_int_eq(delivery_line_parse(line, DELIVERY_LINE_MAX, &delivery), DELIVERY_REJECT_TIME);
  memcpy(line, GOOD, strlen(GOOD));
  line[20] = '\0';
  ck_assert_int_eq(delivery_line_parse(line, strlen(GOOD), &delivery), DELIVERY_REJECT_NUL);
  free(line);
}
END_TEST

START_TEST(every_beginning_of_a_line_is_rejected) {
  struct delivery delivery;
  for (size_t size = 0; size < strlen(GOOD); size++) {
    ck_assert_msg(delivery_line_parse(GOOD, size, &delivery) != DELIVERY_REJECT_NONE, "%zu bytes", size);
  }
}
END_TEST

START_TEST(finds_the_line_glued_to_a_torn_one) {
  static const char glued[] = HEAD "20" GOOD;
  ck_assert_uint_eq(delivery_line_glued_at(glued, strlen(glued)), strlen(HEAD "20"));
  ck_assert_uint_eq(delivery_line_glued_at(GOOD, strlen(GOOD)), 0);
  ck_assert_uint_eq(delivery_line_glued_at("", 0), 0);
  ck_assert_uint_eq(delivery_line_glued_at("{\"time\":", 8), 0);
  ck_assert_uint_eq(delivery_line_glued_at("\0\0{\"time\":", 10), 2);
}
END_TEST

UNIT_MAIN("delivery_line", takes_a_line_or_names_the_reason, a_beginning_holds_nothing_of_the_line_before,
          reads_every_field, rejects_what_does_not_fit_into_a_string, every_beginning_of_a_line_is_rejected,
          finds_the_line_glued_to_a_torn_one)
