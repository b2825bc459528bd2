/* SPDX-License-Identifier: ISC */
/*
 * The header traceparent (W3C Trace Context, level 1): which trace a request is a part of. It is taken over into the
 * log, problem documents and statements; mediagate makes no spans of its own. Pure.
 */
#ifndef MEDIAGATE_HTTP_TRACE_CONTEXT_H
#define MEDIAGATE_HTTP_TRACE_CONTEXT_H

#include <stdbool.h>

#define TRACE_ID_SIZE     33
#define TRACE_PARENT_SIZE 56

/* All empty: no trace. */
struct trace_context {
  char id[TRACE_ID_SIZE];         /* 32 hexadecimal digits */
  char parent[TRACE_PARENT_SIZE]; /* "00-<id>-<16 digits of the parent>-<flags>" */
  bool sampled;
};

/* A text that is no traceparent is as none. Of a later version the part that this one knows counts. */
void trace_context_parse(const char *traceparent, struct trace_context *ret_trace);

#endif
