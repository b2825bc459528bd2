/* SPDX-License-Identifier: ISC */
/*
 * See package_facts.h.
 */
#include "config.h"

#include "package/playlist/package_facts.h"

#include <inttypes.h>
#include <string.h>

static void append_string(struct text *json, const char *name, const char *value) {
  text_appendf(json, "\"%s\":", name);
  text_append_json_string(json, value, strlen(value));
  text_append(json, ",");
}

static void append_subtitle(struct text *json, const struct package_text *text) {
  text_append(json, "{");
  append_string(json, "lang", text->subtitle->language);
  append_string(json, "label", text->name);
  text_appendf(json, "\"forced\":%s,\"sdh\":%s,\"cues\":%d}", text->subtitle->forced ? "true" : "false",
               text->subtitle->sdh ? "true" : "false", text->cues);
}

static void append_codecs(struct text *json, const struct picture_plan *plan) {
  const char *before = "";
  for (int codec = 0; codec < PICTURE_CODECS; codec++) {
    if (picture_plan_has(plan, (enum picture_codec)codec)) {
      text_appendf(json, "%s\"%s\"", before, picture_codec_name((enum picture_codec)codec));
      before = ",";
    }
  }
}

void package_facts_append(struct text *json, const struct package_source *source, const struct picture_plan *plan,
                          const struct package_beside *beside, int64_t size_bytes) {
  text_appendf(json, "{\"size_bytes\":%" PRId64 ",\"copied\":%s,\"codecs\":[", size_bytes,
               source->picture.copy_cut > 0 ? "true" : "false");
  append_codecs(json, plan);
  text_appendf(json, "],\"hdr\":%s,\"chapters\":%zu,\"subtitles\":[", picture_plan_has_hdr(plan) ? "true" : "false",
               source->chapter_count);
  for (size_t i = 0; i < beside->texts.count; i++) {
    text_append(json, i > 0 ? "," : "");
    append_subtitle(json, &beside->texts.list[i]);
  }
  text_append(json, "],\"left_out\":[");
  for (size_t i = 0; i < source->left_out_count; i++) {
    text_append(json, i > 0 ? "," : "");
    text_append_json_string(json, source->left_out[i], strlen(source->left_out[i]));
  }
  text_appendf(json, "],\"storyboard\":%s}", beside->storyboard.count > 0 ? "true" : "false");
}
