/* SPDX-License-Identifier: ISC */
/*
 * `mediagate metrics`: what ingest and package counted on this machine, for one on which serve does not run;
 * and the table of metrics for docs/metrics.md.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "process/metric_file.h"

static const char usage[] =
    "usage: mediagate metrics [--config FILE] [--markdown]\n\n"
    "Prints in Prometheus's text format what ingest and package counted on this machine. GET /metrics of "
    "serve\n"
    "has it too, with all else: this is for machines on which serve does not run (the node exporter's textfile\n"
    "collector reads it).\n\n"
    "  --markdown      the table of all metrics, as docs/metrics.md has it\n" OPTIONS_USAGE_CONFIG;

static int print(const struct text *text) {
  if (text->failed) {
    fprintf(stderr, "mediagate: %s\n", error_strerror(ERROR_MEMORY));
    return COMMAND_FAILED;
  }
  return fwrite(text->data, 1, text->length, stdout) == text->length && fflush(stdout) == 0 ? 0 : COMMAND_FAILED;
}

/* Metrics of which no process told anything are left out: serve is not here. */
static bool is_told(enum metric metric, const struct metric_sum *sum) {
  const struct metric_description *description = metric_describe(metric);
  size_t width = description->type == METRIC_TYPE_HISTOGRAM ? METRIC_HISTOGRAM_CELLS : 1;
  for (size_t i = 0; description->storage == METRIC_STORAGE_PAGE && i < description->series * width; i++) {
    if (sum->cells[description->at + i] != 0) {
      return true;
    }
  }
  return false;
}

static int print_pages(const struct settings *settings) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  struct metric_sum *sum = calloc(1, sizeof *sum);
  text.failed = sum == NULL;
  if (sum != NULL) {
    metric_file_sum(settings->run_dir, sum);
  }
  for (enum metric metric = 0; sum != NULL && metric < METRIC_COUNT; metric++) {
    if (is_told(metric, sum)) {
      metric_text_page(&text, metric, sum);
    }
  }
  free(sum);
  return print(&text);
}

static int print_markdown(void) {
  __attribute__((cleanup(text_free))) struct text text = {0};
  metric_text_markdown(&text);
  return print(&text);
}

int command_metrics(int argc, char **argv) {
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  bool markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0;
  if (argc > 1 + markdown) {
    return options_refuse("metrics", argv[1 + markdown], usage);
  }
  if (markdown) {
    return print_markdown();
  }
  struct settings *settings = options_load_settings(config_path);
  if (settings == NULL) {
    return COMMAND_FAILED;
  }
  exit_code = print_pages(settings);
  settings_free(settings);
  return exit_code;
}
