/* SPDX-License-Identifier: ISC */
/*
 * Puts objects: one request for a small file; parts for a large one. All parts but the last are of one size, which some
 * services insist on.
 */
#include "config.h"

#include "objects/object_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "objects/object_store_private.h"
#include "objects/object_xml.h"

#define MIB            (INT64_C(1) << 20)
#define PART_BYTES_MIN (16 * MIB)
#define PARTS_MAX      9000 /* services take 10,000 */
#define PARTS_AT_ONCE  3
#define FILES_AT_ONCE  OBJECT_FLIGHTS_MAX
#define UPLOAD_ID_SIZE (OBJECT_QUERY_SIZE / 4)

struct parts {
  const char *key;
  int fd;
  int64_t size_bytes, part_bytes, next_number, count;
  char (*etags)[OBJECT_ETAG_SIZE];
  char upload_query[OBJECT_QUERY_SIZE / 2]; /* "uploadId=…", escaped */
};

static int64_t part_size(int64_t size_bytes) {
  int64_t least = (size_bytes + PARTS_MAX - 1) / PARTS_MAX;
  return least <= PART_BYTES_MIN ? PART_BYTES_MIN : (least + MIB - 1) / MIB * MIB;
}

static struct object_request request_of(enum object_method method, const char *key) {
  struct object_request request = {.method = method, .body_fd = -1, .answer_fd = -1};
  snprintf(request.key, sizeof request.key, "%s", key);
  return request;
}

static enum error next_part(void *context, struct object_request *request) {
  struct parts *parts = context;
  if (parts->next_number > parts->count) {
    return ERROR_NOT_FOUND;
  }
  int64_t offset = (parts->next_number - 1) * parts->part_bytes, left = parts->size_bytes - offset;
  *request = request_of(OBJECT_PUT, parts->key);
  snprintf(request->query, sizeof request->query, "partNumber=%" PRId64 "&%s", parts->next_number, parts->upload_query);
  request->number = parts->next_number++;
  request->body_fd = parts->fd;
  request->body_offset = offset;
  request->body_size = left < parts->part_bytes ? left : parts->part_bytes;
  return ERROR_NONE;
}

static enum error note_part(void *context, struct object_request *request, enum error error) {
  struct parts *parts = context;
  if (error == ERROR_NONE) {
    memcpy(parts->etags[request->number - 1], request->etag, OBJECT_ETAG_SIZE);
    error = request->etag[0] == '\0' ? ERROR_STORE_AWAY : ERROR_NONE;
  }
  return error;
}

static enum error begin_parts(struct object_store *store, struct parts *parts, const char *content_type) {
  struct object_request request = request_of(OBJECT_POST, parts->key);
  struct text answer = {0}, query = {0};
  char id[UPLOAD_ID_SIZE];
  snprintf(request.query, sizeof request.query, "uploads=");
  request.content_type = content_type;
  request.body_text = "";
  enum error error = object_store_ask(store, &request, &answer);
  if (error == ERROR_NONE) {
    error = answer.length == 0 ? ERROR_STORE_AWAY : object_xml_find(answer.data, "UploadId", id, sizeof id);
  }
  if (error == ERROR_NONE) {
    text_append(&query, "uploadId=");
    object_store_append_escaped(&query, id);
    error = query.failed ? ERROR_MEMORY : query.length >= sizeof parts->upload_query ? ERROR_TOO_LARGE : ERROR_NONE;
  }
  if (error == ERROR_NONE) {
    snprintf(parts->upload_query, sizeof parts->upload_query, "%s", query.data);
  }
  text_free(&answer);
  text_free(&query);
  return error;
}

static enum error complete_parts(struct object_store *store, const struct parts *parts) {
  struct object_request request = request_of(OBJECT_POST, parts->key);
  struct text document = {0};
  text_append(&document, "<CompleteMultipartUpload>");
  for (int64_t i = 0; i < parts->count; i++) {
    text_appendf(&document, "<Part><PartNumber>%" PRId64 "</PartNumber><ETag>&quot;%s&quot;</ETag></Part>", i + 1,
                 parts->etags[i]);
  }
  text_append(&document, "</CompleteMultipartUpload>");
  snprintf(request.query, sizeof request.query, "%s", parts->upload_query);
  request.content_type = "application/xml";
  request.body_text = document.data;
  request.body_size = (int64_t)document.length;
  enum error error = document.failed ? ERROR_MEMORY : object_store_ask(store, &request, NULL);
  text_free(&document);
  /* After a lost answer the upload is complete and not known any more: the object's size tells. */
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

/* What fails here is found by the sweep, or by the bucket's own rule. */
static void abort_parts(struct object_store *store, const struct parts *parts) {
  struct object_request request = request_of(OBJECT_DELETE, parts->key);
  request.once = true;
  snprintf(request.query, sizeof request.query, "%s", parts->upload_query);
  enum error error = object_store_ask(store, &request, NULL);
  (void)error;
}

static enum error put_parts(struct object_store *store, struct parts *parts, const char *content_type) {
  enum error error = begin_parts(store, parts, content_type);
  if (error != ERROR_NONE) {
    return error;
  }
  parts->etags = calloc((size_t)parts->count, sizeof *parts->etags);
  error = parts->etags == NULL ? ERROR_MEMORY
                               : object_flights_run(store->flights, PARTS_AT_ONCE, next_part, note_part, parts);
  if (error == ERROR_NONE) {
    error = complete_parts(store, parts);
  }
  if (error != ERROR_NONE) {
    abort_parts(store, parts);
  }
  free(parts->etags);
  return error;
}

static enum error put_whole(struct object_store *store, const char *key, const char *content_type, int fd,
                            int64_t size_bytes) {
  struct object_request request = request_of(OBJECT_PUT, key);
  request.content_type = content_type;
  request.body_fd = fd;
  request.body_size = size_bytes;
  return object_store_ask(store, &request, NULL);
}

enum error object_store_put(struct object_store *store, const char *key, const char *content_type, int fd,
                            int64_t size_bytes) {
  struct parts parts = {
      .key = key, .fd = fd, .size_bytes = size_bytes, .part_bytes = part_size(size_bytes), .next_number = 1};
  int64_t stored = -1;
  if (!object_store_is_key(key)) {
    return ERROR_INVALID;
  }
  parts.count = (size_bytes + parts.part_bytes - 1) / parts.part_bytes;
  enum error error =
      parts.count <= 1 ? put_whole(store, key, content_type, fd, size_bytes) : put_parts(store, &parts, content_type);
  if (error == ERROR_NONE) {
    error = object_store_look(store, key, &stored);
  }
  if (error == ERROR_NONE && stored != size_bytes) {
    error = ERROR_STORE_AWAY;
  }
  return object_store_as_away(error);
}

/* --- many files ------------------------------------------------------------------------------------ */

struct files {
  object_store_next_source *next;
  void *context;
  int64_t count;
};

static enum error next_file(void *context, struct object_request *request) {
  struct files *files = context;
  struct object_source source = {.fd = -1};
  enum error error = files->next(files->context, &source);
  if (error != ERROR_NONE) {
    return error;
  }
  *request = request_of(OBJECT_PUT, source.key);
  request->content_type = source.content_type;
  request->body_fd = source.fd;
  request->body_size = source.size_bytes;
  if (!object_store_is_key(source.key)) {
    file_close_cleanup(&request->body_fd);
    return ERROR_INVALID;
  }
  return ERROR_NONE;
}

static enum error close_file(void *context, struct object_request *request, enum error error) {
  struct files *files = context;
  file_close_cleanup(&request->body_fd);
  files->count += error == ERROR_NONE;
  return error;
}

enum error object_store_put_all(struct object_store *store, object_store_next_source *next, void *context,
                                int64_t *ret_count) {
  struct files files = {.next = next, .context = context};
  enum error error = object_flights_run(store->flights, FILES_AT_ONCE, next_file, close_file, &files);
  *ret_count = files.count;
  return object_store_as_away(error);
}
