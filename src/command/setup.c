/* SPDX-License-Identifier: ISC */
/*
 * mediagate setup: makes a fresh installation ready, by asking or by its options. It overwrites nothing, so that it can
 * be repeated: a second run changes the settings that are named to it, and completes what is missing. Each step is one
 * of the program's other commands, or a tool, run by the account that may do it.
 */
#include "config.h"

#include "command/command.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/options.h"
#include "command/setup_nginx.h"
#include "command/setup_run.h"
#include "command/setup_settings.h"
#include "command/setup_steps.h"

static const char usage[] =
    "usage: mediagate setup [--yes] [--server-names NAME,…] [--public-url URL] [--database CONNECTION]\n"
    "                       [--set NAME=VALUE …] [--owner EMAIL [--password-file FILE]] [--start]\n"
    "                       [--admin-database CONNECTION] [--account USER] [--nginx-dir DIR] [--nginx-include FILE]\n"
    "                       [--http ADDRESS] [--https ADDRESS] [--config FILE]\n\n"
    "Makes a fresh installation ready: settings, keys, database, schema, first owner, nginx. Run it as root; it asks "
    "for\n"
    "what is not given. What is there already stays; run again, it changes the settings that are named and completes "
    "the\nrest. The settings are those of the file, whatever MEDIAGATE_<NAME> says in the environment.\n\n"
    "  --yes                ask nothing\n"
    "  --server-names LIST  host names that are ours\n"
    "  --public-url URL     scheme and host of stream URLs, such as https://media.example.org\n"
    "  --database CONN      PostgreSQL connection string of the service\n"
    "  --set NAME=VALUE     any other setting; lists with commas\n"
    "  --owner EMAIL        account of the first owner\n"
    "  --password-file FILE its first line is the owner's password; - is standard input (default: the terminal)\n"
    "  --start              enable and start the units of systemd, and reload nginx\n"
    "  --admin-database CONN  a superuser's connection, where account postgres of this machine is not the one\n"
    "  --account USER       the service's account (default: mediagate; ours when not run by root)\n"
    "  --nginx-dir DIR      of the files that nginx includes (default: nginx beside the settings)\n"
    "  --nginx-include FILE that nginx reads by itself (default: /etc/nginx/conf.d/mediagate.conf)\n"
    "  --http, --https ADDRESS  what nginx listens on, such as 127.0.0.1:8080 (default: ports 80 and "
    "443)\n" OPTIONS_USAGE_CONFIG;

#define ANSWER_SIZE 1024

/* --- arguments ------------------------------------------------------------------------------------ */

/* A setting that has an option of its own; the rest goes by --set. */
static const struct {
  const char *option, *setting;
} setting_options[] = {{"--server-names", "server_names"}, {"--public-url", "public_url"}, {"--database", "database"}};

/* "NAME=VALUE"; the name is cut off in place. */
static bool take_set(struct setup *setup, char *pair) {
  char *equals = strchr(pair, '=');
  if (equals == NULL) {
    (void)options_complain("setup", usage, "--set wants NAME=VALUE, and got %s", pair);
    return false;
  }
  *equals = '\0';
  return setup_change(setup, pair, equals + 1);
}

static const char **find_text_option(struct setup *setup, const char *option) {
  const struct {
    const char *option, **value;
  } options[] = {{"--owner", &setup->owner},
                 {"--password-file", &setup->password_file},
                 {"--admin-database", &setup->admin_database},
                 {"--account", &setup->account},
                 {"--nginx-dir", &setup->nginx_dir},
                 {"--nginx-include", &setup->nginx_include},
                 {"--http", &setup->http},
                 {"--https", &setup->https}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (strcmp(options[i].option, option) == 0) {
      return options[i].value;
    }
  }
  return NULL;
}

/* False after a message. */
static bool take_pair(struct setup *setup, const char *option, char *value) {
  const char **text = find_text_option(setup, option);
  if (text != NULL) {
    *text = value;
    return true;
  }
  for (size_t i = 0; i < sizeof setting_options / sizeof *setting_options; i++) {
    if (strcmp(setting_options[i].option, option) == 0) {
      return setup_change(setup, setting_options[i].setting, value);
    }
  }
  if (strcmp(option, "--set") == 0) {
    return take_set(setup, value);
  }
  (void)options_refuse("setup", option, usage);
  return false;
}

static bool take_arguments(struct setup *setup, int argc, char **argv) {
  bool ask = isatty(STDIN_FILENO) == 1;
  bool yes = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--yes") == 0) {
      yes = true;
    } else if (strcmp(argv[i], "--start") == 0) {
      setup->start = true;
    } else if (i + 1 < argc) {
      if (!take_pair(setup, argv[i], argv[i + 1])) {
        return false;
      }
      i++;
    } else {
      (void)options_refuse("setup", argv[i], usage);
      return false;
    }
  }
  setup->interactive = ask && !yes;
  if (!ask && !yes) {
    (void)options_complain("setup", usage, "standard input is no terminal: give --yes, and as options what it needs");
    return false;
  }
  if (!ask && setup->owner != NULL && setup->password_file == NULL) {
    (void)options_complain("setup", usage, "there is no terminal to ask for the password: give --password-file");
    return false;
  }
  return true;
}

/* --- questions ------------------------------------------------------------------------------------ */

/* The answer, or what is given for none; "" at the end of input. Lives as long as the program. */
static const char *ask(const char *question, const char *otherwise) {
  static char answers[8][ANSWER_SIZE];
  static size_t count;
  char *answer = answers[count++ % 8];
  printf("%s%s%s%s: ", question, otherwise[0] == '\0' ? "" : " [", otherwise, otherwise[0] == '\0' ? "" : "]");
  (void)fflush(stdout);
  if (fgets(answer, ANSWER_SIZE, stdin) == NULL) {
    answer[0] = '\0';
  }
  answer[strcspn(answer, "\r\n")] = '\0';
  return answer[0] == '\0' ? otherwise : answer;
}

static bool is_changed(const struct setup *setup, const char *name) {
  for (size_t i = 0; i < setup->change_count; i++) {
    if (strcmp(setup->changes[i].name, name) == 0) {
      return true;
    }
  }
  return false;
}

/* Only of a new file: what is in one that is there was decided before. */
static bool ask_settings(struct setup *setup) {
  static const struct {
    const char *setting, *question, *otherwise;
  } questions[] = {
      {"server_names", "Host names under which nginx is reached, with commas", "localhost,127.0.0.1,[::1]"},
      {"public_url", "Scheme and host of stream URLs, such as https://media.example.org (empty: as the caller asked)",
       ""},
      {"database", "Connection string of the database", "dbname=mediagate"},
  };
  if (!setup->interactive || access(setup->config_path, F_OK) == 0) {
    return true;
  }
  for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
    if (!is_changed(setup, questions[i].setting) &&
        !setup_change(setup, questions[i].setting, ask(questions[i].question, questions[i].otherwise))) {
      return false;
    }
  }
  return true;
}

static void ask_owner(struct setup *setup) {
  if (setup->interactive && setup->owner == NULL && !setup_has_accounts(setup)) {
    const char *owner = ask("E-mail of the first owner (empty: later)", "");
    setup->owner = owner[0] == '\0' ? NULL : owner;
  }
}

static bool systemd_runs(void) {
  struct stat status;
  return stat("/run/systemd/system", &status) == 0;
}

static void ask_start(struct setup *setup) {
  if (setup->interactive && !setup->start && systemd_runs() && geteuid() == 0) {
    const char *answer = ask("Start it now, and reload nginx?", "y");
    setup->start = answer[0] == 'y' || answer[0] == 'Y';
  }
}

/* --- the end ---------------------------------------------------------------------------------------- */

#define UNITS                                                                                                          \
  "mediagate-fast.socket", "mediagate-auth.socket", "mediagate-api.socket", "mediagate-upload.socket",                 \
      "mediagate.service", "mediagate-ingest.service", "mediagate-package.service", "mediagate-notify.service"

static bool start(void) {
  const char *const nginx[] = {"systemctl", "reload-or-restart", "nginx.service", NULL};
  const char *const units[] = {"systemctl", "--quiet", "enable", "--now", UNITS, NULL};
  const char *const again[] = {"systemctl", "try-reload-or-restart", "mediagate.service", NULL};
  return setup_run(NULL, -1, units) && setup_run(NULL, -1, again) && setup_run(NULL, -1, nginx);
}

static bool look(const struct setup *setup) {
  const char *const doctor[] = {setup->program,   "doctor",   "--quiet",          "--nginx-dir",
                                setup->nginx_dir, "--config", setup->config_path, NULL};
  puts("\nWhat `mediagate doctor` says:");
  (void)fflush(stdout);
  return setup_run(setup->account, -1, doctor);
}

static void print_next(const struct setup *setup) {
  puts("\nNext:");
  if (setup->owner == NULL) {
    printf("  mediagate admin create EMAIL --role owner     as the account %s, for the first owner\n",
           setup->account == NULL ? "of the service" : setup->account);
  }
  if (!setup->start) {
    puts(
        "  systemctl enable --now mediagate-{fast,auth,api,upload}.socket mediagate mediagate-{ingest,package,notify}\n"
        "  systemctl reload-or-restart nginx");
  }
  printf("  a certificate of yours beside the settings, in tls/; https_only = true in %s\n"
         "  `mediagate doctor` from cron, `mediagate backup DIR` each night (docs/operations.md)\n",
         setup->config_path);
}

static int run_steps(struct setup *setup) {
  if (!ask_settings(setup) || !setup_settings(setup) || !setup_keys(setup) || !setup_database(setup)) {
    return COMMAND_FAILED;
  }
  ask_owner(setup);
  if ((setup->owner != NULL && !setup_owner(setup)) || !setup_nginx(setup)) {
    return COMMAND_FAILED;
  }
  ask_start(setup);
  if (setup->start && !start()) {
    return COMMAND_FAILED;
  }
  bool is_well = look(setup);
  print_next(setup);
  return is_well || !setup->start ? 0 : COMMAND_FAILED;
}

/* What runs the tools has the settings of the file alone, so we do too. */
static void forget_environment(void) {
  size_t count = 0;
  const struct settings_row *rows = settings_rows(&count);
  for (size_t i = 0; i < count; i++) {
    char name[128];
    snprintf(name, sizeof name, "MEDIAGATE_%s", rows[i].name);
    for (char *at = name; *at != '\0'; at++) {
      *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    (void)unsetenv(name);
  }
}

static bool prepare(struct setup *setup, char ret_nginx_dir[PATH_MAX], char ret_config[PATH_MAX]) {
  ssize_t length = readlink("/proc/self/exe", setup->program, sizeof setup->program - 1);
  if (length < 0) {
    perror("mediagate setup: /proc/self/exe");
    return false;
  }
  setup->program[length] = '\0';
  if (setup->config_path[0] != '/') { /* the tools run elsewhere than we do */
    char folder[PATH_MAX];
    int whole = getcwd(folder, sizeof folder) == NULL
                    ? -1
                    : snprintf(ret_config, PATH_MAX, "%s/%s", folder, setup->config_path);
    if (whole < 0 || whole >= PATH_MAX) {
      return false;
    }
    setup->config_path = ret_config;
  }
  if (setup->nginx_dir == NULL) {
    int etc = (int)(strrchr(setup->config_path, '/') - setup->config_path);
    snprintf(ret_nginx_dir, PATH_MAX, "%.*s/nginx", etc, setup->config_path);
    setup->nginx_dir = ret_nginx_dir;
  }
  if (geteuid() == 0 && setup->account == NULL) {
    setup->account = "mediagate";
  }
  if (setup->account != NULL && getpwnam(setup->account) == NULL) {
    fprintf(stderr, "mediagate setup: there is no account %s; systemd-sysusers makes it (docs/operations.md)\n",
            setup->account);
    return false;
  }
  forget_environment();
  return true;
}

int command_setup(int argc, char **argv) {
  struct setup setup = {.start = false};
  char nginx_dir[PATH_MAX], config[PATH_MAX];
  int exit_code = 0;
  if (!options_begin(&argc, argv, usage, &setup.config_path, &exit_code)) {
    return exit_code;
  }
  if (!take_arguments(&setup, argc, argv)) {
    return COMMAND_USAGE;
  }
  exit_code = prepare(&setup, nginx_dir, config) ? run_steps(&setup) : COMMAND_FAILED;
  settings_free(setup.settings);
  return exit_code;
}
