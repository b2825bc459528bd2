/* SPDX-License-Identifier: ISC */
/*
 * From what a view was delivered, as a closed set: the file itself, or the renditions of its package by the numbers in
 * their segments' names. 0 is the largest picture, sounds come last. A set of them is a number of bits. Pure.
 */
#ifndef MEDIAGATE_DOMAIN_RENDITION_H
#define MEDIAGATE_DOMAIN_RENDITION_H

enum rendition_name {
  RENDITION_0,
  RENDITION_1,
  RENDITION_2,
  RENDITION_3,
  RENDITION_4,
  RENDITION_5,
  RENDITION_6,
  RENDITION_7,
  RENDITION_OTHER,  /* of a playlist that mediagate did not make, or a higher number */
  RENDITION_SOURCE, /* the file itself */
  RENDITION_COUNT_
};

#define RENDITION_BIT(rendition) (1U << (rendition))

const char *rendition_text(enum rendition_name rendition);
/* RENDITION_COUNT_: there is no such. */
enum rendition_name rendition_by_text(const char *text);
/* Of the name of a segment, with folders before it or without. */
enum rendition_name rendition_of_segment(const char *file);

#endif
