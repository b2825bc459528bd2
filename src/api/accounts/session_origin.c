/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/accounts/session_origin.h"

#include <string.h>

#include "base/text.h"

/* A pseudonym of a day would tell nobody that a session is theirs, so "hashed" keeps nothing. */
static void keep_address(const struct call *call, char ret_address[ADDRESS_TEXT_SIZE]) {
  const char *address = call->request->remote_address;
  enum address_mode mode = (enum address_mode)call->app->settings->view_ip;
  if (mode == ADDRESS_HASHED || address_canonical(address, ret_address) != ERROR_NONE) {
    ret_address[0] = '\0';
  } else if (mode == ADDRESS_TRUNCATED) {
    address_prefix(address, 24, 48, ret_address);
  }
}

/* Cut between characters: a byte of the form 10xxxxxx goes on with the one before. */
static void keep_client(const struct call *call, char ret_client[SESSION_CLIENT_SIZE]) {
  const char *client = call->request->user_agent;
  size_t size = strlen(client);
  ret_client[0] = '\0';
  if (!text_is_utf8(client, size)) {
    return;
  }
  if (size >= SESSION_CLIENT_SIZE) {
    size = SESSION_CLIENT_SIZE - 1;
    while (size > 0 && ((unsigned char)client[size] & 0xc0) == 0x80) {
      size--;
    }
  }
  memcpy(ret_client, client, size);
  ret_client[size] = '\0';
}

struct session_origin session_origin_of(const struct call *call, struct session_origin_texts *storage) {
  keep_address(call, storage->address);
  keep_client(call, storage->client);
  return (struct session_origin){.address = storage->address, .client = storage->client};
}
