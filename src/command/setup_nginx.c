/* SPDX-License-Identifier: ISC */
/*
 * nginx's part of `mediagate setup`. Where every path is as deploy/ has it, nginx includes the installed file itself,
 * so that an upgrade brings the new one; with other paths render-nginx makes files of the instance's own, once.
 */
#include "config.h"

#include "command/setup_nginx.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command.h"
#include "command/setup_run.h"

#define USUAL_INCLUDE "/etc/nginx/conf.d/mediagate.conf"
#define DEFAULT_SITE  "/etc/nginx/sites-enabled/default"
#define TLS_FILE_MAX  65536

struct layout {
  char *etc;        /* folder of the settings and keys */
  char *share;      /* deploy/ of the installation */
  char *http_conf;  /* what nginx includes */
  bool is_rendered; /* http_conf is the instance's own */
};

static bool complain(const char *path) {
  fprintf(stderr, "mediagate setup: %s: %s\n", path, strerror(errno));
  return false;
}

static void free_layout(struct layout *layout) {
  free(layout->etc);
  free(layout->share);
  free(layout->http_conf);
}

static bool paths_are_usual(const struct setup *setup, const char *etc) {
  const struct settings *settings = setup->settings;
  return setup->http == NULL && setup->https == NULL && geteuid() == 0 && strcmp(etc, MEDIAGATE_SYSCONF_DIR) == 0 &&
         strcmp(settings->data_dir, "/var/lib/mediagate") == 0 && strcmp(settings->run_dir, "/run/mediagate") == 0 &&
         strcmp(settings->log_dir, "/var/log/mediagate") == 0 && settings->share_dir[0] == '\0' &&
         strcmp(settings->nginx_pid_file, "/run/nginx.pid") == 0;
}

static bool find_layout(const struct setup *setup, struct layout *layout) {
  char *copy = strdup(setup->config_path);
  const char *share = setup->settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : setup->settings->share_dir;
  layout->etc = copy == NULL ? NULL : strdup(dirname(copy));
  free(copy);
  layout->share = file_join(share, "deploy");
  if (layout->etc == NULL || layout->share == NULL) {
    return false;
  }
  layout->is_rendered = !paths_are_usual(setup, layout->etc);
  layout->http_conf = file_join(layout->is_rendered ? setup->nginx_dir : layout->share, "mediagate.http.conf");
  return layout->http_conf != NULL;
}

/* --- files ---------------------------------------------------------------------------------------- */

static bool write_settings_files(const struct setup *setup) {
  char command[] = "nginx-config", output[] = "--output-dir", config_option[] = "--config";
  char *folder = strdup(setup->nginx_dir), *config = strdup(setup->config_path);
  char *argv[] = {command, output, folder, config_option, config, NULL};
  bool good = folder != NULL && config != NULL && command_nginx_config(5, argv) == 0;
  free(folder);
  free(config);
  return good;
}

static bool render(const struct setup *setup, const struct layout *layout) {
  const struct settings *settings = setup->settings;
  char *program = file_join(layout->share, "render-nginx");
  const char *share = settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : settings->share_dir;
  const char *argv[SETUP_RUN_ARGUMENTS] = {program,
                                           "--output",
                                           setup->nginx_dir,
                                           "--etc",
                                           layout->etc,
                                           "--run",
                                           settings->run_dir,
                                           "--data",
                                           settings->data_dir,
                                           "--log",
                                           settings->log_dir,
                                           "--share",
                                           share,
                                           "--pid",
                                           settings->nginx_pid_file,
                                           "--http",
                                           setup->http == NULL ? "80" : setup->http,
                                           "--https",
                                           setup->https == NULL ? "443" : setup->https};
  argv[19] = geteuid() == 0 ? NULL : "--unprivileged";
  bool done = access(layout->http_conf, F_OK) == 0 || (program != NULL && setup_run(NULL, -1, argv));
  free(program);
  return done;
}

/* origin.js belongs to the program's version, so it is a link; tls.conf is the operator's. */
static bool place_files(const struct setup *setup, const struct layout *layout) {
  __attribute__((cleanup(text_free))) struct text tls = {0};
  char *script = file_join(setup->nginx_dir, "origin.js"), *script_from = file_join(layout->share, "origin.js");
  char *tls_file = file_join(setup->nginx_dir, "tls.conf"), *tls_from = file_join(layout->share, "tls.conf");
  bool good = script != NULL && script_from != NULL && tls_file != NULL && tls_from != NULL;
  if (good && symlink(script_from, script) != 0 && errno != EEXIST) {
    good = complain(script);
  }
  if (good && access(tls_file, F_OK) != 0) {
    good = (file_read(tls_from, TLS_FILE_MAX, &tls) == ERROR_NONE &&
            file_replace(tls_file, 0644, tls.data, tls.length) == ERROR_NONE) ||
           complain(tls_file);
  }
  free(script);
  free(script_from);
  free(tls_file);
  free(tls_from);
  return good;
}

/* --- the certificate -------------------------------------------------------------------------------- */

static void append_names(const struct settings_list *names, struct text *text) {
  for (size_t i = 0; i < names->count; i++) {
    const char *name = names->items[i];
    bool is_address = name[0] == '[' || name[strspn(name, "0123456789.")] == '\0';
    size_t length = name[0] == '[' ? strcspn(name + 1, "]") : strlen(name);
    text_appendf(text, "%s%s:%.*s", i == 0 ? "subjectAltName=" : ",", is_address ? "IP" : "DNS", (int)length,
                 name[0] == '[' ? name + 1 : name);
  }
}

static bool make_certificate(const struct setup *setup, const char *certificate, const char *key) {
  __attribute__((cleanup(text_free))) struct text names = {0};
  const char *const argv[] = {"openssl",
                              "req",
                              "-x509",
                              "-newkey",
                              "ec",
                              "-pkeyopt",
                              "ec_paramgen_curve:prime256v1",
                              "-nodes",
                              "-days",
                              "365",
                              "-subj",
                              "/CN=mediagate",
                              "-addext",
                              NULL,
                              "-keyout",
                              key,
                              "-out",
                              certificate,
                              NULL};
  const char *whole[SETUP_RUN_ARGUMENTS];
  append_names(&setup->settings->server_names, &names);
  memcpy(whole, argv, sizeof argv);
  whole[13] = names.failed ? "" : names.data;
  if (!setup_try(NULL, whole)) {
    fprintf(stderr, "mediagate setup: openssl made no certificate; put one to %s, its key to %s, and run this again\n",
            certificate, key);
    return false;
  }
  printf("certificate: %s is made and signed by itself; put a real one in its place\n", certificate);
  return true;
}

static bool place_certificate(const struct setup *setup, const struct layout *layout) {
  char *folder = file_join(layout->etc, "tls");
  char *certificate = folder == NULL ? NULL : file_join(folder, "certificate.pem");
  char *key = folder == NULL ? NULL : file_join(folder, "key.pem");
  bool good = certificate != NULL && key != NULL &&
              (file_make_folders(folder, 0700) == ERROR_NONE || complain(folder)) &&
              (access(certificate, F_OK) == 0 || make_certificate(setup, certificate, key));
  free(folder);
  free(certificate);
  free(key);
  return good;
}

/* --- what nginx reads ------------------------------------------------------------------------------- */

static bool write_include(const char *path, const struct layout *layout) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  if (access(path, F_OK) == 0) {
    printf("nginx: %s is there and stays as it is\n", path);
    return true;
  }
  /* A pattern may match nothing: when the package is removed, nginx goes on without this site. */
  text_appendf(&text, "# Written once by `mediagate setup`.\ninclude %.*s[%s];\n", (int)strlen(layout->http_conf) - 1,
               layout->http_conf, "f");
  if (text.failed || file_replace(path, 0644, text.data, text.length) != ERROR_NONE) {
    return complain(path);
  }
  printf("nginx: %s is made\n", path);
  return true;
}

/* Debian's default site claims port 80 too. Only the link that enables it goes. */
static bool disable_default_site(void) {
  struct stat status;
  if (lstat(DEFAULT_SITE, &status) != 0 || !S_ISLNK(status.st_mode)) {
    return true;
  }
  if (unlink(DEFAULT_SITE) != 0) {
    return complain(DEFAULT_SITE);
  }
  puts("nginx: Debian's default site is disabled, because it claims port 80; its file stays in sites-available");
  return true;
}

static bool try_nginx(const struct setup *setup, const struct layout *layout, bool is_usual) {
  char *own = file_join(setup->nginx_dir, "nginx.conf");
  const char *const usual[] = {"nginx", "-q", "-t", NULL};
  const char *const rendered[] = {"nginx", "-q", "-t", "-c", own, NULL};
  bool good = is_usual                                                       ? setup_run(NULL, -1, usual)
              : layout->is_rendered && own != NULL && access(own, F_OK) == 0 ? setup_run(NULL, -1, rendered)
                                                                             : true;
  if (good) {
    puts("nginx: its configuration is good");
  }
  free(own);
  return good;
}

static bool place_all(const struct setup *setup, const struct layout *layout) {
  const char *include = setup->nginx_include;
  if (include == NULL && !layout->is_rendered) {
    include = USUAL_INCLUDE;
  }
  bool is_usual = include != NULL && strcmp(include, USUAL_INCLUDE) == 0;
  return write_settings_files(setup) && (layout->is_rendered ? render(setup, layout) : place_files(setup, layout)) &&
         place_certificate(setup, layout) && (include == NULL || write_include(include, layout)) &&
         (!is_usual || disable_default_site()) && try_nginx(setup, layout, is_usual);
}

bool setup_nginx(const struct setup *setup) {
  struct layout layout = {NULL, NULL, NULL, false};
  bool good = find_layout(setup, &layout) ? place_all(setup, &layout) : complain("layout");
  free_layout(&layout);
  return good;
}
