/* SPDX-License-Identifier: ISC */
/*
 * A data folder and a library folder of their own for one test, and short ways to look at and
 * change them.
 */
#ifndef MEDIAGATE_TESTS_LIBRARY_FIXTURE_H
#define MEDIAGATE_TESTS_LIBRARY_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/medium.h"
#include "files/media_folder.h"

struct library_fixture {
  char root[64]; /* holds data/, library/ and outside/ */
  char library[80];
  char data[80];
  struct media_folder *folder;
};

void library_fixture_set_up(struct library_fixture *fixture);
void library_fixture_tear_down(struct library_fixture *fixture);
/* Paths are relative to the root; missing folders are made. */
void library_fixture_write(const struct library_fixture *fixture, const char *path, const char *content);
void library_fixture_link(const struct library_fixture *fixture, const char *target, const char *path);
void library_fixture_age(const struct library_fixture *fixture, const char *path, int64_t seconds);
bool library_fixture_exists(const struct library_fixture *fixture, const char *path);
/* The number of entries, without "." and "..". */
int library_fixture_count(const struct library_fixture *fixture, const char *path);
/* Stores a file in media/<id>/ as an upload does; the caller settles it or not. */
void library_fixture_place(const struct library_fixture *fixture, int64_t media_id, const char *content,
                           char ret_stored_name[MEDIUM_STORED_NAME_SIZE]);

#endif
