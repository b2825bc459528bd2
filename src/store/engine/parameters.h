/* SPDX-License-Identifier: ISC */
/* The values of a statement's parameters ($1, $2 …). Internal to the stores. */
#ifndef MEDIAGATE_STORE_ENGINE_PARAMETERS_H
#define MEDIAGATE_STORE_ENGINE_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/digest.h"

#define PARAMETERS_MAX 32

/* Zero-initialise. Texts are not copied: they outlive the call of statement_execute. */
struct parameters {
  int count;
  const char *values[PARAMETERS_MAX];
  char scratch[PARAMETERS_MAX][72]; /* numbers and bytes in text form */
};

void parameters_text(struct parameters *parameters, const char *text);         /* NULL is SQL's NULL */
void parameters_text_or_null(struct parameters *parameters, const char *text); /* "" is SQL's NULL too */
void parameters_i64(struct parameters *parameters, int64_t number);
void parameters_i64_or_null(struct parameters *parameters, int64_t number); /* 0 is SQL's NULL */
void parameters_f64_or_null(struct parameters *parameters, double number);  /* 0 is SQL's NULL */
void parameters_bool(struct parameters *parameters, bool value);
void parameters_hash(struct parameters *parameters, const unsigned char hash[DIGEST_SIZE]); /* bytea */

/* Microseconds since 1970 as a column, and as a value made of a parameter. Both are exact. */
#define SQL_MICROSECONDS(column) "(extract(epoch from " column ") * 1000000)::int8"
#define SQL_TIMESTAMP(parameter) "('epoch'::timestamptz + " parameter "::int8 * interval '1 microsecond')"

#endif
