/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI parameters of a request: what is taken has a path, a clean request id and one spelling of its address.
 * The input is a list of "NAME=value", separated by line feeds.
 */
#include "config.h"

#include "http/request.h"

#include "fuzz.h"

#define PARAMETERS_MAX 32

static size_t split(char *text, char *ret_list[PARAMETERS_MAX + 1]) {
  size_t count = 0;
  for (char *at = text; at != NULL && count < PARAMETERS_MAX;) {
    char *end = strchr(at, '\n');
    if (end != NULL) {
      *end++ = '\0';
    }
    ret_list[count++] = at;
    at = end;
  }
  ret_list[count] = NULL;
  return count;
}

static void check_request(const struct request *request) {
  char again[ADDRESS_TEXT_SIZE];
  FUZZ_REQUIRE(request->path[0] == '/' && request->method <= HTTP_OTHER);
  FUZZ_REQUIRE(strlen(request->request_id) >= 8 && strlen(request->request_id) <= 64);
  FUZZ_REQUIRE(request->request_id[strcspn(request->request_id, "\"\\\r\n <>{}")] == '\0');
  FUZZ_REQUIRE(request->host[strcspn(request->host, "\"\\/ <>{}")] == '\0');
  FUZZ_REQUIRE(request->content_length >= -1 && (request->content_length <= 0 || request->has_body));
  FUZZ_REQUIRE(memchr(request->remote_address, '\0', sizeof request->remote_address) != NULL);
  if (address_canonical(request->remote_address, again) == ERROR_NONE) {
    FUZZ_REQUIRE(strcmp(again, request->remote_address) == 0);
  }
  if (request->trace.parent[0] != '\0') {
    FUZZ_REQUIRE(strlen(request->trace.parent) == TRACE_PARENT_SIZE - 1);
    FUZZ_REQUIRE(strspn(request->trace.id, "0123456789abcdef") == TRACE_ID_SIZE - 1);
    FUZZ_REQUIRE(strncmp(request->trace.parent + 3, request->trace.id, TRACE_ID_SIZE - 1) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *list[PARAMETERS_MAX + 1];
  char *text = fuzz_text(bytes, size);
  struct request request;
  (void)split(text, list);
  if (request_init_list(&request, list, NULL) == ERROR_NONE) {
    check_request(&request);
    FUZZ_REQUIRE(request_parameter(&request, "REQUEST_METHOD") != NULL);
  }
  free(text);
  return 0;
}
