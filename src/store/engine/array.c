/* SPDX-License-Identifier: ISC */
/*
 * Arrays of values as PostgreSQL reads them: {1,2,"a text",NULL}.
 */
#include "config.h"

#include "store/engine/array.h"

#include <string.h>

static void begin_element(struct text *array) {
  text_append_bytes(array, array->length == 0 ? "{" : ",", 1);
}

void array_add_i64(struct text *array, int64_t number) {
  begin_element(array);
  text_append_i64(array, number);
}

void array_add_plain(struct text *array, const char *string) {
  begin_element(array);
  text_append(array, string[0] == '\0' ? "NULL" : string);
}

void array_add_text(struct text *array, const char *string) {
  begin_element(array);
  if (string[0] == '\0') {
    text_append(array, "NULL");
    return;
  }
  text_append(array, "\"");
  while (*string != '\0') {
    size_t plain = strcspn(string, "\"\\");
    text_append_bytes(array, string, plain);
    string += plain;
    if (*string != '\0') {
      text_append(array, "\\");
      text_append_bytes(array, string++, 1);
    }
  }
  text_append(array, "\"");
}

const char *array_end(struct text *array) {
  text_append(array, array->length == 0 ? "{}" : "}");
  return array->failed ? NULL : array->data;
}

enum error array_end_columns(struct text columns[], size_t count, struct parameters *parameters) {
  for (size_t i = 0; i < count; i++) {
    const char *array = array_end(&columns[i]);
    if (array == NULL) {
      return ERROR_MEMORY;
    }
    parameters_text(parameters, array);
  }
  return ERROR_NONE;
}

void array_free_columns(struct text columns[], size_t count) {
  for (size_t i = 0; i < count; i++) {
    text_free(&columns[i]);
  }
}
