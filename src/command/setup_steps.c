/* SPDX-License-Identifier: ISC */
/* See setup_steps.h: keys, database, first owner. */
#include "config.h"

#include "command/setup_steps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "command/command.h"
#include "command/password_prompt.h"
#include "command/setup_run.h"
#include "domain/email.h"
#include "store/engine/connection_string.h"

#define NAME_SIZE 256 /* of a role, a database, a folder of sockets */

bool setup_keys(const struct setup *setup) {
  char init[] = "init", keys[] = "keys", owner_option[] = "--owner", config_option[] = "--config";
  char *account = setup->account == NULL ? NULL : strdup(setup->account);
  char *config = strdup(setup->config_path);
  char *argv[] = {keys, init, config_option, config, owner_option, account, NULL};
  bool with_owner = account != NULL && geteuid() == 0;
  argv[4] = with_owner ? owner_option : NULL;
  bool good = config != NULL && command_keys(with_owner ? 6 : 4, argv) == 0;
  free(account);
  free(config);
  return good;
}

/* --- database ------------------------------------------------------------------------------------- */

struct target {
  char host[NAME_SIZE], port[NAME_SIZE], database[NAME_SIZE], role[NAME_SIZE];
};

static bool read_target(const struct setup *setup, struct target *ret_target) {
  const char *string = setup->settings->database;
  if (!connection_string_get(string, "host", ret_target->host, NAME_SIZE) ||
      !connection_string_get(string, "port", ret_target->port, NAME_SIZE) ||
      !connection_string_get(string, "dbname", ret_target->database, NAME_SIZE) ||
      !connection_string_get(string, "user", ret_target->role, NAME_SIZE)) {
    fputs("mediagate setup: `database` in the settings is too long for this command; make the database by hand\n",
          stderr);
    return false;
  }
  if (ret_target->role[0] == '\0') {
    snprintf(ret_target->role, NAME_SIZE, "%s", setup->account == NULL ? "mediagate" : setup->account);
  }
  if (ret_target->database[0] == '\0') {
    snprintf(ret_target->database, NAME_SIZE, "%s", ret_target->role);
  }
  return true;
}

/* database.sql beside nginx's files, run by psql as a superuser. */
static bool make_database(const struct setup *setup, const struct target *target, const char *file) {
  __attribute__((cleanup(text_free))) struct text database = {0}, owner = {0};
  const char *argv[SETUP_RUN_ARGUMENTS] = {"psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", NULL, "-v", NULL, "-f", file};
  size_t count = 10;
  text_appendf(&database, "database=%s", target->database);
  text_appendf(&owner, "owner=%s", target->role);
  if (database.failed || owner.failed) {
    return false;
  }
  argv[5] = database.data;
  argv[7] = owner.data;
  if (target->host[0] == '/' && setup->admin_database == NULL) {
    argv[count++] = "-h";
    argv[count++] = target->host;
  }
  if (target->port[0] != '\0' && setup->admin_database == NULL) {
    argv[count++] = "-p";
    argv[count++] = target->port;
  }
  argv[count++] = "-d";
  argv[count] = setup->admin_database != NULL ? setup->admin_database : "postgres";
  return setup_run(setup->admin_database != NULL ? NULL : "postgres", -1, argv);
}

bool setup_database(const struct setup *setup) {
  const char *share = setup->settings->share_dir[0] == '\0' ? MEDIAGATE_SHARE_DIR : setup->settings->share_dir;
  const char *const migrate[] = {setup->program, "migrate", "--config", setup->config_path, NULL};
  struct target target = {.host = ""};
  if (!read_target(setup, &target)) {
    return false;
  }
  bool is_local = target.host[0] == '\0' || target.host[0] == '/';
  if (setup->admin_database != NULL || (is_local && geteuid() == 0)) {
    char *file = file_join(share, "deploy/database.sql");
    bool made = file != NULL && make_database(setup, &target, file);
    free(file);
    if (!made) {
      fputs("mediagate setup: is PostgreSQL running? --admin-database says where else its superuser is reached\n",
            stderr);
      return false;
    }
    printf("database: %s of the role %s is there\n", target.database, target.role);
  } else {
    printf("database: %s of the role %s is to be made by its server's superuser (%s/deploy/database.sql)\n",
           target.database, target.role, share);
  }
  return setup_run(setup->account, -1, migrate);
}

/* --- the first owner -------------------------------------------------------------------------------- */

/* Of `admin list`: a head, and a line each that ends with the e-mail. NULL: any account. */
static bool is_listed(const struct setup *setup, const char *email) {
  __attribute__((cleanup(text_free))) struct text list = {0};
  const char *const argv[] = {setup->program, "admin", "list", "--config", setup->config_path, NULL};
  if (!setup_read(setup->account, argv, &list) || list.data == NULL) {
    return false;
  }
  size_t wanted = email == NULL ? 0 : strlen(email);
  const char *line = strchr(list.data, '\n');
  for (; line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
    size_t length = strcspn(line + 1, "\n");
    const char *end = line + 1 + length;
    if (email == NULL ||
        (length > wanted && end[-(ptrdiff_t)wanted - 1] == ' ' && strncmp(end - wanted, email, wanted) == 0)) {
      return true;
    }
  }
  return false;
}

bool setup_has_accounts(const struct setup *setup) {
  return is_listed(setup, NULL);
}

/* A file in memory with the password, read at its start. -1 after a message. */
static int ask_password(const struct setup *setup) {
  char password[PASSWORD_PROMPT_SIZE] = "";
  enum error error = password_prompt((size_t)setup->settings->password_min, password);
  int fd = error == ERROR_NONE ? memfd_create("password", MFD_CLOEXEC) : -1;
  if (fd >= 0 && (file_write_all(fd, password, strlen(password)) != ERROR_NONE || lseek(fd, 0, SEEK_SET) != 0)) {
    file_close_cleanup(&fd);
    fd = -1;
  }
  explicit_bzero(password, sizeof password);
  return fd;
}

static int open_password(const struct setup *setup) {
  if (setup->password_file == NULL) {
    return ask_password(setup);
  }
  int fd = strcmp(setup->password_file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                                  : open(setup->password_file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    perror(setup->password_file);
  }
  return fd;
}

bool setup_owner(const struct setup *setup) {
  char email[EMAIL_SIZE];
  if (email_normalise(setup->owner, email) != ERROR_NONE) {
    fprintf(stderr, "mediagate setup: %s is not an e-mail address\n", setup->owner);
    return false;
  }
  if (is_listed(setup, email)) {
    printf("owner: %s has an account and keeps it\n", email);
    return true;
  }
  __attribute__((cleanup(file_close_cleanup))) int fd = open_password(setup);
  const char *const argv[] = {setup->program, "admin",    "create",           email, "--role",
                              "owner",        "--config", setup->config_path, NULL};
  return fd >= 0 && setup_run(setup->account, fd, argv);
}
