/* SPDX-License-Identifier: ISC */
/*
 * Reads a new password: twice from the terminal without echo, or once as the first line of another standard input.
 */
#ifndef MEDIAGATE_COMMAND_PASSWORD_PROMPT_H
#define MEDIAGATE_COMMAND_PASSWORD_PROMPT_H

#include <stddef.h>

#include "base/error.h"
#include "security/password.h"

#define PASSWORD_PROMPT_SIZE (PASSWORD_MAX_BYTES + 2) /* with a line's end and a NUL */

/* min_bytes to PASSWORD_MAX_BYTES of UTF-8 without NUL; else ERROR_INVALID, after a message to stderr. The caller wipes
 * it. */
enum error password_prompt(size_t min_bytes, char ret_password[PASSWORD_PROMPT_SIZE]) MUST_CHECK;

#endif
