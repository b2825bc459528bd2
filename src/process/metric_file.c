/* SPDX-License-Identifier: ISC */
/*
 * A file is a head, which says of which layout it is, and a page. One of another version is begun anew.
 */
#include "config.h"

#include "process/metric_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

#define PAGES_MAX 16 /* of one role on one machine */
#define PATH_SIZE 4096

struct file_page {
  _Alignas(64) uint64_t layout;
  struct metric_page page;
};

/* Names, labels and places of all metrics: two programs with the same hash mean the same by each cell. */
static uint64_t layout_hash(void) {
  uint64_t hash = hash_text(HASH_BEGIN, PACKAGE_VERSION);
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    const uint64_t numbers[] = {description->at, description->series, description->type};
    hash = hash_bytes(hash_text(hash, description->name), numbers, sizeof numbers);
  }
  return hash;
}

static bool page_path(const char *run_dir, enum metric_pool role, int number, char ret_path[PATH_SIZE]) {
  const char *name = metric_label_value(METRIC_LABEL_POOL, (size_t)role);
  int length = number < 0 ? snprintf(ret_path, PATH_SIZE, "%s/metrics-%s", run_dir, name)
                          : snprintf(ret_path, PATH_SIZE, "%s/metrics-%s/%d", run_dir, name, number);
  return length > 0 && length < PATH_SIZE;
}

/* Gauges end with their process. */
static void clear_gauges(struct metric_page *page) {
  for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
    const struct metric_description *description = metric_describe(metric);
    for (size_t i = 0; description->storage == METRIC_STORAGE_PAGE && description->type == METRIC_TYPE_GAUGE &&
                       i < description->series;
         i++) {
      page->cells[description->at + i] = 0;
    }
  }
}

/* The file is ours: its lock is held as long as the descriptor is open, so for as long as this process lives. */
static enum error use_file(int fd) {
  if (ftruncate(fd, sizeof(struct file_page)) != 0) {
    return ERROR_IO;
  }
  struct file_page *file = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (file == MAP_FAILED) {
    return ERROR_IO;
  }
  uint64_t layout = layout_hash();
  if (file->layout != layout) {
    memset((void *)&file->page, 0, sizeof file->page);
    file->layout = layout;
  }
  clear_gauges(&file->page);
  metric_use_page(&file->page);
  return ERROR_NONE;
}

enum error metric_file_enter(const char *run_dir, enum metric_pool role) {
  char path[PATH_SIZE];
  metric_set_pool(role);
  if (!page_path(run_dir, role, -1, path)) {
    return ERROR_TOO_LARGE;
  }
  if (mkdir(path, 0750) != 0 && errno != EEXIST) {
    return ERROR_IO;
  }
  for (int number = 0; number < PAGES_MAX && page_path(run_dir, role, number, path); number++) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
      return ERROR_IO;
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0) {
      enum error error = use_file(fd);
      if (error != ERROR_NONE) {
        (void)close(fd);
      }
      return error; /* the descriptor stays open */
    }
    (void)close(fd);
  }
  return ERROR_LIMITED;
}

/* Read and not mapped: its owner is another account, and could shorten the file under us. */
static void add_file(int fd, struct file_page *copy, struct metric_sum *sum) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (pread(fd, copy, sizeof *copy, 0) != (ssize_t)sizeof *copy || copy->layout != layout_hash()) {
    return;
  }
  if (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
    metric_sum_add(sum, &copy->page);
  } else {
    metric_sum_add_counters(sum, &copy->page);
  }
}

void metric_file_sum(const char *run_dir, struct metric_sum *sum) {
  char path[PATH_SIZE];
  struct file_page *copy = aligned_alloc(_Alignof(struct file_page), sizeof *copy);
  for (enum metric_pool role = METRIC_POOL_INGEST; copy != NULL && role < METRIC_POOL_COUNT; role++) {
    for (int number = 0; number < PAGES_MAX && page_path(run_dir, role, number, path); number++) {
      int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
      if (fd < 0) {
        break; /* they are numbered without a gap */
      }
      add_file(fd, copy, sum);
      (void)close(fd);
    }
  }
  free(copy);
}
