/* SPDX-License-Identifier: ISC */
/* What counts as a traceparent. */
#include "config.h"

#include "http/trace_context.h"

#include <string.h>

#include "unit.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const struct {
  const char *input;
  const char *parent; /* "": it is none */
  bool sampled;
  const char *description;
} cases[] = {
    {"00-" TRACE "-" PARENT "-01", "00-" TRACE "-" PARENT "-01", true, "as the recommendation has it"},
    {"00-" TRACE "-" PARENT "-00", "00-" TRACE "-" PARENT "-00", false, "not sampled"},
    {"00-" TRACE "-" PARENT "-02", "00-" TRACE "-" PARENT "-02", false, "another flag"},
    {"00-" TRACE "-" PARENT "-ff", "00-" TRACE "-" PARENT "-ff", true, "all flags"},
    {"cc-" TRACE "-" PARENT "-01", "cc-" TRACE "-" PARENT "-01", true, "a later version"},
    {"cc-" TRACE "-" PARENT "-01-more", "cc-" TRACE "-" PARENT "-01", true, "a later version with more"},
    {"", "", false, "nothing"},
    {"00", "", false, "a version alone"},
    {"00-", "", false, "and a dash"},
    {"00-" TRACE, "", false, "no parent"},
    {"00-" TRACE "-" PARENT, "", false, "no flags"},
    {"00-" TRACE "-" PARENT "-", "", false, "empty flags"},
    {"00-" TRACE "-" PARENT "-1", "", false, "half of the flags"},
    {"00-" TRACE "-" PARENT "-011", "", false, "too many flags"},
    {"00-" TRACE "-" PARENT "-01-more", "", false, "more behind version 00"},
    {"ff-" TRACE "-" PARENT "-01", "", false, "the version that is none"},
    {"0g-" TRACE "-" PARENT "-01", "", false, "no version"},
    {"00-00000000000000000000000000000000-" PARENT "-01", "", false, "a trace of zeros"},
    {"00-" TRACE "-0000000000000000-01", "", false, "a parent of zeros"},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01", "", false, "capital letters"},
    {"00-" TRACE "0-" PARENT "-01", "", false, "a digit too many"},
    {"00-" TRACE "-" PARENT "-01'; drop table", "", false, "something behind it"},
};

START_TEST(traceparents_are_taken_as_they_are_or_not_at_all) {
  for (size_t i = 0; i < UNIT_ROWS(cases); i++) {
    struct trace_context trace;
    memset(&trace, 'x', sizeof trace);
    trace_context_parse(cases[i].input, &trace);
    ck_assert_msg(strcmp(trace.parent, cases[i].parent) == 0, "%s: %s", cases[i].description, trace.parent);
    ck_assert_msg(strcmp(trace.id, cases[i].parent[0] == '\0' ? "" : TRACE) == 0, "%s: %s", cases[i].description,
                  trace.id);
    ck_assert_msg(trace.sampled == cases[i].sampled, "%s", cases[i].description);
  }
}
END_TEST

UNIT_MAIN("trace_context", traceparents_are_taken_as_they_are_or_not_at_all)
