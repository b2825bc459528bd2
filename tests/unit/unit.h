/* SPDX-License-Identifier: ISC */
/*
 * What every unit test program shares: a main over a list of tests, and the size of a row table.
 *
 *   UNIT_MAIN("text", parses_decimals, decodes_hex)
 *
 * A test loops over rows (input, expected, description) and names the row in each failure.
 */
#ifndef MEDIAGATE_TESTS_UNIT_H
#define MEDIAGATE_TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define UNIT_ROWS(table) (sizeof(table) / sizeof((table)[0]))

#define UNIT_MAIN(module, ...)                                                                                         \
  int main(void) {                                                                                                     \
    const TTest *const tests[] = {__VA_ARGS__};                                                                        \
    Suite *suite = suite_create(module);                                                                               \
    TCase *rows = tcase_create("rows");                                                                                \
    tcase_set_timeout(rows, 60);                                                                                       \
    for (size_t i = 0; i < UNIT_ROWS(tests); i++) {                                                                    \
      tcase_add_test(rows, tests[i]);                                                                                  \
    }                                                                                                                  \
    suite_add_tcase(suite, rows);                                                                                      \
    SRunner *runner = srunner_create(suite);                                                                           \
    srunner_run_all(runner, CK_ENV);                                                                                   \
    int failed = srunner_ntests_failed(runner);                                                                        \
    srunner_free(runner);                                                                                              \
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                                                  \
  }

#endif
