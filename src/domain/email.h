/* SPDX-License-Identifier: ISC */
/*
 * E-mail addresses as account names: one spelling for each, and the syntax that is taken. Pure.
 */
#ifndef MEDIAGATE_DOMAIN_EMAIL_H
#define MEDIAGATE_DOMAIN_EMAIL_H

#include "base/error.h"

#define EMAIL_SIZE 255 /* 254 bytes (RFC 5321 section 4.5.3.1, erratum 1690) and a NUL */

/* Trims ASCII blanks and lowers ASCII letters. ERROR_INVALID unless the rest is a dot-atom of up to 64 bytes (RFC 5322
 * section 3.2.3), "@", and a host name of at least two labels. ASCII only: whether other letters are equal depends on
 * locale. */
enum error email_normalise(const char *text, char ret_email[EMAIL_SIZE]) MUST_CHECK;

#endif
