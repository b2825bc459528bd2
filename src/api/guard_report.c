/* SPDX-License-Identifier: ISC */
/*
 * See the header. Nothing of a report is cached: whoever withdraws one ends it at once. Whoever has the link learns why
 * a report is over; whoever has not learns nothing, not even that there was one.
 */
#include "config.h"

#include "api/guard_report.h"

#include <string.h>

#include "api/key_use.h"
#include "base/clock.h"
#include "base/log.h"
#include "security/api_key.h"
#include "security/report_token.h"

/* What the header says. */
struct link_claim {
  const char *text;
  size_t length;
  bool is_session;
  int64_t id;
  unsigned char hash[DIGEST_SIZE]; /* of the link's secret; of a session: not known */
};

static enum error read_claim(const char *authorization, struct link_claim *ret_claim) {
  struct link_claim claim = {.text = NULL};
  enum error error = guard_parse_bearer(authorization, &claim.text, &claim.length);
  if (error != ERROR_NONE) {
    return ERROR_INVALID;
  }
  claim.is_session = report_session_is_meant(claim.text, claim.length);
  error = claim.is_session
              ? report_session_id(claim.text, claim.length, &claim.id)
              : labelled_secret_read(REPORT_LINK_BEGINNING, claim.text, claim.length, &claim.id, claim.hash);
  if (error == ERROR_NONE) {
    *ret_claim = claim;
  }
  return error;
}

/* Does the claim fit the report? ERROR_EXPIRED: it did, and its time is over. */
static enum error verify_claim(struct call *call, const struct link_claim *claim, const struct report *report) {
  if (!claim->is_session) {
    return api_key_hash_is(claim->hash, report->hash) ? ERROR_NONE : ERROR_DENIED;
  }
  return report->hashed_password[0] == '\0'
             ? ERROR_DENIED
             : report_session_verify(call->app->access_keys, claim->text, claim->length, report->id, report->hash,
                                     report->hashed_password, clock_now_seconds());
}

/* ERROR_DENIED: no such link. ERROR_LIMITED: this address made up too many within this second. */
static enum error find_report(struct call *call, const struct link_claim *claim, struct report *ret_report) {
  struct key_looks *looks = &call->app->key_looks;
  const char *address = call->request->remote_address;
  if (!key_look_may_fail(looks, address, clock_monotonic_ms())) {
    return ERROR_LIMITED;
  }
  enum error error = report_store_find(call->app->database, claim->id, ret_report);
  if (error == ERROR_NONE) {
    error = verify_claim(call, claim, ret_report);
  }
  if (error == ERROR_DENIED || error == ERROR_NOT_FOUND) {
    key_look_failed(looks, address);
    return ERROR_DENIED;
  }
  return error;
}

/* Why the report shows nothing any more; NULL: it does. A report shows no more than its maker may see. */
static const char *why_over(const struct report *report) {
  const uint32_t scopes = role_scopes(report->maker_role);
  return report->deleted                           ? "It was withdrawn."
         : report->expires_at_us <= clock_now_us() ? "Its time is over."
         : report->media_is_gone                   ? "Its medium was deleted."
         : report->maker_is_gone                   ? "Whoever shared it has no account any more."
         : !scope_is_in(SCOPE_REPORTS_MANAGE, scopes) || !scope_is_in(SCOPE_ANALYTICS_READ, scopes)
             ? "Whoever shared it may not share it any more."
             : NULL;
}

/* False: the response has the answer. */
static bool is_open(struct call *call, const struct link_claim *claim, const struct report *report,
                    bool needs_password) {
  const char *over = why_over(report);
  if (over != NULL) {
    log_event(LOG_LEVEL_INFO, "report_over", LOG_I64("report_id", report->id), LOG_STR("reason", over));
    guard_add_challenge(call->response);
    response_problem_of_type(call->response, 401, "report-over", "This report is over. %s", over);
    return false;
  }
  if (needs_password && !claim->is_session && report->hashed_password[0] != '\0') {
    guard_add_challenge(call->response);
    response_problem_of_type(
        call->response, 401, "report-password-required",
        "This report has a password: POST /report/session gives a token for it, which stands for the link too.");
    return false;
  }
  return true;
}

static void answer_failure(struct call *call, enum error error, int64_t report_id) {
  if (error == ERROR_LIMITED) {
    call_too_many(call, METRIC_LIMIT_KEY, 1, "Too many links that are none came from this address.");
  } else if (error == ERROR_EXPIRED) {
    guard_add_challenge(call->response);
    response_problem_of_type(call->response, 401, "report-password-required",
                             "The password was given too long ago: POST /report/session again.");
  } else if (error == ERROR_DENIED || error == ERROR_INVALID) {
    log_event(LOG_LEVEL_INFO, "report_link_refused", LOG_I64("report_id", report_id),
              LOG_STR("address", call->request->remote_address));
    guard_challenge(call->response, call->request->authorization[0] != '\0',
                    "This is not the link of a report, or not any more. Ask whoever gave it for another one.");
  } else {
    call_fail(call, error, "finding a report");
  }
}

bool guard_report_admit(struct call *call, struct guard_identity *storage, bool needs_password) {
  struct link_claim claim = {.text = NULL};
  enum error error = read_claim(call->request->authorization, &claim);
  if (error == ERROR_NONE) {
    error = find_report(call, &claim, &storage->report);
  }
  if (error != ERROR_NONE) {
    answer_failure(call, error, claim.id);
    return false;
  }
  if (!is_open(call, &claim, &storage->report, needs_password)) {
    return false;
  }
  call->report = &storage->report;
  call_act_as(call, "anyone");
  return true;
}
