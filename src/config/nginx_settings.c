/* SPDX-License-Identifier: ISC */
/*
 * Renders nginx's share of the settings. The text is nginx's own language; see nginx.org for each directive.
 * What an origin's location inherits (verification, timeouts, dropped headers) stands in deploy/mediagate.http.conf.
 */
#include "config.h"

#include "config/nginx_settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/nginx_store.h"
#include "domain/origin.h"

#define HEADING                                                                                                        \
  "# Written by `mediagate nginx-config` from the settings. Changes here are lost: change the settings and run it "    \
  "again.\n"

static void append_server_names(const struct settings_list *names, struct text *text) {
  text_append(text, "map $host $mediagate_our_host {\n  hostnames;\n  default \"\";\n");
  for (size_t i = 0; i < names->count; i++) {
    text_appendf(text, "  \"%s\" 1;\n", names->items[i]);
  }
  text_append(text, "}\n");
}

/* "*" stands alone, and means all. */
static void append_cors_origins(const struct settings_list *origins, struct text *text) {
  bool all = origins->count == 1 && strcmp(origins->items[0], "*") == 0;
  text_append(text, "map $http_origin $mediagate_cors_origin {\n");
  for (size_t i = 0; i < origins->count && !all; i++) {
    text_appendf(text, "  \"%s\" $http_origin;\n", origins->items[i]);
  }
  text_appendf(text, "  default \"%s\";\n}\n", all ? "*" : "");
  text_appendf(text, "map $host $mediagate_cors_vary { default \"%s\"; }\n",
               origins->count > 0 && !all ? "Origin" : "");
}

/* Only the stream location knows a grant: where the key is empty nginx counts nothing. */
static void append_grant_limit(int64_t limit, struct nginx_settings *files) {
  if (limit > 0) {
    text_appendf(&files->http, "limit_req_zone $stream_grant zone=mediagate_grant:10m rate=%" PRId64 "r/s;\n", limit);
    text_appendf(&files->server, "limit_req zone=mediagate_grant burst=%" PRId64 " nodelay;\nlimit_req_status 429;\n",
                 limit);
  }
}

static void append_trusted_proxies(const struct settings_list *proxies, struct nginx_settings *files) {
  text_append(&files->server, "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n");
  text_append(&files->http, "geo $realip_remote_addr $mediagate_from_proxy {\n  default \"\";\n");
  for (size_t i = 0; i < proxies->count; i++) {
    text_appendf(&files->server, "set_real_ip_from %s;\n", proxies->items[i]);
    text_appendf(&files->http, "  %s 1;\n", proxies->items[i]);
  }
  text_append(&files->http, "}\n");
}

static void append_https(const struct settings *settings, struct text *text) {
  text_appendf(text, "map $mediagate_scheme $mediagate_insecure { default \"\"; http \"%s\"; }\n",
               settings->https_only ? "1" : "");
  text_append(text, "map $mediagate_scheme $mediagate_hsts { default \"\"; https \"");
  if (settings->hsts_seconds > 0) {
    text_appendf(text, "max-age=%" PRId64, settings->hsts_seconds);
  }
  text_append(text, "\"; }\n");
}

/* Of what an origin answers but 200, 206 and 304, not a word comes through. 499 is nginx's own. */
static void append_origin_errors(struct text *text) {
  text_append(text, "  error_page 404 410 =404 /_problem;\n"
                    "  error_page 412 416 /_problem;\n"
                    "  error_page 401 =502 /_challenged;\n"
                    "  error_page");
  for (int status = 300; status < 600; status++) {
    if (status != 304 && status != 401 && status != 404 && status != 410 && status != 412 && status != 416 &&
        status != 499) {
      text_appendf(text, "%s%d", status % 100 == 0 ? "\n    " : " ", status);
    }
  }
  text_append(text, " =502 /_problem;\n");
}

/* What an origin says passes through deploy/origin.js, and what is ours is set. NEL and Report-To have browsers report
 * later requests to others: ours end what an origin once asked for. */
static void append_origin_headers(struct text *text) {
  text_append(text, "  js_header_filter mediagate_origin.filter;\n"
                    "  add_header NEL '{\"max_age\":0}';\n"
                    "  add_header Report-To '{\"max_age\":0,\"endpoints\":[]}';\n"
                    "  add_header X-Request-Id $mediagate_request_id;\n"
                    "  add_header X-Content-Type-Options nosniff;\n"
                    "  add_header Content-Security-Policy $origin_policy;\n"
                    "  add_header Content-Disposition $origin_disposition;\n"
                    "  add_header Cache-Control \"private, max-age=60\";\n"
                    "  add_header Referrer-Policy no-referrer;\n"
                    "  add_header Access-Control-Allow-Origin $mediagate_cors_origin;\n"
                    "  add_header Access-Control-Expose-Headers $mediagate_cors_expose;\n"
                    "  add_header Vary $mediagate_cors_vary;\n");
}

/* One origin: a location that only X-Accel-Redirect reaches, and without a resolver an upstream that is looked up when
 * nginx starts. */
static void append_origin(const struct origin *origin, size_t index, bool resolved_later, const char *log_dir,
                          struct nginx_settings *files) {
  const char *scheme = origin->scheme;
  char port[8] = "";
  if (!origin->port_is_default) {
    (void)snprintf(port, sizeof port, ":%u", origin->port); /* at most ":65535" */
  }
  if (!resolved_later) {
    text_appendf(&files->http, "upstream mediagate_origin_%zu {\n  server %s:%u;\n  keepalive 16;\n}\n", index,
                 origin->host, origin->port);
  }
  struct text *text = &files->server;
  text_appendf(text, "location ^~ \"/_origin/%s/%s/%u/\" {\n", scheme, origin->host, origin->port);
  text_append(text, "  internal;\n");
  text_appendf(text,
               "  error_log \"%s/error.log\" emerg; # every other level quotes the viewer's request line, a live URL\n",
               log_dir);
  text_appendf(text, "  set $origin_host \"%s%s\";\n  set $origin_name \"%s\";\n", origin->host, port, origin->host);
  text_append(text, "  set $problem_reason origin;\n");
  if (resolved_later) {
    text_appendf(text, "  set $origin_address \"%s:%u\";\n", origin->host, origin->port);
  }
  text_append(text, "  mirror /_start;\n  mirror_request_body off;\n"); /* the worker took it: now it begins */
  /* As the worker spelt it. nginx decodes what it redirects to, and %2F, %2B or %3F would become something else. */
  text_append(text, "  set $origin_target $upstream_http_x_origin_target;\n");
  if (resolved_later) {
    text_appendf(text, "  proxy_pass %s://$origin_address$origin_target;\n", scheme);
  } else {
    text_appendf(text, "  proxy_pass %s://mediagate_origin_%zu$origin_target;\n", scheme, index);
  }
  append_origin_errors(text);
  append_origin_headers(text);
  text_append(text, "}\n");
}

static enum error append_origins(const struct settings *settings, const char *ca_file, struct nginx_settings *files) {
  bool resolved_later = settings->resolver[0] != '\0';
  if (resolved_later) {
    text_appendf(&files->server, "resolver %s valid=30s;\n", settings->resolver);
  }
  if (settings->origin_hosts.count > 0) {
    text_appendf(&files->server, "proxy_ssl_trusted_certificate \"%s\";\n", ca_file);
  }
  for (size_t i = 0; i < settings->origin_hosts.count; i++) {
    const char *text = settings->origin_hosts.items[i], *reason;
    struct origin origin;
    enum error error = origin_parse(text, strlen(text), &origin, &reason);
    if (error != ERROR_NONE) {
      return error;
    }
    append_origin(&origin, i, resolved_later, settings->log_dir, files);
  }
  return ERROR_NONE;
}

/* A path goes into nginx's text between quotes. */
static bool is_plain_path(const char *path) {
  return path[0] == '/' && strpbrk(path, "\"\\$;{}\n\r") == NULL;
}

enum error nginx_settings_render(const struct settings *settings, const char *ca_file,
                                 struct nginx_settings *ret_files) {
  struct nginx_settings files = {0};
  if (!is_plain_path(ca_file)) {
    return ERROR_INVALID;
  }
  text_append(&files.http, HEADING);
  text_append(&files.server, HEADING);
  text_append(&files.upload, HEADING);
  text_append(&files.share, HEADING);
  text_append(&files.stream, HEADING);
  append_server_names(&settings->server_names, &files.http);
  append_cors_origins(&settings->cors_origins, &files.http);
  append_trusted_proxies(&settings->trusted_proxies, &files);
  append_https(settings, &files.http);
  append_grant_limit(settings->grant_delivery_limit, &files);
  enum error error = append_origins(settings, ca_file, &files);
  nginx_store_append(
      settings, ca_file,
      &(struct nginx_store_texts){.http = &files.http, .server = &files.server, .stream = &files.stream});
  /* The file is probed and synced after its last byte; where it goes into a bucket, that takes as long as it takes. */
  text_appendf(&files.upload, "client_max_body_size %" PRId64 ";\nfastcgi_read_timeout %s;\n", settings->upload_max,
               settings->media_store == MEDIA_STORE_S3 ? "1h" : "90s");
  /* Each upload holds a worker. One more would wait in the backlog until nginx gives up: it is told at once instead. */
  text_appendf(&files.share,
               "limit_conn mediagate_pool %" PRId64 ";\n"
               "limit_conn mediagate_address %" PRId64 ";\n",
               settings->upload_workers, settings->upload_address_max);

  if (files.http.failed || files.server.failed || files.upload.failed || files.share.failed || files.stream.failed) {
    error = ERROR_MEMORY;
  }
  if (error != ERROR_NONE) {
    nginx_settings_free(&files);
    return error;
  }
  *ret_files = files;
  return ERROR_NONE;
}

void nginx_settings_free(struct nginx_settings *files) {
  text_free(&files->http);
  text_free(&files->server);
  text_free(&files->upload);
  text_free(&files->share);
  text_free(&files->stream);
}
