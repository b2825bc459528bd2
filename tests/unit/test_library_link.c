/* SPDX-License-Identifier: ISC */
/*
 * Library paths: what may be linked, and that nothing leads out, not even when the library changes
 * meanwhile.
 */
#include "config.h"

#include "domain/medium.h"
#include "files/library_link.h"
#include "files/stored_file.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "files/library_guard.h"
#include "library_fixture.h"
#include "unit.h"

static struct library_fixture fixture;

static const struct {
  const char *path;
  bool good;
} path_rows[] = {
    {"a.mp4", true},
    {"films/a.mp4", true},
    {"films/My film (1).mp4", true},
    {"films/J\xc3\xbcrgen.mp4", true},
    {"..a/b..", true},
    {"a/.hidden", true},
    {"", false},
    {"/etc/passwd", false},
    {"../a", false},
    {"a/../b", false},
    {"a/..", false},
    {".", false},
    {"./a", false},
    {"a/./b", false},
    {"a//b", false},
    {"a/", false},
    {"a\nb", false},
    {"a\x7f", false},
    {"\xff.mp4", false},
    {"\xc0\xae\xc0\xae/a", false},
    {"a\xc2\x85"
     "b",
     false},
    {"a\x1b[0m", false},
};

START_TEST(takes_clean_relative_paths_only) {
  char reason[LIBRARY_LINK_REASON_SIZE];
  for (size_t i = 0; i < UNIT_ROWS(path_rows); i++) {
    enum error error = library_link_check_path(path_rows[i].path, reason);
    ck_assert_msg((error == ERROR_NONE) == path_rows[i].good, "%s: %s", path_rows[i].path, error_strerror(error));
  }
  char *endless = malloc(LIBRARY_LINK_PATH_MAX + 2);
  memset(endless, 'a', LIBRARY_LINK_PATH_MAX + 1);
  endless[LIBRARY_LINK_PATH_MAX + 1] = '\0';
  ck_assert_int_eq(library_link_check_path(endless, reason), ERROR_INVALID);
  free(endless);
}
END_TEST

static const struct {
  const char *name;
  bool good;
} name_rows[] = {
    {"seg1.m4s", true}, {"_a", true},           {"a~b+c=d,e@f-g", true}, {"A", true},      {"", false},
    {".hidden", false}, {"-a", false},          {"a b", false},          {"a%20b", false}, {"a#b", false},
    {"a/b", false},     {"\xc3\xa4.ts", false}, {"a:b", false},          {"a&b", false},   {"a'b", false},
    {"a?b", false},     {"seg(1)", false},
};

START_TEST(knows_the_names_that_nginx_serves) {
  for (size_t i = 0; i < UNIT_ROWS(name_rows); i++) {
    ck_assert_msg(library_link_is_servable_name(name_rows[i].name) == name_rows[i].good, "%s", name_rows[i].name);
  }
}
END_TEST

static enum error link_path(const char *path, char name[MEDIUM_STORED_NAME_SIZE], int64_t *size) {
  char reason[LIBRARY_LINK_REASON_SIZE] = "";
  enum error error = library_link_create(fixture.folder, 7, path, name, size, reason);
  ck_assert_msg(error == ERROR_NONE || reason[0] != '\0', "%s: no reason", path);
  return error;
}

static void check_target(const char *entry, const char *target) {
  char full[256];
  char expected[256];
  char found[PATH_MAX];
  snprintf(full, sizeof full, "%s/data/media/7/%s", fixture.root, entry);
  snprintf(expected, sizeof expected, "%s/%s", fixture.root, target);
  ssize_t length = readlink(full, found, sizeof found - 1);
  ck_assert_int_gt(length, 0);
  found[length] = '\0';
  ck_assert_str_eq(found, expected);
}

START_TEST(links_a_file_under_a_name_of_its_own) {
  char name[MEDIUM_STORED_NAME_SIZE];
  int64_t size = 0;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/films/My film (1).MP4", "film!");
  library_fixture_link(&fixture, "films/My film (1).MP4", "library/alias.mov");
  ck_assert_int_eq(link_path("films/My film (1).MP4", name, &size), ERROR_NONE);
  ck_assert_int_eq(size, 5);
  ck_assert_str_eq(name + 32, ".mp4");
  check_target(name, "library/films/My film (1).MP4");
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 1);
  ck_assert_int_eq(link_path("alias.mov", name, &size),
                   ERROR_NONE); /* a link within the library is fine; it is resolved */
  check_target(name, "library/films/My film (1).MP4");
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(links_the_folder_of_a_playlist) {
  char name[MEDIUM_STORED_NAME_SIZE];
  char entry[40] = "";
  int64_t size = 0;
  int fd = -1;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/hls film/master.m3u8", "#EXTM3U");
  library_fixture_write(&fixture, "library/hls film/720p/seg1.m4s", "x");
  library_fixture_write(&fixture, "library/hls film/notes about it.txt", "not media, so its name does not matter");
  ck_assert_int_eq(link_path("hls film/master.m3u8", name, &size), ERROR_NONE);
  ck_assert_str_eq(name + 32, "/master.m3u8");
  memcpy(entry, name, 32);
  check_target(entry, "library/hls film");
  ck_assert_int_eq(stored_file_open(fixture.folder, 7, name, &fd), ERROR_NONE);
  close(fd);
  library_fixture_tear_down(&fixture);
}
END_TEST

static const struct {
  const char *path;
  enum error expected;
  const char *description;
} refused_rows[] = {
    {"none.mp4", ERROR_NOT_FOUND, "no such file"},
    {"file.mp4/x", ERROR_NOT_FOUND, "below a file"},
    {"folder", ERROR_INVALID, "a folder"},
    {"fifo.mp4", ERROR_INVALID, "a FIFO"},
    {"absolute.mp4", ERROR_DENIED, "an absolute link out"},
    {"relative.mp4", ERROR_DENIED, "a relative link out"},
    {"out/secret.mp4", ERROR_DENIED, "a folder that is a link out"},
    {"chain.mp4", ERROR_DENIED, "a link to a link out"},
    {"loop.mp4", ERROR_DENIED, "a link to itself"},
    {"self/secret.mp4", ERROR_DENIED, "through /proc/self/root"},
    {"dangling.mp4", ERROR_NOT_FOUND, "a link to nothing"},
    {"back.mp4", ERROR_DENIED, "out and in again"},
    {"../outside/secret.mp4", ERROR_INVALID, "dots"},
    {"top.m3u8", ERROR_INVALID, "a playlist in the root would play the whole library"},
    {"badname/master.m3u8", ERROR_INVALID, "a segment that nginx would refuse"},
    {"linked/master.m3u8", ERROR_DENIED, "a playlist's folder with a link in it"},
    {"deep/master.m3u8", ERROR_INVALID, "a playlist's folder that is too deep"},
    {"folder/my list.m3u8", ERROR_INVALID, "a playlist whose name nginx would refuse"},
};

START_TEST(refuses_what_leads_out_and_what_cannot_play) {
  char fifo[256];
  char name[MEDIUM_STORED_NAME_SIZE];
  int64_t size = 0;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "outside/secret.mp4", "secret");
  library_fixture_write(&fixture, "library/file.mp4", "x");
  library_fixture_write(&fixture, "library/top.m3u8", "x");
  library_fixture_write(&fixture, "library/folder/my list.m3u8", "x");
  library_fixture_write(&fixture, "library/badname/master.m3u8", "x");
  library_fixture_write(&fixture, "library/badname/seg 1.ts", "x");
  library_fixture_write(&fixture, "library/linked/master.m3u8", "x");
  library_fixture_write(&fixture, "library/deep/master.m3u8", "x");
  library_fixture_write(&fixture, "library/deep/1/2/3/4/5/6/7/seg.ts", "x");
  library_fixture_link(&fixture, "/etc", "library/linked/etc");
  library_fixture_link(&fixture, "/etc/passwd", "library/absolute.mp4");
  library_fixture_link(&fixture, "../outside/secret.mp4", "library/relative.mp4");
  library_fixture_link(&fixture, "../outside", "library/out");
  library_fixture_link(&fixture, "relative.mp4", "library/chain.mp4");
  library_fixture_link(&fixture, "loop.mp4", "library/loop.mp4");
  library_fixture_link(&fixture, "/proc/self/root/etc", "library/self");
  library_fixture_link(&fixture, "nothing.mp4", "library/dangling.mp4");
  library_fixture_link(&fixture, "../library/file.mp4", "library/back.mp4");
  snprintf(fifo, sizeof fifo, "%s/fifo.mp4", fixture.library);
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  for (size_t i = 0; i < UNIT_ROWS(refused_rows); i++) {
    enum error error = link_path(refused_rows[i].path, name, &size);
    ck_assert_msg(error == refused_rows[i].expected, "%s: %s", refused_rows[i].description, error_strerror(error));
  }
  ck_assert_int_eq(library_fixture_count(&fixture, "data/media"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_missing_library_is_unsupported) {
  char name[MEDIUM_STORED_NAME_SIZE];
  char reason[LIBRARY_LINK_REASON_SIZE];
  int64_t size = 0;
  struct media_folder *folder = NULL;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(media_folder_open(fixture.data, "", &folder), ERROR_NONE);
  ck_assert_int_eq(library_link_create(folder, 7, "a.mp4", name, &size, reason), ERROR_UNSUPPORTED);
  media_folder_close(folder);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* Exchanges a folder of the library with a link out of it, as fast as it can. */
static pid_t start_swapping(const char *library) {
  char folder[128];
  char link[128];
  snprintf(folder, sizeof folder, "%s/swap", library);
  snprintf(link, sizeof link, "%s/evil", library);
  pid_t pid = fork();
  if (pid == 0) {
    for (;;) {
      if (renameat2(AT_FDCWD, folder, AT_FDCWD, link, RENAME_EXCHANGE) != 0) {
        _exit(1);
      }
    }
  }
  return pid;
}

START_TEST(a_race_with_the_library_never_leads_out) {
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "outside/a.mp4", "secret");
  library_fixture_write(&fixture, "library/swap/a.mp4", "film");
  library_fixture_link(&fixture, "../outside", "library/evil");
  pid_t pid = start_swapping(fixture.library);
  ck_assert_int_gt(pid, 0);
  int linked = 0;
  int denied = 0;
  /* On a machine with much to do, one of the two may not run for a while. */
  for (int i = 0; i < 300 || (i < 100000 && (linked == 0 || denied == 0)); i++) {
    char name[MEDIUM_STORED_NAME_SIZE];
    char full[256];
    char target[PATH_MAX] = "";
    int64_t size = 0;
    enum error error = link_path("swap/a.mp4", name, &size);
    ck_assert_msg(error == ERROR_NONE || error == ERROR_DENIED || error == ERROR_NOT_FOUND, "%s",
                  error_strerror(error));
    denied += error != ERROR_NONE;
    if (error == ERROR_NONE) {
      linked++;
      ck_assert_int_eq(size, 4);
      snprintf(full, sizeof full, "%s/data/media/7/%s", fixture.root, name);
      ck_assert_int_gt(readlink(full, target, sizeof target - 1), 0);
      ck_assert_msg(strncmp(target, fixture.library, strlen(fixture.library)) == 0, "%s", target);
      ck_assert_int_eq(stored_file_remove(fixture.folder, 7, name), ERROR_NONE);
    }
  }
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  ck_assert_msg(linked > 0 && denied > 0, "linked %d, denied %d", linked, denied);
  library_fixture_tear_down(&fixture);
}
END_TEST

static void replace_by_link(const char *path, const char *target) {
  char full[256];
  snprintf(full, sizeof full, "%s/%s", fixture.root, path);
  ck_assert_int_eq(file_remove_tree(full), ERROR_NONE);
  library_fixture_link(&fixture, target, path);
}

static const struct {
  const char *swapped, *target; /* what becomes a link, and where to */
  enum error expected;
  const char *description;
} swapped_rows[] = {
    {"library/films/a.mp4", "/etc/passwd", ERROR_DENIED, "the file, by an absolute link out"},
    {"library/films/a.mp4", "../../outside/a.mp4", ERROR_DENIED, "the file, by a relative link out"},
    {"library/films", "../outside", ERROR_DENIED, "its folder"},
    {"library/films", "/proc/self/root/etc", ERROR_DENIED, "its folder, by a magic link"},
    {"library/films/a.mp4", "../other/b.mp4", ERROR_NONE, "the file, by a link within the library"},
    {"library/films/a.mp4", "nothing.mp4", ERROR_NOT_FOUND, "the file, by a link to nothing"},
};

/* Where a grant is given, and where the program reads the file itself. */
START_TEST(a_file_swapped_for_a_link_later_is_noticed) {
  for (size_t i = 0; i < UNIT_ROWS(swapped_rows); i++) {
    char name[MEDIUM_STORED_NAME_SIZE];
    int64_t size = 0;
    int fd = -1;
    library_fixture_set_up(&fixture);
    library_fixture_write(&fixture, "outside/a.mp4", "secret");
    library_fixture_write(&fixture, "library/films/a.mp4", "film");
    library_fixture_write(&fixture, "library/other/b.mp4", "film");
    ck_assert_int_eq(link_path("films/a.mp4", name, &size), ERROR_NONE);
    ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_NONE);
    replace_by_link(swapped_rows[i].swapped, swapped_rows[i].target);
    enum error error = library_guard_check(fixture.folder, 7, name);
    ck_assert_msg(error == swapped_rows[i].expected, "%s: %s", swapped_rows[i].description, error_strerror(error));
    error = stored_file_open(fixture.folder, 7, name, &fd);
    ck_assert_msg(error == swapped_rows[i].expected, "%s: %s", swapped_rows[i].description, error_strerror(error));
    file_close_cleanup(&fd);
    library_fixture_tear_down(&fixture);
  }
}
END_TEST

START_TEST(a_playlists_folder_swapped_for_a_link_later_is_noticed) {
  char name[MEDIUM_STORED_NAME_SIZE];
  int64_t size = 0;
  int fd = -1;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/show/master.m3u8", "#EXTM3U");
  library_fixture_write(&fixture, "outside/master.m3u8", "#EXTM3U");
  ck_assert_int_eq(link_path("show/master.m3u8", name, &size), ERROR_NONE);
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_NONE);
  replace_by_link("library/show", "../outside");
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_DENIED);
  ck_assert_int_eq(stored_file_open(fixture.folder, 7, name, &fd), ERROR_DENIED);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_link_into_another_library_is_refused) {
  char name[MEDIUM_STORED_NAME_SIZE];
  char other[256];
  int64_t size = 0;
  struct media_folder *folder = NULL;
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/a.mp4", "film");
  library_fixture_write(&fixture, "library2/a.mp4", "film");
  ck_assert_int_eq(link_path("a.mp4", name, &size), ERROR_NONE);
  snprintf(other, sizeof other, "%s2", fixture.library);
  ck_assert_int_eq(media_folder_open(fixture.data, other, &folder), ERROR_NONE);
  ck_assert_int_eq(library_guard_check(folder, 7, name), ERROR_DENIED);
  media_folder_close(folder);
  ck_assert_int_eq(media_folder_open(fixture.data, "", &folder), ERROR_NONE);
  ck_assert_int_eq(library_guard_check(folder, 7, name), ERROR_UNSUPPORTED);
  media_folder_close(folder);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(an_uploaded_file_has_no_library_to_be_checked_against) {
  char name[MEDIUM_STORED_NAME_SIZE];
  library_fixture_set_up(&fixture);
  library_fixture_place(&fixture, 7, "film", name);
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_NONE);
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, "0123.mp4"), ERROR_NOT_FOUND);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(an_ordinary_folder_is_not_mounted_safely) {
  library_fixture_set_up(&fixture);
  ck_assert(!library_guard_is_mounted_safely(fixture.library));
  ck_assert(!library_guard_is_mounted_safely("/nowhere"));
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("library_link", takes_clean_relative_paths_only, knows_the_names_that_nginx_serves,
          links_a_file_under_a_name_of_its_own, links_the_folder_of_a_playlist,
          refuses_what_leads_out_and_what_cannot_play, a_missing_library_is_unsupported,
          a_race_with_the_library_never_leads_out, a_file_swapped_for_a_link_later_is_noticed,
          a_playlists_folder_swapped_for_a_link_later_is_noticed, a_link_into_another_library_is_refused,
          an_uploaded_file_has_no_library_to_be_checked_against, an_ordinary_folder_is_not_mounted_safely)
