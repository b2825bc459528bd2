/* SPDX-License-Identifier: ISC */
/*
 * Series that nothing was counted for are written as 0, so that a rate sees their first count; but those of routes and
 * histograms only once they were used: they are many.
 */
#include "config.h"

#include "metrics/metric_text.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

static metric_route_name *route_name;

void metric_name_routes(metric_route_name *name) {
  route_name = name;
}

/* --- sums ------------------------------------------------------------------------------------ */

static void keep_latest(int64_t *latest_ms, const _Atomic int64_t *time_ms) {
  int64_t value = atomic_load_explicit(time_ms, memory_order_relaxed);
  *latest_ms = value > *latest_ms ? value : *latest_ms;
}

static size_t cells_of(const struct metric_description *description) {
  return description->storage == METRIC_STORAGE_GIVEN
             ? 0
             : description->series * (description->type == METRIC_TYPE_HISTOGRAM ? METRIC_HISTOGRAM_CELLS : 1);
}

static void add_page(struct metric_sum *sum, const struct metric_page *page, bool gauges) {
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    size_t end = description->at + cells_of(description);
    for (size_t i = description->at; i < end && (gauges || description->type != METRIC_TYPE_GAUGE); i++) {
      sum->cells[i] += atomic_load_explicit(&page->cells[i], memory_order_relaxed);
    }
  }
}

void metric_sum_add(struct metric_sum *sum, const struct metric_page *page) {
  add_page(sum, page, true);
  keep_latest(&sum->database_answered_ms, &page->database_answered_ms);
  keep_latest(&sum->database_failed_ms, &page->database_failed_ms);
}

void metric_sum_add_counters(struct metric_sum *sum, const struct metric_page *page) {
  add_page(sum, page, false);
}

void metric_page_fold(struct metric_page *page, struct metric_page *into) {
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    size_t end = description->at + cells_of(description);
    for (size_t i = description->at; i < end; i++) {
      uint64_t number = atomic_load_explicit(&page->cells[i], memory_order_relaxed);
      if (number == 0) {
        continue; /* the page of memory may not even be there */
      }
      if (description->type != METRIC_TYPE_GAUGE) {
        atomic_fetch_add_explicit(&into->cells[i], number, memory_order_relaxed);
      }
      atomic_store_explicit(&page->cells[i], 0, memory_order_relaxed);
    }
  }
  atomic_store_explicit(&page->database_answered_ms, 0, memory_order_relaxed);
  atomic_store_explicit(&page->database_failed_ms, 0, memory_order_relaxed);
}

/* --- text ------------------------------------------------------------------------------------ */

static const char *const type_names[] = {"counter", "gauge", "histogram"};

void metric_text_head(struct text *text, enum metric metric) {
  const struct metric_description *description = metric_describe(metric);
  text_appendf(text, "# HELP %s %s\n# TYPE %s %s\n", description->name, description->help, description->name,
               type_names[description->type]);
}

void metric_text_label(struct text *text, const char *label, const char *label_value) {
  text_append(text, label);
  text_append(text, "=\"");
  for (const char *at = label_value; *at != '\0'; at++) {
    if (*at == '\n') {
      text_append(text, "\\n");
      continue;
    }
    if (*at == '"' || *at == '\\') {
      text_append(text, "\\");
    }
    text_append_bytes(text, at, 1);
  }
  text_append(text, "\"");
}

void metric_text_value(struct text *text, enum metric metric, double value) {
  text_appendf(text, "%s %.15g\n", metric_describe(metric)->name, value);
}

void metric_text_labelled(struct text *text, enum metric metric, const char *label, const char *label_value,
                          double value) {
  text_append(text, metric_describe(metric)->name);
  text_append(text, "{");
  metric_text_label(text, label, label_value);
  text_appendf(text, "} %.15g\n", value);
}

static void append_label(struct text *labels, const char *label, const char *label_value) {
  text_append(labels, labels->length == 0 ? "" : ",");
  metric_text_label(labels, label, label_value);
}

static void append_route(struct text *labels, size_t value) {
  const char *pool = "", *route = "none", *method = "any";
  if (value < POOL_COUNT) {
    pool = pool_name((enum pool)value);
  } else if (route_name == NULL || !route_name(value - POOL_COUNT, &pool, &route, &method)) {
    return;
  }
  append_label(labels, "pool", pool);
  append_label(labels, "route", route);
  append_label(labels, "method", method);
}

static void append_labels(struct text *labels, const struct metric_description *description, size_t series) {
  const size_t values[2] = {series / description->counts[1], series % description->counts[1]};
  for (size_t i = 0; i < 2; i++) {
    if (description->labels[i] == METRIC_LABEL_ROUTE) {
      append_route(labels, values[i]);
    } else if (description->labels[i] != METRIC_LABEL_NONE) {
      append_label(labels, metric_label_name(description->labels[i]),
                   metric_label_value(description->labels[i], values[i]));
    }
  }
}

/* Exactly, as far as the unit has digits. */
static void append_number(struct text *text, const struct metric_description *description, uint64_t number) {
  if (description->unit == 1) {
    text_appendf(text, "%" PRIu64 "\n", number);
  } else {
    text_appendf(text, "%.*f\n", description->unit == 1000 ? 3 : 6, (double)number / description->unit);
  }
}

static void append_single(struct text *text, const struct metric_description *description, const struct text *labels,
                          uint64_t number) {
  const char *names = labels->length == 0 ? "" : labels->data;
  text_appendf(text, labels->length == 0 ? "%s%s " : "%s{%s} ", description->name, names);
  append_number(text, description, number);
}

static void append_histogram(struct text *text, const struct metric_description *description, const struct text *labels,
                             const uint64_t *cells) {
  static const int64_t bounds[] = {METRIC_BOUNDS};
  const char *names = labels->length == 0 ? "" : labels->data;
  const char *comma = labels->length == 0 ? "" : ",";
  uint64_t count = 0;
  for (size_t i = 0; i <= METRIC_BOUND_COUNT; i++) {
    count += cells[i];
    text_appendf(text, "%s_bucket{%s%sle=\"", description->name, names, comma);
    if (i < METRIC_BOUND_COUNT) {
      text_appendf(text, "%g\"} %" PRIu64 "\n", (double)bounds[i] / 1e6, count);
    } else {
      text_appendf(text, "+Inf\"} %" PRIu64 "\n", count);
    }
  }
  text_appendf(text, "%s_sum{%s} ", description->name, names);
  append_number(text, description, cells[METRIC_BOUND_COUNT + 1]);
  text_appendf(text, "%s_count{%s} %" PRIu64 "\n", description->name, names, count);
}

static bool is_used(const uint64_t *cells, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (cells[i] != 0) {
      return true;
    }
  }
  return false;
}

void metric_text_page(struct text *text, enum metric metric, const struct metric_sum *sum) {
  const struct metric_description *description = metric_describe(metric);
  bool histogram = description->type == METRIC_TYPE_HISTOGRAM;
  bool only_used = histogram || description->labels[0] == METRIC_LABEL_ROUTE;
  size_t width = histogram ? METRIC_HISTOGRAM_CELLS : 1;
  struct text labels = {0};
  metric_text_head(text, metric);
  for (size_t series = 0; series < description->series; series++) {
    const uint64_t *cells = &sum->cells[description->at + series * width];
    if (only_used && !is_used(cells, width)) {
      continue;
    }
    text_clear(&labels);
    append_labels(&labels, description, series);
    if (histogram) {
      append_histogram(text, description, &labels, cells);
    } else {
      append_single(text, description, &labels, cells[0]);
    }
  }
  text->failed = text->failed || labels.failed;
  text_free(&labels);
}

/* --- documentation --------------------------------------------------------------------------- */

static void append_label_names(struct text *text, const struct metric_description *description) {
  const char *comma = "";
  for (size_t i = 0; i < 2; i++) {
    const char *name = description->labels[i] == METRIC_LABEL_ROUTE ? "pool, route, method"
                                                                    : metric_label_name(description->labels[i]);
    text_appendf(text, "%s%s", name[0] == '\0' ? "" : comma, name);
    comma = name[0] == '\0' ? comma : ", ";
  }
  text_append(text, description->given);
}

void metric_text_markdown(struct text *text) {
  text_append(text, "| metric | type | labels | what |\n|---|---|---|---|\n");
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    text_appendf(text, "| `%s` | %s | ", description->name, type_names[description->type]);
    append_label_names(text, description);
    text_appendf(text, " | %s |\n", description->help);
  }
}
