/* SPDX-License-Identifier: ISC */
/*
 * The commands of the program, one file each. A command gets its own arguments (argv[0] is its name), answers --help,
 * and returns the exit code: 0 done, 1 failed, 2 wrong usage.
 */
#ifndef MEDIAGATE_COMMAND_COMMAND_H
#define MEDIAGATE_COMMAND_COMMAND_H

#define COMMAND_FAILED 1
#define COMMAND_USAGE  2

int command_nginx_config(int argc, char **argv);
int command_check_config(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_admin(int argc, char **argv);
int command_keys(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_metrics(int argc, char **argv);
int command_routes(int argc, char **argv);
int command_completion(int argc, char **argv);
int command_setup(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_ingest(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_notify(int argc, char **argv);
int command_package(int argc, char **argv);
int command_store(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_views(int argc, char **argv);

#endif
