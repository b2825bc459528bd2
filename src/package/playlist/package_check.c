/* SPDX-License-Identifier: ISC */
/*
 * Each rule is one that some player of HLS or DASH stumbles over: Chromium ignores edit lists and Firefox honours them;
 * hls.js waits in gaps; all of them believe that segments of two renditions begin together.
 */
#include "config.h"

#include "package/playlist/package_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOUND_SLACK (4 * PACKAGE_SOUND_PACKET) /* where silence fills a gap, or the last packet is short */

static enum error PRINTF_LIKE(2, 3) refuse(char ret_reason[PACKAGE_CHECK_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, PACKAGE_CHECK_REASON_SIZE, format, arguments);
  va_end(arguments);
  return ERROR_INVALID;
}

static const char *name_of(const struct package_track *track) {
  return track->init.entry.is_picture ? "picture" : "sound";
}

static enum error check_segment(const struct package_track *track, size_t number,
                                char ret_reason[PACKAGE_CHECK_REASON_SIZE]) {
  const struct fragment_times *times = &track->segments[number].times;
  double begin = (double)times->begin / track->init.timescale;
  if (times->duration <= 0 || package_segment_seconds(track, number) > PACKAGE_CHECK_LONGEST) {
    return refuse(ret_reason, "a segment of the %s lasts %.1f s", name_of(track),
                  package_segment_seconds(track, number));
  }
  if (track->init.entry.is_picture && !times->begins_with_key) {
    return refuse(ret_reason, "the segment of the picture at %.1f s begins without a key picture", begin);
  }
  if (!track->init.entry.is_picture && llabs(times->samples * PACKAGE_SOUND_PACKET - times->duration) > SOUND_SLACK) {
    return refuse(ret_reason, "packets of the sound at %.1f s overlap or are missing", begin);
  }
  if (times->begin != times->decode_begin) {
    return refuse(ret_reason, "the %s at %.1f s begins apart from its segment", name_of(track), begin);
  }
  int64_t expected =
      number == 0 ? 0 : track->segments[number - 1].times.decode_begin + track->segments[number - 1].times.duration;
  if (times->decode_begin != expected) {
    return refuse(ret_reason, "the %s has a gap of %.3f s at %.1f s", name_of(track),
                  (double)(times->decode_begin - expected) / track->init.timescale, begin);
  }
  return ERROR_NONE;
}

/* An encoder that makes something else than it was told to would be offered to players that cannot show it. */
static enum error check_coding(const struct package_track *track, char ret_reason[PACKAGE_CHECK_REASON_SIZE]) {
  static const char *const begins[PICTURE_CODECS] = {"avc1.", "hvc1.", "av01."};
  const struct sample_entry *entry = &track->init.entry;
  if (entry->codec[0] == '\0') {
    return refuse(ret_reason, "a track has a codec that packages do not have");
  }
  if (track->planned == NULL) {
    return entry->is_picture ? refuse(ret_reason, "a sound is a picture") : ERROR_NONE;
  }
  const char *begin = begins[track->planned->codec];
  bool hdr = sample_entry_range(entry) != SAMPLE_RANGE_SDR;
  if (strncmp(entry->codec, begin, strlen(begin)) != 0 || entry->bits != (track->planned->hdr ? 10 : 8) ||
      hdr != track->planned->hdr) {
    return refuse(ret_reason, "a picture is %s of %d bits%s, not %s%s", entry->codec, entry->bits, hdr ? " in HDR" : "",
                  picture_codec_name(track->planned->codec), track->planned->hdr ? " in HDR" : "");
  }
  return ERROR_NONE;
}

static enum error check_track(const struct package_track *track, double seconds,
                              char ret_reason[PACKAGE_CHECK_REASON_SIZE]) {
  enum error coding = check_coding(track, ret_reason);
  if (coding != ERROR_NONE) {
    return coding;
  }
  if (track->init.has_edit_list) {
    return refuse(ret_reason, "the %s has an edit list", name_of(track));
  }
  for (size_t i = 0; i < track->count; i++) {
    enum error error = check_segment(track, i, ret_reason);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  double length = package_track_seconds(track);
  double picture = frame_rate_value(track->rate) > 0 ? 1 / frame_rate_value(track->rate) : 0;
  if (seconds > 0 && fabs(length - seconds) > fmax(PACKAGE_CHECK_APART, picture)) {
    return refuse(ret_reason, "the %s is %.1f s long, the file %.1f s", name_of(track), length, seconds);
  }
  return ERROR_NONE;
}

/* Pictures change between two segments, so these must begin together in all renditions. */
static enum error check_aligned(const struct package_track *first, const struct package_track *other,
                                char ret_reason[PACKAGE_CHECK_REASON_SIZE]) {
  bool same = first->count == other->count;
  for (size_t i = 0; same && i < first->count; i++) {
    double begin = (double)first->segments[i].times.begin / first->init.timescale;
    same = fabs(begin - (double)other->segments[i].times.begin / other->init.timescale) < 0.001;
  }
  return same ? ERROR_NONE : refuse(ret_reason, "the segments of two sizes do not begin at the same times");
}

enum error package_check(const struct package_tracks *tracks, double seconds,
                         char ret_reason[PACKAGE_CHECK_REASON_SIZE]) {
  enum error error = ERROR_NONE;
  for (size_t i = 0; error == ERROR_NONE && i < tracks->count; i++) {
    const struct package_track *track = &tracks->list[i];
    error = check_track(track, seconds, ret_reason);
    if (error == ERROR_NONE && i > 0 && track->init.entry.is_picture) {
      error = check_aligned(&tracks->list[0], track, ret_reason);
    }
    double apart = package_track_seconds(track) - package_track_seconds(&tracks->list[0]);
    if (error == ERROR_NONE && fabs(apart) > PACKAGE_CHECK_APART) {
      error = refuse(ret_reason, "picture and sound end %.1f s apart", fabs(apart));
    }
  }
  return error;
}
