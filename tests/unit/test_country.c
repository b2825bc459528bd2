/* SPDX-License-Identifier: ISC */
/* The country database that is missing, broken, or replaced; that countries are found is in tests/integration. */
#include "config.h"

#include "audience/country.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/address.h"
#include "unit.h"

/* Looks are a second apart. */
static void wait_for_next_look(void) {
  usleep(1050 * 1000);
}

START_TEST(each_bad_file_is_an_error_once_and_no_country) {
  char folder[] = "/tmp/mediagate-country.XXXXXX";
  char country[COUNTRY_SIZE] = "XX";
  struct country_database *countries = NULL;
  ck_assert(mkdtemp(folder) != NULL);
  char *path = file_join(folder, "country.mmdb");
  ck_assert(country_database_new(path, &countries) == ERROR_NONE);

  ck_assert(country_database_refresh(countries) == ERROR_NOT_FOUND);
  ck_assert(country_database_refresh(countries) == ERROR_NONE);
  country_database_find(countries, "192.0.2.1", country);
  ck_assert_str_eq(country, "");

  wait_for_next_look();
  ck_assert(country_database_refresh(countries) == ERROR_NONE);
  ck_assert(file_replace(path, 0644, "not a database", 14) == ERROR_NONE);
  wait_for_next_look();
  ck_assert(country_database_refresh(countries) == ERROR_INVALID);
  wait_for_next_look();
  ck_assert(country_database_refresh(countries) == ERROR_NONE);
  country_database_find(countries, "2001:db8::1", country);
  ck_assert_str_eq(country, "");

  country_database_free(countries);
  free(path);
  ck_assert(file_remove_tree(folder) == ERROR_NONE);
}
END_TEST

UNIT_MAIN("country", each_bad_file_is_an_error_once_and_no_country)
