/* SPDX-License-Identifier: ISC */
/*
 * Each process looks at itself: main.c takes the right to look into /proc from all others.
 */
#include "config.h"

#include "process/process_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/subprocess.h"
#include "base/text_parse.h"
#include "metrics/metric.h"

#define INTERVAL_MS 1000

static int64_t microseconds_of(const struct rusage *usage) {
  return ((int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
         usage->ru_stime.tv_usec;
}

/* Of this process, and with `children` of the programs that it ran and waited for. */
static int64_t used_us(bool children) {
  struct rusage own = {.ru_maxrss = 0}, theirs = {.ru_maxrss = 0};
  (void)getrusage(RUSAGE_SELF, &own);
  if (children) {
    (void)getrusage(RUSAGE_CHILDREN, &theirs);
  }
  return microseconds_of(&own) + microseconds_of(&theirs) + (children ? subprocess_launched_cpu_us() : 0);
}

static uint64_t resident_bytes(void) {
  char line[128];
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0) {
    (void)close(fd);
  }
  if (size <= 0) {
    return 0;
  }
  line[size] = '\0';
  const char *second = strchr(line, ' ');
  uint64_t pages = 0;
  if (second == NULL || text_parse_u64(second + 1, strcspn(second + 1, " "), INT64_MAX, &pages) != ERROR_NONE) {
    return 0;
  }
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_descriptors(void) {
  uint64_t count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder != NULL && readdir(folder) != NULL) {
    count++;
  }
  if (folder != NULL) {
    (void)closedir(folder);
  }
  return count > 3 ? count - 3 : 0; /* without ".", ".." and the folder itself */
}

void process_usage_report(bool children) {
  static int64_t reported_ms, told_us;
  static pid_t process;
  int64_t now_ms = clock_monotonic_ms();
  if (process == getpid() && now_ms - reported_ms < INTERVAL_MS) {
    return;
  }
  if (process != getpid()) {
    process = getpid();
    told_us = 0; /* a process begins with no time of its own */
  }
  reported_ms = now_ms;
  int64_t now_us = used_us(children);
  metric_add(METRIC_CPU, 0, 0, now_us > told_us ? (uint64_t)(now_us - told_us) : 0);
  told_us = now_us;
  metric_set(METRIC_RESIDENT, 0, 0, resident_bytes());
  metric_set(METRIC_OPEN_FDS, 0, 0, open_descriptors());
}
