/* SPDX-License-Identifier: ISC */
/*
 * Two servers, since proxy_pass with variables is evaluated on hits as well: a hit must run no script, and each missing
 * slice must be signed anew, however long ago its film began. The cache's key has no signature in it, so all viewers of
 * a film share it; who may play is decided before.
 */
#include "config.h"

#include "config/nginx_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "domain/origin.h"

#define KEYS_PER_MIB INT64_C(8000) /* that a zone of one MiB holds */
#define SOCKET       "store.sock"
#define CACHE        "slices"

/* --- http level ------------------------------------------------------------------------------------- */

/* The map's source is a word: its file has the value of each. */
static void append_keys(const struct settings *settings, struct text *text) {
  static const char *const names[] = {"access_key", "secret_key"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    text_appendf(text, "map %s $mediagate_store_%s { default \"\"; include \"%s\"; }\n", names[i], names[i],
                 settings->s3_read_key_file);
  }
}

/* Slices of 1 MiB, each a file and a key. */
static void append_cache(const struct settings *settings, struct text *text) {
  int64_t zone = settings->s3_cache_size / KEYS_PER_MIB + 8;
  text_appendf(text,
               "proxy_cache_path \"%s/" CACHE "\" levels=1:2 keys_zone=mediagate_store:%" PRId64 "m max_size=%" PRId64
               "m inactive=365d use_temp_path=off;\n",
               settings->s3_cache_dir, zone, settings->s3_cache_size);
}

struct service {
  struct origin origin;
  char host[ORIGIN_HOST_SIZE + 72]; /* with the bucket's name before it, where that is asked for */
  char authority[ORIGIN_HOST_SIZE + 80];
  char path[72]; /* before the key: "/bucket/" or "/" */
};

static void describe_service(const struct settings *settings, struct service *service) {
  const char *reason;
  enum error error = origin_parse(settings->s3_endpoint, strlen(settings->s3_endpoint), &service->origin, &reason);
  (void)error; /* settings_check saw it */
  snprintf(service->host, sizeof service->host, "%s%s%s", settings->s3_path_style ? "" : settings->s3_bucket,
           settings->s3_path_style ? "" : ".", service->origin.host);
  if (service->origin.port_is_default) {
    snprintf(service->authority, sizeof service->authority, "%s", service->host);
  } else {
    snprintf(service->authority, sizeof service->authority, "%s:%u", service->host, service->origin.port);
  }
  snprintf(service->path, sizeof service->path, "%s%s/", settings->s3_path_style ? "/" : "",
           settings->s3_path_style ? settings->s3_bucket : "");
}

/* One location that asks the service: nothing of the viewer reaches it but the range. */
static void append_question(const struct settings *settings, const char *ca_file, const struct service *service,
                            const char *name, const char *range, const char *filter, struct text *text) {
  bool resolved_later = settings->resolver[0] != '\0';
  text_appendf(text,
               "  location %s {\n"
               "    set $mediagate_store_path $uri;\n"
               "    set $mediagate_store_host \"%s\";\n"
               "    set $mediagate_store_region \"%s\";\n",
               name, service->authority, settings->s3_region);
  text_appendf(text,
               "    proxy_http_version 1.1;\n"
               "    proxy_pass_request_headers off;\n"
               "    proxy_pass_request_body off;\n"
               "    proxy_set_header Host $mediagate_store_host;\n"
               "    proxy_set_header Connection \"\";\n"
               "    proxy_set_header User-Agent mediagate;\n"
               "    proxy_set_header Range %s;\n"
               "    proxy_max_temp_file_size 0;\n"
               "    proxy_buffers 16 64k;\n"
               "    proxy_buffer_size 64k;\n"
               "    proxy_busy_buffers_size 128k;\n"
               "    proxy_next_upstream off;\n",
               range);
  text_appendf(text, "    proxy_connect_timeout %" PRId64 "ms;\n    proxy_read_timeout %" PRId64 "ms;\n",
               settings->s3_timeout, settings->s3_timeout);
  if (strcmp(service->origin.scheme, "https") == 0) {
    text_appendf(text,
                 "    proxy_ssl_server_name on;\n    proxy_ssl_name \"%s\";\n    proxy_ssl_verify on;\n"
                 "    proxy_ssl_verify_depth 5;\n    proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
                 "    proxy_ssl_trusted_certificate \"%s\";\n",
                 service->host, ca_file);
  }
  text_appendf(text, "    js_header_filter mediagate_origin.%s;\n", filter);
  if (resolved_later) {
    text_appendf(text, "    set $mediagate_store_address \"%s:%u\";\n", service->host, service->origin.port);
  }
  text_appendf(text, "    proxy_pass %s://%s$uri?$mediagate_store_query;\n", service->origin.scheme,
               resolved_later ? "$mediagate_store_address" : "mediagate_store_service");
}

/* Nobody but nginx's own workers reaches this server: its socket lies in a folder of theirs. Of what the service says
 * only the headers of a file pass (deploy/origin.js). A range behind the end is answered with the size, which not every
 * service tells: its first byte is asked for. */
static void append_signer(const struct settings *settings, const char *ca_file, const struct service *service,
                          struct text *text) {
  bool resolved_later = settings->resolver[0] != '\0';
  text_append(text, "js_set $mediagate_store_query mediagate_origin.presign;\n");
  if (!resolved_later) {
    text_appendf(text, "upstream mediagate_store_service {\n  server %s:%u;\n  keepalive 32;\n}\n", service->host,
                 service->origin.port);
  }
  text_appendf(text, "upstream mediagate_store_signer {\n  server \"unix:%s/" SOCKET "\";\n  keepalive 32;\n}\n",
               settings->s3_cache_dir);
  text_appendf(text,
               "server {\n  listen \"unix:%s/" SOCKET "\";\n  server_tokens off;\n  access_log off;\n"
               "  error_log \"%s/error.log\" error;\n  keepalive_requests 100000;\n  keepalive_timeout 1h;\n",
               settings->s3_cache_dir, settings->log_dir);
  if (resolved_later) {
    text_appendf(text, "  resolver %s valid=30s;\n", settings->resolver);
  }
  append_question(settings, ca_file, service, "/", "$http_range", "filter_store", text);
  text_append(text, "    proxy_intercept_errors on;\n    error_page 416 @size;\n  }\n");
  append_question(settings, ca_file, service, "@size", "bytes=0-0", "tell_size", text);
  text_append(text, "  }\n}\n");
}

/* --- server level ----------------------------------------------------------------------------------- */

/* What cannot be had is 404 where the bucket says so, 503 else. proxy_cache_background_update would break slices, and
 * so would an error page that is a named location. */
static void append_location(const struct settings *settings, const struct service *service, struct text *text) {
  text_appendf(text, "location @media_store {\n  error_log \"%s/error.log\" emerg; # as the stream location\n",
               settings->log_dir);
  text_appendf(text, "  set $mediagate_store_key \"%smedia/$stream_media/$stream_path\";\n", service->path);
  text_append(text, "  gzip off;\n"
                    "  mirror /_start;\n"
                    "  mirror_request_body off;\n"
                    "  slice 1m;\n"
                    "  proxy_set_header Range $slice_range;\n"
                    "  proxy_set_header Host store;\n"
                    "  proxy_set_header Connection \"\";\n"
                    "  proxy_force_ranges off;\n"
                    "  proxy_buffers 16 64k;\n"
                    "  proxy_buffer_size 64k;\n"
                    "  proxy_busy_buffers_size 128k;\n"
                    "  proxy_cache mediagate_store;\n"
                    "  proxy_cache_key $mediagate_store_key$slice_range;\n"
                    "  proxy_cache_valid 200 206 365d;\n"
                    "  proxy_cache_lock on;\n"
                    "  proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;\n"
                    "  proxy_hide_header Content-Type;\n"
                    "  proxy_ssl_verify off; # plain, over a socket\n"
                    "  proxy_intercept_errors on;\n");
  text_appendf(text,
               "  proxy_cache_lock_timeout %" PRId64 "ms;\n  proxy_cache_lock_age %" PRId64
               "ms;\n  proxy_connect_timeout %" PRId64 "ms;\n  proxy_read_timeout %" PRId64 "ms;\n",
               settings->s3_timeout, settings->s3_timeout, settings->s3_timeout, settings->s3_timeout);
  text_append(text, "  error_page 404 412 416 /_problem;\n"
                    "  error_page 400 401 403 405 409 429 500 501 502 503 504 =503 /_problem;\n"
                    "  add_header X-Request-Id $mediagate_request_id;\n"
                    "  add_header Strict-Transport-Security $mediagate_hsts;\n"
                    "  add_header X-Content-Type-Options nosniff;\n"
                    "  add_header Content-Type $stream_stored_type;\n"
                    "  add_header Content-Security-Policy $stream_policy;\n"
                    "  add_header Content-Disposition $stream_disposition;\n"
                    "  add_header Cache-Control \"private, max-age=60\";\n"
                    "  add_header Referrer-Policy no-referrer;\n"
                    "  add_header Access-Control-Allow-Origin $mediagate_cors_origin;\n"
                    "  add_header Access-Control-Expose-Headers $mediagate_cors_expose;\n"
                    "  add_header Vary $mediagate_cors_vary;\n"
                    "  proxy_pass http://mediagate_store_signer$mediagate_store_key;\n"
                    "}\n");
}

void nginx_store_append(const struct settings *settings, const char *ca_file, const struct nginx_store_texts *texts) {
  struct service service;
  if (settings->media_store == MEDIA_STORE_FILE) {
    text_append(texts->stream, "try_files /$stream_media/$stream_path =404;\n");
    return;
  }
  describe_service(settings, &service);
  append_keys(settings, texts->http);
  append_cache(settings, texts->http);
  append_signer(settings, ca_file, &service, texts->http);
  append_location(settings, &service, texts->server);
  /* What was deleted may be in the cache. */
  text_appendf(texts->stream,
               "set $links_from \"%s/revoked/m$stream_media\";\nif (-f $links_from) { return 404; }\n"
               "try_files /$stream_media/$stream_path @media_store;\n",
               settings->data_dir);
}
