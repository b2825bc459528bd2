/* SPDX-License-Identifier: ISC */
/*
 * The one error enum of the program, and the attributes that every prototype uses.
 *
 * Convention: a function that can fail returns enum error; results go through trailing ret_
 * pointers, which stay untouched on failure. Lower layers return errors and never log them.
 */
#ifndef MEDIAGATE_BASE_ERROR_H
#define MEDIAGATE_BASE_ERROR_H

#define MUST_CHECK                                __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

enum error {
  ERROR_NONE = 0,
  ERROR_INVALID,         /* input that does not parse or breaks a rule */
  ERROR_NOT_FOUND,       /* what was asked for does not exist */
  ERROR_CONFLICT,        /* a unique value is taken, or a state forbids the change */
  ERROR_DENIED,          /* a secret, signature or permission does not fit */
  ERROR_EXPIRED,         /* once good, now too old */
  ERROR_LIMITED,         /* a rate limit or quota is reached */
  ERROR_TOO_LARGE,       /* above a size limit */
  ERROR_ABORTED,         /* the peer went away in the middle */
  ERROR_TIMEOUT,         /* a deadline passed */
  ERROR_UNAVAILABLE,     /* the database or another part cannot be reached: try again later */
  ERROR_STORE_AWAY,      /* the bucket of media files cannot be reached or used: try again later */
  ERROR_UNKNOWN_OUTCOME, /* the reply to a COMMIT was lost: it may or may not have happened */
  ERROR_NO_SPACE,        /* the disk or the quota of the disk is full */
  ERROR_MEMORY,          /* an allocation failed */
  ERROR_IO,              /* errno tells more */
  ERROR_UNSUPPORTED,     /* the machine or a library cannot do this */
  ERROR_INTERNAL,        /* a result that should not be possible */
  ERROR_COUNT_
};

/* For libraries that do not tell a failed allocation from a wrong input, or go on without what they could not allocate.
 * The C library leaves ENOMEM in errno, which nothing sets back. error_watch_memory before such calls;
 * error_with_memory after them gives ERROR_MEMORY if an allocation failed since, else `error`. */
void error_watch_memory(void);
enum error error_with_memory(enum error error) MUST_CHECK;
/* A short English phrase for an error; never NULL, static storage. */
const char *error_strerror(enum error error);

#endif
