/* SPDX-License-Identifier: ISC */
/* What is kept of from where a session is used: the address as the setting view_ip allows, and the client's name. */
#ifndef MEDIAGATE_API_ACCOUNTS_SESSION_ORIGIN_H
#define MEDIAGATE_API_ACCOUNTS_SESSION_ORIGIN_H

#include "api/call.h"
#include "domain/address.h"
#include "store/accounts/session_store.h"

struct session_origin_texts {
  char address[ADDRESS_TEXT_SIZE];
  char client[SESSION_CLIENT_SIZE];
};

/* The whole address, its network (/24, /48) or none, as view_ip is full, truncated or hashed. The result points into
 * `storage`. */
struct session_origin session_origin_of(const struct call *call, struct session_origin_texts *storage);

#endif
