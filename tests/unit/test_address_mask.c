/* SPDX-License-Identifier: ISC */
/* What is kept of addresses in each mode: known values made by other means (Python's hashlib, hmac and ipaddress), and
 * what must hold for any address. */
#include "config.h"

#include "audience/address_mask.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "domain/address.h"
#include "unit.h"

#define ROUNDS 20000

static const unsigned char salt[ADDRESS_SALT_SIZE] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                                      16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

/* clang-format off */
static const struct {
  const char *address;
  enum address_mode mode;
  const char *shown, *key;
  int64_t hash;
} addresses[] = {
    {"192.0.2.77", ADDRESS_FULL, "192.0.2.77", "551e4e4e3fe5c44ef8ad13bdecb62f14", INT64_C(1677600434796769271)},
    {"::ffff:192.0.2.77", ADDRESS_FULL, "192.0.2.77", "551e4e4e3fe5c44ef8ad13bdecb62f14", INT64_C(1677600434796769271)},
    {"64:ff9b::192.0.2.77", ADDRESS_FULL, "192.0.2.77", "551e4e4e3fe5c44ef8ad13bdecb62f14", INT64_C(1677600434796769271)},
    {"2001:db8:1:2:3:4:5:6", ADDRESS_FULL, "2001:db8:1:2:3:4:5:6", "f9dce4c0026da638acdb21d7a11d5256", INT64_C(2627137829841754611)},
    {"2001:db8:1:2::", ADDRESS_FULL, "2001:db8:1:2::", "f9dce4c0026da638acdb21d7a11d5256", INT64_C(2627137829841754611)},
    {"0.0.0.0", ADDRESS_FULL, "0.0.0.0", "df3f619804a92fdb4057192dc43dd748", INT64_C(7671753169134438796)},
    {"::", ADDRESS_FULL, "::", "374708fff7719dd5979ec875d56cd228", INT64_C(8029140746188716603)},
    {"192.0.2.77", ADDRESS_TRUNCATED, "192.0.2.0", "e68c98c8125dea6e6aa8bfdea5be4694", INT64_C(3641355824968928682)},
    {"::ffff:192.0.2.77", ADDRESS_TRUNCATED, "192.0.2.0", "e68c98c8125dea6e6aa8bfdea5be4694", INT64_C(3641355824968928682)},
    {"2001:db8:1:2:3:4:5:6", ADDRESS_TRUNCATED, "2001:db8:1::", "f77bd36b09e08fb23ffaf0571a893975", INT64_C(1783716721319549232)},
    {"0.0.0.0", ADDRESS_TRUNCATED, "0.0.0.0", "a86acbcbc29b8fa83c83582d56a892d0", INT64_C(7671753169134438796)},
    {"::", ADDRESS_TRUNCATED, "::", "ff921230177d146ee8401eb821731284", INT64_C(8029140746188716603)},
    {"192.0.2.77", ADDRESS_HASHED, "fd6d:6761:7465:e68c:98c8:125d:ea6e:6aa8", "e68c98c8125dea6e6aa8bfdea5be4694", INT64_C(4481234277065709410)},
    {"::ffff:192.0.2.77", ADDRESS_HASHED, "fd6d:6761:7465:e68c:98c8:125d:ea6e:6aa8", "e68c98c8125dea6e6aa8bfdea5be4694", INT64_C(4481234277065709410)},
    {"2001:db8:1:2:3:4:5:6", ADDRESS_HASHED, "fd6d:6761:7465:f77b:d36b:9e0:8fb2:3ffa", "f77bd36b09e08fb23ffaf0571a893975", INT64_C(867814141368489177)},
    {"0.0.0.0", ADDRESS_HASHED, "fd6d:6761:7465:a86a:cbcb:c29b:8fa8:3c83", "a86acbcbc29b8fa83c83582d56a892d0", INT64_C(8101709959176464246)},
    {"::", ADDRESS_HASHED, "fd6d:6761:7465:ff92:1230:177d:146e:e840", "ff921230177d146ee8401eb821731284", INT64_C(1152969500758894824)},
};
/* clang-format on */

static const char *const wrong[] = {"", "-", "192.0.2", "192.0.2.256", "::1%eth0", "192.0.2.1/32", " 192.0.2.1", "::g"};

START_TEST(known_values) {
  for (size_t i = 0; i < UNIT_ROWS(addresses); i++) {
    struct masked_address masked;
    char key[2 * ADDRESS_KEY_SIZE + 1];
    ck_assert(address_mask(addresses[i].address, addresses[i].mode, salt, &masked) == ERROR_NONE);
    text_hex_encode(masked.key, sizeof masked.key, key);
    ck_assert_msg(strcmp(masked.shown, addresses[i].shown) == 0, "%s: %s", addresses[i].address, masked.shown);
    ck_assert_msg(strcmp(key, addresses[i].key) == 0, "%s: %s", addresses[i].address, key);
    ck_assert_msg(masked.hash == addresses[i].hash, "%s: %jd", addresses[i].address, (intmax_t)masked.hash);
  }
}
END_TEST

START_TEST(refuses_what_is_no_address) {
  for (size_t i = 0; i < UNIT_ROWS(wrong); i++) {
    struct masked_address masked;
    for (enum address_mode mode = ADDRESS_FULL; mode <= ADDRESS_HASHED; mode++) {
      ck_assert_msg(address_mask(wrong[i], mode, salt, &masked) == ERROR_INVALID, "%s", wrong[i]);
    }
  }
}
END_TEST

/* --- any address ----------------------------------------------------------------------------- */

static void random_address(char ret_address[ADDRESS_TEXT_SIZE]) {
  unsigned char bytes[16];
  random_bytes(bytes, sizeof bytes);
  inet_ntop(bytes[15] & 1 ? AF_INET : AF_INET6, bytes, ret_address, ADDRESS_TEXT_SIZE);
}

static void flip_bit_of(const char *address, size_t byte, char ret_other[ADDRESS_TEXT_SIZE]) {
  unsigned char bytes[16];
  int family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
  ck_assert(inet_pton(family, address, bytes) == 1);
  bytes[byte] ^= 1;
  inet_ntop(family, bytes, ret_other, ADDRESS_TEXT_SIZE);
}

/* The same network as it is shown, another subscriber: another host of IPv4, another /64 of IPv6. */
static void neighbour_of(const char *address, char ret_neighbour[ADDRESS_TEXT_SIZE]) {
  flip_bit_of(address, strchr(address, ':') == NULL ? 3 : 7, ret_neighbour);
}

static struct masked_address mask(const char *address, enum address_mode mode, const unsigned char *with) {
  struct masked_address masked;
  ck_assert_msg(address_mask(address, mode, with, &masked) == ERROR_NONE, "%s", address);
  ck_assert_msg(masked.hash >= 0, "%s", address);
  return masked;
}

static bool same_key(const struct masked_address *a, const struct masked_address *b) {
  return memcmp(a->key, b->key, sizeof a->key) == 0;
}

START_TEST(full_tells_addresses_apart_and_needs_no_salt) {
  for (size_t i = 0; i < ROUNDS; i++) {
    char address[ADDRESS_TEXT_SIZE], neighbour[ADDRESS_TEXT_SIZE];
    random_address(address);
    neighbour_of(address, neighbour);
    const struct masked_address one = mask(address, ADDRESS_FULL, NULL), two = mask(neighbour, ADDRESS_FULL, NULL);
    ck_assert_str_eq(one.shown, address);
    ck_assert(!same_key(&one, &two) && one.hash != two.hash);
  }
}
END_TEST

START_TEST(truncated_counts_networks_whatever_the_day_and_tells_addresses_apart_within_it) {
  for (size_t i = 0; i < ROUNDS; i++) {
    char address[ADDRESS_TEXT_SIZE], neighbour[ADDRESS_TEXT_SIZE];
    unsigned char tomorrow[ADDRESS_SALT_SIZE];
    random_bytes(tomorrow, sizeof tomorrow);
    random_address(address);
    neighbour_of(address, neighbour);
    const struct masked_address one = mask(address, ADDRESS_TRUNCATED, salt);
    const struct masked_address two = mask(neighbour, ADDRESS_TRUNCATED, salt);
    const struct masked_address later = mask(address, ADDRESS_TRUNCATED, tomorrow);
    const struct masked_address network = mask(one.shown, ADDRESS_FULL, NULL);
    ck_assert_str_eq(one.shown, two.shown);
    ck_assert_str_eq(one.shown, later.shown);
    ck_assert(one.hash == two.hash && one.hash == later.hash && one.hash == network.hash);
    ck_assert(!same_key(&one, &two) && !same_key(&one, &later));
  }
}
END_TEST

START_TEST(hashed_shows_nothing_and_forgets_with_the_salt) {
  for (size_t i = 0; i < ROUNDS; i++) {
    char address[ADDRESS_TEXT_SIZE], neighbour[ADDRESS_TEXT_SIZE];
    unsigned char tomorrow[ADDRESS_SALT_SIZE];
    random_bytes(tomorrow, sizeof tomorrow);
    random_address(address);
    neighbour_of(address, neighbour);
    const struct masked_address one = mask(address, ADDRESS_HASHED, salt), again = mask(address, ADDRESS_HASHED, salt);
    const struct masked_address two = mask(neighbour, ADDRESS_HASHED, salt);
    const struct masked_address later = mask(address, ADDRESS_HASHED, tomorrow);
    ck_assert(same_key(&one, &again) && one.hash == again.hash && strcmp(one.shown, again.shown) == 0);
    ck_assert(!same_key(&one, &two) && one.hash != two.hash && strcmp(one.shown, two.shown) != 0);
    ck_assert(!same_key(&one, &later) && one.hash != later.hash && strcmp(one.shown, later.shown) != 0);
    ck_assert(strncmp(one.shown, ADDRESS_PSEUDONYM_NETWORK, strlen(ADDRESS_PSEUDONYM_NETWORK) - strlen(":/48")) == 0);
  }
}
END_TEST

START_TEST(the_addresses_of_one_64_count_as_one_in_each_mode) {
  for (size_t i = 0; i < ROUNDS; i++) {
    char address[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    inet_ntop(AF_INET6, bytes, address, sizeof address);
    flip_bit_of(address, 8 + i % 8, other);
    for (enum address_mode mode = ADDRESS_FULL; mode <= ADDRESS_HASHED; mode++) {
      const struct masked_address one = mask(address, mode, salt), two = mask(other, mode, salt);
      ck_assert_msg(same_key(&one, &two) && one.hash == two.hash, "%s %s", address, other);
    }
  }
}
END_TEST

START_TEST(a_network_is_what_counts_as_one_address) {
  static const struct {
    const char *one, *other;
    bool same;
    const char *description;
  } rows[] = {
      {"192.0.2.1", "::ffff:192.0.2.1", true, "an IPv4 address, mapped"},
      {"192.0.2.1", "64:ff9b::192.0.2.1", true, "an IPv4 address behind a translator"},
      {"192.0.2.1", "192.0.2.2", false, "two IPv4 addresses"},
      {"2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", true, "a /64 to its end"},
      {"2001:db8::1", "2001:db8:0:1::1", false, "the next /64"},
      {"::192.0.2.1", "192.0.2.1", false, "an IPv6 address with an IPv4 address in it"},
      {"::", "::ffff:0.0.0.0", false, "the first /64, and the IPv4 address in it"},
  };
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    unsigned char one[ADDRESS_NETWORK_SIZE], other[ADDRESS_NETWORK_SIZE];
    ck_assert(address_network(rows[i].one, one) == ERROR_NONE && address_network(rows[i].other, other) == ERROR_NONE);
    ck_assert_msg((memcmp(one, other, sizeof one) == 0) == rows[i].same, "%s", rows[i].description);
  }
  unsigned char network[ADDRESS_NETWORK_SIZE];
  for (size_t i = 0; i < UNIT_ROWS(wrong); i++) {
    ck_assert_msg(address_network(wrong[i], network) == ERROR_INVALID, "%s", wrong[i]);
  }
}
END_TEST

/* The sampling of unique addresses takes 1/16 and less of the hash space: each sixteenth must hold its share. */
START_TEST(hashes_are_spread_evenly) {
  size_t shares[16] = {0};
  for (size_t i = 0; i < ROUNDS; i++) {
    char address[ADDRESS_TEXT_SIZE];
    random_address(address);
    shares[mask(address, ADDRESS_FULL, NULL).hash >> 59]++;
  }
  for (size_t i = 0; i < UNIT_ROWS(shares); i++) { /* the mean is 1250, the standard deviation 34 */
    ck_assert_msg(shares[i] > 1000 && shares[i] < 1500, "share %zu has %zu", i, shares[i]);
  }
}
END_TEST

START_TEST(modes_say_what_is_unique) {
  ck_assert_str_eq(address_mode_uniques(ADDRESS_FULL), "addresses");
  ck_assert_str_eq(address_mode_uniques(ADDRESS_TRUNCATED), "networks");
  ck_assert_str_eq(address_mode_uniques(ADDRESS_HASHED), "addresses per day");
}
END_TEST

UNIT_MAIN("address_mask", known_values, refuses_what_is_no_address, full_tells_addresses_apart_and_needs_no_salt,
          truncated_counts_networks_whatever_the_day_and_tells_addresses_apart_within_it,
          hashed_shows_nothing_and_forgets_with_the_salt, the_addresses_of_one_64_count_as_one_in_each_mode,
          a_network_is_what_counts_as_one_address, hashes_are_spread_evenly, modes_say_what_is_unique)
