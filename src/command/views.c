/* SPDX-License-Identifier: ISC */
/*
 * `mediagate views forget`: erases a person from views and delivery logs. What was counted stays.
 */
#include "config.h"

#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audience/address_mask.h"
#include "base/random.h"
#include "base/text_parse.h"
#include "command/command_database.h"
#include "command/forget_logs.h"
#include "command/options.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "store/views/address_salt_store.h"
#include "store/views/view_forget.h"

#define COMMAND "views forget"

static const char usage[] =
    "usage: mediagate views forget [--config FILE] [--yes] --ip ADDRESS | --viewer ID\n\n"
    "Makes all views of a person nobody's, by address or by viewer id: address, viewer, grant, user agent and "
    "referrer\n"
    "go; views, bytes and time stay counted. Delivery logs in log_dir that hold the person are deleted, nginx's own "
    "is\n"
    "rotated first. Says what it cannot find or delete, and fails then. Run it on each machine that has delivery "
    "logs,\n"
    "with ingest running.\n\n" OPTIONS_USAGE_CONFIG
    "  --ip ADDRESS    the address that viewed; of IPv6: all of its /64, which counts as one address\n"
    "  --viewer ID     the viewer id that stream URLs or reported views named\n"
    "  --yes           do not ask\n";

struct person {
  const char *viewer;              /* NULL: by address */
  char address[ADDRESS_TEXT_SIZE]; /* canonical */
  unsigned char (*keys)[ADDRESS_KEY_SIZE];
  size_t key_count;
};

/* --- who ------------------------------------------------------------------------------------- */

/* The keys that an address has in views: as it is, and masked with each salt that there is. */
static enum error find_keys(struct database *database, struct person *person) {
  struct address_salt *salts = NULL;
  size_t count = 0;
  enum error error = address_salt_store_list(database, &salts, &count);
  if (error != ERROR_NONE) {
    return error;
  }
  person->keys = calloc(count + 1, sizeof *person->keys);
  error = person->keys == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i <= count; i++) {
    struct masked_address masked;
    error = i == count ? address_mask(person->address, ADDRESS_FULL, NULL, &masked)
                       : address_mask(person->address, ADDRESS_HASHED, salts[i].salt, &masked);
    if (error == ERROR_NONE) {
      memcpy(person->keys[person->key_count++], masked.key, sizeof masked.key);
    }
  }
  free(salts);
  return error;
}

/* --- what ------------------------------------------------------------------------------------ */

static enum error forget_in_logs(const struct settings *settings, struct database *database,
                                 const struct person *person, bool *ret_all) {
  char plain[100], mapped[100];
  const char *const needles[] = {plain, mapped, NULL};
  if (person->viewer != NULL) {
    snprintf(plain, sizeof plain, "\"viewer\":\"%s\"", person->viewer);
    snprintf(mapped, sizeof mapped, "%s", plain);
  } else { /* nginx writes IPv4 on a socket of IPv6 in its way */
    snprintf(plain, sizeof plain, "\"address\":\"%s\"", person->address);
    snprintf(mapped, sizeof mapped, "\"address\":\"::ffff:%s\"", person->address);
  }
  return forget_logs(settings, database, needles, ret_all);
}

static enum error forget_in_views(struct database *database, const struct person *person) {
  struct forgotten forgotten = {
      .viewer = person->viewer,
      .keys = (const unsigned char(*)[ADDRESS_KEY_SIZE])person->keys,
      .key_count = person->key_count,
  };
  random_bytes(forgotten.random, sizeof forgotten.random);
  int64_t total = 0, batch = 0;
  enum error error;
  do {
    error = view_forget_batch(database, &forgotten, &batch);
    total += error == ERROR_NONE ? batch : 0;
  } while (error == ERROR_NONE && batch > 0);
  explicit_bzero(&forgotten, sizeof forgotten);
  printf("views made nobody's: %" PRId64 "; they stay counted\n", total);
  return error;
}

/* *ret_all becomes false when there are views that may be the person's and stay. */
static enum error tell_lost(struct database *database, const struct person *person, bool *ret_all) {
  static const unsigned char any_salt[ADDRESS_SALT_SIZE];
  struct masked_address network;
  int64_t of_network = 0, pseudonyms = 0;
  enum error error = address_mask(person->address, ADDRESS_TRUNCATED, any_salt, &network);
  if (error == ERROR_NONE) {
    error = view_forget_count_lost(database, network.shown, ADDRESS_PSEUDONYM_NETWORK, &of_network, &pseudonyms);
  }
  if (error == ERROR_NONE && of_network > 0) {
    printf("%" PRId64 " views of the network %s may be this address's or a neighbour's: the salt of their day is "
           "destroyed, nobody can tell\n",
           of_network, network.shown);
  }
  if (error == ERROR_NONE && pseudonyms > 0) {
    printf("%" PRId64 " views under pseudonyms may be anybody's: the salt of their day is destroyed, nobody can tell\n",
           pseudonyms);
  }
  if (of_network > 0 || pseudonyms > 0) {
    *ret_all = false;
  }
  return error;
}

static int forget(const struct settings *settings, struct person *person) {
  struct database *database = command_database_connect(settings, true);
  if (database == NULL) {
    return COMMAND_FAILED;
  }
  bool all = false;
  enum error error = forget_in_logs(settings, database, person, &all); /* first: what they hold becomes views */
  if (error == ERROR_NONE && person->viewer == NULL) {
    error = find_keys(database, person);
  }
  if (error == ERROR_NONE) {
    error = forget_in_views(database, person);
  }
  if (error == ERROR_NONE && person->viewer == NULL) {
    error = tell_lost(database, person, &all);
  }
  if (error != ERROR_NONE) {
    command_database_complain(database, "forgetting", error);
  }
  free(person->keys);
  database_close(database);
  return error == ERROR_NONE && all ? 0 : COMMAND_FAILED;
}

/* --- the command ----------------------------------------------------------------------------- */

static bool agreed(void) {
  char answer[8] = "";
  if (!isatty(STDIN_FILENO)) {
    fputs("mediagate views forget: asks before it erases; without a terminal say --yes\n", stderr);
    return false;
  }
  fputs("This cannot be undone, and deletes delivery logs that hold this person. Type yes: ", stdout);
  fflush(stdout);
  return fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

/* Takes the value of --ip or --viewer. 0, or COMMAND_USAGE after a message. */
static int read_person(const char *option, const char *value, struct person *person) {
  bool by_address = strcmp(option, "--ip") == 0;
  if (value == NULL) {
    return options_complain(COMMAND, usage, "%s needs %s", option, by_address ? "an IP address" : "a viewer id");
  }
  if (person->viewer != NULL || person->address[0] != '\0') {
    return options_complain(COMMAND, usage, "one person at a time: name one --ip or one --viewer");
  }
  if (by_address && address_canonical(value, person->address) != ERROR_NONE) {
    return options_complain(COMMAND, usage, "%s is not an IP address", value);
  }
  if (!by_address && !grant_viewer_is_valid(value)) {
    return options_complain(COMMAND, usage, "%s is not a viewer id", value);
  }
  person->viewer = by_address ? NULL : value;
  return 0;
}

/* 0, or COMMAND_USAGE after a message. */
static int read_arguments(int argc, char **argv, struct person *person, bool *ret_yes) {
  if (argc < 2) {
    return options_complain("views", usage, "forget is missing");
  }
  if (strcmp(argv[1], "forget") != 0) {
    return options_refuse("views", argv[1], usage);
  }
  for (int i = 2; i < argc; i++) {
    int exit_code = 0;
    if (strcmp(argv[i], "--yes") == 0) {
      *ret_yes = true;
    } else if (strcmp(argv[i], "--ip") == 0 || strcmp(argv[i], "--viewer") == 0) {
      exit_code = read_person(argv[i], i + 1 < argc ? argv[i + 1] : NULL, person);
      i++;
    } else {
      exit_code = options_refuse(COMMAND, argv[i], usage);
    }
    if (exit_code != 0) {
      return exit_code;
    }
  }
  if (person->viewer == NULL && person->address[0] == '\0') {
    return options_complain(COMMAND, usage, "whom? --ip ADDRESS or --viewer ID is missing");
  }
  return 0;
}

int command_views(int argc, char **argv) {
  const char *config_path;
  struct person person = {.viewer = NULL};
  bool yes = false;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  exit_code = read_arguments(argc, argv, &person, &yes);
  if (exit_code != 0) {
    return exit_code;
  }
  if (!yes && !agreed()) {
    return COMMAND_FAILED;
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = forget(settings, &person);
  settings_free(settings);
  return exit_code;
}
