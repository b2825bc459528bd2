/* SPDX-License-Identifier: ISC */
/*
 * `mediagate routes`: prints the table of routes, for the tests that hold nginx's routing and docs/openapi.yaml to it.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>

#include "api/routes.h"
#include "command/options.h"

static const char usage[] =
    "usage: mediagate routes\n\n"
    "Prints METHOD PATTERN POOL CALLER SCOPE, a line a route; CALLER is anyone, administrator, person (no API\n"
    "key), enrolling (a person who may lack the second factor), local (a process of this machine, else an\n"
    "administrator), reader (of a shared report) or link (a reader who may lack its password), SCOPE - for none.\n";

static const char *caller_name(enum route_caller caller) {
  static const char *const names[] = {
      [CALLER_ANYONE] = "anyone", [CALLER_LOCAL] = "local",         [CALLER_ADMINISTRATOR] = "administrator",
      [CALLER_PERSON] = "person", [CALLER_ENROLLING] = "enrolling", [CALLER_READER] = "reader",
      [CALLER_LINK] = "link"};
  return names[caller];
}

int command_routes(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  if (argc > 1) {
    return options_refuse("routes", argv[1], usage);
  }
  size_t count;
  const struct route *routes = routes_table(&count);
  for (size_t i = 0; i < count; i++) {
    printf("%s %s %s %s %s\n", request_method_name(routes[i].method), routes[i].pattern, pool_name(routes[i].pool),
           caller_name(routes[i].caller), scope_name(routes[i].scope));
  }
  return fflush(stdout) == 0 ? 0 : COMMAND_FAILED;
}
