/* SPDX-License-Identifier: ISC */
/*
 * The terminal's echo is off only while a line is read; an interrupt in that time gives it back before the program
 * ends.
 */
#include "config.h"

#include "command/password_prompt.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

/* Reads a line by bytes, so that what follows it stays unread. A line that is too long is read to its end and refused.
 */
static enum error read_line(char ret_line[PASSWORD_PROMPT_SIZE], size_t *ret_length) {
  size_t length = 0;
  bool too_long = false;
  char byte = '\0';
  while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') {
    too_long = too_long || length == PASSWORD_PROMPT_SIZE - 1;
    if (!too_long) {
      ret_line[length++] = byte;
    }
  }
  if (length > 0 && ret_line[length - 1] == '\r') {
    length--;
  }
  ret_line[length] = '\0';
  *ret_length = length;
  return too_long ? ERROR_TOO_LARGE : ERROR_NONE;
}

static struct termios terminal_before; /* what the signal handler restores */

static void restore_and_die(int signal_number) {
  tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
  raise(signal_number); /* the handler was for one signal only: now the default acts */
}

static enum error read_silently(const char *prompt, char ret_line[PASSWORD_PROMPT_SIZE], size_t *ret_length) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  const struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND};
  struct sigaction before[sizeof signals / sizeof *signals];
  if (tcgetattr(STDIN_FILENO, &terminal_before) != 0) {
    return ERROR_IO;
  }
  struct termios silent = terminal_before;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    sigaction(signals[i], &action, &before[i]);
  }
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  fputs(prompt, stderr);
  enum error error = read_line(ret_line, ret_length);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal_before);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    sigaction(signals[i], &before[i], NULL);
  }
  fputc('\n', stderr);
  return error;
}

static enum error check_typed_password(const char *password, size_t length, size_t min_bytes) {
  if (length < min_bytes || length > PASSWORD_MAX_BYTES || strlen(password) != length ||
      !text_is_utf8(password, length)) {
    fprintf(stderr, "mediagate: a password has %zu to %d bytes of UTF-8 and no NUL\n", min_bytes, PASSWORD_MAX_BYTES);
    return ERROR_INVALID;
  }
  return ERROR_NONE;
}

static enum error read_twice(char ret_password[PASSWORD_PROMPT_SIZE], size_t *ret_length) {
  char again[PASSWORD_PROMPT_SIZE] = "";
  size_t again_length = 0;
  enum error error = read_silently("New password: ", ret_password, ret_length);
  if (error == ERROR_NONE) {
    error = read_silently("Once more: ", again, &again_length);
  }
  if (error == ERROR_NONE && (again_length != *ret_length || memcmp(again, ret_password, again_length) != 0)) {
    fputs("mediagate: the two are not the same\n", stderr);
    error = ERROR_INVALID;
  }
  explicit_bzero(again, sizeof again);
  return error;
}

enum error password_prompt(size_t min_bytes, char ret_password[PASSWORD_PROMPT_SIZE]) {
  size_t length = 0;
  enum error error = isatty(STDIN_FILENO) ? read_twice(ret_password, &length) : read_line(ret_password, &length);
  if (error == ERROR_NONE || error == ERROR_TOO_LARGE) {
    error = check_typed_password(ret_password, error == ERROR_NONE ? length : PASSWORD_MAX_BYTES + 1, min_bytes);
  }
  return error;
}
