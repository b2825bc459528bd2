/* SPDX-License-Identifier: ISC */
/* ETags and conditions; see the header. The store looks once more, in the statement that changes the row. */
#include "config.h"

#include "api/media/precondition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void precondition_etag(const struct media *media, char ret_etag[PRECONDITION_ETAG_SIZE]) {
  snprintf(ret_etag, PRECONDITION_ETAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)media->id,
           (uint64_t)media->updated_at_us);
}

static const char *condition(const struct call *call, const char *parameter) {
  const char *value = request_parameter(call->request, parameter);
  return value != NULL && *value != '\0' ? value : NULL;
}

bool precondition_is_set(const struct call *call) {
  return condition(call, "HTTP_IF_MATCH") != NULL || condition(call, "HTTP_IF_NONE_MATCH") != NULL;
}

/* Is the tag in the list? A weak one (W/"…") is not the same. */
static bool lists_tag(const char *list, const char *etag) {
  size_t length = strlen(etag);
  for (const char *at = list; *at != '\0'; at += strspn(at, ",")) {
    at += strspn(at, " \t");
    size_t size = strcspn(at, ",");
    size_t end = size;
    while (end > 0 && (at[end - 1] == ' ' || at[end - 1] == '\t')) {
      end--;
    }
    if ((end == length && memcmp(at, etag, length) == 0) || (end == 1 && *at == '*')) {
      return true;
    }
    at += size;
  }
  return false;
}

bool precondition_check(struct call *call, const struct media *media, struct media_change *ret_change) {
  const char *match = condition(call, "HTTP_IF_MATCH");
  const char *none = condition(call, "HTTP_IF_NONE_MATCH");
  char etag[PRECONDITION_ETAG_SIZE];
  precondition_etag(media, etag);
  if (match != NULL && !lists_tag(match, etag)) {
    response_header(call->response, "ETag", etag);
    response_problem(call->response, 412, "The medium is not as If-Match says: it was changed. Read it again.");
    return false;
  }
  bool first = none != NULL && strcmp(none, "*") == 0;
  if (first ? media->file.stored_name[0] != '\0' : none != NULL && lists_tag(none, etag)) {
    response_header(call->response, "ETag", etag);
    response_problem(call->response, 412,
                     first ? "The medium has a file already, and If-None-Match says that it may not be replaced."
                           : "The medium is as If-None-Match says that it may not be.");
    return false;
  }
  ret_change->if_updated_at_us = match != NULL && strcmp(match, "*") != 0 ? media->updated_at_us : 0;
  ret_change->if_no_file = first;
  return true;
}
