/* SPDX-License-Identifier: ISC */
/*
 * What is known of a source before it is packaged. Plain data; survey.h finds it.
 */
#ifndef MEDIAGATE_PACKAGE_SOURCE_SOURCE_H
#define MEDIAGATE_PACKAGE_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "package/source/frame_rate.h"

#define SOURCE_SOUNDS_MAX    8
#define SOURCE_LANGUAGE_SIZE 8
#define SOURCE_NAME_SIZE     64
#define SOURCE_SUBTITLES_MAX 16
#define SOURCE_CHAPTERS_MAX  200
#define SOURCE_TITLE_SIZE    160
#define SOURCE_LEFT_OUT_MAX  16
#define SOURCE_LEFT_OUT_SIZE 120

enum source_colour {
  SOURCE_COLOUR_BT601, /* SD */
  SOURCE_COLOUR_BT709, /* HD */
  SOURCE_COLOUR_OTHER, /* RGB, BT.2020 and what else ffmpeg can convert */
  SOURCE_COLOUR_PQ,    /* HDR10 and Dolby Vision with such a base layer */
  SOURCE_COLOUR_HLG
};

struct source_picture {
  int stream;        /* ffmpeg's index of it; -1: there is no picture */
  int width, height; /* as it is shown: upright, of square pixels */
  struct frame_rate rate;
  enum source_colour colour;
  bool wide;       /* HDR whose colours and coefficients are BT.2020's, as those of phones and cameras are */
  bool full_range; /* values from 0 to 255, as JPEG has them */
  bool plain;      /* H.264 that players of packages play as it is */
  /* Not 0: the largest rendition is a copy of it, and a segment ends at the first key frame after so many seconds. */
  double copy_cut;
  int key_pictures; /* of such a picture: it has a key frame each so many; 0: at other times */
};

struct source_sound {
  int stream;                          /* ffmpeg's index of it */
  char language[SOURCE_LANGUAGE_SIZE]; /* as the file says it, ISO 639; "" for unknown */
  char name[SOURCE_NAME_SIZE];         /* printable ASCII, no quotes; "" for none */
  bool commentary;
  bool late; /* it begins later than the file, or that is not known */
};

struct source_subtitle {
  int stream;
  char language[SOURCE_LANGUAGE_SIZE]; /* as of sounds */
  char name[SOURCE_NAME_SIZE];
  bool forced; /* only what must be read though the sound is understood */
  bool sdh;    /* tells sounds too, for who does not hear them */
};

struct source_chapter {
  double begin, end;             /* seconds from the beginning of the file */
  char title[SOURCE_TITLE_SIZE]; /* UTF-8 without control characters; "" for none */
};

struct package_source {
  struct source_picture picture;
  struct source_sound sounds[SOURCE_SOUNDS_MAX]; /* the main one first */
  size_t sound_count;
  struct source_subtitle subtitles[SOURCE_SUBTITLES_MAX]; /* those of text, in the file's order */
  size_t subtitle_count;
  struct source_chapter chapters[SOURCE_CHAPTERS_MAX];
  size_t chapter_count;
  char left_out[SOURCE_LEFT_OUT_MAX][SOURCE_LEFT_OUT_SIZE]; /* what the package does not have, and why; ASCII */
  size_t left_out_count;
  /* Measured: when the last packet ends, on one clock that begins with the file. 0: there is none. */
  double picture_seconds, sound_seconds;
};

/* How long the package is to be: as the longer of both; a sound that ends a little after the picture, as all coded
 * sound does, does not count. */
double source_seconds(const struct package_source *source);

#endif
