/* SPDX-License-Identifier: ISC */
/*
 * libcurl's multi interface. Names are resolved by its threads, so that a slow resolver delays nobody else.
 */
#include "config.h"

#include "notify/request_sender.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "domain/address.h"
#include "notify/address_judge.h"

#define CONNECT_MS      5000L
#define WHOLE_MS        15000L
#define ANSWER_MAX      4096
#define RETRY_AFTER_MAX 86400

struct request_sender {
  CURLM *multi;
  struct request_sender_options options;
  void (*done)(void *context, const struct request_outcome *outcome);
  struct flight *flights;
};

struct flight { /* a request under way */
  struct flight *next, **previous;
  struct request_sender *sender;
  CURL *easy;
  struct curl_slist *headers;
  char *body;
  void *context;
  size_t read;
  bool refused; /* an address that may not be reached */
};

/* --- one request -------------------------------------------------------------------------------- */

static void free_flight(struct flight *flight) {
  if (flight->previous != NULL) {
    *flight->previous = flight->next;
    if (flight->next != NULL) {
      flight->next->previous = flight->previous;
    }
  }
  curl_easy_cleanup(flight->easy);
  curl_slist_free_all(flight->headers);
  free(flight->body);
  free(flight);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  struct flight *flight = context;
  const struct request_sender_options *options = &flight->sender->options;
  char text[ADDRESS_TEXT_SIZE] = "";
  const void *bytes = address->family == AF_INET    ? (const void *)&((struct sockaddr_in *)&address->addr)->sin_addr
                      : address->family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&address->addr)->sin6_addr
                                                    : NULL;
  if (purpose != CURLSOCKTYPE_IPCXN || bytes == NULL || inet_ntop(address->family, bytes, text, sizeof text) == NULL ||
      !address_judge_permits(text, options->allowed, options->allowed_count)) {
    flight->refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What is read tells nothing; how much is bounded. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says which type it is */
static size_t read_answer(char *bytes, size_t size, size_t count, void *context) {
  struct flight *flight = context;
  (void)bytes;
  flight->read += size * count;
  return flight->read > ANSWER_MAX ? 0 : size * count;
}

static bool set_options(struct flight *flight, const char *url) {
  CURL *easy = flight->easy;
  const char *protocols = flight->sender->options.http ? "http,https" : "https";
  return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
         /* Who waits for a resolver is given up without waiting for its thread, which would stop all others. */
         curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, WHOLE_MS) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_USERAGENT, "mediagate/" PACKAGE_VERSION) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTPHEADER, flight->headers) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_POSTFIELDS, flight->body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, read_answer) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, flight) == CURLE_OK;
}

static bool set_headers(struct flight *flight, const char *const *headers, size_t header_count) {
  for (size_t i = 0; i < header_count; i++) {
    struct curl_slist *longer = curl_slist_append(flight->headers, headers[i]);
    if (longer == NULL) {
      return false;
    }
    flight->headers = longer;
  }
  return true;
}

enum error request_sender_begin(struct request_sender *sender, const char *url, const char *const *headers,
                                size_t header_count, const char *body, void *context) {
  struct flight *flight = calloc(1, sizeof *flight);
  if (flight == NULL) {
    return ERROR_MEMORY;
  }
  flight->sender = sender;
  flight->context = context;
  flight->easy = curl_easy_init();
  flight->body = strdup(body);
  if (flight->easy == NULL || flight->body == NULL || !set_headers(flight, headers, header_count) ||
      !set_options(flight, url) || curl_multi_add_handle(sender->multi, flight->easy) != CURLM_OK) {
    free_flight(flight);
    return ERROR_MEMORY;
  }
  flight->next = sender->flights;
  flight->previous = &sender->flights;
  if (flight->next != NULL) {
    flight->next->previous = &flight->next;
  }
  sender->flights = flight;
  return ERROR_NONE;
}

/* --- all of them -------------------------------------------------------------------------------- */

enum error request_sender_new(const struct request_sender_options *options,
                              void (*done)(void *context, const struct request_outcome *outcome),
                              struct request_sender **ret_sender) {
  struct request_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(sender);
    return ERROR_MEMORY;
  }
  sender->options = *options;
  sender->done = done;
  sender->multi = curl_multi_init();
  if (sender->multi == NULL) {
    request_sender_free(sender);
    return ERROR_MEMORY;
  }
  *ret_sender = sender;
  return ERROR_NONE;
}

void request_sender_free(struct request_sender *sender) {
  if (sender == NULL) {
    return;
  }
  while (sender->flights != NULL) {
    struct flight *flight = sender->flights;
    (void)curl_multi_remove_handle(sender->multi, flight->easy);
    free_flight(flight);
  }
  (void)curl_multi_cleanup(sender->multi);
  curl_global_cleanup();
  free(sender);
}

/* An answer that is longer than we read has a status all the same. */
static void judge(const struct flight *flight, CURLcode code, struct request_outcome *outcome) {
  long status = 0;
  curl_off_t time_us = 0, retry_after = 0;
  (void)curl_easy_getinfo(flight->easy, CURLINFO_TOTAL_TIME_T, &time_us);
  *outcome = (struct request_outcome){.latency_ms = (int64_t)time_us / 1000};
  bool cut = code == CURLE_WRITE_ERROR && flight->read > ANSWER_MAX;
  if (code == CURLE_OK || cut) {
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(flight->easy, CURLINFO_RETRY_AFTER, &retry_after);
    outcome->status = (int)status;
    outcome->retry_after_seconds = retry_after < RETRY_AFTER_MAX ? (int64_t)retry_after : RETRY_AFTER_MAX;
  } else if (flight->refused) {
    snprintf(outcome->error, sizeof outcome->error, "the address may not be reached (webhook_networks)");
  } else {
    snprintf(outcome->error, sizeof outcome->error, "%s", curl_easy_strerror(code));
  }
}

static void finish(struct request_sender *sender) {
  CURLMsg *message;
  int left = 0;
  while ((message = curl_multi_info_read(sender->multi, &left)) != NULL) {
    struct flight *flight = NULL;
    struct request_outcome outcome;
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURLcode code = message->data.result;
    CURL *easy = message->easy_handle;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &flight);
    judge(flight, code, &outcome);
    void *context = flight->context;
    (void)curl_multi_remove_handle(sender->multi, easy);
    free_flight(flight);
    sender->done(context, &outcome);
  }
}

enum error request_sender_run(struct request_sender *sender, int wait_ms) {
  int running = 0;
  if (curl_multi_perform(sender->multi, &running) != CURLM_OK) {
    return ERROR_INTERNAL;
  }
  finish(sender);
  if (wait_ms > 0 && curl_multi_poll(sender->multi, NULL, 0, wait_ms, NULL) != CURLM_OK) {
    return ERROR_INTERNAL;
  }
  if (curl_multi_perform(sender->multi, &running) != CURLM_OK) {
    return ERROR_INTERNAL;
  }
  finish(sender);
  return ERROR_NONE;
}
