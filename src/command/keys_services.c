/* SPDX-License-Identifier: ISC */
/*
 * Signals to `mediagate serve` and nginx, and the HTTP request that proves a key.
 */
#include "config.h"

#include "command/keys_services.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "domain/grant.h"
#include "process/service.h"
#include "security/signed_url.h"

#define PROBE_MEDIA_ID    INT64_MAX /* never assigned: ids count from 1 */
#define PROBE_FILE        "key-check"
#define PROBE_TTL_SECONDS 60
#define ACCEPTED          404 /* the signature is good, such a medium is not there */
#define REFUSED           403
#define PROBES_IN_A_ROW   10 /* an old nginx worker may still accept a connection now and then */
#define PROBE_DEADLINE_MS 15000
#define PROBE_PAUSE_NS    50000000
#define REQUEST_MS        5000
#define REPLACE_SLACK_MS  30000 /* on top of drain_deadline, for the new workers to start */

enum error keys_reload_pools(const struct settings *settings) {
  pid_t pid;
  char *path = file_join(settings->run_dir, "serve.pid");
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = service_find(path, "mediagate", &pid);
  free(path);
  if (error == ERROR_NONE) {
    error = service_replace_children(pid, settings->drain_deadline * 1000 + REPLACE_SLACK_MS);
  }
  if (error == ERROR_NOT_FOUND) {
    puts("mediagate serve does not run here; it reads the keys when it starts");
    return ERROR_NONE;
  }
  if (error == ERROR_DENIED) {
    fprintf(stderr,
            "mediagate keys: not allowed to reload mediagate serve (process %ld); run this as its "
            "user or as root\n",
            (long)pid);
  } else if (error != ERROR_NONE) {
    fprintf(stderr,
            "mediagate keys: mediagate serve (process %ld) did not replace its workers: %s; its "
            "log says why\n",
            (long)pid, error_strerror(error));
  }
  return error;
}

enum error keys_reload_nginx(const struct settings *settings) {
  pid_t pid;
  enum error error = service_find(settings->nginx_pid_file, "nginx", &pid);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate keys: no nginx runs by %s; start it, or correct the setting nginx_pid_file\n",
            settings->nginx_pid_file);
    return error;
  }
  error = service_reload(pid);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate keys: cannot reload nginx (process %ld): %s; run this as root\n", (long)pid,
            error_strerror(error));
  }
  return error;
}

static void free_headers(struct curl_slist **headers) {
  curl_slist_free_all(*headers);
}

/* The status of one HEAD request on a connection of its own; 0 without an answer. */
static long request_status(CURL *curl, const char *url, const char *host_header) {
  long status = 0;
  __attribute__((cleanup(free_headers))) struct curl_slist *headers = curl_slist_append(NULL, host_header);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
  /* This machine's own nginx, by whatever name: its certificate is for others. Nothing secret is
   * sent or believed. */
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  if (headers == NULL || curl_easy_perform(curl) != CURLE_OK ||
      curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) {
    return 0;
  }
  return status;
}

/* nginx_url with a path that this key signs, and a Host that is ours. */
static enum error make_request(const struct settings *settings, const struct keyring_key *key, struct text *ret_url,
                               struct text *ret_host) {
  struct signed_url url = {
      .viewer = "-", .expires_at = clock_now_seconds() + PROBE_TTL_SECONDS, .media_id = PROBE_MEDIA_ID};
  struct keyring *only = calloc(1, sizeof *only);
  if (only == NULL) {
    return ERROR_MEMORY;
  }
  only->keys[0] = *key;
  only->count = 1;
  grant_id_new(clock_now_us(), 0, url.grant_id);
  text_append(ret_url, settings->nginx_url);
  if (ret_url->length > 0 && ret_url->data[ret_url->length - 1] == '/') {
    ret_url->data[--ret_url->length] = '\0';
  }
  enum error error = signed_url_append_path(only, &url, PROBE_FILE, ret_url);
  keyring_free(only);
  text_appendf(ret_host, "Host: %s", settings->server_names.count > 0 ? settings->server_names.items[0] : "localhost");
  return ret_url->failed || ret_host->failed ? ERROR_MEMORY : error;
}

/* *ret_status is the last answer that was another than the wanted one. */
static enum error probe_until_sure(const char *url, const char *host_header, long wanted, long *ret_status) {
  int64_t deadline_ms = clock_monotonic_ms() + PROBE_DEADLINE_MS;
  CURL *curl = curl_easy_init();
  int in_a_row = 0;
  *ret_status = 0;
  while (curl != NULL && in_a_row < PROBES_IN_A_ROW && clock_monotonic_ms() < deadline_ms) {
    long status = request_status(curl, url, host_header);
    in_a_row = status == wanted ? in_a_row + 1 : 0;
    *ret_status = status == wanted ? *ret_status : status;
    nanosleep(&(struct timespec){.tv_nsec = PROBE_PAUSE_NS}, NULL);
  }
  curl_easy_cleanup(curl);
  return curl == NULL ? ERROR_MEMORY : in_a_row == PROBES_IN_A_ROW ? ERROR_NONE : ERROR_TIMEOUT;
}

/* Asks with a URL that this key signs until nginx gives the wanted answer, ten times in a row. */
static enum error probe(const struct settings *settings, const struct keyring_key *key, long wanted, long *ret_status) {
  __attribute__((cleanup(text_free))) struct text url = {0};
  __attribute__((cleanup(text_free))) struct text host_header = {0};
  enum error error = make_request(settings, key, &url, &host_header);
  if (error == ERROR_NONE && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    error = ERROR_MEMORY;
  }
  if (error == ERROR_NONE) {
    error = probe_until_sure(url.data, host_header.data, wanted, ret_status);
    curl_global_cleanup();
  }
  return error;
}

static void complain_of_service(const struct settings *settings, enum error error, const char *kid, const char *what,
                                long wanted, long status, const char *meaning, const char *remedy) {
  if (error != ERROR_TIMEOUT) {
    fprintf(stderr, "mediagate keys: nginx could not be asked: %s\n", error_strerror(error));
    return;
  }
  fprintf(stderr, "mediagate keys: nginx at %s does not %s key %s (", settings->nginx_url, what, kid);
  fprintf(stderr, status == 0 ? "no answer" : "it answers %ld instead of %ld", status, wanted);
  fprintf(stderr, "). %s: see that nginx includes %s, that `nginx -t` passes and nginx_url is right, then %s\n",
          meaning, settings->stream_key_file, remedy);
}

enum error keys_probe_nginx(const struct settings *settings, const struct keyring_key *key) {
  long status = 0;
  enum error error = probe(settings, key, ACCEPTED, &status);
  if (error != ERROR_NONE) {
    complain_of_service(settings, error, key->kid, "accept the new", ACCEPTED, status, "Nothing is signed with it yet",
                        "run this again");
  }
  return error;
}

enum error keys_probe_forgotten(const struct settings *settings, const struct keyring_key *key) {
  long status = 0;
  enum error error = probe(settings, key, REFUSED, &status);
  if (error != ERROR_NONE) {
    complain_of_service(settings, error, key->kid, "refuse the removed", REFUSED, status,
                        "What it signed may still play", "reload nginx");
  }
  return error;
}
