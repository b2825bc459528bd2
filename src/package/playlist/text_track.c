/* SPDX-License-Identifier: ISC */
/*
 * RFC 8216, 4.3.4.1; ISO/IEC 23009-1, 5.8.5.5 for the roles.
 */
#include "config.h"

#include "package/playlist/text_track.h"

#include <math.h>

/* Apple's names of what subtitles for who does not hear tell. */
#define SDH                                                                                                            \
  ",CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound\""
#define BANDWIDTH 256 /* bits a second: DASH wants a number, and text takes next to nothing */

void text_track_append_media(struct text *text, const struct text_track *track, const char *uri) {
  text_appendf(text, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"%s\"", track->name);
  if (track->language[0] != '\0') {
    text_appendf(text, ",LANGUAGE=\"%s\"", track->language);
  }
  text_appendf(text, ",DEFAULT=NO,AUTOSELECT=YES,FORCED=%s%s,URI=\"%s\"\n", track->forced ? "YES" : "NO",
               track->sdh ? SDH : "", uri);
}

void text_track_append_playlist(struct text *text, const char *uri, double duration_seconds) {
  text_appendf(text,
               "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%.0f\n#EXT-X-MEDIA-SEQUENCE:0\n"
               "#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:%.3f,\n%s\n#EXT-X-ENDLIST\n",
               fmax(1, ceil(duration_seconds)), duration_seconds, uri);
}

void text_track_append_set(struct text *text, const struct text_track *track, size_t id, const char *uri) {
  text_appendf(text, "    <AdaptationSet id=\"%zu\" contentType=\"text\" mimeType=\"text/vtt\"", id);
  if (track->language[0] != '\0') {
    text_appendf(text, " lang=\"%s\"", track->language);
  }
  text_appendf(text, ">\n      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"%s\"/>\n",
               track->forced ? "forced-subtitle"
               : track->sdh  ? "caption"
                             : "subtitle");
  text_appendf(text,
               "      <Label>%s</Label>\n      <Representation id=\"text-%zu\" bandwidth=\"%d\">\n"
               "        <BaseURL>%s</BaseURL>\n      </Representation>\n    </AdaptationSet>\n",
               track->name, id, BANDWIDTH, uri);
}
