/* SPDX-License-Identifier: ISC */
/*
 * The country of an address, from a database in MaxMind's format (MMDB) that the operator gives and replaces at will.
 */
#ifndef MEDIAGATE_AUDIENCE_COUNTRY_H
#define MEDIAGATE_AUDIENCE_COUNTRY_H

#include "base/error.h"
#include "domain/address.h"

struct country_database;

/* The file is opened by country_database_refresh. */
enum error country_database_new(const char *path, struct country_database **ret_countries) MUST_CHECK;
void country_database_free(struct country_database *countries);
/* Opens the file if it is new or changed since the last look; looks at most once a second. Each file that cannot be
 * used is an error once (ERROR_NOT_FOUND: there is none; ERROR_INVALID: it is no such database); the last good one is
 * used on. */
enum error country_database_refresh(struct country_database *countries) MUST_CHECK;
/* Two upper-case letters, or "" where the database has none for the address, or there is no database. */
void country_database_find(const struct country_database *countries, const char *address,
                           char ret_country[COUNTRY_SIZE]);

#endif
