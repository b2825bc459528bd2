/* SPDX-License-Identifier: ISC */
/*
 * A FastCGI client for tests of pools: asks a worker on its socket as nginx does, for an answer that is a number.
 */
#ifndef MEDIAGATE_TESTS_FCGI_CLIENT_H
#define MEDIAGATE_TESTS_FCGI_CLIENT_H

#include <stdbool.h>

/* A connection, once somebody listens. The test fails when nobody does in time. */
int fcgi_client_connect(const char *path, int timeout_ms);
/* A request whose QUERY_STRING is `action`. False when the peer is gone. */
bool fcgi_client_send(int fd, const char *action, bool keep);
/* The number in the answer, -1 when there is none: the connection ended, or the time. */
int fcgi_client_receive(int fd, int timeout_ms);
/* Whether the peer closes the connection in time, and says nothing more. */
bool fcgi_client_is_closed(int fd, int timeout_ms);

#endif
