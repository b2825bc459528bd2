/* SPDX-License-Identifier: ISC */
/*
 * The listening unix sockets of the pools: bound by us rather than by libfcgi, which follows the umask, unlinks
 * whatever is there and calls exit() when it fails. Non-blocking, close-on-exec, mode 0660: whoever can connect can
 * crash a worker, so that only nginx's group may.
 */
#ifndef MEDIAGATE_PROCESS_LISTENER_H
#define MEDIAGATE_PROCESS_LISTENER_H

#include "base/error.h"

#define LISTENER_BACKLOG 1024 /* none lost at 1,000 clients; nginx caps its connections below that */

/* Binds and listens. A stale socket file is replaced; ERROR_CONFLICT when somebody listens there, ERROR_TOO_LARGE when
 * the path is longer than 107 bytes, else ERROR_IO with errno. */
enum error listener_open(const char *path, int *ret_fd) MUST_CHECK;
/* Checks and prepares a socket that was passed to us. ERROR_INVALID when it is not a listening unix stream socket. */
enum error listener_adopt(int fd) MUST_CHECK;
/* Lets no new connection in, leaves those that are queued, and removes the file. The workers see the shutdown. */
void listener_shut(int fd, const char *path);

#endif
