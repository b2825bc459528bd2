/* SPDX-License-Identifier: ISC */
/*
 * A turn of the rotation: a log that is due gets another name and nginx is told; a rotated log goes when it is counted
 * and old. A shell that is called nginx stands for nginx.
 */
#include "config.h"

#include "ingest/log_rotation.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "fixture.h"

#define ROTATED "view.log-20261130-120000.000001"

static char folder[64], pid_path[80], log_path[80], told_path[80];
static pid_t nginx;

/* --- the folder ------------------------------------------------------------------------------ */

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/mgrotate.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(pid_path, sizeof pid_path, "%s/nginx.pid", folder);
  snprintf(log_path, sizeof log_path, "%s/view.log", folder);
  snprintf(told_path, sizeof told_path, "%s/told", folder);
}

/* A line that was written so long ago, in the log of this name. */
static void write_log(const char *name, int64_t age_seconds) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  fprintf(file,
          "{\"time\":%lld.000,\"request_id\":\"0123456789abcdef0123456789abcdef\",\"media\":\"7\","
          "\"grant\":\"0193550000007000800000000000abcd\",\"viewer\":\"u-1\",\"flags\":\"n\",\"file\":\"film.mp4\","
          "\"address\":\"192.0.2.7\",\"method\":\"GET\",\"status\":206,\"body_bytes\":100,"
          "\"content_range\":\"bytes 0-99/1000\",\"seconds\":1.500,\"completion\":\"OK\","
          "\"user_agent\":\"Player/1.0\",\"referrer_host\":\"player.example\"}\n",
          (long long)(clock_now_seconds() - age_seconds));
  ck_assert_int_eq(fclose(file), 0);
  const struct timespec times[] = {{.tv_sec = (time_t)(clock_now_seconds() - age_seconds)},
                                   {.tv_sec = (time_t)(clock_now_seconds() - age_seconds)}};
  ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool exists(const char *name) {
  char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

/* Logs with a name of ours. */
static int count_rotated(void) {
  int count = 0;
  DIR *directory = opendir(folder);
  ck_assert_ptr_nonnull(directory);
  for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
    count += strncmp(entry->d_name, "view.log-", 9) == 0;
  }
  (void)closedir(directory);
  return count;
}

/* The whole of this log, as the database says, was read. */
static void mark_counted(const char *name) {
  struct log_file file;
  char path[160], sql[300], digits[2 * DIGEST_SIZE + 1];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  ck_assert_int_eq(log_follower_describe(path, &file), ERROR_NONE);
  text_hex_encode(file.id, DIGEST_SIZE, digits);
  snprintf(sql, sizeof sql, "insert into delivery_log (id, position) values (decode('%s', 'hex'), %lld)", digits,
           (long long)file.size_bytes);
  (void)fixture_sql(sql);
  free(file.path);
}

/* --- nginx ----------------------------------------------------------------------------------- */

/* Its command line holds "nginx", and on SIGUSR1 it adds a line to `told`. */
static void start_nginx(void) {
  nginx = fork();
  if (nginx == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)execl("/bin/sh", "nginx: master process", "-c",
                "trap 'echo told >>\"$0/told\"' USR1; echo $$ >\"$0/pid\"; mv \"$0/pid\" \"$0/nginx.pid\"; "
                "while :; do sleep 0.01; done",
                folder, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 5000 && access(pid_path, F_OK) != 0; i++) {
    (void)usleep(1000);
  }
  ck_assert_int_eq(access(pid_path, F_OK), 0);
}

static bool nginx_was_told(void) {
  for (int i = 0; i < 5000; i++) {
    if (access(told_path, F_OK) == 0) {
      return true;
    }
    (void)usleep(1000);
  }
  return false;
}

static void end(void) {
  char command[128];
  if (nginx > 0) {
    (void)kill(nginx, SIGKILL);
    (void)waitpid(nginx, NULL, 0);
    nginx = 0;
  }
  snprintf(command, sizeof command, "rm -rf %s", folder);
  ck_assert_int_eq(system(command), 0);
}

static struct log_rotation rotation_of(int64_t size_bytes, int64_t retention_seconds) {
  return (struct log_rotation){.database = fixture_database,
                               .log_dir = folder,
                               .nginx_pid_file = pid_path,
                               .size_bytes = size_bytes,
                               .retention_us = retention_seconds * 1000000};
}

/* --- rotating -------------------------------------------------------------------------------- */

START_TEST(rotates_what_is_due) {
  static const struct {
    int64_t size_bytes, age_seconds;
    int rotated;
    const char *description;
  } rows[] = {
      {1, 0, 1, "a log that grew to the size"},
      {1 << 20, 0, 0, "a small log of today"},
      {1 << 20, 90000, 1, "a small log that began more than a day ago"},
      {1 << 20, 80000, 0, "a small log that began less than a day ago"},
      {0, 90000, 0, "a size of 0: rotation is off"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    make_folder();
    start_nginx();
    write_log("view.log", rows[i].age_seconds);
    struct log_rotation rotation = rotation_of(rows[i].size_bytes, 3600);
    ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
    ck_assert_msg(count_rotated() == rows[i].rotated, "%s", rows[i].description);
    ck_assert_msg(exists("view.log") == (rows[i].rotated == 0), "%s", rows[i].description);
    ck_assert_msg(rows[i].rotated == 0 || nginx_was_told(), "%s: nginx is told", rows[i].description);
    end();
  }
}
END_TEST

/* A kill between the renaming and the signal leaves no log at all: nginx writes to the renamed one. */
START_TEST(tells_nginx_again_while_there_is_no_log) {
  make_folder();
  start_nginx();
  struct log_rotation rotation = rotation_of(1, 3600);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
  ck_assert(nginx_was_told());
  end();
}
END_TEST

START_TEST(leaves_the_log_alone_without_nginx) {
  make_folder();
  write_log("view.log", 0);
  struct log_rotation rotation = rotation_of(1, 3600);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE); /* which the log says, once */
  ck_assert_int_eq(rotation.outage.error, ERROR_NOT_FOUND);
  ck_assert(exists("view.log") && count_rotated() == 0);
  start_nginx();
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
  ck_assert_int_eq(rotation.outage.error, ERROR_NONE);
  ck_assert(!exists("view.log") && count_rotated() == 1);
  end();
}
END_TEST

START_TEST(leaves_the_log_to_whoever_rotates_now) {
  make_folder();
  start_nginx();
  write_log("view.log", 0);
  struct log_rotation rotation = rotation_of(1, 3600);
  int lock = -1;
  ck_assert_int_eq(file_lock_opened(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &lock), ERROR_NONE);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
  ck_assert(exists("view.log"));
  ck_assert_int_eq(close(lock), 0);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
  ck_assert(!exists("view.log"));
  end();
}
END_TEST

/* --- deleting -------------------------------------------------------------------------------- */

START_TEST(deletes_what_is_counted_and_old) {
  static const struct {
    const char *name;
    int64_t age_seconds, current_age_seconds;
    bool counted, stays;
    const char *description;
  } rows[] = {
      {ROTATED, 7200, 0, true, false, "counted and old"},
      {ROTATED, 7200, 0, false, true, "not counted"},
      {ROTATED, 1800, 0, true, true, "younger than the retention"},
      {"view.log.1", 7200, 0, true, true, "a name of logrotate's"},
      {"view.log-20261130-120000.000001.gz", 7200, 0, true, true, "a name that only begins like ours"},
      {ROTATED, 7200, 7500, true, true, "nginx may still write to it: its new log has no younger line"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    make_folder();
    start_nginx();
    write_log(rows[i].name, rows[i].age_seconds);
    write_log("view.log", rows[i].current_age_seconds);
    (void)fixture_sql("delete from delivery_log");
    if (rows[i].counted) {
      mark_counted(rows[i].name);
    }
    struct log_rotation rotation = rotation_of(1 << 20, 3600);
    ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
    ck_assert_msg(exists(rows[i].name) == rows[i].stays, "%s", rows[i].description);
    ck_assert_msg(exists("view.log"), "%s: nginx's own log stays", rows[i].description);
    end();
  }
}
END_TEST

/* What cannot be rotated may still be deleted. */
START_TEST(deletes_without_nginx_too) {
  make_folder();
  write_log(ROTATED, 7200);
  write_log("view.log", 0);
  mark_counted(ROTATED);
  struct log_rotation rotation = rotation_of(1, 3600);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_NONE);
  ck_assert(!exists(ROTATED) && exists("view.log"));
  end();
}
END_TEST

START_TEST(deletes_nothing_without_the_database) {
  make_folder();
  start_nginx();
  write_log(ROTATED, 7200);
  write_log("view.log", 0);
  mark_counted(ROTATED);
  struct log_rotation rotation = rotation_of(1 << 20, 3600);
  rotation.database = fixture_connect("host=/nonexistent dbname=none", false);
  ck_assert_int_eq(log_rotation_turn(&rotation), ERROR_UNAVAILABLE);
  ck_assert(exists(ROTATED));
  database_close(rotation.database);
  end();
}
END_TEST

FIXTURE_MAIN("log_rotation", rotates_what_is_due, tells_nginx_again_while_there_is_no_log,
             leaves_the_log_alone_without_nginx, leaves_the_log_to_whoever_rotates_now, deletes_what_is_counted_and_old,
             deletes_without_nginx_too, deletes_nothing_without_the_database)
