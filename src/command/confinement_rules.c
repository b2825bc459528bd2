/* SPDX-License-Identifier: ISC */
/*
 * See confinement_rules.h.
 */
#include "config.h"

#include "command/confinement_rules.h"

#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text_parse.h"
#include "store/engine/connection_string.h"

#define PORT_DNS      53
#define PORT_DATABASE 5432
#define PORT_HTTP     80
#define PORT_HTTPS    443

/* Folders, and files that are never replaced by others. */
static const char *const system_folders[] = {"/usr",
                                             "/lib",
                                             "/lib32",
                                             "/lib64",
                                             "/proc",
                                             "/sys/devices/system/cpu",
                                             "/etc/ssl",
                                             "/etc/pki",
                                             "/etc/ca-certificates",
                                             "/etc/crypto-policies",
                                             "/etc/gss",
                                             "/etc/krb5.conf.d",
                                             "/etc/postgresql-common",
                                             "/run/systemd/resolve",
                                             "/run/resolvconf",
                                             "/run/NetworkManager",
                                             "/run/nscd",
                                             "/var/cache/nscd",
                                             "/var/lib/sss/mc",
                                             "/var/lib/sss/pubconf",
                                             "/dev/zero",
                                             "/dev/random",
                                             "/dev/urandom"};

/* What the C library, OpenSSL and libpq read in /etc. */
static const char *const system_files[] = {
    "/etc/gai.conf",    "/etc/group",       "/etc/host.conf",  "/etc/hosts",         "/etc/krb5.conf",
    "/etc/ld.so.cache", "/etc/localtime",   "/etc/machine-id", "/etc/nsswitch.conf", "/etc/passwd",
    "/etc/protocols",   "/etc/resolv.conf", "/etc/services",   "/etc/timezone"};

static const char *const system_variables[] = {"SSL_CERT_FILE", "SSL_CERT_DIR",  "OPENSSL_CONF",
                                               "KRB5_CONFIG",   "PGSERVICEFILE", "PGSYSCONFDIR"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void confinement_rules_add_path(struct confinement_rules *rules, const char *path, bool writes) {
  size_t at = rules->landlock.path_count;
  if (path[0] == '\0') {
    return;
  }
  char *copy = at < CONFINEMENT_PATHS_MAX ? strdup(path) : NULL;
  if (copy == NULL) {
    rules->failed = true;
    return;
  }
  rules->owned[at] = copy;
  rules->paths[at] = (struct landlock_path){.path = copy, .writes = writes};
  rules->landlock.paths = rules->paths;
  rules->landlock.path_count++;
}

void confinement_rules_add_folder_of(struct confinement_rules *rules, const char *path) {
  char *copy = strdup(path);
  if (copy == NULL) {
    rules->failed = true;
  } else if (path[0] != '\0') {
    confinement_rules_add_path(rules, dirname(copy), false);
  }
  free(copy);
}

void confinement_rules_free(struct confinement_rules *rules) {
  for (size_t i = 0; i < rules->landlock.path_count; i++) {
    free(rules->owned[i]);
  }
}

/* --- the system ------------------------------------------------------------------------------ */

/* Does this account read secrets there? If not, the role may read all of /etc: it then sees files that are replaced,
 * such as resolv.conf by a new network. */
static bool etc_has_secrets(const struct settings *settings) {
  const char *const secrets[] = {settings->jwt_key_file,     settings->stream_key_file, settings->totp_key_file,
                                 settings->webhook_key_file, settings->s3_key_file,     "/etc/shadow"};
  for (size_t i = 0; i < COUNT(secrets); i++) {
    char *real = realpath(secrets[i], NULL);
    bool secret = real != NULL && strncmp(real, "/etc/", 5) == 0 && access(real, R_OK) == 0;
    free(real);
    if (secret) {
      return true;
    }
  }
  return false;
}

void confinement_rules_add_system(struct confinement_rules *rules, const struct settings *settings) {
  for (size_t i = 0; i < COUNT(system_folders); i++) {
    confinement_rules_add_path(rules, system_folders[i], false);
  }
  for (size_t i = 0; i < COUNT(system_variables); i++) {
    const char *value = getenv(system_variables[i]);
    confinement_rules_add_path(rules, value == NULL ? "" : value, false);
  }
  confinement_rules_add_path(rules, "/dev/null", true);
  if (!etc_has_secrets(settings)) {
    confinement_rules_add_path(rules, "/etc", false);
    return;
  }
  for (size_t i = 0; i < COUNT(system_files); i++) {
    confinement_rules_add_path(rules, system_files[i], false);
  }
}

/* --- databases ------------------------------------------------------------------------------- */

static void add_port(struct confinement_rules *rules, uint64_t port) {
  if (rules->landlock.port_count == CONFINEMENT_PORTS_MAX) {
    rules->failed = true;
    return;
  }
  rules->ports[rules->landlock.port_count++] = (uint16_t)port;
  rules->landlock.ports = rules->ports;
}

/* "5432,5433": one for each host. */
static void add_ports(struct confinement_rules *rules, const char *list) {
  while (*list != '\0') {
    size_t length = strcspn(list, ",");
    uint64_t port = 0;
    if (text_parse_u64(list, length, UINT16_MAX, &port) == ERROR_NONE) {
      add_port(rules, port);
    }
    list += length + (list[length] == ',');
  }
}

static void note_option(void *context, const char *keyword, const char *value) {
  static const char *const files[] = {"passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"};
  struct confinement_rules *rules = context;
  for (size_t i = 0; i < COUNT(files); i++) {
    if (strcmp(keyword, files[i]) == 0) {
      confinement_rules_add_path(rules, value, false);
    }
  }
  if (strcmp(keyword, "port") == 0) {
    add_ports(rules, value);
  } else if (strcmp(keyword, "service") == 0) {
    rules->landlock.any_port = true; /* its file says which, and may be changed */
  } else if (strcmp(keyword, "host") == 0 && strchr(value, '@') != NULL) {
    rules->landlock.abstract_sockets = true;
  }
}

static void add_at_home(struct confinement_rules *rules) {
  static const char *const names[] = {".pgpass", ".postgresql", ".pg_service.conf"};
  const char *home = getenv("HOME");
  if (home == NULL || home[0] == '\0') {
    const struct passwd *account = getpwuid(geteuid());
    home = account == NULL ? "" : account->pw_dir;
  }
  for (size_t i = 0; i < COUNT(names) && home[0] != '\0'; i++) {
    char *path = file_join(home, names[i]);
    confinement_rules_add_path(rules, path == NULL ? "" : path, false);
    rules->failed = rules->failed || path == NULL;
    free(path);
  }
}

void confinement_rules_add_databases(struct confinement_rules *rules, const struct settings *settings) {
  add_port(rules, PORT_DNS); /* for an answer that does not fit a datagram */
  add_port(rules, PORT_DATABASE);
  add_at_home(rules);
  connection_string_tell(settings->database, note_option, rules);
  connection_string_tell(settings->notify_database, note_option, rules);
  connection_string_tell(settings->analytics_database, note_option, rules);
}

/* The settings were checked: scheme://HOST or scheme://HOST:PORT, where HOST may be [::1]. */
void confinement_rules_add_bucket(struct confinement_rules *rules, const struct settings *settings) {
  const char *end_of_scheme = strstr(settings->s3_endpoint, "://");
  if (settings->media_store != MEDIA_STORE_S3 || end_of_scheme == NULL) {
    return;
  }
  const char *host = end_of_scheme + 3;
  const char *bracket = strchr(host, ']');
  const char *colon = strchr(bracket == NULL ? host : bracket, ':');
  if (colon != NULL) {
    add_ports(rules, colon + 1);
  } else {
    add_port(rules, strncmp(settings->s3_endpoint, "https", 5) == 0 ? PORT_HTTPS : PORT_HTTP);
  }
}
