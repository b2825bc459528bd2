/* SPDX-License-Identifier: ISC */
/*
 * There is no PROGRAM-DATE-TIME: a film has no time of day, and players that get one for the picture and another for
 * the sound place them apart.
 */
#include "config.h"

#include "package/playlist/package_playlists.h"

#include <inttypes.h>
#include <math.h>

#define TRACKS_HEAD "#EXTM3U\n#EXT-X-VERSION:7\n"

/* --- HLS ---------------------------------------------------------------------------------------- */

void package_playlists_media(struct text *text, const struct package_tracks *tracks, size_t number) {
  const struct package_track *track = &tracks->list[number];
  text_appendf(text,
               TRACKS_HEAD "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n"
                           "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init-%zu.m4s\"\n",
               package_tracks_target_seconds(tracks), number);
  for (size_t i = 0; i < track->count; i++) {
    text_appendf(text, "#EXTINF:%.6f,\nseg-%zu-%05zu.m4s\n", package_segment_seconds(track, i), number, i + 1);
  }
  text_append(text, "#EXT-X-ENDLIST\n");
}

static bool is_picture(const struct package_tracks *tracks, size_t number) {
  return tracks->list[number].init.entry.is_picture;
}

/* NAME must differ within the group. */
static void append_sound(struct text *text, const struct package_tracks *tracks, size_t number, bool main) {
  const struct package_track *track = &tracks->list[number];
  const struct source_sound *sound = track->sound;
  const char *name = sound == NULL ? "" : sound->name[0] != '\0' ? sound->name : sound->language;
  text_appendf(text, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"%s%s%zu\"", name, name[0] == '\0' ? "" : " ",
               number);
  if (sound != NULL && sound->language[0] != '\0') {
    text_appendf(text, ",LANGUAGE=\"%s\"", sound->language);
  }
  text_appendf(text, ",DEFAULT=%s,AUTOSELECT=%s,CHANNELS=\"%d\",URI=\"media_%zu.m3u8\"\n", main ? "YES" : "NO",
               sound != NULL && sound->commentary ? "NO" : "YES", track->init.entry.channels, number);
}

struct rates {
  int64_t peak, average;
  const char *codec;
};

static struct rates rates_of(const struct package_tracks *tracks, size_t number) {
  const struct package_track *track = &tracks->list[number];
  return (struct rates){.peak = package_track_peak_rate(track, package_tracks_target_seconds(tracks)),
                        .average = package_track_average_rate(track),
                        .codec = track->init.entry.codec};
}

/* With the sound that takes the most, whichever the viewer picks. */
static struct rates worst_sound(const struct package_tracks *tracks) {
  struct rates worst = {.codec = ""};
  for (size_t i = 0; i < tracks->count; i++) {
    struct rates rates = is_picture(tracks, i) ? worst : rates_of(tracks, i);
    worst.peak = rates.peak > worst.peak ? rates.peak : worst.peak;
    worst.average = rates.average > worst.average ? rates.average : worst.average;
    worst.codec = rates.codec;
  }
  return worst;
}

static const char *const ranges[] = {"SDR", "PQ", "HLG"}; /* by enum sample_range */

/* Where one tells its range, all do. */
static bool tells_ranges(const struct package_tracks *tracks) {
  for (size_t i = 0; i < tracks->count; i++) {
    if (sample_entry_range(&tracks->list[i].init.entry) != SAMPLE_RANGE_SDR) {
      return true;
    }
  }
  return false;
}

static void append_picture(struct text *text, const struct package_tracks *tracks, size_t number,
                           const struct rates *sound, bool has_texts) {
  const struct package_track *track = &tracks->list[number];
  const struct rates rates = rates_of(tracks, number);
  bool heard = sound->codec[0] != '\0';
  bool told = tells_ranges(tracks);
  text_appendf(text,
               "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64
               ",RESOLUTION=%dx%d,FRAME-RATE=%.3f%s%s,CODECS=\"%s%s%s\"%s%s\nmedia_%zu.m3u8\n",
               rates.peak + sound->peak, rates.average + sound->average, track->init.entry.width,
               track->init.entry.height, frame_rate_value(track->rate), told ? ",VIDEO-RANGE=" : "",
               told ? ranges[sample_entry_range(&track->init.entry)] : "", rates.codec, heard ? "," : "", sound->codec,
               heard ? ",AUDIO=\"sound\"" : "", has_texts ? TEXT_TRACK_ATTRIBUTE : "", number);
}

static void append_texts(struct text *text, const struct package_texts *texts) {
  char name[PACKAGE_TEXT_SIZE];
  for (size_t i = 0; i < texts->count; i++) {
    const struct text_track track = package_texts_track(&texts->list[i]);
    package_texts_file(i, ".m3u8", name);
    text_track_append_media(text, &track, name);
  }
}

void package_playlists_master(struct text *text, const struct package_tracks *tracks,
                              const struct package_beside *beside) {
  const struct package_texts *texts = &beside->texts;
  const struct rates sound = worst_sound(tracks);
  bool grouped = tracks->count > 0 && (is_picture(tracks, 0) || tracks->count > 1);
  bool main = true;
  text_append(text, TRACKS_HEAD "#EXT-X-INDEPENDENT-SEGMENTS\n");
  for (size_t i = 0; grouped && i < tracks->count; i++) {
    if (!is_picture(tracks, i)) {
      append_sound(text, tracks, i, main);
      main = false;
    }
  }
  append_texts(text, texts);
  for (size_t i = 0; i < tracks->count && is_picture(tracks, i); i++) {
    append_picture(text, tracks, i, &sound, texts->count > 0);
  }
  if (tracks->count > 0 && !is_picture(tracks, 0)) {
    text_appendf(
        text, "#EXT-X-STREAM-INF:BANDWIDTH=%" PRId64 ",AVERAGE-BANDWIDTH=%" PRId64 ",CODECS=\"%s\"%s%s\nmedia_0.m3u8\n",
        sound.peak, sound.average, sound.codec, grouped ? ",AUDIO=\"sound\"" : "",
        texts->count > 0 ? TEXT_TRACK_ATTRIBUTE : "");
  }
  storyboard_append_stream(text, &beside->storyboard);
}

/* --- DASH --------------------------------------------------------------------------------------- */

static void append_timeline(struct text *text, const struct package_track *track) {
  text_append(text, "          <SegmentTimeline>\n");
  for (size_t i = 0; i < track->count;) {
    int64_t duration = track->segments[i].times.duration;
    size_t same = 1;
    while (i + same < track->count && track->segments[i + same].times.duration == duration) {
      same++;
    }
    text_append(text, "            <S");
    if (i == 0) {
      text_append(text, " t=\"0\"");
    }
    text_appendf(text, " d=\"%" PRId64 "\"", duration);
    if (same > 1) {
      text_appendf(text, " r=\"%zu\"", same - 1);
    }
    text_append(text, "/>\n");
    i += same;
  }
  text_append(text, "          </SegmentTimeline>\n");
}

static void append_representation(struct text *text, const struct package_tracks *tracks, size_t number) {
  const struct package_track *track = &tracks->list[number];
  const struct fragment_init *init = &track->init;
  text_appendf(text, "      <Representation id=\"%zu\" codecs=\"%s\" bandwidth=\"%" PRId64 "\"", number,
               init->entry.codec, rates_of(tracks, number).peak);
  if (init->entry.is_picture) {
    text_appendf(text, " width=\"%d\" height=\"%d\" sar=\"%u:%u\" frameRate=\"%d/%d\">\n", init->entry.width,
                 init->entry.height, init->entry.pixel_across, init->entry.pixel_down, track->rate.numerator,
                 track->rate.denominator);
  } else {
    text_appendf(text,
                 " audioSamplingRate=\"%u\">\n"
                 "        <AudioChannelConfiguration schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:"
                 "2011\" value=\"%d\"/>\n",
                 init->timescale, init->entry.channels);
  }
  text_appendf(text,
               "        <SegmentTemplate timescale=\"%u\" initialization=\"init-$RepresentationID$.m4s\""
               " media=\"seg-$RepresentationID$-$Number%%05d$.m4s\" startNumber=\"1\">\n",
               init->timescale);
  append_timeline(text, track);
  text_append(text, "        </SegmentTemplate>\n      </Representation>\n");
}

/* Players that do not know what this means leave the set out (DASH-IF IOP, HDR; ISO/IEC 23091-2). */
static void append_colours(struct text *text, const struct sample_entry *entry) {
  text_appendf(text,
               "      <EssentialProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:ColourPrimaries\" value=\"%d\"/>\n"
               "      <EssentialProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:TransferCharacteristics\" value=\"%d\"/>\n"
               "      <EssentialProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:MatrixCoefficients\" value=\"%d\"/>\n",
               entry->primaries, entry->transfer, entry->matrix);
}

/* Players change among the pictures of one set alone, so there is one for each codec. Returns the first track behind
 * it. */
static size_t append_pictures(struct text *text, const struct package_tracks *tracks, size_t first) {
  text_appendf(text,
               "    <AdaptationSet id=\"%zu\" contentType=\"video\" mimeType=\"video/mp4\" segmentAlignment=\"true\""
               " startWithSAP=\"1\">\n",
               first);
  if (sample_entry_range(&tracks->list[first].init.entry) != SAMPLE_RANGE_SDR) {
    append_colours(text, &tracks->list[first].init.entry);
  }
  size_t number = first;
  while (number < tracks->count &&
         sample_entry_is_like(&tracks->list[first].init.entry, &tracks->list[number].init.entry)) {
    append_representation(text, tracks, number++);
  }
  text_append(text, "    </AdaptationSet>\n");
  return number;
}

static void append_sound_set(struct text *text, const struct package_tracks *tracks, size_t number, bool main) {
  const struct source_sound *sound = tracks->list[number].sound;
  text_appendf(text,
               "    <AdaptationSet id=\"%zu\" contentType=\"audio\" mimeType=\"audio/mp4\" segmentAlignment=\"true\""
               " startWithSAP=\"1\"",
               number + 1);
  if (sound != NULL && sound->language[0] != '\0') {
    text_appendf(text, " lang=\"%s\"", sound->language);
  }
  text_appendf(text, ">\n      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"%s\"/>\n",
               main                                 ? "main"
               : sound != NULL && sound->commentary ? "commentary"
                                                    : "alternate");
  if (sound != NULL && sound->name[0] != '\0') {
    text_appendf(text, "      <Label>%s</Label>\n", sound->name);
  }
  append_representation(text, tracks, number);
  text_append(text, "    </AdaptationSet>\n");
}

static void append_text_sets(struct text *text, const struct package_texts *texts) {
  char name[PACKAGE_TEXT_SIZE];
  for (size_t i = 0; i < texts->count; i++) {
    const struct text_track track = package_texts_track(&texts->list[i]);
    package_texts_file(i, ".vtt", name);
    text_track_append_set(text, &track, PACKAGE_TEXT_SET + i, name);
  }
}

void package_playlists_dash(struct text *text, const struct package_tracks *tracks,
                            const struct package_beside *beside) {
  double seconds = 0;
  int target = package_tracks_target_seconds(tracks);
  for (size_t i = 0; i < tracks->count; i++) {
    seconds = fmax(seconds, package_track_seconds(&tracks->list[i]));
  }
  text_appendf(text,
               "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
               "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\""
               " type=\"static\" mediaPresentationDuration=\"PT%.3fS\" minBufferTime=\"PT%dS\""
               " maxSegmentDuration=\"PT%dS\">\n  <Period id=\"0\" start=\"PT0S\">\n",
               seconds, target, target);
  size_t number = 0;
  while (number < tracks->count && is_picture(tracks, number)) {
    number = append_pictures(text, tracks, number);
  }
  for (bool main = true; number < tracks->count; number++, main = false) {
    append_sound_set(text, tracks, number, main);
  }
  append_text_sets(text, &beside->texts);
  storyboard_append_set(text, &beside->storyboard);
  text_append(text, "  </Period>\n</MPD>\n");
}
