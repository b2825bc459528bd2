/* SPDX-License-Identifier: ISC */
/* Limits of guessing; see the header. The counters themselves are the store's. */
#include "config.h"

#include "api/accounts/password_attempt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "store/accounts/session_store.h"

struct password_cost password_attempt_cost(const struct app *app) {
  return (struct password_cost){.memory_kib = (uint32_t)app->settings->argon2_memory,
                                .time = (uint32_t)app->settings->argon2_time};
}

/* The network of an address: its first v4_bits or v6_bits, whole bytes. What is neither stays as it is. */
static void network_of(const char *address, size_t v4_bits, size_t v6_bits, char ret_network[INET6_ADDRSTRLEN]) {
  unsigned char bytes[sizeof(struct in6_addr)] = {0};
  int family = inet_pton(AF_INET, address, bytes) == 1 ? AF_INET : AF_INET6;
  size_t size = family == AF_INET ? sizeof(struct in_addr) : sizeof bytes;
  size_t kept = (family == AF_INET ? v4_bits : v6_bits) / 8;
  bool known = family == AF_INET || inet_pton(AF_INET6, address, bytes) == 1;
  memset(bytes + kept, 0, size - kept);
  if (!known || inet_ntop(family, bytes, ret_network, INET6_ADDRSTRLEN) == NULL) {
    snprintf(ret_network, INET6_ADDRSTRLEN, "%s", address);
  }
}

struct origin_of_attempt {
  char address[INET6_ADDRSTRLEN]; /* an IPv6 customer has 2^64 addresses, so there it is a network too */
  char network[INET6_ADDRSTRLEN]; /* what one customer may well have several addresses of */
};

static struct login_attempt attempt_of(const struct call *call, const char *email, struct origin_of_attempt *storage) {
  network_of(call->request->remote_address, 32, 64, storage->address);
  network_of(call->request->remote_address, 24, 56, storage->network);
  return (struct login_attempt){.email = email, .address = storage->address, .network = storage->network};
}

bool password_attempt_count(struct call *call, const char *email) {
  const struct settings *settings = call->app->settings;
  const struct login_limits limits = {.account = settings->login_account_limit,
                                      .address = settings->login_address_limit,
                                      .window_seconds = settings->login_window};
  int64_t retry_after = settings->login_window;
  struct origin_of_attempt storage;
  const struct login_attempt attempt = attempt_of(call, email, &storage);
  enum error error = login_limit_count(call->app->database, &attempt, &limits, &retry_after);
  if (error == ERROR_LIMITED) {
    log_event(LOG_LEVEL_WARNING, "login_limited", LOG_STR("address", call->request->remote_address),
              LOG_I64("retry_after", retry_after));
    call_too_many(call, retry_after, "Too many attempts for this account or from this address.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "counting a login attempt");
  }
  return error == ERROR_NONE;
}

bool password_attempt_count_signup(struct call *call) {
  const struct settings *settings = call->app->settings;
  const struct signup_limits limits = {.address = settings->signup_address_limit,
                                       .all = settings->signup_limit,
                                       .window_seconds = settings->signup_window};
  int64_t retry_after = settings->signup_window;
  struct origin_of_attempt storage;
  const struct login_attempt attempt = attempt_of(call, "", &storage);
  enum error error = signup_limit_count(call->app->database, attempt.address, &limits, &retry_after);
  if (error == ERROR_LIMITED) {
    log_event(LOG_LEVEL_WARNING, "signup_limited", LOG_STR("address", call->request->remote_address),
              LOG_I64("retry_after", retry_after));
    call_too_many(call, retry_after, "Too many accounts were made from this address, or from all together.");
  } else if (error != ERROR_NONE) {
    call_fail(call, error, "counting a sign-up");
  }
  return error == ERROR_NONE;
}

void password_attempt_forgive(struct call *call, const char *email) {
  struct origin_of_attempt storage;
  const struct login_attempt attempt = attempt_of(call, email, &storage);
  enum error error = login_limit_forgive(call->app->database, &attempt);
  if (error != ERROR_NONE) { /* the counter ends with its window anyway */
    log_event(LOG_LEVEL_WARNING, "login_forgive_failed", LOG_ERROR_FIELD(error));
  }
}
