/* SPDX-License-Identifier: ISC */
/*
 * Arrays in PostgreSQL's text form, as parameters of statements that take many rows at once.
 *
 *   struct text ids = {0};
 *   array_add_i64(&ids, 7);
 *   parameters_text(&parameters, array_end(&ids));
 */
#ifndef MEDIAGATE_STORE_ENGINE_ARRAY_H
#define MEDIAGATE_STORE_ENGINE_ARRAY_H

#include <stdint.h>

#include "base/text.h"
#include "store/engine/parameters.h"

/* A failed allocation sets array->failed, as everywhere with texts. */
void array_add_i64(struct text *array, int64_t number);
void array_add_text(struct text *array, const char *string);  /* quoted; "" is NULL */
void array_add_plain(struct text *array, const char *string); /* without anything to quote; "" is NULL */
/* Closes the array. NULL when memory was out. */
const char *array_end(struct text *array);
/* Closes an array for each column, and adds them in their order. ERROR_MEMORY. */
enum error array_end_columns(struct text columns[], size_t count, struct parameters *parameters) MUST_CHECK;
void array_free_columns(struct text columns[], size_t count);

#endif
