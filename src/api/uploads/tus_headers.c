/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "api/uploads/tus_headers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "http/content_type.h"
#include "base/text_parse.h"
#include "domain/medium.h"
#include "store/media/upload_store.h"

#define CONTENT_TYPE "application/offset+octet-stream"

const char *tus_headers_get(const struct call *call, const char *name) {
  char parameter[64];
  snprintf(parameter, sizeof parameter, "HTTP_%s", name);
  const char *value = request_parameter(call->request, parameter);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

bool tus_headers_check_version(const struct call *call) {
  const char *version = tus_headers_get(call, "TUS_RESUMABLE");
  if (version != NULL && strcmp(version, TUS_VERSION) == 0) {
    return true;
  }
  response_header(call->response, "Tus-Version", TUS_VERSION);
  response_problem(call->response, 412, "Send \"Tus-Resumable: " TUS_VERSION "\"; no other version is spoken here.");
  return false;
}

bool tus_headers_check_type(const struct call *call) {
  if (content_type_is(call->request->content_type, CONTENT_TYPE)) { /* some clients add a charset */
    return content_type_is_plain(call->request, call->response);
  }
  response_problem(call->response, 415, "Bytes of an upload are sent with \"Content-Type: " CONTENT_TYPE "\".");
  return false;
}

bool tus_headers_number(const struct call *call, const char *name, int64_t *ret_number) {
  const char *text = tus_headers_get(call, name);
  uint64_t number = 0;
  if (text == NULL) {
    return true;
  }
  if (text_parse_u64(text, strlen(text), INT64_MAX, &number) != ERROR_NONE) {
    response_problem(call->response, 400, "Upload-Offset and Upload-Length are whole numbers from 0 up.");
    return false;
  }
  *ret_number = (int64_t)number;
  return true;
}

bool tus_headers_length(const struct call *call, int64_t *ret_length) {
  const char *deferred = tus_headers_get(call, "UPLOAD_DEFER_LENGTH");
  int64_t length = UPLOAD_LENGTH_UNKNOWN;
  if (!tus_headers_number(call, "UPLOAD_LENGTH", &length)) {
    return false;
  }
  if ((deferred != NULL && strcmp(deferred, "1") != 0) || (deferred != NULL) == (length != UPLOAD_LENGTH_UNKNOWN)) {
    response_problem(call->response, 400, "Send either Upload-Length, or \"Upload-Defer-Length: 1\".");
    return false;
  }
  *ret_length = length;
  return true;
}

bool tus_headers_checksum(const struct call *call, struct chunk_checksum **ret_checksum) {
  const char *text = tus_headers_get(call, "UPLOAD_CHECKSUM");
  *ret_checksum = NULL;
  if (text == NULL) {
    return true;
  }
  size_t algorithm = strcspn(text, " ");
  enum error error =
      text[algorithm] == '\0' ? ERROR_INVALID : chunk_checksum_new(text, algorithm, text + algorithm + 1, ret_checksum);
  if (error == ERROR_UNSUPPORTED) {
    response_problem(call->response, 400, "This checksum is not known here; these are: " CHUNK_CHECKSUM_ALGORITHMS ".");
  } else if (error == ERROR_INVALID) {
    response_problem(call->response, 400,
                     "Upload-Checksum is the algorithm, a blank, and the digest of the body in base64.");
  } else if (error != ERROR_NONE) {
    response_error(call->response, error);
  }
  return error == ERROR_NONE;
}

/* --- metadata --- */

#define VALUE_SIZE 2048 /* longer values are none that we look at */

static const char *const names[] = {"title", "filename", "name", "type", "filetype", "media_id"};
enum { TITLE, FILENAME, NAME, TYPE, FILETYPE, MEDIA_ID, NAME_COUNT };

struct values {
  char text[NAME_COUNT][VALUE_SIZE]; /* "" for none */
};

static void refuse_metadata(struct response *response, const char *name, const char *what) {
  char pointer[64];
  snprintf(pointer, sizeof pointer, "Upload-Metadata/%.40s", name);
  response_field_error(response, pointer, "%s", what);
}

/* One "name base64" pair; the value may be missing. A name that is not ours is checked for its form only. */
static void read_pair(const char *pair, size_t length, struct response *response, struct values *values) {
  const char *space = memchr(pair, ' ', length);
  size_t name_length = space == NULL ? length : (size_t)(space - pair);
  const char *value = space == NULL ? "" : space + 1;
  size_t value_length = space == NULL ? 0 : length - name_length - 1;
  char name[41];
  char decoded[UPLOAD_METADATA_SIZE];
  size_t size = 0;
  snprintf(name, sizeof name, "%.*s", (int)(name_length < 40 ? name_length : 40), pair);
  if (name_length == 0 || value_length > sizeof decoded ||
      text_base64_decode(value, value_length, decoded, &size) != ERROR_NONE) {
    refuse_metadata(response, name_length == 0 ? "?" : name, "must be a name, a blank, and the value in base64");
    return;
  }
  for (size_t i = 0; i < NAME_COUNT; i++) {
    if (strcmp(name, names[i]) != 0) {
      continue;
    }
    if (size >= VALUE_SIZE || !text_is_utf8(decoded, size) || text_has_control(decoded, size)) {
      refuse_metadata(response, name, "must be UTF-8 without control characters, and not that long");
    } else if (values->text[i][0] != '\0') {
      refuse_metadata(response, name, "may be given once only");
    } else {
      memcpy(values->text[i], decoded, size);
      values->text[i][size] = '\0';
    }
  }
}

static void read_pairs(const char *header, struct response *response, struct values *values) {
  while (header != NULL && *header != '\0') {
    size_t length = strcspn(header, ",");
    size_t skipped = strspn(header, " ");
    skipped = skipped < length ? skipped : length;
    read_pair(header + skipped, length - skipped, response, values);
    header += length + (header[length] == ',');
  }
}

/* ERROR_MEMORY; what else is wrong is noted. */
static enum error read_metadata_title(struct values *values, struct response *response, struct tus_metadata *metadata) {
  int from = values->text[TITLE][0] != '\0' ? TITLE : values->text[FILENAME][0] != '\0' ? FILENAME : NAME;
  char *title = values->text[from];
  text_trim(title);
  if (title[0] == '\0') {
    refuse_metadata(response, "title", "is missing, and so is filename; or give media_id, to replace a medium's file");
    return ERROR_NONE;
  }
  enum error error = media_fields_title(title, metadata->title);
  if (error == ERROR_TOO_LARGE) {
    refuse_metadata(response, names[from], "must be at most 300 characters long, since it is the medium's title");
    return ERROR_NONE;
  }
  return error;
}

/* Of a media type (RFC 9110, section 8.3.1: without regard to case): can it be a film's or a sound's? */
static bool is_possible(const char *type) {
  static const char *const none[] = {"image/",    "font/",           "text/plain",
                                     "text/html", "application/pdf", "application/zip"};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    if (strncasecmp(type, none[i], strlen(none[i])) == 0) {
      return false;
    }
  }
  return true;
}

/* "video" or "audio" is what the medium is until its file is there, whose content decides. A media type is a browser's
 * guess by the file's name, often wrong or none. What can be no film is told before its bytes are sent. */
static void read_metadata_type(const struct values *values, struct response *response, struct tus_metadata *metadata) {
  int from = values->text[TYPE][0] != '\0' ? TYPE : FILETYPE;
  const char *type = values->text[from];
  bool word = from == TYPE && strchr(type, '/') == NULL && type[0] != '\0';
  metadata->type = MEDIA_UNKNOWN;
  if (word && !media_fields_parse_type(type, &metadata->type)) {
    refuse_metadata(response, "type", "must be \"video\" or \"audio\", or a media type; without one the file decides");
  } else if (!word && !is_possible(type)) {
    refuse_metadata(response, names[from], "is of no film and no sound");
  }
}

bool tus_headers_metadata(const char *header, struct response *response, struct tus_metadata *ret_metadata) {
  struct values values = {.text = {""}};
  struct tus_metadata metadata = {.media_id = 0};
  uint64_t media_id = 0;
  enum error error = ERROR_NONE;
  read_pairs(header, response, &values);
  const char *id_text = values.text[MEDIA_ID];
  if (id_text[0] != '\0') {
    if (text_parse_u64(id_text, strlen(id_text), INT64_MAX, &media_id) != ERROR_NONE || media_id == 0) {
      refuse_metadata(response, "media_id", "must be the id of a medium");
    }
    metadata.media_id = (int64_t)media_id;
  } else {
    error = read_metadata_title(&values, response, &metadata);
    read_metadata_type(&values, response, &metadata);
  }
  if (error != ERROR_NONE) {
    response_error(response, error);
    return false;
  }
  if (response_has_field_errors(response)) {
    response_problem_fields(response);
    return false;
  }
  *ret_metadata = metadata;
  return true;
}
