/* SPDX-License-Identifier: ISC */
/* What `mediagate explain` says, for a person and as JSON. */
#ifndef MEDIAGATE_COMMAND_EXPLAIN_PRINT_H
#define MEDIAGATE_COMMAND_EXPLAIN_PRINT_H

#include "ingest/grant_story.h"
#include "store/views/view_store.h"

struct explanation {
  const char *grant_id;
  const char *log_dir;
  struct grant_story story;
  struct grant_view *views; /* NULL: the database did not tell */
  size_t view_count;
};

void explain_print_text(const struct explanation *explanation);
void explain_print_json(const struct explanation *explanation);

#endif
