/* SPDX-License-Identifier: ISC */
/*
 * Serves many kept FastCGI connections in one process, over the unchanged libfcgi: one FCGX_Request a connection, epoll
 * on the listening socket and on each request's ipcFd. For requests that do not wait, GET and HEAD only: one that waits
 * would hold up all others, and nginx repeats those that meet a connection which has just been closed.
 *
 * As worker.c, this file touches what fcgiapp.h keeps below its "don't use" line: ipcFd and keepConnection
 * (configure checks that they are there).
 */
#include "config.h"

#include "process/multiplexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/log.h"

/* nginx keeps at most its upstream's `keepalive` connections a worker process of its own, but has many processes. The
 * last place keeps none: each request there ends its connection, so idle ones never shut new ones out. */
#define CONNECTIONS 256
/* What an event is about: a connection's index, or one of these. */
#define EVENT_LISTENER CONNECTIONS
#define EVENT_WATCHED  (CONNECTIONS + 1)
#define EVENTS         (CONNECTIONS + 2) /* all that there can be, so that a notification is never seen late */

struct connection {
  FCGX_Request request;
  size_t next_free;
  bool taken;
};

struct multiplexer {
  int epoll_fd;
  int listen_fd;
  bool shut; /* the listener was, before the last accept */
  bool draining;
  const struct worker_callbacks *callbacks;
  struct scoreboard_slot *slot;
  void *state;
  int64_t ticked_ms;
  size_t first_free; /* CONNECTIONS: all are taken, which no one is for longer than a request */
  struct connection connections[CONNECTIONS];
};

/* Adding what is there already is fine: the library may close descriptor N and accept a new connection as N in one
 * call, and only the kernel knows whether that happened. */
static void poll_for(const struct multiplexer *multiplexer, int fd, uint32_t what, uint32_t flags) {
  struct epoll_event event = {.events = EPOLLIN | flags, .data.u32 = what};
  if (epoll_ctl(multiplexer->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0 && errno != EEXIST) {
    log_event(LOG_LEVEL_ERROR, "epoll_failed", LOG_STR("error", strerror(errno)));
  }
}

/* The watched descriptor may be another one after any callback. */
static void poll_watched(const struct multiplexer *multiplexer) {
  int fd = multiplexer->callbacks->watch_fd == NULL ? -1 : multiplexer->callbacks->watch_fd(multiplexer->state);
  if (fd >= 0) {
    poll_for(multiplexer, fd, EVENT_WATCHED, 0);
  }
}

static void take_connection(struct multiplexer *multiplexer, size_t index) {
  struct connection *connection = &multiplexer->connections[index];
  if (!connection->taken) {
    multiplexer->first_free = connection->next_free;
    connection->taken = true;
  }
}

static void release_connection(struct multiplexer *multiplexer, size_t index) {
  struct connection *connection = &multiplexer->connections[index];
  connection->taken = false;
  connection->next_free = multiplexer->first_free;
  multiplexer->first_free = index;
}

static void note_accept_failure(int reason) {
  if (reason != EAGAIN && reason != EINTR && reason != ECONNABORTED) {
    struct timespec pause = {.tv_nsec = 50 * 1000 * 1000}; /* out of descriptors or memory: do not spin */
    log_event(LOG_LEVEL_ERROR, "accept_failed", LOG_STR("error", strerror(reason)));
    (void)nanosleep(&pause, NULL);
  }
}

/* Serves the next request of a connection; on a fresh one, or when the peer has closed it, FCGX_Accept_r accepts. */
static void serve(struct multiplexer *multiplexer, size_t index) {
  FCGX_Request *request = &multiplexer->connections[index].request;
  take_connection(multiplexer, index);
  scoreboard_beat(multiplexer->slot);
  int result = FCGX_Accept_r(request);
  if (result != 0) {
    release_connection(multiplexer, index);
    multiplexer->draining = multiplexer->draining || (result == -EAGAIN && multiplexer->shut); /* its queue is empty */
    multiplexer->shut = multiplexer->shut || worker_listener_is_shut(multiplexer->listen_fd);
    note_accept_failure(-result);
    return;
  }
  multiplexer->callbacks->handle(multiplexer->state, request);
  if (multiplexer->draining || multiplexer->first_free == CONNECTIONS) {
    (void)FCGX_GetChar(request->in); /* the end of the body that a GET has not */
    worker_finish(request);          /* nginx sees the end behind the whole answer */
  } else {
    FCGX_Finish_r(request);
  }
  scoreboard_count_request(multiplexer->slot);
  if (request->ipcFd < 0) {
    release_connection(multiplexer, index);
  } else {
    poll_for(multiplexer, request->ipcFd, (uint32_t)index, 0);
  }
}

static void serve_events(struct multiplexer *multiplexer, const struct epoll_event *events, int count) {
  bool notified = false;
  for (int i = 0; i < count; i++) {
    notified = notified || events[i].data.u32 == EVENT_WATCHED;
  }
  log_hold();
  worker_tick(multiplexer->callbacks, multiplexer->state, notified, &multiplexer->ticked_ms);
  for (int i = 0; i < count; i++) {
    uint32_t what = events[i].data.u32;
    if (what < CONNECTIONS && multiplexer->connections[what].taken) {
      serve(multiplexer, what);
    } else if (what == EVENT_LISTENER && !multiplexer->draining) {
      serve(multiplexer, multiplexer->first_free);
    }
  }
  log_release();
}

/* Serves what has already been sent, and closes every connection: a request that nginx sends at this very moment is one
 * that it may repeat. */
static void drain(struct multiplexer *multiplexer) {
  struct epoll_event events[EVENTS];
  multiplexer->draining = true;
  scoreboard_set_state(multiplexer->slot, WORKER_DRAINING);
  (void)epoll_ctl(multiplexer->epoll_fd, EPOLL_CTL_DEL, multiplexer->listen_fd, NULL);
  int count = epoll_wait(multiplexer->epoll_fd, events, EVENTS, 0);
  serve_events(multiplexer, events, count);
  for (size_t i = 0; i < CONNECTIONS; i++) {
    FCGX_Request *request = &multiplexer->connections[i].request;
    int fd = request->ipcFd;
    FCGX_Free(request, 0);
    if (fd >= 0) {
      (void)close(fd); /* libfcgi would wait up to two seconds for each peer to close first */
    }
  }
}

static void run_multiplexer(struct multiplexer *multiplexer) {
  struct epoll_event events[EVENTS];
  poll_for(multiplexer, multiplexer->listen_fd, EVENT_LISTENER, EPOLLEXCLUSIVE);
  while (!multiplexer->draining && !worker_is_told_to_stop()) {
    poll_watched(multiplexer);
    scoreboard_set_state(multiplexer->slot, WORKER_IDLE);
    int count = epoll_pwait(multiplexer->epoll_fd, events, EVENTS, 1000, worker_waiting_mask());
    scoreboard_set_state(multiplexer->slot, WORKER_SERVING);
    serve_events(multiplexer, events, count);
  }
  drain(multiplexer);
}

static enum error prepare_multiplexer(struct multiplexer *multiplexer) {
  multiplexer->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (multiplexer->epoll_fd < 0 || FCGX_Init() != 0) {
    return ERROR_INTERNAL;
  }
  multiplexer->first_free = CONNECTIONS;
  for (size_t i = CONNECTIONS; i-- > 0;) {
    struct connection *connection = &multiplexer->connections[i];
    connection->next_free = multiplexer->first_free;
    multiplexer->first_free = i;
    if (FCGX_InitRequest(&connection->request, multiplexer->listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
      return ERROR_INTERNAL;
    }
  }
  return ERROR_NONE;
}

enum error multiplexer_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks,
                           struct scoreboard_slot *slot) {
  struct multiplexer *multiplexer = calloc(1, sizeof *multiplexer);
  if (multiplexer == NULL) {
    return ERROR_MEMORY;
  }
  multiplexer->listen_fd = listen_fd;
  multiplexer->callbacks = callbacks;
  multiplexer->slot = slot;
  enum error error = prepare_multiplexer(multiplexer);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "multiplexer_failed", LOG_STR("error", strerror(errno)));
  } else if (callbacks->start(callbacks->context, pool_name, slot, &multiplexer->state) != ERROR_NONE) {
    error = ERROR_INVALID;
  } else {
    run_multiplexer(multiplexer);
    callbacks->stop(multiplexer->state);
  }
  if (multiplexer->epoll_fd >= 0) {
    (void)close(multiplexer->epoll_fd);
  }
  free(multiplexer);
  return error;
}
