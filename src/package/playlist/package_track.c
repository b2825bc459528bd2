/* SPDX-License-Identifier: ISC */
/*
 * Of a segment only the boxes' heads and the moof are read.
 */
#include "config.h"

#include "package/playlist/package_track.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/grow.h"

#define INIT_MAX     65536
#define MOOF_MAX     (4 << 20)
#define SEGMENTS_MAX 99999 /* as many as names have digits for */
#define MOOF         BOX_TYPE('m', 'o', 'o', 'f')

static enum error open_file(int folder_fd, const char *name, int *ret_fd) {
  int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

static enum error read_init(int folder_fd, size_t number, struct fragment_init *ret_init) {
  static unsigned char bytes[INIT_MAX]; /* a packager does one thing at a time */
  char name[32];
  size_t size = 0;
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  snprintf(name, sizeof name, "init-%zu.m4s", number);
  enum error error = open_file(folder_fd, name, &fd);
  if (error == ERROR_NONE) {
    error = file_read_at(fd, 0, bytes, sizeof bytes, &size);
  }
  return error == ERROR_NONE ? fragment_read_init(bytes, size, ret_init) : error;
}

static enum error read_moof(int fd, int64_t offset, int64_t size, const struct fragment_init *init,
                            struct fragment_times *times) {
  if (size < 8 || size > MOOF_MAX) {
    return ERROR_INVALID;
  }
  unsigned char *bytes = malloc((size_t)size);
  size_t got = 0;
  enum error error = bytes == NULL ? ERROR_MEMORY : file_read_at(fd, offset, bytes, (size_t)size, &got);
  if (error == ERROR_NONE) {
    error = got < (size_t)size ? ERROR_INVALID : fragment_read_moof(init, bytes + 8, got - 8, times);
  }
  free(bytes);
  return error;
}

static enum error read_boxes(int fd, const struct fragment_init *init, struct package_segment *segment) {
  for (int64_t offset = 0; offset < segment->size_bytes;) {
    unsigned char head[16] = {0};
    uint32_t type = 0;
    int64_t box_size = 0;
    size_t got = 0;
    enum error error = file_read_at(fd, offset, head, sizeof head, &got);
    if (error != ERROR_NONE) {
      return error;
    }
    if (!fragment_read_head(head, &type, &box_size) || box_size > segment->size_bytes - offset) {
      return ERROR_INVALID;
    }
    error = type == MOOF ? read_moof(fd, offset, box_size, init, &segment->times) : ERROR_NONE;
    if (error != ERROR_NONE) {
      return error;
    }
    offset += box_size;
  }
  return segment->times.samples > 0 ? ERROR_NONE : ERROR_INVALID;
}

static enum error read_segment(int folder_fd, size_t track, size_t number, const struct fragment_init *init,
                               struct package_segment *ret_segment) {
  char name[48];
  struct stat status;
  struct package_segment segment = {.size_bytes = 0};
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  snprintf(name, sizeof name, "seg-%zu-%05zu.m4s", track, number);
  enum error error = open_file(folder_fd, name, &fd);
  if (error != ERROR_NONE) {
    return error;
  }
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return ERROR_INVALID;
  }
  segment.size_bytes = status.st_size;
  error = read_boxes(fd, init, &segment);
  if (error == ERROR_NONE) {
    *ret_segment = segment;
  }
  return error;
}

static enum error read_track(int folder_fd, size_t number, struct package_track *track) {
  size_t room = 0;
  enum error error = read_init(folder_fd, number, &track->init);
  while (error == ERROR_NONE && track->count < SEGMENTS_MAX) {
    if (grow_array(&track->segments, track->count, &room, sizeof *track->segments) != ERROR_NONE) {
      return ERROR_MEMORY;
    }
    error = read_segment(folder_fd, number, track->count + 1, &track->init, &track->segments[track->count]);
    track->count += error == ERROR_NONE;
  }
  return error == ERROR_NOT_FOUND && track->count > 0 ? ERROR_NONE : error;
}

enum error package_tracks_read(int folder_fd, size_t count, struct package_tracks *ret_tracks, size_t *ret_track) {
  *ret_tracks = (struct package_tracks){.count = count};
  for (size_t i = 0; i < count; i++) {
    enum error error = read_track(folder_fd, i, &ret_tracks->list[i]);
    if (error != ERROR_NONE) {
      *ret_track = i;
      return error;
    }
  }
  return ERROR_NONE;
}

void package_tracks_free(struct package_tracks *tracks) {
  for (size_t i = 0; i < tracks->count; i++) {
    free(tracks->list[i].segments);
  }
  *tracks = (struct package_tracks){.count = 0};
}

double package_track_seconds(const struct package_track *track) {
  if (track->count == 0) {
    return 0;
  }
  int64_t end = track->segments[track->count - 1].times.end;
  return (double)(end - track->segments[0].times.begin) / track->init.timescale;
}

double package_segment_seconds(const struct package_track *track, size_t segment) {
  return (double)track->segments[segment].times.duration / track->init.timescale;
}

int64_t package_track_bytes(const struct package_track *track) {
  int64_t bytes = 0;
  for (size_t i = 0; i < track->count; i++) {
    bytes += track->segments[i].size_bytes;
  }
  return bytes;
}

bool package_track_timeline(const struct package_track *track, struct timeline *ret_timeline) {
  struct timeline_point *points = calloc(track->count > 0 ? track->count : 1, sizeof *points);
  double seconds = 0;
  if (points == NULL) {
    return false;
  }
  for (size_t i = 0; i < track->count; i++) {
    points[i] = (struct timeline_point){.seconds = seconds, .position = (int64_t)i + 1};
    seconds += package_segment_seconds(track, i);
  }
  bool known = timeline_draw(points, track->count, seconds, (int64_t)track->count + 1, ret_timeline);
  free(points);
  return known;
}

static int64_t rate_of(int64_t bytes, double seconds) {
  return seconds > 0 ? (int64_t)ceil((double)bytes * 8 / seconds) : 0;
}

int64_t package_track_average_rate(const struct package_track *track) {
  return rate_of(package_track_bytes(track), package_track_seconds(track));
}

int64_t package_track_peak_rate(const struct package_track *track, int target_seconds) {
  int64_t peak = package_track_average_rate(track);
  for (size_t first = 0; first < track->count; first++) {
    int64_t bytes = 0;
    double seconds = 0;
    for (size_t i = first; i < track->count && seconds < 1.5 * target_seconds; i++) {
      bytes += track->segments[i].size_bytes;
      seconds += package_segment_seconds(track, i);
      bool counts = seconds >= 0.5 * target_seconds && seconds <= 1.5 * target_seconds;
      int64_t rate = counts ? rate_of(bytes, seconds) : 0;
      peak = rate > peak ? rate : peak;
    }
  }
  return peak;
}

int package_tracks_target_seconds(const struct package_tracks *tracks) {
  double longest = 0;
  for (size_t i = 0; i < tracks->count; i++) {
    for (size_t j = 0; j < tracks->list[i].count; j++) {
      longest = fmax(longest, package_segment_seconds(&tracks->list[i], j));
    }
  }
  return (int)fmax(1, ceil(longest - 1e-6));
}
