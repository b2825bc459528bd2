/* SPDX-License-Identifier: ISC */
/* The table of commands; each is in a file of its own. */
#include "config.h"

#include "command/command_table.h"

#include "command/command.h"

static const struct command commands[] = {
    {"setup", command_setup, "", "make a fresh installation ready: settings, keys, database, owner, nginx"},
    {"migrate", command_migrate, "", "bring the database's schema up to date, or say where it stands"},
    {"admin", command_admin,
     "create invite list set-role disable enable reset-password reset-totp reseal-totp revoke-grants key",
     "make, list and disable accounts; invite; revoke grants"},
    {"serve", command_serve, "", "run the workers behind nginx"},
    {"ingest", command_ingest, "", "count views from nginx's delivery log"},
    {"explain", command_explain, "", "say why a grant has the views that it has"},
    {"notify", command_notify, "", "tell webhooks of events"},
    {"package", command_package, "", "make HLS and DASH packages of media"},
    {"backup", command_backup, "", "copy database, media and keys, while everything runs"},
    {"restore", command_restore, "", "bring a backup back"},
    {"doctor", command_doctor, "", "say what is wrong on this machine, and what to do"},
    {"metrics", command_metrics, "", "print what this machine's background processes counted"},
    {"routes", command_routes, "", "print the table of routes"},
    {"nginx-config", command_nginx_config, "", "write what nginx must know of the settings"},
    {"check-config", command_check_config, "", "check the settings, print them or a sample file"},
    {"keys", command_keys, "init list rotate retire", "make, list, rotate and retire the signing keys"},
    {"store", command_store, "copy", "copy media files into a bucket, or out of it"},
    {"sweep", command_sweep, "", "remove files that no medium stands for"},
    {"views", command_views, "forget", "erase a person from views and delivery logs"},
    {"completion", command_completion, "bash zsh fish", "print what completes these commands in a shell"},
};

const struct command *command_table(size_t *ret_count) {
  *ret_count = sizeof commands / sizeof *commands;
  return commands;
}
