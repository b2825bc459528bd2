/* SPDX-License-Identifier: ISC */
/* QR codes as SVG images. The only file that includes libqrencode. Pure. */
#ifndef MEDIAGATE_SECURITY_QR_CODE_H
#define MEDIAGATE_SECURITY_QR_CODE_H

#include "base/error.h"
#include "base/text.h"

/* Appends an SVG element of the text's code, with the quiet zone of four modules around it. It is black on white in any
 * colour scheme, has no size of its own, and loads nothing. ERROR_TOO_LARGE: the text does not fit into a code.
 * ERROR_MEMORY. */
enum error qr_code_append_svg(const char *string, struct text *ret_text) MUST_CHECK;

#endif
