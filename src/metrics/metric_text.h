/* SPDX-License-Identifier: ISC */
/*
 * Pages added up, and the text of Prometheus's exposition format 0.0.4.
 */
#ifndef MEDIAGATE_METRICS_METRIC_TEXT_H
#define MEDIAGATE_METRICS_METRIC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "metrics/metric.h"

#define METRIC_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Zero-initialise it; some 80 KiB. */
struct metric_sum {
  uint64_t cells[METRIC_CELLS];
  int64_t database_answered_ms; /* the latest of all pages; 0: never */
  int64_t database_failed_ms;
};

/* Adds a page. Its process may count on meanwhile. */
void metric_sum_add(struct metric_sum *sum, const struct metric_page *page);
/* The same without its gauges: of a process that is gone. */
void metric_sum_add_counters(struct metric_sum *sum, const struct metric_page *page);
/* Adds the counters of a process that is gone to `into`, and empties its page: gauges end with their process. Nobody
 * else may write to either page. */
void metric_page_fold(struct metric_page *page, struct metric_page *into);

/* What a row of the routes' table is called. False: there is no such row. */
typedef bool metric_route_name(size_t row, const char **ret_pool, const char **ret_route, const char **ret_method);
void metric_name_routes(metric_route_name *name);

/* The lines of a metric whose numbers are in pages. */
void metric_text_page(struct text *text, enum metric metric, const struct metric_sum *sum);
/* Those of one that is found out for each scrape: its head once, then each value. `label_value` is escaped. */
void metric_text_head(struct text *text, enum metric metric);
void metric_text_value(struct text *text, enum metric metric, double value);
void metric_text_labelled(struct text *text, enum metric metric, const char *label, const char *label_value,
                          double value);
/* A label and its value, escaped: node="a". */
void metric_text_label(struct text *text, const char *label, const char *label_value);

/* The table in Markdown, for docs/metrics.md. */
void metric_text_markdown(struct text *text);

#endif
