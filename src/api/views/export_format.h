/* SPDX-License-Identifier: ISC */
/*
 * A view as a line of an export: CSV (RFC 4180) or NDJSON. The last column is the cursor behind the line; the last line
 * of a whole export has "complete" there and nothing else. Pure.
 *
 * In CSV a text that begins with = + - @ (also full-width), a tab or a carriage return gets a ' before it: spreadsheets
 * would run it as a formula. NDJSON has every text as it is.
 */
#ifndef MEDIAGATE_API_VIEWS_EXPORT_FORMAT_H
#define MEDIAGATE_API_VIEWS_EXPORT_FORMAT_H

#include "base/text.h"
#include "store/views/view_store.h"

enum export_format { EXPORT_CSV, EXPORT_NDJSON };

const char *export_format_content_type(enum export_format format);
/* The names of the columns; nothing in NDJSON. */
void export_format_header(enum export_format format, struct text *line);
void export_format_view(enum export_format format, const struct view *view, const char *cursor, struct text *line);
/* views: so many lines were written. */
void export_format_complete(enum export_format format, int64_t views, struct text *line);

#endif
