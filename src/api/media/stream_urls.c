/* SPDX-License-Identifier: ISC */
/* See the header. Written straight into the body: this is a part of the busiest call there is. */
#include "config.h"

#include "api/media/stream_urls.h"

#include <stdio.h>
#include <string.h>

#include "api/media/chapter_api.h"
#include "api/media/download_name.h"
#include "api/reply.h"
#include "files/package_folder.h"

#define PREFIX_MAX 1024 /* of a URL, up to its file */

bool stream_urls_file(const struct media *media, char ret_file[STREAM_FILE_SIZE]) {
  if (media->file.stored_name[0] != '\0') {
    snprintf(ret_file, STREAM_FILE_SIZE, "%s", media->file.stored_name);
    return true;
  }
  struct file_url url;
  const char *reason;
  if (!file_url_is_remote(media->file_url) || file_url_parse(media->file_url, &url, &reason) != ERROR_NONE) {
    return false;
  }
  char name[FILE_URL_NAME_SIZE];
  file_url_name(&url, name);
  snprintf(ret_file, STREAM_FILE_SIZE, "remote/%s", name);
  return true;
}

const char *stream_urls_extension(const char *file) {
  const char *dot = strrchr(file, '.');
  return dot == NULL || strchr(dot, '/') != NULL ? "" : dot;
}

bool stream_urls_is_playlist(const char *extension) {
  return strcasecmp(extension, ".m3u8") == 0 || strcasecmp(extension, ".mpd") == 0;
}

/* The URLs of one grant differ in their files alone: what the first one begins with is copied. */
static void reply_stream(struct text *body, const char *name, size_t prefix_begin, size_t prefix_length,
                         const char *folder, const char *file_or_null) {
  if (file_or_null == NULL) {
    reply_null(body, name);
    return;
  }
  char prefix[PREFIX_MAX];
  size_t length = prefix_length < sizeof prefix ? prefix_length : 0; /* a body that grows may move */
  memcpy(prefix, body->failed ? "" : body->data + prefix_begin, body->failed ? 0 : length);
  reply_name(body, name);
  text_append(body, "\"");
  text_append_bytes(body, prefix, length);
  text_append(body, folder);
  text_append(body, file_or_null);
  text_append(body, "\"");
}

/* Of two masters the one that names subtitles is the better. */
static const char *hls_folder(const struct media *media) {
  return media->package.master[0] != '\0' ? media->package.master : media->package.name;
}

/* `file_or_null`: the medium's own, NULL where its package is not to be told of (a download). */
static void reply_streams(struct text *body, size_t prefix_begin, size_t prefix_length, const struct media *media,
                          const char *file_or_null) {
  const char *extension = file_or_null == NULL ? "" : stream_urls_extension(file_or_null);
  bool packaged = file_or_null != NULL && media->package.name[0] != '\0';
  bool playlist = stream_urls_is_playlist(extension);
  bool dash = strcasecmp(extension, ".mpd") == 0;
  char folder[sizeof media->package.name + 1];
  char hls[sizeof folder];
  snprintf(folder, sizeof folder, "%s%s", media->package.name, packaged ? "/" : "");
  snprintf(hls, sizeof hls, "%s%s", packaged ? hls_folder(media) : "", packaged ? "/" : "");
  reply_name(body, "streams");
  text_append(body, "{");
  reply_stream(body, "progressive", prefix_begin, prefix_length, "", playlist ? NULL : file_or_null);
  reply_stream(body, "hls", prefix_begin, prefix_length, hls,
               packaged            ? PACKAGE_HLS
               : playlist && !dash ? file_or_null
                                   : NULL);
  reply_stream(body, "dash", prefix_begin, prefix_length, hls, packaged ? PACKAGE_DASH : dash ? file_or_null : NULL);
  bool chosen = file_or_null != NULL && media->poster_name[0] != '\0';
  bool poster = chosen || (packaged && media->package.has_poster);
  char poster_folder[sizeof media->poster_name + 1];
  snprintf(poster_folder, sizeof poster_folder, "%s/", chosen ? media->poster_name : media->package.name);
  reply_stream(body, "poster", prefix_begin, prefix_length, poster_folder, poster ? PACKAGE_POSTER : NULL);
  reply_stream(body, "poster_640", prefix_begin, prefix_length, poster_folder, poster ? PACKAGE_POSTER_MEDIUM : NULL);
  reply_stream(body, "poster_320", prefix_begin, prefix_length, poster_folder, poster ? PACKAGE_POSTER_SMALL : NULL);
  reply_stream(body, "storyboard", prefix_begin, prefix_length, folder,
               packaged && media->package.has_storyboard ? PACKAGE_STORYBOARD : NULL);
  char chapters[MEDIUM_STORED_NAME_SIZE];
  bool has_chapters = file_or_null != NULL && chapter_api_file(media, chapters);
  reply_stream(body, "chapters", prefix_begin, prefix_length, "", has_chapters ? chapters : NULL);
  text_append(body, "}");
}

enum error stream_urls_append(struct call *call, struct text *body, const struct signed_url *url,
                              const struct media *media, const char *file) {
  reply_name(body, "stream_url");
  text_append(body, "\"");
  size_t begin = body->length;
  char best[sizeof media->package.name + sizeof PACKAGE_HLS];
  bool packaged = media->package.name[0] != '\0' && !url->download;
  snprintf(best, sizeof best, "%s/%s", hls_folder(media), PACKAGE_HLS);
  call_append_base(call, body);
  enum error error = signed_url_append_path(call->app->stream_keys, url, packaged ? best : file, body);
  if (error != ERROR_NONE) {
    return error;
  }
  size_t prefix_length = body->length - begin - strlen(packaged ? best : file);
  if (url->download) {
    download_name_append_query(body, media->title, stream_urls_extension(file));
  }
  text_append(body, "\"");
  reply_streams(body, begin, prefix_length, media, url->download ? NULL : file);
  return ERROR_NONE;
}
