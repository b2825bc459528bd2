/* SPDX-License-Identifier: ISC */
/*
 * The ceilings of `make bench`: workers that do nothing but answer a fixed body of the size of a stream-url answer.
 *
 *   null_worker SOCKET PROCESSES multiplexed|loop
 *
 * "multiplexed" keeps many connections over libfcgi in each process, "loop" is the usual accept loop.
 * Not for production: no signals, no deadlines, no heartbeat.
 */
#include "config.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 256
#define BACKLOG     1024

static const char answer[] =
    "Content-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 264\r\n\r\n"
    "{\"stream_url\":\"http://127.0.0.1:18800/stream/k1xxxxxx/n/-/0123456789ab7def8123456789abcdef/1790000000/"
    "0123456789abcdef01234Q/7/0123456789ab7def8123456789abcdef.mp4\",\"expires_at\":\"2026-11-22T15:00:00Z\","
    "\"expires_in\":600,\"grant_id\":\"0123456789ab7def8123456789abcdef\"}";

static void answer_request(FCGX_Request *request) {
  FCGX_PutStr(answer, (int)(sizeof answer - 1), request->out);
  FCGX_Finish_r(request);
}

static void serve_loop(int listen_fd) {
  static FCGX_Request request;
  FCGX_InitRequest(&request, listen_fd, FCGI_FAIL_ACCEPT_ON_INTR);
  for (;;) {
    struct pollfd readable = {.fd = listen_fd, .events = POLLIN};
    if (poll(&readable, 1, -1) > 0 && FCGX_Accept_r(&request) >= 0) {
      answer_request(&request);
    }
  }
}

static size_t free_slot(const bool *used) {
  size_t slot = 0;
  while (slot < CONNECTIONS && used[slot]) {
    slot++;
  }
  return slot;
}

static void serve_multiplexed(int listen_fd) {
  static FCGX_Request requests[CONNECTIONS];
  static bool used[CONNECTIONS];
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[64];
  struct epoll_event listener = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.u32 = CONNECTIONS};
  epoll_ctl(poller, EPOLL_CTL_ADD, listen_fd, &listener);
  for (size_t i = 0; i < CONNECTIONS; i++) {
    FCGX_InitRequest(&requests[i], listen_fd, FCGI_FAIL_ACCEPT_ON_INTR);
  }
  for (;;) {
    int count = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < count; i++) {
      size_t slot = events[i].data.u32 == CONNECTIONS ? free_slot(used) : events[i].data.u32;
      if (slot == CONNECTIONS) {
        continue;
      }
      used[slot] = false;
      if (FCGX_Accept_r(&requests[slot]) < 0) {
        continue;
      }
      answer_request(&requests[slot]);
      if (requests[slot].ipcFd >= 0) {
        struct epoll_event kept = {.events = EPOLLIN, .data.u32 = (uint32_t)slot};
        /* libfcgi may have closed the old descriptor and accepted a new one of the same number: always add. */
        if (epoll_ctl(poller, EPOLL_CTL_ADD, requests[slot].ipcFd, &kept) != 0 && errno != EEXIST) {
          perror("epoll_ctl");
        }
        used[slot] = true;
      }
    }
  }
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "null_worker: the socket's path is too long\n");
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  unlink(path);
  umask(0117);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
    perror("null_worker: socket");
    return -1;
  }
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: null_worker SOCKET PROCESSES multiplexed|loop\n");
    return 2;
  }
  FCGX_Init();
  int listen_fd = listen_on(argv[1]);
  if (listen_fd < 0) {
    return 1;
  }
  long processes = strtol(argv[2], NULL, 10);
  for (long i = 0; i < processes; i++) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL); /* libfcgi catches SIGTERM */
      if (strcmp(argv[3], "loop") == 0) {
        serve_loop(listen_fd);
      }
      serve_multiplexed(listen_fd);
    }
  }
  while (wait(NULL) > 0) {
  }
  return 0;
}
