/* SPDX-License-Identifier: ISC */
/*
 * The usual libfcgi loop: one connection, one request at a time. epoll_pwait() opens the mask for SIGTERM only while it
 * waits, so there is no window between looking at the flag and going to sleep, and libfcgi never sees EINTR.
 *
 * As multiplexer.c, this file touches what fcgiapp.h keeps below its "don't use" line: ipcFd and keepConnection
 * (configure checks that they are there).
 */
#include "config.h"

#include "process/worker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "base/clock.h"
#include "base/log.h"

#define TICK_MS 1000

static volatile sig_atomic_t told_to_stop;
static bool renewing;
static sigset_t waiting_mask;

static void note_stop(int signal_number) {
  (void)signal_number;
  told_to_stop = 1;
}

static void end_the_wait(int signal_number) {
  (void)signal_number;
}

void worker_prepare_signals(void) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  struct sigaction nudged = {.sa_handler = end_the_wait}; /* without SA_RESTART */
  struct sigaction noted = {.sa_handler = note_stop};
  struct sigaction usual = {.sa_handler = SIG_DFL};
  sigset_t masked;
  told_to_stop = 0;
  (void)sigemptyset(&waiting_mask);
  (void)sigemptyset(&masked);
  (void)sigaddset(&masked, SIGTERM);
  /* A terminal sends SIGINT and SIGHUP to the whole group: what to make of them is the supervisor's business. */
  (void)sigaction(SIGINT, &ignore, NULL);
  (void)sigaction(SIGHUP, &ignore, NULL);
  (void)sigaction(SIGPIPE, &ignore, NULL);
  (void)sigaction(SIGCHLD, &usual, NULL);
  (void)sigaction(SIGTERM, &noted, NULL);
  (void)sigaction(WORKER_NUDGE_SIGNAL, &nudged, NULL);
  (void)sigprocmask(SIG_SETMASK, &masked, NULL);
}

bool worker_is_told_to_stop(void) {
  return told_to_stop != 0;
}

void worker_renew(void) {
  renewing = true;
  told_to_stop = 1;
}

bool worker_is_renewing(void) {
  return renewing;
}

bool worker_listener_is_shut(int listen_fd) {
  struct pollfd listener = {.fd = listen_fd, .events = POLLRDHUP};
  return poll(&listener, 1, 0) > 0 && (listener.revents & POLLRDHUP) != 0;
}

const sigset_t *worker_waiting_mask(void) {
  return &waiting_mask;
}

void worker_tick(const struct worker_callbacks *callbacks, void *state, bool wanted, int64_t *last_ms) {
  int64_t now = clock_monotonic_ms();
  if (callbacks->tick != NULL && (wanted || now - *last_ms >= TICK_MS)) {
    *last_ms = now;
    callbacks->tick(state);
  }
}

struct loop {
  int listen_fd; /* -1: none */
  int epoll_fd;
  const struct worker_callbacks *callbacks;
  struct scoreboard_slot *slot;
  void *state;
  int64_t ticked_ms;
  bool shut; /* the listener was, before the last accept */
};

/* Waits for a connection, for at most a second. True when there may be one. */
static bool wait_for_connection(struct loop *loop) {
  struct epoll_event event;
  scoreboard_set_state(loop->slot, WORKER_IDLE);
  int ready = epoll_pwait(loop->epoll_fd, &event, 1, TICK_MS, &waiting_mask);
  scoreboard_set_state(loop->slot, WORKER_SERVING); /* a tick may take long, and a silent peer could hold us */
  return ready > 0;
}

/* libfcgi waits for the peer to close first, because closing over unread input could cost the peer the end of the
 * answer. Where the input was read to its end there is none, and no more will come: close at once. */
void worker_finish(FCGX_Request *request) {
  bool read_whole = FCGX_HasSeenEOF(request->in) != 0 && FCGX_GetError(request->in) == 0;
  request->keepConnection = read_whole; /* for libfcgi: leave the closing to us */
  FCGX_Finish_r(request);
  if (read_whole && request->ipcFd >= 0) {
    (void)close(request->ipcFd);
    request->ipcFd = -1;
  }
}

/* Accepts and serves one request. False when the socket was shut down and nothing is queued on it any more: only
 * what an accept after the shutdown does not find was never there. */
static bool serve_one(struct loop *loop, FCGX_Request *request) {
  int result = FCGX_Accept_r(request);
  if (result == -EAGAIN && loop->shut) {
    return false;
  }
  if (result != 0) {
    loop->shut = worker_listener_is_shut(loop->listen_fd);
    if (result != -EAGAIN && result != -EINTR && result != -ECONNABORTED) {
      struct timespec pause = {.tv_nsec = 50 * 1000 * 1000}; /* out of descriptors or memory: do not spin */
      log_event(LOG_LEVEL_ERROR, "accept_failed", LOG_STR("error", strerror(-result)));
      (void)nanosleep(&pause, NULL);
    }
    return true;
  }
  loop->callbacks->handle(loop->state, request);
  worker_finish(request); /* an idle connection would hold this worker */
  scoreboard_count_request(loop->slot);
  return true;
}

/* The request that woke us never waits for a tick, which may wait for the database; other idle workers take the next.
 */
static void tick_after_request(struct loop *loop) {
  if (!worker_is_told_to_stop()) {
    scoreboard_beat(loop->slot);
    worker_tick(loop->callbacks, loop->state, false, &loop->ticked_ms);
  }
}

/* EPOLLEXCLUSIVE: one connection wakes one idle worker, not all of the pool. */
static enum error prepare_loop(struct loop *loop, FCGX_Request *request) {
  struct epoll_event connections = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  bool done = loop->epoll_fd >= 0;
  if (done && loop->listen_fd >= 0) {
    done = epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->listen_fd, &connections) == 0 && FCGX_Init() == 0 &&
           FCGX_InitRequest(request, loop->listen_fd, FCGI_FAIL_ACCEPT_ON_INTR) == 0;
  }
  return done ? ERROR_NONE : ERROR_INTERNAL;
}

static enum error run_loop(struct loop *loop, const char *pool_name) {
  FCGX_Request request;
  bool open = true;
  enum error error = prepare_loop(loop, &request);
  if (error != ERROR_NONE) {
    log_event(LOG_LEVEL_ERROR, "worker_failed", LOG_STR("pool", pool_name), LOG_STR("error", strerror(errno)));
  } else if (loop->callbacks->start(loop->callbacks->context, pool_name, loop->slot, &loop->state) != ERROR_NONE) {
    error = ERROR_INVALID;
  } else {
    while (open && !worker_is_told_to_stop()) {
      if (wait_for_connection(loop)) {
        open = serve_one(loop, &request);
      }
      if (open) {
        tick_after_request(loop);
      }
    }
    scoreboard_set_state(loop->slot, WORKER_DRAINING);
    if (loop->listen_fd >= 0) {
      FCGX_Free(&request, 1);
    }
    loop->callbacks->stop(loop->state);
  }
  if (loop->epoll_fd >= 0) {
    (void)close(loop->epoll_fd);
  }
  return error;
}

enum error worker_run(int listen_fd, const char *pool_name, const struct worker_callbacks *callbacks,
                      struct scoreboard_slot *slot) {
  struct loop loop = {.listen_fd = listen_fd, .callbacks = callbacks, .slot = slot};
  return run_loop(&loop, pool_name);
}

enum error ticker_run(const char *pool_name, const struct worker_callbacks *callbacks, struct scoreboard_slot *slot) {
  struct loop loop = {.listen_fd = -1, .callbacks = callbacks, .slot = slot};
  return run_loop(&loop, pool_name);
}
