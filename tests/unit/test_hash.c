/* SPDX-License-Identifier: ISC */
/* FNV-1a by its published values: cursors that clients hold depend on them. */
#include "config.h"

#include "base/hash.h"

#include <string.h>

#include "unit.h"

static const struct {
  const char *text;
  uint64_t hash;
} vectors[] = {
    {"", UINT64_C(0xcbf29ce484222325)},
    {"a", UINT64_C(0xaf63dc4c8601ec8c)},
    {"foobar", UINT64_C(0x85944171f73967e8)},
};

START_TEST(gives_the_published_values) {
  for (size_t i = 0; i < UNIT_ROWS(vectors); i++) {
    ck_assert_uint_eq(hash_text(HASH_BEGIN, vectors[i].text), vectors[i].hash);
    ck_assert_uint_eq(hash_bytes(HASH_BEGIN, vectors[i].text, strlen(vectors[i].text)), vectors[i].hash);
  }
}
END_TEST

START_TEST(goes_on_where_it_stopped) {
  ck_assert_uint_eq(hash_text(hash_text(HASH_BEGIN, "foo"), "bar"), hash_text(HASH_BEGIN, "foobar"));
}
END_TEST

UNIT_MAIN("hash", gives_the_published_values, goes_on_where_it_stopped)
