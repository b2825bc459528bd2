/* SPDX-License-Identifier: ISC */
/*
 * libmaxminddb over the file. Replace it by rename, as the makers' updaters do: the old one is mapped until then.
 */
#include "config.h"

#include "audience/country.h"

#include <arpa/inet.h>
#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "domain/address.h"

#define LOOK_MS 1000

struct country_database {
  char *path;
  int64_t looked_ms;
  struct stat seen; /* the file that was opened or refused last; zeroes for none */
  bool open;
  bool missing; /* said already */
  MMDB_s file;
};

enum error country_database_new(const char *path, struct country_database **ret_countries) {
  struct country_database *countries = calloc(1, sizeof *countries);
  if (countries != NULL) {
    countries->looked_ms = clock_monotonic_ms() - LOOK_MS;
    countries->path = strdup(path);
  }
  if (countries == NULL || countries->path == NULL) {
    free(countries);
    return ERROR_MEMORY;
  }
  *ret_countries = countries;
  return ERROR_NONE;
}

void country_database_free(struct country_database *countries) {
  if (countries == NULL) {
    return;
  }
  if (countries->open) {
    MMDB_close(&countries->file);
  }
  free(countries->path);
  free(countries);
}

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static enum error reopen_countries(struct country_database *countries) {
  MMDB_s file;
  int status = MMDB_open(countries->path, MMDB_MODE_MMAP, &file);
  if (status == MMDB_OUT_OF_MEMORY_ERROR) {
    return ERROR_MEMORY;
  }
  if (status != MMDB_SUCCESS) {
    return status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR ? ERROR_IO : ERROR_INVALID;
  }
  if (countries->open) {
    MMDB_close(&countries->file);
  }
  countries->file = file;
  countries->open = true;
  return ERROR_NONE;
}

enum error country_database_refresh(struct country_database *countries) {
  int64_t now_ms = clock_monotonic_ms();
  struct stat now;
  if (now_ms - countries->looked_ms < LOOK_MS) {
    return ERROR_NONE;
  }
  countries->looked_ms = now_ms;
  if (stat(countries->path, &now) != 0) {
    bool said = countries->missing;
    countries->missing = true;
    return said ? ERROR_NONE : file_error_from_errno(errno);
  }
  countries->missing = false;
  if (same_file(&now, &countries->seen)) {
    return ERROR_NONE;
  }
  countries->seen = now;
  return reopen_countries(countries);
}

/* --- looking up ------------------------------------------------------------------------------ */

static MMDB_lookup_result_s look_up(const MMDB_s *file, const char *address, int *ret_error) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  const struct sockaddr *socket_address = NULL;
  MMDB_lookup_result_s nothing = {.found_entry = false};

  if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
    socket_address = (const struct sockaddr *)&v4;
  } else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
    socket_address = (const struct sockaddr *)&v6;
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
      socket_address = (const struct sockaddr *)&v4;
    }
  }
  *ret_error = MMDB_SUCCESS;
  return socket_address == NULL ? nothing : MMDB_lookup_sockaddr(file, socket_address, ret_error);
}

/* Where the code stands: in MaxMind's and DB-IP's databases, and in flat ones. */
static const char *const places[][3] = {
    {"country", "iso_code", NULL},
    {"country_code", NULL, NULL},
    {"country", NULL, NULL},
};

static bool is_letter(char c) {
  return c >= 'A' && c <= 'Z';
}

void country_database_find(const struct country_database *countries, const char *address,
                           char ret_country[COUNTRY_SIZE]) {
  int error = MMDB_SUCCESS;
  ret_country[0] = '\0';
  if (!countries->open) {
    return;
  }
  MMDB_lookup_result_s found = look_up(&countries->file, address, &error);
  if (error != MMDB_SUCCESS || !found.found_entry) {
    return;
  }
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&found.entry, &data, places[i]) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size == 2 && is_letter(data.utf8_string[0]) &&
        is_letter(data.utf8_string[1])) {
      memcpy(ret_country, data.utf8_string, 2);
      ret_country[2] = '\0';
      return;
    }
  }
}
