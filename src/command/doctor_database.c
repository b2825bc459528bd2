/* SPDX-License-Identifier: ISC */
/* What the database says; a line each. */
#include "config.h"

#include "command/doctor_database.h"

#include <inttypes.h>
#include <stdlib.h>

#include "command/command_database.h"
#include "store/analytics/platform_store.h"
#include "store/engine/server_facts.h"
#include "store/engine/statement.h"

#define VERSION_MIN      150000 /* 15 */
#define CLOCK_MAX_US     INT64_C(5000000)
#define LAG_MAX_SECONDS  300
#define WAIT_MAX_SECONDS (6 * 3600)
#define SPARE            10 /* connections for people and backups */

static void check_durability(struct doctor *doctor, const struct server_facts *facts) {
  if (!facts->fsync || !facts->full_page_writes) {
    doctor_wrong(doctor, "database", "turn fsync and full_page_writes on", "a crash may break the database");
  }
  if (!facts->autovacuum || !facts->track_counts) {
    doctor_wrong(doctor, "database", "turn autovacuum and track_counts on", "tables grow and analytics become slow");
  }
}

static void check_server(struct doctor *doctor, struct database *database) {
  const struct settings *settings = doctor->settings;
  struct server_facts facts;
  enum error error = server_facts_read(database, &facts);
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, "database", "see the server's log", "%s", database_last_error(database));
    return;
  }
  int64_t ours = settings->fast_workers + settings->auth_workers + settings->api_workers + settings->upload_workers;
  int64_t listeners = settings->fast_workers + settings->api_workers;
  if (facts.version < VERSION_MIN) {
    doctor_wrong(doctor, "database", "install PostgreSQL 15 or newer", "PostgreSQL %" PRId64 " is too old",
                 facts.version / 10000);
  } else {
    doctor_good(doctor, "database", "PostgreSQL %" PRId64 ".%" PRId64, facts.version / 10000, facts.version % 10000);
  }
  check_durability(doctor, &facts);
  if (!facts.knows_time_zones) {
    doctor_wrong(doctor, "time zones", "install tzdata beside PostgreSQL", "the server does not know Europe/Berlin");
  }
  if (facts.is_superuser) {
    doctor_warn(doctor, "database", "give it a role that owns the database and no more",
                "mediagate's role is a superuser");
  }
  if (settings->prepared && facts.max_connections < ours + listeners + SPARE) {
    doctor_warn(doctor, "database", "raise max_connections, or put PgBouncer before it",
                "serve alone may open %" PRId64 " connections of %" PRId64, ours + listeners + 1,
                facts.max_connections);
  }
}

static bool check_schema(struct doctor *doctor, struct database *database) {
  struct migration_status status;
  if (migration_status_read(database, &status) != ERROR_NONE) {
    doctor_wrong(doctor, "schema", "run `mediagate migrate`", "%s", database_last_error(database));
    return false;
  }
  if (!migration_is_compatible(&status)) {
    doctor_wrong(doctor, "schema", command_database_remedy(&status), "it has version %d, this program wants %d",
                 status.version, MIGRATION_PROGRAM_VERSION);
    return false;
  }
  doctor_good(doctor, "schema", "version %d", status.version);
  return true;
}

static void check_clock(struct doctor *doctor, struct database *database) {
  int64_t ahead_us = 0;
  if (statement_clock_offset(database, &ahead_us) != ERROR_NONE) {
    return;
  }
  if (llabs(ahead_us) > CLOCK_MAX_US) {
    doctor_wrong(doctor, "clock", "let both machines follow the same time servers",
                 "this machine is %" PRId64 " s ahead of the database", ahead_us / 1000000);
  } else {
    doctor_good(doctor, "clock", "within %lld ms of the database's", llabs(ahead_us) / 1000 + 1);
  }
}

static void check_node(struct doctor *doctor, const struct platform_node *node) {
  if (!node->up) {
    doctor_wrong(doctor, "ingest", "is mediagate ingest running there (systemctl status mediagate-ingest)?",
                 "%s is silent: its views are not counted", node->name);
  } else if (node->unread_seconds > LAG_MAX_SECONDS) {
    doctor_warn(doctor, "ingest", "look at the log of mediagate-ingest", "%s is %" PRId64 " s behind", node->name,
                node->unread_seconds);
  } else {
    doctor_good(doctor, "ingest", "%s counts", node->name);
  }
}

static void check_platform(struct doctor *doctor, struct database *database) {
  struct platform_state *state = calloc(1, sizeof *state);
  if (state != NULL && platform_store_read(database, state) == ERROR_NONE) {
    if (state->node_count == 0) {
      doctor_wrong(doctor, "ingest", "start mediagate ingest where nginx is (systemctl start mediagate-ingest)",
                   "no ingest was ever heard of: views are not counted");
    }
    for (int64_t i = 0; i < state->node_count; i++) {
      check_node(doctor, &state->nodes[i]);
    }
    if (state->queue_age_seconds > WAIT_MAX_SECONDS) {
      doctor_wrong(doctor, "packages", "is mediagate package running (systemctl status mediagate-package)?",
                   "a film waits since %" PRId64 " hours", state->queue_age_seconds / 3600);
    } else {
      doctor_good(doctor, "packages", "%" PRId64 " jobs wait, %" PRId64 " run", state->jobs_queued,
                  state->jobs_running);
    }
  }
  free(state);
}

void doctor_check_database(struct doctor *doctor) {
  const struct settings *settings = doctor->settings;
  const struct database_options options = {.statement_timeout_ms = settings->api_statement_timeout,
                                           .application_name = "mediagate doctor",
                                           .actor = "operator"};
  struct database *database = NULL;
  enum error error = command_database_open(settings, options, &database);
  if (error == ERROR_NONE) {
    error = database_ensure(database);
  }
  if (error != ERROR_NONE) {
    doctor_wrong(doctor, "database", "start PostgreSQL, or correct `database`", "it cannot be reached: %s",
                 database == NULL ? error_strerror(error) : database_last_error(database));
  } else {
    check_server(doctor, database);
    check_clock(doctor, database);
    if (check_schema(doctor, database)) {
      check_platform(doctor, database);
    }
  }
  database_close(database);
}
