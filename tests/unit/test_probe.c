/* SPDX-License-Identifier: ISC */
/*
 * What ffprobe's JSON becomes, by rows; and the whole probe with its sandbox on files that are no
 * media.
 */
#include "config.h"

#include "files/probe.h"
#include "files/probe_parse.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define VIDEO(codec)                                                                                                   \
  "{\"codec_type\":\"video\",\"codec_name\":\"" codec                                                                  \
  "\",\"width\":320,\"height\":180,\"disposition\":{\"attached_pic\":0}}"
#define AUDIO(codec) "{\"codec_type\":\"audio\",\"codec_name\":\"" codec "\",\"disposition\":{\"attached_pic\":0}}"
#define COVER                                                                                                          \
  "{\"codec_type\":\"video\",\"codec_name\":\"png\",\"width\":500,\"height\":500,\"disposition\":"                     \
  "{\"attached_pic\":1}}"
#define STILLS(codec, rate)                                                                                            \
  "{\"codec_type\":\"video\",\"codec_name\":\"" codec "\",\"width\":320,\"height\":180,\"avg_frame_rate\":\"" rate     \
  "\",\"disposition\":{\"attached_pic\":0}}"
#define TITLES "{\"codec_type\":\"subtitle\",\"codec_name\":\"subrip\"}"
#define FILE_OF(format, brand, streams)                                                                                \
  "{\"streams\":[" streams "],\"format\":{\"format_name\":\"" format                                                   \
  "\",\"duration\":\"2.5\",\"tags\":{\"major_brand\":\"" brand "\"}}}"
#define MOV "mov,mp4,m4a,3gp,3g2,mj2"
#define MKV "matroska,webm"

struct parse_row {
  const char *json;
  enum error expected;
  const char *content_type, *extension, *container, *video_codec, *audio_codec;
  bool has_video, has_audio;
  double duration_seconds;
  const char *description;
};

static const struct parse_row parse_rows[] = {
    {FILE_OF(MOV, "isom", VIDEO("h264") "," AUDIO("aac")), ERROR_NONE, "video/mp4", "mp4", "mp4", "h264", "aac", true,
     true, 2.5, "MP4"},
    {FILE_OF(MOV, "qt  ", VIDEO("prores")), ERROR_NONE, "video/quicktime", "mov", "quicktime", "prores", "", true,
     false, 2.5, "QuickTime"},
    {FILE_OF(MOV, "M4A ", AUDIO("aac")), ERROR_NONE, "audio/mp4", "m4a", "mp4", "", "aac", false, true, 2.5, "M4A"},
    {FILE_OF(MOV, "M4A ", AUDIO("aac") "," COVER), ERROR_NONE, "audio/mp4", "m4a", "mp4", "", "aac", false, true, 2.5,
     "cover art is not video"},
    {FILE_OF(MOV, "isom", AUDIO("aac") "," STILLS("mjpeg", "1/1")), ERROR_NONE, "audio/mp4", "m4a", "mp4", "", "aac",
     false, true, 2.5, "a picture a second beside sound is a cover"},
    {FILE_OF(MOV, "qt  ", AUDIO("pcm_s16le") "," STILLS("mjpeg", "15/1")), ERROR_NONE, "video/quicktime", "mov",
     "quicktime", "mjpeg", "pcm_s16le", true, true, 2.5, "a camera's film of pictures is none"},
    {FILE_OF(MOV, "isom", STILLS("mjpeg", "1/1")), ERROR_NONE, "video/mp4", "mp4", "mp4", "mjpeg", "", true, false, 2.5,
     "pictures without sound are a film"},
    {FILE_OF("asf", "", VIDEO("wmv2") "," AUDIO("wmav2")), ERROR_NONE, "video/x-ms-wmv", "wmv", "asf", "wmv2", "wmav2",
     true, true, 2.5, "Windows Media"},
    {FILE_OF("asf", "", AUDIO("wmav2")), ERROR_NONE, "audio/x-ms-wma", "wma", "asf", "", "wmav2", false, true, 2.5,
     "Windows Media, sound"},
    {FILE_OF("mxf", "", VIDEO("mpeg2video")), ERROR_NONE, "video/mxf", "mxf", "mxf", "mpeg2video", "", true, false, 2.5,
     "MXF"},
    {FILE_OF("dv", "", VIDEO("dvvideo")), ERROR_NONE, "video/x-dv", "dv", "dv", "dvvideo", "", true, false, 2.5, "DV"},
    {FILE_OF("caf", "", AUDIO("alac")), ERROR_NONE, "audio/x-caf", "caf", "caf", "", "alac", false, true, 2.5, "CAF"},
    {FILE_OF("amr", "", AUDIO("amr_nb")), ERROR_NONE, "audio/amr", "amr", "amr", "", "amr_nb", false, true, 2.5, "AMR"},
    {FILE_OF(MKV, "", VIDEO("vp9") "," AUDIO("opus")), ERROR_NONE, "video/webm", "webm", "webm", "vp9", "opus", true,
     true, 2.5, "WebM"},
    {FILE_OF(MKV, "", AUDIO("opus")), ERROR_NONE, "audio/webm", "webm", "webm", "", "opus", false, true, 2.5,
     "WebM audio"},
    {FILE_OF(MKV, "", VIDEO("h264") "," AUDIO("opus") "," TITLES), ERROR_NONE, "video/x-matroska", "mkv", "matroska",
     "h264", "opus", true, true, 2.5, "Matroska"},
    {FILE_OF("mp3", "", AUDIO("mp3") "," COVER), ERROR_NONE, "audio/mpeg", "mp3", "mp3", "", "mp3", false, true, 2.5,
     "MP3"},
    {FILE_OF("ogg", "", AUDIO("vorbis")), ERROR_NONE, "audio/ogg", "ogg", "ogg", "", "vorbis", false, true, 2.5,
     "Ogg audio"},
    {FILE_OF("ogg", "", VIDEO("theora")), ERROR_NONE, "video/ogg", "ogv", "ogg", "theora", "", true, false, 2.5,
     "Ogg video"},
    {FILE_OF("flac", "", AUDIO("flac")), ERROR_NONE, "audio/flac", "flac", "flac", "", "flac", false, true, 2.5,
     "FLAC"},
    {FILE_OF("wav", "", AUDIO("pcm_s16le")), ERROR_NONE, "audio/wav", "wav", "wav", "", "pcm_s16le", false, true, 2.5,
     "WAV"},
    {FILE_OF("mpegts", "", VIDEO("h264") "," AUDIO("aac")), ERROR_NONE, "video/mp2t", "ts", "mpegts", "h264", "aac",
     true, true, 2.5, "transport stream"},
    {FILE_OF("avi", "", VIDEO("mpeg4") "," VIDEO("vp8")), ERROR_NONE, "video/x-msvideo", "avi", "avi", "mpeg4", "",
     true, false, 2.5, "the first stream describes"},
    {"{\"streams\":[" AUDIO("aac") "],\"format\":{\"format_name\":\"aac\",\"duration\":\"N/A\"}}", ERROR_NONE,
     "audio/aac", "aac", "aac", "", "aac", false, true, 0, "no duration"},
    {"{\"streams\":[" AUDIO("aac") "],\"format\":{\"format_name\":\"aac\",\"duration\":\"-7\"}}", ERROR_NONE,
     "audio/aac", "aac", "aac", "", "aac", false, true, 0, "negative duration"},
    {"{\"streams\":[" AUDIO("aac") "],\"format\":{\"format_name\":\"aac\",\"duration\":\"inf\"}}", ERROR_NONE,
     "audio/aac", "aac", "aac", "", "aac", false, true, 0, "endless duration"},
    {"{\"streams\":[" AUDIO("aac") ",7,null,[]],\"format\":{\"format_name\":\"aac\"}}", ERROR_NONE, "audio/aac", "aac",
     "aac", "", "aac", false, true, 0, "streams that are none"},
    {FILE_OF(MOV, "isom", TITLES), ERROR_INVALID, "", "", "", "", "", false, false, 0, "subtitles only"},
    {FILE_OF(MOV, "isom", COVER), ERROR_INVALID, "", "", "", "", "", false, false, 0, "cover art only"},
    {FILE_OF(MOV, "isom", ""), ERROR_INVALID, "", "", "", "", "", false, false, 0, "no streams"},
    {FILE_OF("hls", "", VIDEO("h264")), ERROR_INVALID, "", "", "", "", "", false, false, 0, "a playlist"},
    {FILE_OF("concat", "", VIDEO("h264")), ERROR_INVALID, "", "", "", "", "", false, false, 0, "a concat list"},
    {FILE_OF("png_pipe", "", VIDEO("png")), ERROR_INVALID, "", "", "", "", "", false, false, 0, "a picture"},
    {FILE_OF("movx,xmov", "", VIDEO("h264")), ERROR_INVALID, "", "", "", "", "", false, false, 0,
     "names are compared whole"},
    {"{}", ERROR_INVALID, "", "", "", "", "", false, false, 0, "an empty object"},
    {"[]", ERROR_INVALID, "", "", "", "", "", false, false, 0, "no object"},
    {"", ERROR_INVALID, "", "", "", "", "", false, false, 0, "nothing"},
    {"{\"streams\":[", ERROR_INVALID, "", "", "", "", "", false, false, 0, "cut off"},
    {"{\"streams\":{},\"format\":[]}", ERROR_INVALID, "", "", "", "", "", false, false, 0, "wrong types"},
};

static void parse_one(const struct parse_row *row) {
  struct probe_result result = {0};
  char reason[PROBE_REASON_SIZE] = "";
  enum error error = probe_parse(row->json, strlen(row->json), &result, reason);
  ck_assert_msg(error == row->expected, "%s: %s, %s", row->description, error_strerror(error), reason);
  ck_assert_msg((error == ERROR_INVALID) == (reason[0] != '\0'), "%s: reason \"%s\"", row->description, reason);
  ck_assert_msg(strcmp(result.content_type, row->content_type) == 0, "%s: %s", row->description, result.content_type);
  ck_assert_msg(strcmp(result.extension, row->extension) == 0, "%s: %s", row->description, result.extension);
  ck_assert_msg(strcmp(result.container, row->container) == 0, "%s: %s", row->description, result.container);
  ck_assert_msg(strcmp(result.video_codec, row->video_codec) == 0, "%s: %s", row->description, result.video_codec);
  ck_assert_msg(strcmp(result.audio_codec, row->audio_codec) == 0, "%s: %s", row->description, result.audio_codec);
  ck_assert_msg(result.has_video == row->has_video && result.has_audio == row->has_audio, "%s: streams",
                row->description);
  ck_assert_msg(result.duration_seconds == row->duration_seconds, "%s: %f s", row->description,
                result.duration_seconds);
  ck_assert_msg((result.width == 320) == row->has_video, "%s: width %d", row->description, result.width);
}

START_TEST(reads_what_ffprobe_prints) {
  for (size_t i = 0; i < UNIT_ROWS(parse_rows); i++) {
    parse_one(&parse_rows[i]);
  }
}
END_TEST

/* What stands in ffprobe's stream beside width 720 and height 576; what is shown. */
static const struct {
  const char *members;
  int width, height;
  const char *description;
} picture_rows[] = {
    {"\"sample_aspect_ratio\":\"1:1\"", 720, 576, "square pixels"},
    {"\"sample_aspect_ratio\":\"64:45\"", 1024, 576, "wide pixels"},
    {"\"sample_aspect_ratio\":\"0:1\"", 720, 576, "nothing is known"},
    {"\"sample_aspect_ratio\":\"1:1000000\"", 720, 576, "nonsense"},
    {"\"sample_aspect_ratio\":\"x\"", 720, 576, "no number"},
    {"\"side_data_list\":[{\"rotation\":-90}]", 576, 720, "a quarter turn"},
    {"\"side_data_list\":[{\"rotation\":180}]", 720, 576, "upside down"},
    {"\"side_data_list\":[{},{\"rotation\":270}]", 576, 720, "three quarters, told second"},
    {"\"side_data_list\":[1,{\"rotation\":\"x\"}]", 720, 576, "no turn"},
    {"\"sample_aspect_ratio\":\"2:1\",\"side_data_list\":[{\"rotation\":90}]", 576, 1440,
     "wide pixels that are turned"},
};

START_TEST(tells_the_size_of_the_picture_as_it_is_shown) {
  for (size_t i = 0; i < UNIT_ROWS(picture_rows); i++) {
    char json[400];
    struct probe_result result = {0};
    char reason[PROBE_REASON_SIZE];
    snprintf(json, sizeof json,
             "{\"streams\":[{\"codec_type\":\"video\",\"codec_name\":\"h264\",\"width\":720,\"height\":576,%s}],"
             "\"format\":{\"format_name\":\"matroska,webm\"}}",
             picture_rows[i].members);
    ck_assert_int_eq(probe_parse(json, strlen(json), &result, reason), ERROR_NONE);
    ck_assert_msg(result.width == picture_rows[i].width && result.height == picture_rows[i].height, "%s: %dx%d",
                  picture_rows[i].description, result.width, result.height);
  }
}
END_TEST

struct refused_row {
  const char *content;
  const char *reason; /* part of it */
};

static const struct refused_row refused_rows[] = {
    {"", "empty"},
    {"just some text\n", "text/plain"},
    {"<!DOCTYPE html><html><body>hi</body></html>", "text/html"},
    {"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://169.254.169.254/latest/\n", "not audio or video"},
    {"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nfile:///etc/passwd\n", "not audio or video"},
    {"ffconcat version 1.0\nfile /etc/passwd\n", "not audio or video"},
    {"{\"a\": 1}", "not audio or video"},
    {"\x7f"
     "ELF\002\001\001",
     "cannot be read"},
};

/* With a name, as files of the spool and the library have one: bubblewrap binds it by that. */
struct file {
  char path[40];
  int fd;
};

static struct file make_file(const char *content, size_t size) {
  struct file file = {.path = "/tmp/mediagate-probe-XXXXXX"};
  int fd = file.fd = mkstemp(file.path);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, content, size), (ssize_t)size);
  return file;
}

static void remove_file(struct file *file) {
  close(file->fd);
  unlink(file->path);
}

static const struct probe_options sandboxed = {.sandbox = true, .timeout_ms = 20000, .memory_bytes = 1024 << 20};

START_TEST(refuses_what_is_not_media_with_a_reason) {
  for (size_t i = 0; i < UNIT_ROWS(refused_rows); i++) {
    struct probe_result result;
    char reason[PROBE_REASON_SIZE];
    struct file file = make_file(refused_rows[i].content, strlen(refused_rows[i].content));
    enum error error = probe_file(file.fd, &sandboxed, &result, reason);
    remove_file(&file);
    ck_assert_msg(error == ERROR_INVALID, "%s: %s", refused_rows[i].content, error_strerror(error));
    ck_assert_msg(strstr(reason, refused_rows[i].reason) != NULL, "%s: %s", refused_rows[i].content, reason);
  }
}
END_TEST

/* A WAV file of 8000 samples: 8-bit mono at 8 kHz, one second. */
static size_t make_wav(char *bytes) {
  static const unsigned char head[44] = {
      'R', 'I', 'F',  'F',  0x64, 0x1f, 0,    0,    'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 16,  0,   0,    0,    1, 0,
      1,   0,   0x40, 0x1f, 0,    0,    0x40, 0x1f, 0,   0,   1,   0,   8,   0,   'd', 'a', 't', 'a', 0x40, 0x1f, 0, 0};
  memcpy(bytes, head, sizeof head);
  memset(bytes + sizeof head, 0x80, 8000);
  return sizeof head + 8000;
}

START_TEST(reads_a_real_file_in_the_sandbox) {
  char bytes[9000];
  size_t size = make_wav(bytes);
  struct probe_result result;
  char reason[PROBE_REASON_SIZE];
  struct file file = make_file(bytes, size);
  enum error error = probe_file(file.fd, &sandboxed, &result, reason);
  if (error == ERROR_UNSUPPORTED) {
    fprintf(stderr, "skipped: %s\n", reason); /* no ffprobe or no user namespaces on this machine */
    remove_file(&file);
    return;
  }
  ck_assert_msg(error == ERROR_NONE, "%s: %s", error_strerror(error), reason);
  ck_assert_str_eq(result.content_type, "audio/wav");
  ck_assert(result.duration_seconds > 0.9 && result.duration_seconds < 1.1);
  ck_assert_int_eq(ftruncate(file.fd, 4000), 0);
  ck_assert_int_eq(probe_file(file.fd, &sandboxed, &result, reason), ERROR_INVALID);
  ck_assert_ptr_nonnull(strstr(reason, "cut off"));
  remove_file(&file);
}
END_TEST

START_TEST(says_so_when_time_or_memory_do_not_suffice) {
  char bytes[9000];
  size_t size = make_wav(bytes);
  struct probe_result result;
  char reason[PROBE_REASON_SIZE];
  struct file file = make_file(bytes, size);
  struct probe_options options = sandboxed;
  options.timeout_ms = 1;
  enum error error = probe_file(file.fd, &options, &result, reason);
  ck_assert_msg(error == ERROR_TIMEOUT || error == ERROR_UNSUPPORTED, "%s", error_strerror(error));
  ck_assert_str_ne(reason, "");
  remove_file(&file);
}
END_TEST

UNIT_MAIN("probe", reads_what_ffprobe_prints, tells_the_size_of_the_picture_as_it_is_shown,
          refuses_what_is_not_media_with_a_reason, reads_a_real_file_in_the_sandbox,
          says_so_when_time_or_memory_do_not_suffice)
