/* SPDX-License-Identifier: ISC */
/* Values on their way in, in text form. */
#include "config.h"

#include "store/engine/parameters.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "domain/digest.h"

void parameters_text(struct parameters *parameters, const char *text) {
  assert(parameters->count < PARAMETERS_MAX);
  parameters->values[parameters->count++] = text;
}

void parameters_text_or_null(struct parameters *parameters, const char *text) {
  parameters_text(parameters, text == NULL || text[0] == '\0' ? NULL : text);
}

void parameters_i64(struct parameters *parameters, int64_t number) {
  assert(parameters->count < PARAMETERS_MAX);
  char *scratch = parameters->scratch[parameters->count];
  snprintf(scratch, sizeof parameters->scratch[0], "%" PRId64, number);
  parameters_text(parameters, scratch);
}

void parameters_i64_or_null(struct parameters *parameters, int64_t number) {
  if (number == 0) {
    parameters_text(parameters, NULL);
  } else {
    parameters_i64(parameters, number);
  }
}

void parameters_f64_or_null(struct parameters *parameters, double number) {
  assert(parameters->count < PARAMETERS_MAX);
  char *scratch = parameters->scratch[parameters->count];
  snprintf(scratch, sizeof parameters->scratch[0], "%.17g", number);
  parameters_text(parameters, number == 0 ? NULL : scratch);
}

void parameters_bool(struct parameters *parameters, bool value) {
  parameters_text(parameters, value ? "t" : "f");
}

void parameters_hash(struct parameters *parameters, const unsigned char hash[DIGEST_SIZE]) {
  assert(parameters->count < PARAMETERS_MAX);
  char *scratch = parameters->scratch[parameters->count];
  scratch[0] = '\\';
  scratch[1] = 'x';
  text_hex_encode(hash, 32, scratch + 2);
  parameters_text(parameters, scratch);
}
