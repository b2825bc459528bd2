/* SPDX-License-Identifier: ISC */
/*
 * libcurl's multi interface, driven until all is done. A request that fails for a moment waits its pause in its own
 * place, while the others go on.
 */
#include "config.h"

#include "objects/object_flights.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "objects/object_flight.h"

#define ATTEMPTS_MAX 4
#define PAUSE_MS     200 /* twice as long each time */
#define POLL_MS      100

struct object_flights {
  struct object_flight_shared shared;
  object_store_beat *beat;
  void *beat_context;
  struct object_flight flights[OBJECT_FLIGHTS_MAX];
};

static enum error finish_flight(struct object_flight *flight, object_done *done, void *context, enum error error) {
  object_flight_end(flight);
  flight->taken = false;
  if (done != NULL) {
    error = done(context, &flight->request, error);
  }
  text_free(&flight->request.answer);
  return error;
}

static enum error land(struct object_flights *flights, object_done *done, void *context) {
  CURLMsg *message;
  int left = 0;
  while ((message = curl_multi_info_read(flights->shared.multi, &left)) != NULL) {
    struct object_flight *flight = NULL;
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    CURLcode code = message->data.result;
    (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
    enum error error = object_flight_judge(flight, code);
    if ((error == ERROR_STORE_AWAY || error == ERROR_IO) && !flight->request.once && flight->attempts < ATTEMPTS_MAX &&
        flight->broken == ERROR_NONE) {
      object_flight_end(flight);
      flight->due_ms = clock_monotonic_ms() + (PAUSE_MS << (flight->attempts - 1));
      continue;
    }
    error = finish_flight(flight, done, context, error);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  return ERROR_NONE;
}

/* Takes requests into free places, and begins what is due. */
static enum error take_off(struct object_flights *flights, size_t at_once, object_next *next, void *context, bool *more,
                           size_t *ret_busy) {
  *ret_busy = 0;
  for (size_t i = 0; i < at_once; i++) {
    struct object_flight *flight = &flights->flights[i];
    enum error error = ERROR_NONE;
    if (!flight->taken && *more) {
      *flight = (struct object_flight){.shared = &flights->shared, .request = {.body_fd = -1, .answer_fd = -1}};
      error = next(context, &flight->request);
      flight->taken = error == ERROR_NONE;
      *more = error != ERROR_NOT_FOUND;
      error = error == ERROR_NOT_FOUND ? ERROR_NONE : error;
    }
    if (flight->taken && flight->easy == NULL && clock_monotonic_ms() >= flight->due_ms) {
      error = object_flight_begin(flight);
    }
    if (error != ERROR_NONE) {
      return error;
    }
    *ret_busy += flight->taken;
  }
  return ERROR_NONE;
}

static enum error work(struct object_flights *flights, object_done *done, void *context) {
  int running = 0;
  if (curl_multi_perform(flights->shared.multi, &running) != CURLM_OK) {
    return ERROR_INTERNAL;
  }
  enum error error = land(flights, done, context);
  if (error == ERROR_NONE && running > 0 &&
      curl_multi_poll(flights->shared.multi, NULL, 0, POLL_MS, NULL) != CURLM_OK) {
    error = ERROR_INTERNAL;
  }
  if (flights->beat != NULL) {
    flights->beat(flights->beat_context);
  }
  return error;
}

/* All places wait for their pause: nothing of libcurl's wakes us. */
static void rest(const struct object_flights *flights, size_t at_once) {
  static const struct timespec pause = {.tv_nsec = 20000000};
  for (size_t i = 0; i < at_once; i++) {
    if (flights->flights[i].easy != NULL) {
      return;
    }
  }
  (void)nanosleep(&pause, NULL); /* a signal may end it early */
}

enum error object_flights_run(struct object_flights *flights, size_t at_once, object_next *next, object_done *done,
                              void *context) {
  bool more = true;
  size_t busy = 0;
  enum error error;
  do {
    error = take_off(flights, at_once, next, context, &more, &busy);
    if (error == ERROR_NONE && busy > 0) {
      error = work(flights, done, context);
      rest(flights, at_once);
    }
  } while (error == ERROR_NONE && (busy > 0 || more));
  for (size_t i = 0; i < at_once; i++) {
    if (flights->flights[i].taken) {
      (void)finish_flight(&flights->flights[i], done, context, ERROR_ABORTED);
    }
  }
  return error;
}

enum error object_flights_new(const struct object_store_options *options, struct object_flights **ret_flights) {
  struct object_flights *flights = calloc(1, sizeof *flights);
  if (flights == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = object_flight_share(options, &flights->shared);
  if (error != ERROR_NONE) {
    free(flights);
    return error;
  }
  *ret_flights = flights;
  return ERROR_NONE;
}

void object_flights_free(struct object_flights *flights) {
  if (flights != NULL) {
    object_flight_unshare(&flights->shared);
    free(flights);
  }
}

void object_flights_set_beat(struct object_flights *flights, object_store_beat *beat, void *context) {
  flights->beat = beat;
  flights->beat_context = context;
}

const char *object_flights_last_error(const struct object_flights *flights) {
  return flights->shared.last_error;
}
