/* SPDX-License-Identifier: ISC */
/* Robots and players by their user agents: the list of players that we ship, beside a few robots of our own, and the
 * real list of robots where this build made it. */
#include "config.h"

#include "audience/robot_list.h"

#include <string.h>
#include <unistd.h>

#include "audience/pattern_list.h"
#include "base/file.h"
#include "unit.h"

#define CHROME  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
#define FIREFOX "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
#define SAFARI                                                                                                         \
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "      \
  "Mobile/15E148 Safari/604.1"
#define TELEVISION                                                                                                     \
  "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36"

static const char robots_text[] =
    "# robots\n\nGooglebot\\/\nbingbot\n^curl\nokhttp\n[wW]get\nLavf\n(?i)spider\npython-requests\nGo-http-client\n"
    "libwww-perl\naiohttp\n^Apache-HttpClient\naxios\nnode-fetch\nsindresorhus\\/got\n";

static const struct {
  const char *user_agent;
  bool robot;
  const char *description;
} user_agents[] = {
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true, "a crawler"},
    {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", true, "another"},
    {CHROME, false, "a browser"},
    {FIREFOX, false, "a browser"},
    {SAFARI, false, "a telephone"},
    {TELEVISION, false, "a television"},
    {"VLC/3.0.20 LibVLC/3.0.20", false, "VLC"},
    {"Lavf/59.27.100", false, "ffmpeg and what is made of it, although it is in the list of robots"},
    {"mpv 0.35.1", false, "mpv"},
    {"AppleCoreMedia/1.0.0.22B83 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)", false, "iOS's own player"},
    {"MyApp/1.0 (Linux;Android 14) ExoPlayerLib/2.19.1", false, "ExoPlayer"},
    {"MyApp/1.0 (Linux;Android 14) AndroidXMedia3/1.4.1", false, "Media3"},
    {"okhttp/4.12.0", false, "either, over OkHttp"},
    {"Roku/DVP-12.5 (12.5.5.4174-88)", false, "Roku"},
    {"Kodi/20.2 (X11; Linux x86_64) App_Bitness/64 Version/20.2", false, "Kodi"},
    {"GStreamer souphttpsrc 1.22.0 libsoup/2.74.3", false, "GStreamer"},
    {"curl/7.88.1", false, "who holds a signed URL and plays it with curl"},
    {"Wget/1.21.3", false, "or with wget"},
    {"python-requests/2.32.3", false, "a library under its bare name says no more than curl"},
    {"Go-http-client/2.0", false, "the same"},
    {"libwww-perl/6.68", false, "the same"},
    {"Python/3.11 aiohttp/3.9.1", false, "the same"},
    {"Apache-HttpClient/4.5.14 (Java/17.0.9)", false, "the same"},
    {"axios/1.7.2", false, "the same"},
    {"node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", false, "the same"},
    {"got (https://github.com/sindresorhus/got)", false, "the same"},
    {"2Bone_LinkChecker/1.0 libwww-perl/6.03", true, "a program that gives itself a name is judged by that"},
    {"python-requests/2.32.3 Spider", true, "the same"},
    {"atc/1.0 watchOS/10.1 model/Watch6,18 hwp/t8301 build/21S71 (6; dt:265)", true, "watchOS, which fetches ahead"},
    {"AppleCoreMedia/1.0.0.21S71 (Apple Watch; U; CPU Watch OS 10_1 like Mac OS X; en_us)", false,
     "what a watch plays"},
    {"", false, "nothing is nobody's"},
    {NULL, false, "nothing is nobody's"},
};

struct fixture {
  char folder[64];
};

static void write_file(const struct fixture *fixture, const char *name, const char *text) {
  char *path = file_join(fixture->folder, name);
  ck_assert(file_replace(path, 0644, text, strlen(text)) == ERROR_NONE);
  free(path);
}

static void copy_file(const struct fixture *fixture, const char *from, const char *name) {
  struct text text = {0};
  ck_assert_msg(file_read(from, 1 << 20, &text) == ERROR_NONE, "%s", from);
  write_file(fixture, name, text.data);
  text_free(&text);
}

static void set_up(struct fixture *fixture) {
  const char *source = getenv("top_srcdir");
  char path[1024];
  snprintf(fixture->folder, sizeof fixture->folder, "/tmp/mediagate-robots.XXXXXX");
  ck_assert(mkdtemp(fixture->folder) != NULL);
  snprintf(path, sizeof path, "%s/src/audience/players.list", source == NULL ? "." : source);
  copy_file(fixture, path, "players.list");
}

static void tear_down(const struct fixture *fixture) {
  ck_assert(file_remove_tree(fixture->folder) == ERROR_NONE);
}

static struct robot_list *open_shipped(const struct fixture *fixture) {
  struct robot_list *list = NULL;
  struct text problem = {0};
  ck_assert(robot_list_new(&list) == ERROR_NONE);
  ck_assert_msg(robot_list_read_shipped(list, fixture->folder, &problem) == ERROR_NONE, "%s", problem.data);
  return list;
}

static void check_user_agents(const struct fixture *fixture) {
  struct robot_list *list = open_shipped(fixture);
  for (int round = 0; round < 2; round++) { /* the second time from memory */
    for (size_t i = 0; i < UNIT_ROWS(user_agents); i++) {
      ck_assert_msg(robot_list_has(list, user_agents[i].user_agent) == user_agents[i].robot, "%s",
                    user_agents[i].description);
    }
  }
  robot_list_close(list);
}

START_TEST(players_win_over_robots) {
  struct fixture fixture = {.folder = ""};
  set_up(&fixture);
  write_file(&fixture, "robots.list", robots_text);
  check_user_agents(&fixture);
  tear_down(&fixture);
}
END_TEST

START_TEST(the_list_that_was_built_knows_robots_and_no_players) {
  struct fixture fixture = {.folder = ""};
  if (access("robots.list", R_OK) != 0) {
    return; /* configured without --with-web */
  }
  set_up(&fixture);
  copy_file(&fixture, "robots.list", "robots.list");
  check_user_agents(&fixture);
  tear_down(&fixture);
}
END_TEST

START_TEST(many_user_agents_are_answered_right) {
  struct fixture fixture = {.folder = ""};
  set_up(&fixture);
  write_file(&fixture, "robots.list", robots_text);
  struct robot_list *list = open_shipped(&fixture);
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 20000; i++) { /* more than are remembered */
      char user_agent[64];
      snprintf(user_agent, sizeof user_agent, "%s/%d", i % 3 == 0 ? "spider" : "Mozilla", i);
      ck_assert_msg(robot_list_has(list, user_agent) == (i % 3 == 0), "%s", user_agent);
    }
  }
  robot_list_close(list);
  tear_down(&fixture);
}
END_TEST

/* Patterns that begin with the same letter are tried together. */
static const char *const patterns[] = {
    "Bot",   "Boy$",    "Bo*m", "B?at",   "B{2}x",    "Cat|Dog", "^Bon",   "(?i)bolt",          "B",
    "Bo\\.", "Z[0-9]+", "9",    "9lives", "Ca(r|b)s", "C+o",     "[BC]uy", "\xc3\xa9t\xc3\xa9",
};
static const char *const texts[] = {
    "Bot",  "bot",     "a Boy", "Boys",   "Boom", "Bm",  "at",  "Bat", "BBx",
    "Bx",   "the Dog", "Bond",  "x Bond", "BOLT", "Bo.", "Boa", "Z7",  "Z",
    "9",    "9lives",  "lives", "Cars",   "Cabs", "CCo", "uy",  "Buy", "\xc3\xa9t\xc3\xa9",
    "\xc3", "",
};

static void match_all(const struct fixture *fixture, const char *list_text, bool ret_matches[UNIT_ROWS(texts)]) {
  struct pattern_list *list = NULL;
  struct text problem = {0};
  write_file(fixture, "patterns.list", list_text);
  char *path = file_join(fixture->folder, "patterns.list");
  ck_assert_msg(pattern_list_open(path, &list, &problem) == ERROR_NONE, "%s", problem.data);
  for (size_t i = 0; i < UNIT_ROWS(texts); i++) {
    ret_matches[i] = pattern_list_matches(list, texts[i]);
  }
  pattern_list_close(list);
  free(path);
}

START_TEST(patterns_together_match_what_each_matches_alone) {
  struct fixture fixture = {.folder = ""};
  bool alone[UNIT_ROWS(patterns)][UNIT_ROWS(texts)], together[UNIT_ROWS(texts)];
  set_up(&fixture);
  for (size_t i = 0; i < UNIT_ROWS(patterns); i++) {
    match_all(&fixture, patterns[i], alone[i]);
  }
  for (size_t i = 0; i < UNIT_ROWS(patterns); i++) {
    for (size_t j = 0; j < UNIT_ROWS(patterns); j++) {
      char both[64];
      snprintf(both, sizeof both, "%s\n%s\n", patterns[i], patterns[j]);
      match_all(&fixture, both, together);
      for (size_t text = 0; text < UNIT_ROWS(texts); text++) {
        ck_assert_msg(together[text] == (alone[i][text] || alone[j][text]), "\"%s\" in: %s", texts[text], both);
      }
    }
  }
  tear_down(&fixture);
}
END_TEST

static const struct {
  const char *text; /* NULL: no such file */
  enum error error;
  const char *problem, *description;
} lists[] = {
    {NULL, ERROR_NOT_FOUND, "robots.list: ", "no file: this build made none"},
    {"", ERROR_INVALID, "holds no pattern", "an empty file"},
    {"# only this\n\n", ERROR_INVALID, "holds no pattern", "only a comment"},
    {"good\n\n(bad\n", ERROR_INVALID, "robots.list:3: ", "the line that does not compile"},
    {"good)|(bad\n", ERROR_INVALID, "robots.list:1: ", "a line that compiles only within another"},
    {"good\n!\n", ERROR_INVALID, "robots.list:2: ", "an exception of nothing"},
    {"good\n!(bad\n", ERROR_INVALID, "robots.list:2: ", "an exception that does not compile"},
    {"good", ERROR_NONE, NULL, "no newline at the end"},
};

START_TEST(a_broken_list_is_named_with_its_line) {
  for (size_t i = 0; i < UNIT_ROWS(lists); i++) {
    struct fixture fixture = {.folder = ""};
    struct robot_list *list = NULL;
    struct text problem = {0};
    set_up(&fixture);
    if (lists[i].text != NULL) {
      write_file(&fixture, "robots.list", lists[i].text);
    }
    ck_assert(robot_list_new(&list) == ERROR_NONE);
    enum error error = robot_list_read_shipped(list, fixture.folder, &problem);
    ck_assert_msg(error == lists[i].error, "%s", lists[i].description);
    ck_assert_msg(lists[i].problem == NULL ? problem.length == 0 : strstr(problem.data, lists[i].problem) != NULL,
                  "%s: %s", lists[i].description, problem.data);
    ck_assert_msg(robot_list_has(list, "a good one") == (error == ERROR_NONE), "%s", lists[i].description);
    robot_list_close(list);
    text_free(&problem);
    tear_down(&fixture);
  }
}
END_TEST

START_TEST(the_operators_list_has_the_last_word) {
  static const struct {
    const char *user_agent;
    bool with_shipped, alone;
    const char *description;
  } rows[] = {
      {"OurMonitor/1.0", true, true, "a robot that only the operator knows"},
      {"VLC/3.0.20 LibVLC/3.0.20", true, true, "a player that the operator calls a robot"},
      {"python-requests/2.32.3", true, true, "a library that the operator calls a robot"},
      {"Mozilla/5.0 (compatible; Googlebot/2.1)", false, false, "a robot that the operator calls none"},
      {"OurMonitor/1.0 for people", false, false, "his own exception wins over his pattern"},
      {"bingbot", true, false, "what he does not name is as shipped"},
      {CHROME, false, false, "a browser"},
  };
  struct fixture fixture = {.folder = ""};
  set_up(&fixture);
  write_file(&fixture, "robots.list", robots_text);
  write_file(&fixture, "own.list", "# ours\n^OurMonitor/\n!for people$\n^VLC\n^python-requests/\n!Googlebot\n");
  char *path = file_join(fixture.folder, "own.list");
  struct text problem = {0};
  struct robot_list *with_shipped = open_shipped(&fixture), *alone = NULL;
  ck_assert(robot_list_new(&alone) == ERROR_NONE);
  ck_assert(robot_list_read_own(with_shipped, path, &problem) == ERROR_NONE);
  ck_assert(robot_list_read_own(alone, path, &problem) == ERROR_NONE);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert_msg(robot_list_has(with_shipped, rows[i].user_agent) == rows[i].with_shipped, "%s", rows[i].description);
    ck_assert_msg(robot_list_has(alone, rows[i].user_agent) == rows[i].alone, "alone: %s", rows[i].description);
  }
  robot_list_close(with_shipped);
  robot_list_close(alone);
  free(path);
  tear_down(&fixture);
}
END_TEST

START_TEST(a_hostile_user_agent_is_only_a_text) {
  struct fixture fixture = {.folder = ""};
  char big[2049];
  memset(big, 'a', sizeof big - 1);
  big[sizeof big - 1] = '\0';
  set_up(&fixture);
  write_file(&fixture, "robots.list", robots_text);
  struct robot_list *list = open_shipped(&fixture);
  ck_assert(!robot_list_has(list, big));
  ck_assert(robot_list_has(list, "\xff\xfe spider \xc3"));
  robot_list_close(list);
  tear_down(&fixture);
}
END_TEST

UNIT_MAIN("robot_list", players_win_over_robots, the_list_that_was_built_knows_robots_and_no_players,
          many_user_agents_are_answered_right, patterns_together_match_what_each_matches_alone,
          a_broken_list_is_named_with_its_line, the_operators_list_has_the_last_word,
          a_hostile_user_agent_is_only_a_text)
