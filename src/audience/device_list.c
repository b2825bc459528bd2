/* SPDX-License-Identifier: ISC */
/*
 * The patterns of uap-core, one after another: the first that matches has the answer. The order matters, so they are
 * not put together as those of pattern_list are.
 */
#include "config.h"

#include "audience/device_list.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/grow.h"

#define FILE_MAX ((size_t)4 << 20)
#define OPTIONS  (PCRE2_UTF | PCRE2_MATCH_INVALID_UTF)
#define GROUPS   10
/* A pattern that takes more steps than this does not match: user agents are strangers' texts. */
#define STEPS_MAX 100000

struct parser {
  pcre2_code *code;
  char *name; /* with $1 to $9 for groups */
};

struct parsers {
  struct parser *items;
  size_t count, capacity;
};

struct device_list {
  struct parsers browsers, systems;
  pcre2_match_data *match;
  pcre2_match_context *context;
};

/* --- the kind of a device -------------------------------------------------------------------- */

/* The first row that fits: a text in the user agent, and the system; NULL fits all. */
static const struct {
  const char *needle, *system, *kind;
} kinds[] = {
    {"PlayStation", NULL, "console"},
    {"Xbox", NULL, "console"},
    {"Nintendo", NULL, "console"},
    {NULL, "tvOS", "television"},
    {NULL, "ATV OS X", "television"},
    {"AppleTV", NULL, "television"},
    {"SMART-TV", NULL, "television"},
    {"SmartTV", NULL, "television"},
    {"Smart TV", NULL, "television"},
    {"Web0S", NULL, "television"},
    {"NetCast", NULL, "television"},
    {"HbbTV", NULL, "television"},
    {"BRAVIA", NULL, "television"},
    {"Android TV", NULL, "television"},
    {"; AFT", "Android", "television"}, /* Fire TV */
    {NULL, "FireHbbTV", "television"},
    {NULL, "webOS", "television"},
    {"CrKey", NULL, "television"},
    {"Roku", NULL, "television"},
    {NULL, "Chromecast", "television"},
    {NULL, "Tizen", "television"},
    {NULL, "WatchOS", "watch"},
    {"watchOS", NULL, "watch"},
    {"iPad", NULL, "tablet"},
    {NULL, "iPadOS", "tablet"},
    {"iPhone", NULL, "phone"},
    {"iPod", NULL, "phone"},
    {NULL, "iOS", "phone"},
    {NULL, "Windows Phone", "phone"},
    {"Mobile", "Android", "phone"},
    {"Mozilla/", "Android", "tablet"}, /* browsers on phones say Mobile */
    {NULL, "Android", "phone"},
    {NULL, "KaiOS", "phone"},
    {NULL, "BlackBerry OS", "phone"},
    {NULL, "Windows", "desktop"},
    {NULL, "Mac OS X", "desktop"},
    {NULL, "Mac OS", "desktop"},
    {NULL, "Chrome OS", "desktop"},
    {NULL, "Linux", "desktop"},
    {NULL, "Ubuntu", "desktop"},
    {NULL, "Debian", "desktop"},
    {NULL, "Fedora", "desktop"},
    {NULL, "FreeBSD", "desktop"},
    {NULL, "OpenBSD", "desktop"},
};

static const char *kind_of(const char *user_agent, const char *system) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if ((kinds[i].needle == NULL || strstr(user_agent, kinds[i].needle) != NULL) &&
        (kinds[i].system == NULL || strcmp(system, kinds[i].system) == 0)) {
      return kinds[i].kind;
    }
  }
  return "other";
}

bool device_kind_is_known(const char *kind) {
  bool known = strcmp(kind, "other") == 0;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    known = known || strcmp(kind, kinds[i].kind) == 0;
  }
  return known;
}

/* --- the list -------------------------------------------------------------------------------- */

static enum error add_parser(struct parsers *parsers, const char *name, size_t name_length, const char *pattern,
                             size_t length, int *ret_pcre2_error) {
  PCRE2_SIZE offset;
  enum error error = grow_array(&parsers->items, parsers->count, &parsers->capacity, sizeof *parsers->items);
  if (error != ERROR_NONE) {
    return error;
  }
  struct parser parser = {.name = strndup(name, name_length)};
  parser.code = pcre2_compile((PCRE2_SPTR)pattern, length, OPTIONS, ret_pcre2_error, &offset, NULL);
  if (parser.code == NULL || parser.name == NULL) {
    error = parser.name == NULL ? ERROR_MEMORY : ERROR_INVALID;
    pcre2_code_free(parser.code);
    free(parser.name);
    return error;
  }
  parsers->items[parsers->count++] = parser;
  return ERROR_NONE;
}

/* "kind<TAB>name<TAB>pattern". */
static enum error read_line(struct device_list *list, const char *line, size_t length, const char **ret_problem,
                            char ret_text[160]) {
  const char *first = memchr(line, '\t', length);
  const char *second = first == NULL ? NULL : memchr(first + 1, '\t', length - (size_t)(first + 1 - line));
  size_t kind_length = first == NULL ? 0 : (size_t)(first - line);
  bool browser = kind_length == 7 && memcmp(line, "browser", 7) == 0;
  bool system = kind_length == 6 && memcmp(line, "system", 6) == 0;
  if (second == NULL || (!browser && !system)) {
    *ret_problem = "no browser or system, name and pattern with tabs between";
    return ERROR_INVALID;
  }
  int pcre2_error = 0;
  enum error error = add_parser(browser ? &list->browsers : &list->systems, first + 1, (size_t)(second - first - 1),
                                second + 1, length - (size_t)(second + 1 - line), &pcre2_error);
  if (error == ERROR_INVALID) {
    (void)pcre2_get_error_message(pcre2_error, (PCRE2_UCHAR *)ret_text, 160); /* what fits is enough */
    *ret_problem = ret_text;
  }
  return error;
}

static enum error read_lines(struct device_list *list, const char *path, const char *lines, struct text *ret_problem) {
  for (size_t number = 1; *lines != '\0'; number++) {
    size_t length = strcspn(lines, "\n");
    char text[160] = "";
    const char *problem = text;
    enum error error = length == 0 || lines[0] == '#' ? ERROR_NONE : read_line(list, lines, length, &problem, text);
    if (error != ERROR_NONE) {
      text_appendf(ret_problem, "%s:%zu: %s", path, number, error == ERROR_INVALID ? problem : error_strerror(error));
      return error;
    }
    lines += length + (lines[length] == '\n');
  }
  return ERROR_NONE;
}

enum error device_list_open(const char *path, struct device_list **ret_list, struct text *ret_problem) {
  struct text lines = {0};
  enum error error = file_read(path, FILE_MAX, &lines);
  if (error != ERROR_NONE) {
    text_appendf(ret_problem, "%s: %s", path, error_strerror(error));
    return error;
  }
  struct device_list *list = calloc(1, sizeof *list);
  if (list != NULL) {
    list->match = pcre2_match_data_create(GROUPS, NULL);
    list->context = pcre2_match_context_create(NULL);
  }
  error = list == NULL || list->match == NULL || list->context == NULL ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE) {
    (void)pcre2_set_match_limit(list->context, STEPS_MAX);
    error = read_lines(list, path, lines.data == NULL ? "" : lines.data, ret_problem);
  }
  text_free(&lines);
  if (error != ERROR_NONE) {
    device_list_close(list);
    return error;
  }
  *ret_list = list;
  return ERROR_NONE;
}

static void free_parsers(struct parsers *parsers) {
  for (size_t i = 0; i < parsers->count; i++) {
    pcre2_code_free(parsers->items[i].code);
    free(parsers->items[i].name);
  }
  free(parsers->items);
}

void device_list_close(struct device_list *list) {
  if (list == NULL) {
    return;
  }
  free_parsers(&list->browsers);
  free_parsers(&list->systems);
  pcre2_match_data_free(list->match);
  pcre2_match_context_free(list->context);
  free(list);
}

/* --- the answer ------------------------------------------------------------------------------ */

static void append_name(char *name, const char *bytes, size_t length) {
  size_t before = strlen(name);
  size_t room = DEVICE_NAME_SIZE - 1 - before;
  memcpy(name + before, bytes, length < room ? length : room);
  name[before + (length < room ? length : room)] = '\0';
}

/* Puts the groups into the name; what is not printable ASCII is left out, since a stranger wrote it. */
static void fill_name(const struct device_list *list, const char *text, const char *pattern, int groups,
                      char ret_name[DEVICE_NAME_SIZE]) {
  const PCRE2_SIZE *places = pcre2_get_ovector_pointer(list->match);
  ret_name[0] = '\0';
  for (const char *at = pattern; *at != '\0'; at++) {
    bool names_group = at[0] == '$' && at[1] >= '1' && at[1] <= '9';
    if (!names_group) {
      append_name(ret_name, at, 1);
      continue;
    }
    int group = *++at - '0';
    if (group < groups && places[2 * group] != PCRE2_UNSET) {
      for (PCRE2_SIZE i = places[2 * group]; i < places[2 * group + 1]; i++) {
        append_name(ret_name, text + i, text[i] >= ' ' && text[i] <= '~');
      }
    }
  }
  size_t length = strlen(ret_name);
  while (length > 0 && ret_name[length - 1] == ' ') {
    ret_name[--length] = '\0';
  }
}

static void find_name(const struct device_list *list, const struct parsers *parsers, const char *text,
                      char ret_name[DEVICE_NAME_SIZE]) {
  for (size_t i = 0; i < parsers->count; i++) {
    int groups = pcre2_match(parsers->items[i].code, (PCRE2_SPTR)text, strlen(text), 0, 0, list->match, list->context);
    if (groups >= 0) {
      fill_name(list, text, parsers->items[i].name, groups == 0 ? GROUPS : groups, ret_name);
      if (ret_name[0] != '\0' && strcmp(ret_name, "Other") != 0) {
        return;
      }
    }
  }
  snprintf(ret_name, DEVICE_NAME_SIZE, "other");
}

void device_list_describe(const struct device_list *list, const char *user_agent, struct device *ret_device) {
  struct device device;
  find_name(list, &list->browsers, user_agent, device.browser);
  find_name(list, &list->systems, user_agent, device.system);
  snprintf(device.kind, sizeof device.kind, "%s", kind_of(user_agent, device.system));
  *ret_device = device;
}
