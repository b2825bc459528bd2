/* SPDX-License-Identifier: ISC */
/* See object_flight.h. */
#include "config.h"

#include "objects/object_flight.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "objects/object_xml.h"

#define CONNECT_MS       2000L
#define WHOLE_ONCE_MS    2000L /* of a request that is not tried again: somebody waits for it */
#define SLOW_SECONDS     20L
#define HASH_BYTES       ((size_t)256 * 1024)
#define HASH_HEX_SIZE    65
#define URL_SIZE         (OBJECT_KEY_SIZE + OBJECT_QUERY_SIZE + 512)
#define HASH_HEADER_SIZE (sizeof "x-amz-content-sha256: " + HASH_HEX_SIZE)

static size_t send_body(char *bytes, size_t size, size_t count, void *context) {
  struct object_flight *flight = context;
  const struct object_request *request = &flight->request;
  int64_t left = request->body_size - flight->sent;
  size_t wanted = left < (int64_t)(size * count) ? (size_t)left : size * count, got = 0;
  if (request->body_text != NULL) {
    memcpy(bytes, request->body_text + flight->sent, wanted);
    got = wanted;
  } else if (wanted > 0) {
    flight->broken = file_read_at(request->body_fd, request->body_offset + flight->sent, bytes, wanted, &got);
  }
  if (got < wanted) {
    flight->broken = flight->broken == ERROR_NONE ? ERROR_IO : flight->broken;
    return CURL_READFUNC_ABORT;
  }
  flight->sent += (int64_t)got;
  return got;
}

static int rewind_body(void *context, curl_off_t offset, int origin) {
  struct object_flight *flight = context;
  if (origin != SEEK_SET || offset < 0 || offset > flight->request.body_size) {
    return CURL_SEEKFUNC_CANTSEEK;
  }
  flight->sent = offset;
  return CURL_SEEKFUNC_OK;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says which type it is */
static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  struct object_flight *flight = context;
  struct object_request *request = &flight->request;
  long status = 0;
  (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &status);
  if (request->answer_fd >= 0 && status / 100 == 2) {
    flight->broken = file_write_all(request->answer_fd, bytes, size * count);
    return flight->broken == ERROR_NONE ? size * count : 0;
  }
  if (request->answer.length + size * count > OBJECT_ANSWER_MAX) {
    flight->broken = ERROR_TOO_LARGE;
    return 0;
  }
  text_append_bytes(&request->answer, bytes, size * count);
  return size * count;
}

/* The value of a header line, without blanks and quotes around it. */
static bool take_value(const char *line, size_t length, const char *name, char *ret_value, size_t value_size) {
  size_t name_length = strlen(name);
  if (length <= name_length || strncasecmp(line, name, name_length) != 0) {
    return false;
  }
  const char *begin = line + name_length, *end = line + length;
  while (begin < end && strchr(" \t\"", *begin) != NULL) {
    begin++;
  }
  while (end > begin && strchr(" \t\r\n\"", end[-1]) != NULL) {
    end--;
  }
  if ((size_t)(end - begin) >= value_size) {
    return false;
  }
  memcpy(ret_value, begin, (size_t)(end - begin));
  ret_value[end - begin] = '\0';
  return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says which type it is */
static size_t take_header(char *line, size_t size, size_t count, void *context) {
  struct object_flight *flight = context;
  char date[64];
  (void)take_value(line, size * count, "ETag:", flight->request.etag, sizeof flight->request.etag);
  if (take_value(line, size * count, "Date:", date, sizeof date)) {
    flight->date = (int64_t)curl_getdate(date, NULL);
  }
  return size * count;
}

static enum error hash_body(struct object_flight *flight, char ret_hex[HASH_HEX_SIZE]) {
  const struct object_request *request = &flight->request;
  unsigned char *buffer = flight->shared->buffer;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  int64_t at = 0;
  enum error error = ERROR_NONE;
  EVP_MD_CTX *hash = EVP_MD_CTX_new();
  bool fine = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
  if (fine && request->body_text != NULL) {
    fine = EVP_DigestUpdate(hash, request->body_text, (size_t)request->body_size) == 1;
    at = request->body_size;
  }
  while (fine && error == ERROR_NONE && at < request->body_size) {
    int64_t left = request->body_size - at;
    size_t got = 0;
    error = file_read_at(request->body_fd, request->body_offset + at, buffer,
                         left < (int64_t)HASH_BYTES ? (size_t)left : HASH_BYTES, &got);
    error = error == ERROR_NONE && got == 0 ? ERROR_IO : error;
    fine = error != ERROR_NONE || EVP_DigestUpdate(hash, buffer, got) == 1;
    at += (int64_t)got;
  }
  fine = fine && error == ERROR_NONE && EVP_DigestFinal_ex(hash, digest, &digest_size) == 1;
  EVP_MD_CTX_free(hash);
  if (fine) {
    text_hex_encode(digest, digest_size, ret_hex);
  }
  return fine ? ERROR_NONE : error == ERROR_NONE ? ERROR_MEMORY : error;
}

static bool add_header(struct object_flight *flight, const char *line) {
  struct curl_slist *longer = curl_slist_append(flight->headers, line);
  flight->headers = longer == NULL ? flight->headers : longer;
  return longer != NULL;
}

static bool set_method(struct object_flight *flight) {
  CURL *easy = flight->easy;
  const struct object_request *request = &flight->request;
  switch (request->method) {
  case OBJECT_HEAD:
    return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
  case OBJECT_PUT:
    return curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size) == CURLE_OK;
  case OBJECT_POST:
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) == CURLE_OK;
  case OBJECT_DELETE:
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE") == CURLE_OK;
  default:
    return true;
  }
}

static bool set_limits(CURL *easy, bool once) {
  return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, once ? WHOLE_ONCE_MS : 0L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_USERAGENT, "mediagate/" PACKAGE_VERSION) == CURLE_OK;
}

static bool set_transfer(struct object_flight *flight, const char *url) {
  CURL *easy = flight->easy;
  const struct object_flight_shared *shared = flight->shared;
  return curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, shared->signing) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_USERPWD, shared->user) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTPHEADER, flight->headers) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_READDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SEEKDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HEADERDATA, flight) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, flight) == CURLE_OK;
}

/* Of an attempt before. */
static enum error forget_answer(struct object_flight *flight) {
  struct object_request *request = &flight->request;
  text_clear(&request->answer);
  request->status = 0;
  request->length = -1;
  request->etag[0] = request->reason[0] = '\0';
  flight->sent = flight->date = 0;
  flight->broken = ERROR_NONE;
  if (request->answer_fd >= 0 &&
      (ftruncate(request->answer_fd, 0) != 0 || lseek(request->answer_fd, 0, SEEK_SET) != 0)) {
    return file_error_from_errno(errno);
  }
  return ERROR_NONE;
}

void object_flight_end(struct object_flight *flight) {
  if (flight->easy != NULL) {
    (void)curl_multi_remove_handle(flight->shared->multi, flight->easy);
    curl_easy_cleanup(flight->easy);
  }
  curl_slist_free_all(flight->headers);
  flight->easy = NULL;
  flight->headers = NULL;
}

static bool add_headers(struct object_flight *flight, const char *hash) {
  char line[HASH_HEADER_SIZE], type[128];
  snprintf(line, sizeof line, "x-amz-content-sha256: %s", hash);
  snprintf(type, sizeof type, "Content-Type: %s",
           flight->request.content_type == NULL ? "application/octet-stream" : flight->request.content_type);
  bool typed = flight->request.method == OBJECT_PUT || flight->request.method == OBJECT_POST;
  return add_header(flight, line) && (!typed || add_header(flight, type));
}

enum error object_flight_begin(struct object_flight *flight) {
  struct object_flight_shared *shared = flight->shared;
  const struct object_request *request = &flight->request;
  char hash[HASH_HEX_SIZE], url[URL_SIZE];
  enum error error = forget_answer(flight);
  if (error == ERROR_NONE) {
    error = hash_body(flight, hash);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(url, sizeof url, "%s/%s%s%s", shared->base, request->key, request->query[0] == '\0' ? "" : "?",
           request->query);
  flight->attempts++;
  flight->easy = curl_easy_init();
  if (flight->easy == NULL || !add_headers(flight, hash) || !set_transfer(flight, url) ||
      !set_limits(flight->easy, request->once) || !set_method(flight) ||
      curl_multi_add_handle(shared->multi, flight->easy) != CURLM_OK) {
    object_flight_end(flight);
    return ERROR_MEMORY;
  }
  return ERROR_NONE;
}

/* --- judging -------------------------------------------------------------------------------------- */

static enum error judge_transport(const struct object_flight *flight, CURLcode code) {
  if (flight->broken != ERROR_NONE) {
    return flight->broken;
  }
  return code == CURLE_OUT_OF_MEMORY ? ERROR_MEMORY : ERROR_STORE_AWAY;
}

static enum error judge_status(struct object_request *request) {
  const char *answer = request->answer.length == 0 ? "" : request->answer.data;
  bool failed_late = request->status == 200 && strstr(answer, "<Error>") != NULL; /* a Complete may end so */
  if (request->answer.failed) {
    return ERROR_MEMORY;
  }
  if (request->status / 100 == 2 && !failed_late) {
    return ERROR_NONE;
  }
  if (object_xml_find(answer, "Code", request->reason, sizeof request->reason) != ERROR_NONE) {
    request->reason[0] = '\0';
  }
  if (strcmp(request->reason, "XAmzContentSHA256Mismatch") == 0 || strcmp(request->reason, "BadDigest") == 0) {
    return ERROR_IO;
  }
  if (strcmp(request->reason, "QuotaExceeded") == 0 || request->status == 507) {
    return ERROR_NO_SPACE;
  }
  switch (request->status) {
  case 403:
    return ERROR_DENIED;
  case 404:
    return ERROR_NOT_FOUND;
  default:
    return request->status >= 500 || request->status == 429 || failed_late ? ERROR_STORE_AWAY : ERROR_INVALID;
  }
}

static void note_failure(struct object_flight_shared *shared, const struct object_request *request) {
  static const char *const methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
  char status[16] = "";
  if (request->status != 0) {
    snprintf(status, sizeof status, "%ld ", request->status);
  }
  snprintf(shared->last_error, sizeof shared->last_error, "%s %s: %s%s", methods[request->method], request->key, status,
           request->reason);
}

enum error object_flight_judge(struct object_flight *flight, CURLcode code) {
  struct object_request *request = &flight->request;
  curl_off_t length = -1;
  enum error error;
  (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &request->status);
  (void)curl_easy_getinfo(flight->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  request->length = (int64_t)length;
  if (flight->date > 0) {
    request->clock_ahead_seconds = clock_now_seconds() - flight->date;
  }
  if (code == CURLE_OK) {
    error = judge_status(request);
  } else {
    error = judge_transport(flight, code);
    snprintf(request->reason, sizeof request->reason, "%s", curl_easy_strerror(code));
  }
  if (error != ERROR_NONE) {
    note_failure(flight->shared, request);
  }
  return error;
}

/* "https://bucket.host" or "https://host/bucket". */
static bool write_base(const struct object_store_options *options, char *ret_base, size_t base_size) {
  const char *host = strstr(options->endpoint, "://");
  int length = host == NULL          ? -1
               : options->path_style ? snprintf(ret_base, base_size, "%s/%s", options->endpoint, options->bucket)
                                     : snprintf(ret_base, base_size, "%.*s://%s.%s", (int)(host - options->endpoint),
                                                options->endpoint, options->bucket, host + 3);
  return length > 0 && (size_t)length < base_size;
}

enum error object_flight_share(const struct object_store_options *options, struct object_flight_shared *ret_shared) {
  struct object_flight_shared shared = {.multi = NULL};
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return ERROR_MEMORY;
  }
  int signing = snprintf(shared.signing, sizeof shared.signing, "aws:amz:%s:s3", options->region);
  bool fits =
      write_base(options, shared.base, sizeof shared.base) && signing > 0 && (size_t)signing < sizeof shared.signing;
  snprintf(shared.user, sizeof shared.user, "%s:%s", options->credentials.access_key, options->credentials.secret_key);
  shared.multi = curl_multi_init();
  shared.buffer = malloc(HASH_BYTES);
  bool good = fits && shared.multi != NULL && shared.buffer != NULL;
  if (good) {
    *ret_shared = shared;
  } else {
    object_flight_unshare(&shared);
  }
  explicit_bzero(shared.user, sizeof shared.user);
  return good ? ERROR_NONE : fits ? ERROR_MEMORY : ERROR_INVALID;
}

void object_flight_unshare(struct object_flight_shared *shared) {
  if (shared->multi != NULL) {
    (void)curl_multi_cleanup(shared->multi);
  }
  free(shared->buffer);
  explicit_bzero(shared, sizeof *shared);
  curl_global_cleanup();
}
