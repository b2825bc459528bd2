/* SPDX-License-Identifier: ISC */
/*
 * What a program inside the sandbox can do, asked from inside.
 */
#include "config.h"

#include "files/sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/subprocess.h"
#include "library_fixture.h"
#include "unit.h"

static struct library_fixture fixture;

static const struct {
  const char *script, *output, *description;
} inside_rows[] = {
    {"cat /input", "film", "reads its input"},
    {"echo x >/input || echo refused", "refused\n", "does not write its input"},
    {"unshare --user true || echo refused", "refused\n", "makes no user namespaces, not even in its own"},
    {"for f in /x /usr/x /tmp/x /dev/x; do echo x >$f || echo refused; done", "refused\nrefused\nrefused\nrefused\n",
     "writes nowhere, so that no memory is filled"},
    {"ls /proc /etc/passwd /home /root || echo none", "none\n", "sees nothing else of this machine"},
    {"ls /sys/class/net || echo none", "none\n", "sees no network"},
};

static enum sandbox_device device = SANDBOX_DEVICE_NONE;

static void run_inside(const char *script, bool writing, struct subprocess_result *ret_result) {
  const char *argv[SANDBOX_ARGUMENTS + 4];
  char input[256];
  size_t count = writing ? sandbox_append_writing(argv, fixture.library, device) : sandbox_append(argv);
  const struct subprocess_limits limits = {
      .wall_ms = 20000, .file_size_bytes = 1 << 20, .output_bytes = 4096, .error_bytes = 4096, .data = sandbox_filter};
  argv[count] = "sh";
  argv[count + 1] = "-c";
  argv[count + 2] = script;
  argv[count + 3] = NULL;
  snprintf(input, sizeof input, "%s/outside/film.mp4", fixture.root);
  int fd = open(input, O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(subprocess_run(argv, fd, &limits, NULL, NULL, ret_result), ERROR_NONE);
  file_close_cleanup(&fd);
}

static void begin(void) {
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "outside/film.mp4", "film");
}

START_TEST(what_a_program_may_do_inside) {
  begin();
  for (size_t i = 0; i < UNIT_ROWS(inside_rows); i++) {
    struct subprocess_result result;
    run_inside(inside_rows[i].script, false, &result);
    const char *output = result.output.length > 0 ? result.output.data : "";
    ck_assert_msg(strcmp(output, inside_rows[i].output) == 0, "%s: %s%s", inside_rows[i].description, output,
                  result.errors.length > 0 ? result.errors.data : "");
    subprocess_result_free(&result);
  }
  library_fixture_tear_down(&fixture);
}
END_TEST

static const struct {
  const char *script, *description;
} killed_rows[] = {
    {"unshare --net true", "makes no namespace"},
    {"mount -t tmpfs none /output", "mounts nothing"},
    {"setpriv --reuid 1 true", "becomes nobody else"},
};

/* bubblewrap sets the filter up: SIGSYS ends the program, which the shell tells as 128 + 31. */
START_TEST(a_dangerous_call_ends_it) {
  begin();
  for (size_t i = 0; i < UNIT_ROWS(killed_rows); i++) {
    struct subprocess_result result;
    char script[128];
    snprintf(script, sizeof script, "%s; echo $?", killed_rows[i].script);
    run_inside(script, true, &result);
    ck_assert_msg(result.output.length > 0 && strcmp(result.output.data, "159\n") == 0, "%s: %s%s",
                  killed_rows[i].description, result.output.length > 0 ? result.output.data : "",
                  result.errors.length > 0 ? result.errors.data : "");
    subprocess_result_free(&result);
  }
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_launcher_is_to_start_what_was_made_here_alone) {
  const char *argv[SANDBOX_ARGUMENTS + 2], *changed[SANDBOX_ARGUMENTS + 2];
  char link[256];
  begin();
  size_t count = sandbox_append(argv);
  argv[count] = NULL;
  ck_assert(sandbox_permits(argv, fixture.data, false));
  for (size_t i = 0; i < count; i++) {
    memcpy(changed, argv, sizeof argv);
    changed[i] = "--x";
    ck_assert_msg(!sandbox_permits(changed, fixture.data, false), "argument %zu is another", i);
    changed[i] = NULL;
    ck_assert_msg(!sandbox_permits(changed, fixture.data, false), "it ends at argument %zu", i);
  }
  char below[128];
  snprintf(below, sizeof below, "%s/media", fixture.data);
  argv[sandbox_append_writing(argv, below, SANDBOX_DEVICE_NONE)] = NULL;
  ck_assert_msg(sandbox_permits(argv, fixture.data, false), "it writes below data_dir");
  argv[sandbox_append_writing(argv, fixture.library, SANDBOX_DEVICE_NONE)] = NULL;
  ck_assert_msg(!sandbox_permits(argv, fixture.data, false), "it writes elsewhere");
  argv[sandbox_append_writing(argv, fixture.data, SANDBOX_DEVICE_NONE)] = NULL;
  ck_assert_msg(!sandbox_permits(argv, fixture.data, false), "it writes in all of data_dir");
  argv[sandbox_append_writing(argv, below, SANDBOX_DEVICE_DRI)] = NULL;
  ck_assert_msg(!sandbox_permits(argv, fixture.data, false), "no device");
  ck_assert_msg(sandbox_permits(argv, fixture.data, true), "but where it is meant to have one");
  snprintf(link, sizeof link, "%s/media/way-out", fixture.data);
  library_fixture_link(&fixture, fixture.library, "data/media/way-out");
  argv[sandbox_append_writing(argv, link, SANDBOX_DEVICE_NONE)] = NULL;
  ck_assert_msg(!sandbox_permits(argv, fixture.data, false), "a link leads elsewhere");
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(processes_are_bounded) {
  struct subprocess_result result;
  begin();
  run_inside("prlimit --nproc --noheadings --output SOFT,HARD", false, &result);
  ck_assert_ptr_nonnull(strstr(result.output.data, "16"));
  subprocess_result_free(&result);
  run_inside("prlimit --nproc --noheadings --output SOFT,HARD", true, &result);
  ck_assert_ptr_nonnull(strstr(result.output.data, "1024"));
  subprocess_result_free(&result);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(the_folder_to_write_is_the_only_one) {
  struct subprocess_result result;
  begin();
  run_inside("echo x >a && echo x >/output/b && echo written; echo x >/c || echo refused", true, &result);
  ck_assert_str_eq(result.output.data, "written\nrefused\n");
  subprocess_result_free(&result);
  ck_assert_int_eq(library_fixture_count(&fixture, "library"), 2);
  library_fixture_tear_down(&fixture);
}
END_TEST

static bool has_argument(enum sandbox_device asked, const char *argument) {
  const char *argv[SANDBOX_ARGUMENTS];
  size_t count = sandbox_append_writing(argv, "/folder", asked);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(argv[i], argument) == 0) {
      return true;
    }
  }
  return false;
}

START_TEST(devices_are_there_only_when_they_are_asked_for) {
  struct subprocess_result result;
  const char *argv[SANDBOX_ARGUMENTS];
  ck_assert(has_argument(SANDBOX_DEVICE_DRI, "/dev/dri") && !has_argument(SANDBOX_DEVICE_DRI, "/dev/nvidia0"));
  ck_assert(has_argument(SANDBOX_DEVICE_NVIDIA, "/dev/nvidia0") && !has_argument(SANDBOX_DEVICE_NVIDIA, "/dev/dri"));
  ck_assert(!has_argument(SANDBOX_DEVICE_NONE, "/dev/dri") && !has_argument(SANDBOX_DEVICE_NONE, "/sys/devices"));
  ck_assert_uint_gt(sandbox_append_writing(argv, "/folder", SANDBOX_DEVICE_DRI), 30);
  begin();
  run_inside("test -e /dev/dri || test -e /sys/devices || echo none", true, &result);
  ck_assert_str_eq(result.output.data, "none\n");
  subprocess_result_free(&result);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* Where this machine has no such device the sandbox starts all the same. */
START_TEST(a_program_with_a_device_is_closed_in_all_the_same) {
  struct subprocess_result result;
  begin();
  device = SANDBOX_DEVICE_DRI;
  run_inside("test -e /sys/devices && echo devices; echo x >/sys/devices/x || echo x >/dev/x || echo refused", true,
             &result);
  device = SANDBOX_DEVICE_NONE;
  ck_assert_str_eq(result.output.data, "devices\nrefused\n");
  subprocess_result_free(&result);
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("sandbox", what_a_program_may_do_inside, a_dangerous_call_ends_it,
          a_launcher_is_to_start_what_was_made_here_alone, processes_are_bounded, the_folder_to_write_is_the_only_one,
          devices_are_there_only_when_they_are_asked_for, a_program_with_a_device_is_closed_in_all_the_same)
