/* SPDX-License-Identifier: ISC */
/*
 * The few elements that are read of an S3 service's answers, and the one document that is written. No XML parser: each
 * answer is flat, and what does not fit is an error. Pure.
 */
#ifndef MEDIAGATE_OBJECTS_OBJECT_XML_H
#define MEDIAGATE_OBJECTS_OBJECT_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The text of the first <NAME> at or behind *position, with its entities decoded; *position goes behind it.
 * ERROR_NOT_FOUND: there is none. ERROR_TOO_LARGE: it does not fit. */
enum error object_xml_next(const char *xml, const char *name, const char **position, char *ret_text,
                           size_t text_size) MUST_CHECK;
/* The same of the whole document. */
enum error object_xml_find(const char *xml, const char *name, char *ret_text, size_t text_size) MUST_CHECK;
/* The next element <NAME>…</NAME> behind *position, as bytes of the document. False: there is none. */
bool object_xml_element(const char *name, const char **position, const char **ret_begin, const char **ret_end);

#endif
