/* SPDX-License-Identifier: ISC */
/*
 * Packages of real files, made by a real ffmpeg in its sandbox: a film, a sound, what is neither, and what must end it.
 * Skips where ffmpeg or bubblewrap cannot run.
 */
#include "config.h"

#include "package/transcode.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/subprocess.h"
#include "files/sandbox.h"
#include "unit.h"

static char folder[] = "/tmp/mediagate-transcode-XXXXXX";
static char path_storage[512];

static const char *path_of(const char *name) {
  snprintf(path_storage, sizeof path_storage, "%s/%s", folder, name);
  return path_storage;
}

static void enter_folder(void) {
  char out[sizeof folder + 4];
  memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(out, sizeof out, "%s/out", folder);
  ck_assert_int_eq(mkdir(out, 0700), 0);
}

static void leave_folder(void) {
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}

/* Makes a file by ffmpeg (`script` after "ffmpeg") and opens it. */
static int make_source(const char *script, const char *name) {
  char command[512];
  snprintf(command, sizeof command, "cd %s && ffmpeg -nostdin -v error %s %s", folder, script, name);
  const char *argv[] = {"sh", "-c", command, NULL};
  const struct subprocess_limits limits = {
      .wall_ms = 30000, .file_size_bytes = 1 << 30, .output_bytes = 4096, .error_bytes = 4096};
  struct subprocess_result result;
  ck_assert_int_eq(subprocess_run(argv, -1, &limits, NULL, NULL, &result), ERROR_NONE);
  ck_assert_msg(result.exit_code == 0, "%s", result.errors.data);
  subprocess_result_free(&result);
  int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  return fd;
}

static int last_percent;

static void note_progress(void *context, int percent) {
  (void)context;
  ck_assert_int_ge(percent, 0);
  ck_assert_int_lt(percent, 100);
  last_percent = percent;
}

static const struct transcode_options usual = {
    .sandbox = true,
    .preset = "ultrafast",
    .pictures = {.sizes = {.largest = 1080, .smaller = {720, 480, 360, 240}, .count = 4}},
    .memory_bytes = INT64_C(2) << 30,
    .time_factor = 20,
    .cpu_factor = 100,
    .output_factor = 4,
    .progress = note_progress};

static enum error package(int fd, const struct transcode_options *options, struct transcode_result *result,
                          char reason[TRANSCODE_REASON_SIZE]) {
  char out[sizeof folder + 4];
  snprintf(out, sizeof out, "%s/out", folder);
  enum error error = transcode_run(fd, out, options, result, reason);
  text_free(&result->facts);
  close(fd);
  return error;
}

static bool made(const char *name) {
  char inner[300];
  struct stat status;
  snprintf(inner, sizeof inner, "out/%s", name);
  return stat(path_of(inner), &status) == 0 && status.st_size > 0;
}

static bool contains(const char *name, const char *words) {
  char inner[300];
  struct text text = {0};
  snprintf(inner, sizeof inner, "out/%s", name);
  bool found = file_read(path_of(inner), 1 << 20, &text) == ERROR_NONE && strstr(text.data, words) != NULL;
  text_free(&text);
  return found;
}

START_TEST(packages_a_film) {
  struct transcode_result result = {0};
  char reason[TRANSCODE_REASON_SIZE];
  enter_folder();
  int fd = make_source("-f lavfi -i testsrc2=s=640x360:r=25:d=10 -f lavfi -i sine=d=10 -pix_fmt yuv420p", "in.mp4");
  enum error error = package(fd, &usual, &result, reason);
  ck_assert_msg(error == ERROR_NONE, "%s", reason);
  ck_assert_int_eq(result.segments, 3);
  ck_assert(result.has_poster && result.size_bytes > 10000);
  ck_assert(made("poster.jpg") && made("init-0.m4s") && made("seg-1-00003.m4s") && made("manifest.mpd"));
  ck_assert(contains("master.m3u8", "RESOLUTION=640x360") && contains("master.m3u8", "RESOLUTION=426x240"));
  ck_assert(contains("media_0.m3u8", "#EXT-X-ENDLIST") && !contains("media_0.m3u8", "PROGRAM-DATE-TIME"));
  ck_assert(!made("progress") && !made("end-picture.csv") && !made("end-sound-0.crc"));
  ck_assert_msg(fabs(result.duration_seconds - 10) < 0.05, "%f s", result.duration_seconds);
  leave_folder();
}
END_TEST

/* The samples are the source's own: ffmpeg's checksum of them tells. */
START_TEST(copies_what_plays_already) {
  struct transcode_result result = {0};
  char reason[TRANSCODE_REASON_SIZE];
  struct transcode_options copying = usual;
  copying.pictures.copy = true;
  enter_folder();
  int fd = make_source("-f lavfi -i testsrc2=s=640x360:r=25:d=11 -f lavfi -i sine=d=11 -pix_fmt yuv420p -c:v libx264 "
                       "-preset veryfast -g 60 -b:v 600k",
                       "in.mp4");
  enum error error = package(fd, &copying, &result, reason);
  ck_assert_msg(error == ERROR_NONE, "%s", reason);
  ck_assert(result.copied);
  ck_assert_int_eq(result.segments, 3);
  ck_assert(contains("media_0.m3u8", "#EXTINF:4.800000,") && contains("media_1.m3u8", "#EXTINF:4.800000,"));
  ck_assert(contains("media_2.m3u8", "#EXT-X-TARGETDURATION:5\n"));
  ck_assert(contains("master.m3u8", "RESOLUTION=640x360") && contains("master.m3u8", "RESOLUTION=426x240"));
  leave_folder();
}
END_TEST

START_TEST(encodes_what_may_not_be_copied) {
  static const struct {
    const char *coding, *description;
  } rows[] = {{"-g 250", "key frames each ten seconds"},
              {"-g 50 -x264-params open-gop=1", "stretches that are not closed"},
              {"-g 50 -b:v 4M -minrate 4M -maxrate 4M -bufsize 1M", "above the ceiling"}};
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct transcode_result result = {.copied = true};
    char reason[TRANSCODE_REASON_SIZE], script[400];
    struct transcode_options copying = usual;
    copying.pictures.copy = true;
    enter_folder();
    snprintf(script, sizeof script, "-f lavfi -i mandelbrot=s=320x180:r=25 -t 11 -pix_fmt yuv420p -c:v libx264 %s",
             rows[i].coding);
    enum error error = package(make_source(script, "in.mp4"), &copying, &result, reason);
    ck_assert_msg(error == ERROR_NONE, "%s: %s", rows[i].description, reason);
    ck_assert_msg(!result.copied && result.segments == 3, "%s", rows[i].description);
    leave_folder();
  }
}
END_TEST

START_TEST(packages_a_sound_with_a_cover) {
  struct transcode_result result = {0};
  char reason[TRANSCODE_REASON_SIZE];
  enter_folder();
  int fd = make_source("-f lavfi -i sine=d=6 -f lavfi -i color=red:s=64x64:d=1 -map 0 -map 1 -frames:v 1 -c:v mjpeg "
                       "-disposition:v attached_pic",
                       "in.mp3");
  enum error error = package(fd, &usual, &result, reason);
  ck_assert_msg(error == ERROR_NONE, "%s", reason);
  ck_assert(result.segments >= 2 && !result.has_poster);
  ck_assert(made("master.m3u8") && made("manifest.mpd") && !made("poster.jpg"));
  leave_folder();
}
END_TEST

static void write_source(const char *name, const char *bytes) {
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(file_write_all(fd, bytes, strlen(bytes)), ERROR_NONE);
  close(fd);
}

START_TEST(what_is_no_film_is_refused_in_words) {
  static const struct {
    const char *bytes, *description;
  } rows[] = {
      {"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "a playlist that names a file"},
      {"ffconcat version 1.0\nfile /etc/passwd\n", "a list that names a file"},
      {"nothing of the kind", "text"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct transcode_result result = {0};
    char reason[TRANSCODE_REASON_SIZE];
    enter_folder();
    write_source("in.mp4", rows[i].bytes);
    enum error error = package(open(path_of("in.mp4"), O_RDONLY | O_CLOEXEC), &usual, &result, reason);
    ck_assert_msg(error == ERROR_INVALID, "%s: %s", rows[i].description, error_strerror(error));
    ck_assert_msg(strncmp(reason, "ffmpeg cannot read the file", 27) == 0, "%s: %s", rows[i].description, reason);
    leave_folder();
  }
}
END_TEST

static volatile sig_atomic_t stop;

static void stop_now(void *context, int percent) {
  (void)context;
  (void)percent;
  stop = 1;
}

START_TEST(ends_when_it_is_told_to_or_makes_too_much) {
  struct transcode_result result = {0};
  char reason[TRANSCODE_REASON_SIZE];
  struct transcode_options options = usual;
  options.stop = &stop;
  options.progress = stop_now;
  enter_folder();
  int fd =
      make_source("-f lavfi -i testsrc2=s=640x360:r=25:d=20 -c:v libx264 -preset ultrafast -pix_fmt yuv420p", "in.mp4");
  ck_assert_int_eq(package(dup(fd), &options, &result, reason), ERROR_ABORTED);
  options = usual;
  options.time_factor = 0;
  options.output_factor = -1000000; /* less than nothing may be written */
  ck_assert_int_ne(package(dup(fd), &options, &result, reason), ERROR_NONE);
  options = usual;
  options.preset = "slow";
  options.cpu_factor = 0;
  ck_assert_int_eq(package(fd, &options, &result, reason), ERROR_TIMEOUT);
  ck_assert_msg(strstr(reason, "processor time") != NULL, "%s", reason);
  leave_folder();
}
END_TEST

static const char a_picture[] = "#!/bin/sh\n"
                                "echo '{\"streams\":[{\"index\":0,\"codec_type\":\"video\",\"codec_name\":\"h264\","
                                "\"width\":640,\"height\":360,\"r_frame_rate\":\"25/1\"}]}'\n";

static void write_program(const char *name, const char *script) {
  write_source(name, script);
  ck_assert_int_eq(chmod(path_of(name), 0700), 0);
}

/* A program in ffmpeg's place, as one that a hostile file took over once the source was looked at. */
START_TEST(what_ffmpeg_must_not_do_ends_it) {
  static const struct {
    const char *script, *reason, *description;
    enum error error;
  } rows[] = {
      {"mkdir a && sleep 60", "ffmpeg left a file that is none of a package", "a folder", ERROR_INVALID},
      {"ln -s /etc/passwd seg-0-00001.m4s && sleep 60", "ffmpeg left a file that is none of a package", "a link",
       ERROR_INVALID},
      {"while :; do :; done", "packaging took more than 1 seconds of processor time for each second of the file",
       "a loop", ERROR_TIMEOUT},
      {"case \"$*\" in *libx264*) echo x >init-0.m4s; echo x >seg-0-00001.m4s;; esac",
       "the package would not play: track 0 cannot be read; make a plain file of it: ffmpeg -i FILE -c:v libx264 -c:a "
       "aac "
       "new.mp4",
       "segments that are none", ERROR_INVALID},
      {"kill -KILL $$", "ffmpeg was killed: too little memory?", "killed from outside", ERROR_MEMORY},
  };
  struct transcode_options options = usual;
  options.sandbox = false;
  options.cpu_factor = 1;
  enter_folder();
  char path[600], script[400];
  snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
  ck_assert_int_eq(setenv("PATH", path, 1), 0);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct transcode_result result = {0};
    char reason[TRANSCODE_REASON_SIZE];
    snprintf(script, sizeof script,
             "#!/bin/sh\ncase \"$*\" in *segment_list*) echo a,0,0.01 >end-picture.csv; exit 0;; esac\n%s\n",
             rows[i].script);
    write_program("ffprobe", a_picture);
    write_program("ffmpeg", script);
    ck_assert_int_eq(file_remove_tree(path_of("out")), ERROR_NONE);
    ck_assert_int_eq(mkdir(path_of("out"), 0700), 0);
    enum error error = package(open("/dev/null", O_RDONLY | O_CLOEXEC), &options, &result, reason);
    ck_assert_msg(error == rows[i].error, "%s: %s", rows[i].description, error_strerror(error));
    ck_assert_msg(strcmp(reason, rows[i].reason) == 0, "%s: %s", rows[i].description, reason);
  }
  leave_folder();
}
END_TEST

static bool can_run(void) {
  const char *argv[SANDBOX_ARGUMENTS + 3];
  size_t count = sandbox_append(argv);
  argv[count] = "ffmpeg";
  argv[count + 1] = "-version";
  argv[count + 2] = NULL;
  const struct subprocess_limits limits = {
      .wall_ms = 10000, .output_bytes = 65536, .error_bytes = 4096, .data = sandbox_filter};
  struct subprocess_result result;
  bool can = subprocess_run(argv, -1, &limits, NULL, NULL, &result) == ERROR_NONE && result.exit_code == 0;
  subprocess_result_free(&result);
  return can;
}

static int run_tests(void) {
  Suite *suite = suite_create("transcode");
  TCase *films = tcase_create("films");
  tcase_set_timeout(films, 120);
  tcase_add_test(films, packages_a_film);
  tcase_add_test(films, copies_what_plays_already);
  tcase_add_test(films, encodes_what_may_not_be_copied);
  tcase_add_test(films, packages_a_sound_with_a_cover);
  tcase_add_test(films, what_is_no_film_is_refused_in_words);
  tcase_add_test(films, ends_when_it_is_told_to_or_makes_too_much);
  tcase_add_test(films, what_ffmpeg_must_not_do_ends_it);
  suite_add_tcase(suite, films);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void) {
  return can_run() ? run_tests() : 77;
}
