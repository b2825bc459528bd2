/* SPDX-License-Identifier: ISC */
/*
 * What a node says of a grant to whoever asks over HTTP: its delivery lines and their verdicts, as JSON. Addresses and
 * user agents stay on the node; viewers are numbered.
 */
#ifndef MEDIAGATE_INGEST_STORY_ANSWER_H
#define MEDIAGATE_INGEST_STORY_ANSWER_H

#include "base/text.h"
#include "ingest/grant_story.h"

#define STORY_ANSWER_DELIVERIES_MAX 1000

/* Appends one object. Of more than STORY_ANSWER_DELIVERIES_MAX deliveries the first ones are told, and how many there
 * are. */
void story_answer_append(const struct grant_story *story, struct text *json);

#endif
