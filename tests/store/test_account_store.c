/* SPDX-License-Identifier: ISC */
/*
 * Accounts, invitations and issuer tags.
 */
#include "config.h"

#include "domain/digest.h"
#include "store/accounts/account_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/accounts/grant_store.h"
#include "store/accounts/invitation_store.h"
#include "store/engine/statement.h"

static const unsigned char token[32] = {7};

START_TEST(creates_and_finds) {
  struct account made = fixture_account("ada@example.org");
  struct account found = {0};
  ck_assert_int_eq(account_store_find(fixture_database, made.id, &found), ERROR_NONE);
  ck_assert_str_eq(found.email, "ada@example.org");
  ck_assert_str_eq(found.hashed_password, "$argon2id$test");
  ck_assert_int_eq(found.role, ROLE_OWNER); /* it is the first */
  ck_assert_uint_eq(found.issuer_tag, made.issuer_tag);
  ck_assert(!found.disabled);
  ck_assert_int_le(llabs(found.created_at_us - clock_now_us()), 60000000);
  ck_assert_int_eq(account_store_find_by_email(fixture_database, "ada@example.org", &found), ERROR_NONE);
  ck_assert_int_eq(found.id, made.id);
  ck_assert_int_eq(account_store_find(fixture_database, made.id + 1, &found), ERROR_NOT_FOUND);
  ck_assert_int_eq(account_store_find_by_email(fixture_database, "bob@example.org", &found), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(an_email_is_taken_once) {
  fixture_account("ada@example.org");
  struct account account;
  ck_assert_int_eq(account_store_create(fixture_database, "ada@example.org", "hash", ROLE_EDITOR, 0, &account),
                   ERROR_CONFLICT);
  ck_assert_int_eq(account_store_create(fixture_database, "Ada@example.org", "hash", ROLE_EDITOR, 0, &account),
                   ERROR_INVALID); /* not normalised */
  ck_assert_ptr_nonnull(strstr(database_last_error(fixture_database), "23514"));
}
END_TEST

static int sign_up(struct database *database, int number) {
  (void)number;
  struct account account;
  enum error error = account_store_create(database, "ada@example.org", "hash", ROLE_EDITOR, 0, &account);
  return error == ERROR_NONE ? 1 : error == ERROR_CONFLICT ? 0 : 200;
}

START_TEST(of_parallel_signups_one_wins) {
  ck_assert_int_eq(fixture_race(8, sign_up), 1);
}
END_TEST

START_TEST(renews_only_the_hash_that_was_verified) {
  struct account account = fixture_account("ada@example.org");
  ck_assert_int_eq(account_store_renew_hash(fixture_database, account.id, "another", "new"), ERROR_NONE);
  ck_assert_int_eq(account_store_renew_hash(fixture_database, account.id, account.hashed_password, "newer"),
                   ERROR_NONE);
  ck_assert_int_eq(account_store_find(fixture_database, account.id, &account), ERROR_NONE);
  ck_assert_str_eq(account.hashed_password, "newer");
  ck_assert_int_eq(account.token_epoch, 0);
}
END_TEST

static int sign_up_apart(struct database *database, int number) {
  char email[32];
  snprintf(email, sizeof email, "guest%d@example.org", number);
  struct account account;
  return account_store_create(database, email, "hash", ROLE_ANALYST, 0, &account) != ERROR_NONE ? 200
         : account.role == ROLE_OWNER                                                           ? 1
                                                                                                : 0;
}

START_TEST(of_parallel_first_accounts_one_is_the_owner) {
  ck_assert_int_eq(fixture_race(8, sign_up_apart), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from admin_user where role = 'analyst'"), 7);
}
END_TEST

START_TEST(the_last_owner_is_neither_demoted_nor_disabled) {
  struct account owner = fixture_account("ada@example.org"), editor = fixture_account("bob@example.org");
  ck_assert_int_eq(editor.role, ROLE_EDITOR);
  ck_assert_int_eq(account_store_set_role(fixture_database, owner.id, ROLE_EDITOR), ERROR_CONFLICT);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, owner.id, true), ERROR_CONFLICT);
  ck_assert_int_eq(account_store_set_role(fixture_database, owner.id, ROLE_OWNER), ERROR_NONE);
  ck_assert_int_eq(account_store_find(fixture_database, owner.id, &owner), ERROR_NONE);
  ck_assert(owner.role == ROLE_OWNER && !owner.disabled && owner.token_epoch == 0);

  ck_assert_int_eq(account_store_set_role(fixture_database, editor.id, ROLE_OWNER), ERROR_NONE);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, editor.id, true), ERROR_NONE);
  ck_assert_int_eq(account_store_set_role(fixture_database, owner.id, ROLE_ANALYST),
                   ERROR_CONFLICT); /* the other sleeps */
  ck_assert_int_eq(account_store_set_disabled(fixture_database, editor.id, false), ERROR_NONE);
  ck_assert_int_eq(account_store_set_role(fixture_database, owner.id, ROLE_ANALYST), ERROR_NONE);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, editor.id, true), ERROR_CONFLICT);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, owner.id, true), ERROR_NONE);
  ck_assert_int_eq(account_store_set_role(fixture_database, 99, ROLE_ANALYST), ERROR_NOT_FOUND);
}
END_TEST

#define CHANGERS        6
#define CHANGES_OF_EACH 60
#define ENABLED_OWNERS  "select count(*) from admin_user where role = 'owner' and disabled_at is null"

/* Returns 1 when an owner was always there. */
static int change_roles(struct database *database, int number) {
  unsigned int seed = (unsigned int)number;
  for (int i = 0; i < CHANGES_OF_EACH; i++) {
    int64_t id = 1 + rand_r(&seed) % 4;
    int what = rand_r(&seed) % 8;
    const struct account_change change = {.sets_role = (what & 1) != 0,
                                          .role = (enum role)(rand_r(&seed) % ROLE_COUNT),
                                          .sets_disabled = (what & 2) != 0,
                                          .disabled = (what & 4) != 0};
    struct account account;
    enum error error = account_store_change(database, id, &change, &account);
    struct rows row = statement_row(database, ENABLED_OWNERS, STATEMENT_ONCE, NULL);
    bool owned = rows_i64(&row) > 0;
    if (rows_close(&row) != ERROR_NONE || !owned || (error != ERROR_NONE && error != ERROR_CONFLICT)) {
      return 0;
    }
  }
  return 1;
}

START_TEST(no_sequence_of_changes_leaves_no_owner) {
  fixture_sql("truncate admin_user restart identity cascade");
  for (int i = 1; i <= 4; i++) {
    char email[32];
    snprintf(email, sizeof email, "owner%d@example.org", i);
    ck_assert_int_eq(account_store_set_role(fixture_database, fixture_account(email).id, ROLE_OWNER), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_race(CHANGERS, change_roles), CHANGERS);
  ck_assert_int_gt(fixture_sql(ENABLED_OWNERS), 0);
}
END_TEST

START_TEST(changes_of_nobody_are_not_found) {
  uint32_t tag = 0;
  ck_assert_int_eq(account_store_set_password(fixture_database, 99, ACCOUNT_ANY_EPOCH, "hash", NULL), ERROR_NOT_FOUND);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, 99, true), ERROR_NOT_FOUND);
  ck_assert_int_eq(account_store_set_disabled(fixture_database, 99, false), ERROR_NOT_FOUND);
  ck_assert_int_eq(account_store_replace_issuer_tag(fixture_database, 99, clock_now_us(), &tag), ERROR_NOT_FOUND);
}
END_TEST

struct names {
  int count;
  char last[UNIQUE_NAME_SIZE];
  int64_t expires_at_us;
};

static void collect_name(void *context, const char *name, int64_t expires_at_us) {
  struct names *names = context;
  names->count++;
  snprintf(names->last, sizeof names->last, "%s", name);
  names->expires_at_us = expires_at_us;
}

START_TEST(a_replaced_issuer_tag_is_revoked_until_its_grants_expire) {
  struct account account = fixture_account("ada@example.org");
  int64_t expires_at_us = clock_now_us() + 3600 * INT64_C(1000000);
  uint32_t old_tag = 0;
  ck_assert_int_eq(account_store_replace_issuer_tag(fixture_database, account.id, expires_at_us, &old_tag), ERROR_NONE);
  ck_assert_uint_eq(old_tag, account.issuer_tag);
  ck_assert_int_eq(account_store_find(fixture_database, account.id, &account), ERROR_NONE);
  ck_assert_uint_ne(old_tag, account.issuer_tag);
  struct names names = {0};
  char expected[9];
  snprintf(expected, sizeof expected, "%08x", (unsigned)old_tag);
  ck_assert_int_eq(grant_store_list_revoked(fixture_database, collect_name, &names), ERROR_NONE);
  ck_assert_int_eq(names.count, 1);
  ck_assert_str_eq(names.last, expected);
  ck_assert_int_eq(names.expires_at_us, expires_at_us);
}
END_TEST

START_TEST(revocations_are_kept_until_they_expire) {
  const char *name = "0198f5c2a3b47c8d9e0f112233445566";
  int64_t now = clock_now_us(), deleted = 0;
  ck_assert_int_eq(grant_store_revoke(fixture_database, name, 0, now + 5000000), ERROR_NONE);
  ck_assert_int_eq(grant_store_revoke(fixture_database, name, 0, now + 9000000), ERROR_NONE);
  ck_assert_int_eq(grant_store_revoke(fixture_database, name, 0, now), ERROR_NONE); /* never shorter */
  ck_assert_int_eq(grant_store_revoke(fixture_database, "deadbeef", 0, now - 1000000), ERROR_NONE);
  ck_assert_int_eq(grant_store_revoke(fixture_database, "../etc/passwd", 0, now), ERROR_INVALID);
  struct names names = {0};
  ck_assert_int_eq(grant_store_list_revoked(fixture_database, collect_name, &names), ERROR_NONE);
  ck_assert_int_eq(names.count, 1);
  ck_assert_int_eq(names.expires_at_us, now + 9000000);
  ck_assert_int_eq(grant_store_sweep(fixture_database, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
}
END_TEST

static void count_account(void *context, const struct account *account) {
  int64_t *last_id = context;
  ck_assert_int_gt(account->id, *last_id);
  *last_id = account->id;
}

START_TEST(lists_by_id) {
  fixture_account("b@example.org");
  struct account second = fixture_account("a@example.org");
  int64_t last_id = 0;
  ck_assert_int_eq(account_store_list(fixture_database, count_account, &last_id), ERROR_NONE);
  ck_assert_int_eq(last_id, second.id);
}
END_TEST

START_TEST(an_invitation_is_spent_once) {
  struct account inviter = fixture_account("ada@example.org");
  struct account account;
  ck_assert_int_eq(invitation_store_check(fixture_database, token), ERROR_DENIED);
  ck_assert_int_eq(invitation_store_create(fixture_database, token, ROLE_EDITOR, inviter.id, 60, NULL), ERROR_NONE);
  ck_assert_int_eq(invitation_store_check(fixture_database, token), ERROR_NONE);
  ck_assert_int_eq(invitation_store_create_account(fixture_database, token, "ada@example.org", "hash", &account),
                   ERROR_CONFLICT);
  ck_assert_int_eq(invitation_store_check(fixture_database, token), ERROR_NONE); /* still good */
  ck_assert_int_eq(invitation_store_create_account(fixture_database, token, "bob@example.org", "hash", &account),
                   ERROR_NONE);
  ck_assert_int_eq(invitation_store_check(fixture_database, token), ERROR_DENIED);
  ck_assert_int_eq(invitation_store_create_account(fixture_database, token, "eve@example.org", "hash", &account),
                   ERROR_DENIED);
  ck_assert_int_eq(fixture_sql("select count(*) from admin_user b join admin_user a on b.created_by = a.id"), 1);
}
END_TEST

START_TEST(an_invitation_carries_a_role) {
  fixture_account("ada@example.org");
  struct account account;
  ck_assert_int_eq(invitation_store_create(fixture_database, token, ROLE_ANALYST, 0, 60, NULL), ERROR_NONE);
  ck_assert_int_eq(invitation_store_create_account(fixture_database, token, "bob@example.org", "hash", &account),
                   ERROR_NONE);
  ck_assert_int_eq(account.role, ROLE_ANALYST);
}
END_TEST

START_TEST(an_expired_invitation_is_refused) {
  struct account account;
  ck_assert_int_eq(invitation_store_create(fixture_database, token, ROLE_EDITOR, 0, 60, NULL), ERROR_NONE);
  fixture_sql("update invitation set expires_at = now()");
  ck_assert_int_eq(invitation_store_check(fixture_database, token), ERROR_DENIED);
  ck_assert_int_eq(invitation_store_create_account(fixture_database, token, "bob@example.org", "hash", &account),
                   ERROR_DENIED);
}
END_TEST

static int accept_invitation(struct database *database, int number) {
  char email[32];
  snprintf(email, sizeof email, "guest%d@example.org", number);
  struct account account;
  enum error error = invitation_store_create_account(database, token, email, "hash", &account);
  return error == ERROR_NONE ? 1 : error == ERROR_DENIED ? 0 : 200;
}

START_TEST(of_parallel_guests_one_spends_the_invitation) {
  ck_assert_int_eq(invitation_store_create(fixture_database, token, ROLE_EDITOR, 0, 60, NULL), ERROR_NONE);
  ck_assert_int_eq(fixture_race(8, accept_invitation), 1);
  ck_assert_int_eq(fixture_sql("select count(*) from admin_user"), 1);
}
END_TEST

START_TEST(knows_the_costs_of_all_hashes) {
  struct account_costs costs = {.count = 7};
  struct account account;
  char email[40];
  static const char *const hashes[] = {"$argon2id$v=19$m=19456,t=2,p=1$x$y", "$argon2id$v=19$m=64,t=1,p=1$x$y", "!",
                                       "$argon2id$v=19$m=64,t=1,p=1$z$z"};
  ck_assert_int_eq(account_store_costs(fixture_database, &costs), ERROR_NONE);
  ck_assert_uint_eq(costs.count, 0);
  for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
    snprintf(email, sizeof email, "a%zu@example.org", i);
    ck_assert_int_eq(account_store_create(fixture_database, email, hashes[i], ROLE_EDITOR, 0, &account), ERROR_NONE);
  }
  ck_assert_int_eq(account_store_costs(fixture_database, &costs), ERROR_NONE);
  ck_assert_uint_eq(costs.count, 2);
  ck_assert_str_eq(costs.texts[0], "m=19456,t=2,p=1");
  ck_assert_str_eq(costs.texts[1], "m=64,t=1,p=1");
  fixture_sql(
      "insert into admin_user (email, hashed_password, issuer_tag)"
      " select n || '@example.org', '$argon2id$v=19$m=' || n || ',t=1,p=1$x$y', n from generate_series(100, 140) n");
  ck_assert_int_eq(account_store_costs(fixture_database, &costs), ERROR_NONE);
  ck_assert_uint_eq(costs.count, ACCOUNT_COSTS_MAX);
}
END_TEST

FIXTURE_MAIN("account_store", creates_and_finds, an_email_is_taken_once, of_parallel_signups_one_wins,
             of_parallel_first_accounts_one_is_the_owner, the_last_owner_is_neither_demoted_nor_disabled,
             no_sequence_of_changes_leaves_no_owner, an_invitation_carries_a_role,
             renews_only_the_hash_that_was_verified, changes_of_nobody_are_not_found,
             a_replaced_issuer_tag_is_revoked_until_its_grants_expire, revocations_are_kept_until_they_expire,
             lists_by_id, an_invitation_is_spent_once, an_expired_invitation_is_refused,
             of_parallel_guests_one_spends_the_invitation, knows_the_costs_of_all_hashes)
