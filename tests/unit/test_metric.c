/* SPDX-License-Identifier: ISC */
/* The table of metrics, the pages, the text, and the pages of processes that share nothing but a folder. */
#include "config.h"

#include "metrics/metric_text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/metric_board.h"
#include "process/metric_file.h"
#include "unit.h"

static bool name_route(size_t row, const char **ret_pool, const char **ret_route, const char **ret_method) {
  *ret_pool = "fast";
  *ret_route = "/a/{id}";
  *ret_method = "GET";
  return row == 0;
}

static struct metric_sum *new_sum(void) {
  struct metric_sum *sum = calloc(1, sizeof *sum);
  ck_assert_ptr_nonnull(sum);
  return sum;
}

static struct metric_page *new_page(void) {
  struct metric_page *page = aligned_alloc(_Alignof(struct metric_page), sizeof *page);
  ck_assert_ptr_nonnull(page);
  memset((void *)page, 0, sizeof *page);
  return page;
}

/* The lines of a metric on a page. Free it. */
static char *text_of(enum metric metric, const struct metric_page *page) {
  struct text text = {0};
  struct metric_sum *sum = new_sum();
  metric_sum_add(sum, page);
  metric_text_page(&text, metric, sum);
  free(sum);
  ck_assert(!text.failed);
  return text.data;
}

static void ck_assert_has(const char *text, const char *line) {
  ck_assert_msg(strstr(text, line) != NULL, "%s is not in\n%s", line, text);
}

START_TEST(names_follow_the_rules) {
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    const char *name = description->name;
    bool total = strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0;
    ck_assert_msg(strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name), "%s", name);
    ck_assert_msg(strncmp(name, "mediagate_", 10) == 0 || strncmp(name, "process_", 8) == 0, "%s", name);
    ck_assert_msg(total == (description->type == METRIC_TYPE_COUNTER), "%s", name);
    ck_assert_msg(description->help[strlen(description->help) - 1] == '.', "%s", name);
    ck_assert_msg(strpbrk(description->help, "\n\\|") == NULL, "%s", name);
  }
}
END_TEST

START_TEST(pages_are_written_as_text) {
  struct metric_page *page = new_page();
  metric_use_page(page);
  metric_name_routes(name_route);
  metric_add(METRIC_HTTP_REQUESTS, METRIC_ROUTE_ROW(0), metric_code_of(200), 3);
  metric_add(METRIC_HTTP_REQUESTS, METRIC_ROUTE_UNKNOWN(POOL_API), metric_code_of(404), 1);
  metric_add(METRIC_HTTP_REQUESTS, METRIC_ROUTE_ROW(0), metric_code_of(299), 1);
  metric_observe(METRIC_HTTP_DURATION, METRIC_ROUTE_ROW(0), 400);
  metric_observe(METRIC_HTTP_DURATION, METRIC_ROUTE_ROW(0), 500);
  metric_observe(METRIC_HTTP_DURATION, METRIC_ROUTE_ROW(0), 600);
  metric_observe(METRIC_HTTP_DURATION, METRIC_ROUTE_ROW(0), 31000000);
  metric_add(METRIC_CPU, 0, 0, 1500000);
  metric_use_page(NULL);
  static const struct {
    enum metric metric;
    const char *line;
  } rows[] = {
      {METRIC_HTTP_REQUESTS, "# TYPE mediagate_http_requests_total counter\n"},
      {METRIC_HTTP_REQUESTS,
       "mediagate_http_requests_total{pool=\"fast\",route=\"/a/{id}\",method=\"GET\",code=\"200\"} 3\n"},
      {METRIC_HTTP_REQUESTS,
       "mediagate_http_requests_total{pool=\"fast\",route=\"/a/{id}\",method=\"GET\",code=\"other\"} 1\n"},
      {METRIC_HTTP_REQUESTS,
       "mediagate_http_requests_total{pool=\"api\",route=\"none\",method=\"any\",code=\"404\"} 1\n"},
      {METRIC_HTTP_DURATION, "method=\"GET\",le=\"0.0005\"} 2\n"},
      {METRIC_HTTP_DURATION, "method=\"GET\",le=\"0.001\"} 3\n"},
      {METRIC_HTTP_DURATION, "method=\"GET\",le=\"30\"} 3\n"},
      {METRIC_HTTP_DURATION, "method=\"GET\",le=\"+Inf\"} 4\n"},
      {METRIC_HTTP_DURATION, "_sum{pool=\"fast\",route=\"/a/{id}\",method=\"GET\"} 31.001500\n"},
      {METRIC_HTTP_DURATION, "_count{pool=\"fast\",route=\"/a/{id}\",method=\"GET\"} 4\n"},
      {METRIC_CPU, "process_cpu_seconds_total 1.500000\n"},
      {METRIC_LOGINS, "mediagate_logins_total{result=\"refused\"} 0\n"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char *text = text_of(rows[i].metric, page);
    ck_assert_has(text, rows[i].line);
    free(text);
  }
  free(page);
}
END_TEST

START_TEST(labels_are_escaped) {
  struct text text = {0};
  metric_text_labelled(&text, METRIC_INGEST_UP, "node", "a\"b\\c\nd", 1);
  ck_assert_str_eq(text.data, "mediagate_ingest_up{node=\"a\\\"b\\\\c\\nd\"} 1\n");
  text_free(&text);
}
END_TEST

/* A worker's counters stay when it is gone, its gauges go. */
START_TEST(a_board_keeps_the_counts_of_the_departed) {
  struct metric_board *board = NULL;
  struct metric_sum *sum = new_sum();
  ck_assert_int_eq(metric_board_create(4, &board), ERROR_NONE);
  metric_board_begin(board, 2);
  pid_t pid = fork();
  if (pid == 0) {
    metric_board_enter(board, 2);
    metric_add(METRIC_REFRESH_REFUSALS, 0, 0, 7);
    metric_set(METRIC_OPEN_FDS, 0, 0, 5);
    _exit(0);
  }
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  for (int folded = 0; folded < 2; folded++) {
    metric_board_sum(board, sum);
    ck_assert_uint_eq(sum->cells[METRIC_AT_REFRESH_REFUSALS], 7);
    ck_assert_uint_eq(sum->cells[METRIC_AT_OPEN_FDS], folded ? 0 : 5);
    metric_board_fold(board, 2);
  }
  metric_board_free(board);
  free(sum);
}
END_TEST

START_TEST(one_publishes_and_all_read) {
  struct metric_board *board = NULL;
  char bytes[1000], read[1000];
  ck_assert_int_eq(metric_board_create(1, &board), ERROR_NONE);
  ck_assert(!metric_board_read(board, read, sizeof read));
  memset(bytes, 'x', sizeof bytes);
  metric_board_publish(board, bytes, sizeof bytes);
  ck_assert(metric_board_read(board, read, sizeof read));
  ck_assert_int_eq(memcmp(bytes, read, sizeof bytes), 0);
  ck_assert(!metric_board_read(board, read, sizeof read - 1));
  ck_assert(metric_board_claim(board, 1000, 5000));
  ck_assert(!metric_board_claim(board, 5999, 5000));
  ck_assert(metric_board_claim(board, 6000, 5000));
  metric_board_free(board);
}
END_TEST

static void end(pid_t pid) {
  (void)kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

/* A process that was killed counts on in the file of the one before it; two at once have one each. */
static pid_t count_in(const char *run_dir, uint64_t number, bool stays) {
  int ready[2];
  ck_assert_int_eq(pipe(ready), 0);
  pid_t pid = fork();
  if (pid == 0) {
    enum error error = metric_file_enter(run_dir, METRIC_POOL_INGEST);
    metric_add(METRIC_REFRESH_REFUSALS, 0, 0, number);
    metric_set(METRIC_OPEN_FDS, 0, 0, number);
    (void)!write(ready[1], &error, sizeof error);
    pause();
    _exit(0);
  }
  enum error error = ERROR_INTERNAL;
  ck_assert_int_eq(read(ready[0], &error, sizeof error), (ssize_t)sizeof error);
  ck_assert_int_eq(error, ERROR_NONE);
  (void)close(ready[0]);
  (void)close(ready[1]);
  if (!stays) {
    end(pid);
  }
  return pid;
}

START_TEST(files_go_on_where_the_one_before_ended) {
  char run_dir[] = "/tmp/test_metric.XXXXXX";
  char path[64];
  struct stat status;
  struct metric_sum *sum = new_sum();
  ck_assert_ptr_nonnull(mkdtemp(run_dir));
  (void)count_in(run_dir, 3, false);
  (void)count_in(run_dir, 4, false);
  metric_file_sum(run_dir, sum);
  ck_assert_uint_eq(sum->cells[METRIC_AT_REFRESH_REFUSALS], 7);
  ck_assert_uint_eq(sum->cells[METRIC_AT_OPEN_FDS], 0);
  snprintf(path, sizeof path, "%s/metrics-ingest/1", run_dir);
  ck_assert_int_ne(stat(path, &status), 0);
  const pid_t first = count_in(run_dir, 5, true);
  const pid_t second = count_in(run_dir, 6, true);
  ck_assert_int_eq(stat(path, &status), 0);
  memset(sum, 0, sizeof *sum);
  metric_file_sum(run_dir, sum);
  ck_assert_uint_eq(sum->cells[METRIC_AT_REFRESH_REFUSALS], 18);
  ck_assert_uint_eq(sum->cells[METRIC_AT_OPEN_FDS], 11);
  ck_assert_int_eq(truncate(path, 100), 0); /* of another version */
  memset(sum, 0, sizeof *sum);
  metric_file_sum(run_dir, sum);
  ck_assert_uint_eq(sum->cells[METRIC_AT_REFRESH_REFUSALS], 12);
  end(first);
  end(second);
  free(sum);
}
END_TEST

UNIT_MAIN("metric", names_follow_the_rules, pages_are_written_as_text, labels_are_escaped,
          a_board_keeps_the_counts_of_the_departed, one_publishes_and_all_read, files_go_on_where_the_one_before_ended)
