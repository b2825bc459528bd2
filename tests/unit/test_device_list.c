/* SPDX-License-Identifier: ISC */
/* Devices, systems and browsers by their user agents: with a few patterns, and with the real list where this build made
 * it. */
#include "config.h"

#include "audience/device_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "

static const struct {
  const char *user_agent, *kind, *system, *browser, *description;
} user_agents[] = {
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "desktop", "Windows",
     "Firefox", "a browser on a desktop"},
    {"Mozilla/5.0 (X11; Linux x86_64) " WEBKIT "Chrome/131.0.0.0 Safari/537.36", "desktop", "Linux", "Chrome",
     "another"},
    {"Mozilla/5.0 (Linux; Android 14; Pixel 8) " WEBKIT "Chrome/131.0.0.0 Mobile Safari/537.36", "phone", "Android",
     "Chrome Mobile", "a phone"},
    {"Mozilla/5.0 (Linux; Android 14; SM-X200) " WEBKIT "Chrome/131.0.0.0 Safari/537.36", "tablet", "Android", "Chrome",
     "a browser that does not say Mobile"},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
     "Mobile/15E148 Safari/604.1",
     "phone", "iOS", "Mobile Safari", "an iPhone"},
    {"Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 "
     "Mobile/15E148 Safari/604.1",
     "tablet", "iOS", "Mobile Safari", "an iPad"},
    {"MyApp/1.0 (Linux;Android 14) ExoPlayerLib/2.19.1", "phone", "Android", NULL, "an app"},
    {"AppleCoreMedia/1.0.0.22B83 (Apple TV; U; CPU OS 18_1 like Mac OS X; en_us)", "television", NULL, NULL,
     "an Apple TV"},
    {"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) " WEBKIT "76.0.3809.146/6.0 TV Safari/537.36", "television", "Tizen",
     NULL, "a television"},
    {"Mozilla/5.0 (PlayStation; PlayStation 5/6.00) " WEBKIT "Version/13.0 Safari/605.1.15", "console", NULL, NULL,
     "a console"},
    {"curl/7.88.1", "other", "other", "curl", "a program"},
    {"", "other", "other", "other", "nothing"},
    {"\xff\xfe\x01", "other", "other", "other", "no text"},
};

static struct device_list *open_text(const char *text, enum error expected, const char *problem_part) {
  char path[] = "/tmp/devices-XXXXXX";
  struct text problem = {0};
  struct device_list *list = NULL;
  int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(file_write_all(fd, text, strlen(text)), ERROR_NONE);
  close(fd);
  ck_assert_int_eq(device_list_open(path, &list, &problem), expected);
  ck_assert_msg(problem_part == NULL || strstr(problem.data, problem_part) != NULL, "%s", problem.data);
  text_free(&problem);
  unlink(path);
  return list;
}

START_TEST(the_first_pattern_that_matches_has_the_answer) {
  struct device_list *list =
      open_text("# a list\n\nbrowser\tApp $2 of $1\t(\\w+)/(\\d+)\\.x\nbrowser\t$1\t(Odd[^ ]*)\nbrowser\tLate\tOdd\n"
                "system\tWindows\twin\nsystem\tOther\tunix\nsystem\tLinux\t(?i)UNIX\n",
                ERROR_NONE, NULL);
  static const struct {
    const char *user_agent, *kind, *system, *browser;
  } rows[] = {
      {"Film/7.x win", "desktop", "Windows", "App 7 of Film"},
      {"Oddity unix", "desktop", "Linux", "Oddity"},
      {"Odd\x01\x02ity", "other", "other", "Oddity"},
      {"nothing", "other", "other", "other"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct device device;
    device_list_describe(list, rows[i].user_agent, &device);
    ck_assert_str_eq(device.kind, rows[i].kind);
    ck_assert_str_eq(device.system, rows[i].system);
    ck_assert_str_eq(device.browser, rows[i].browser);
  }
  char long_agent[400] = "Odd";
  memset(long_agent + 3, 'x', sizeof long_agent - 4);
  struct device device;
  device_list_describe(list, long_agent, &device);
  ck_assert_uint_eq(strlen(device.browser), DEVICE_NAME_SIZE - 1);
  device_list_close(list);
}
END_TEST

START_TEST(a_damaged_list_is_refused) {
  (void)open_text("browser\tFirefox\n", ERROR_INVALID, ":1: no browser or system");
  (void)open_text("browser\tFirefox\tFirefox\nphone\tx\ty\n", ERROR_INVALID, ":2: no browser or system");
  (void)open_text("system\tx\t(\n", ERROR_INVALID, ":1: missing closing parenthesis");
  struct device_list *list = NULL;
  struct text problem = {0};
  ck_assert_int_eq(device_list_open("/nowhere/devices.list", &list, &problem), ERROR_NOT_FOUND);
  text_free(&problem);
}
END_TEST

START_TEST(the_real_list_knows_what_people_use) {
  const char *folder = getenv("top_builddir");
  char path[1000];
  struct device_list *list = NULL;
  struct text problem = {0};
  snprintf(path, sizeof path, "%s/devices.list", folder == NULL ? "." : folder);
  enum error error = device_list_open(path, &list, &problem);
  ck_assert_msg(error == ERROR_NONE || error == ERROR_NOT_FOUND, "%s", problem.data);
  text_free(&problem);
  for (size_t i = 0; list != NULL && i < UNIT_ROWS(user_agents); i++) {
    struct device device;
    device_list_describe(list, user_agents[i].user_agent, &device);
    ck_assert_msg(strcmp(device.kind, user_agents[i].kind) == 0, "%s: a %s", user_agents[i].description, device.kind);
    ck_assert_msg(user_agents[i].system == NULL || strcmp(device.system, user_agents[i].system) == 0, "%s: %s",
                  user_agents[i].description, device.system);
    ck_assert_msg(user_agents[i].browser == NULL || strcmp(device.browser, user_agents[i].browser) == 0, "%s: %s",
                  user_agents[i].description, device.browser);
  }
  device_list_close(list);
}
END_TEST

UNIT_MAIN("device_list", the_first_pattern_that_matches_has_the_answer, a_damaged_list_is_refused,
          the_real_list_knows_what_people_use)
