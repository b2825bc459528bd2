/* SPDX-License-Identifier: ISC */
/* A memo answers as verifying does, whatever it has seen before. */
#include "config.h"

#include "security/token_memo.h"

#include <string.h>

#include "token_forge.h"
#include "unit.h"

#define TOKENS 40

static char *issue(const struct keyring *keyring, int64_t account_id, int64_t expires_at) {
  struct access_token token = {.account_id = account_id,
                               .epoch = 3,
                               .session_id = FORGE_SESSION_ID,
                               .issued_at = FORGE_NOW,
                               .expires_at = expires_at};
  char *text = NULL;
  ck_assert_int_eq(access_token_issue(keyring, &token, &text), ERROR_NONE);
  return text;
}

static void assert_answers(struct token_memo *memo, const struct keyring *keyring, const char *text, int64_t now,
                           enum error expected, int64_t account_id) {
  struct access_token token = {.account_id = -1};
  enum error error = token_memo_verify(memo, keyring, text, strlen(text), now, &token);
  ck_assert_msg(error == expected, "%s: %s", text, error_strerror(error));
  ck_assert_int_eq(token.account_id, expected == ERROR_NONE ? account_id : -1);
}

/* More tokens than slots, each asked several times in turn. */
START_TEST(many_tokens_share_few_slots) {
  struct keyring *keyring = forge_keyring();
  struct token_memo *memo = NULL;
  char *texts[TOKENS];
  ck_assert_int_eq(token_memo_new(7, &memo), ERROR_NONE);
  for (int i = 0; i < TOKENS; i++) {
    texts[i] = issue(keyring, i + 1, FORGE_NOW + 900);
  }
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < TOKENS; i++) {
      assert_answers(memo, keyring, texts[i], FORGE_NOW, ERROR_NONE, i + 1);
      assert_answers(memo, keyring, texts[i], FORGE_NOW + 1, ERROR_NONE, i + 1);
    }
  }
  for (int i = 0; i < TOKENS; i++) {
    free(texts[i]);
  }
  token_memo_free(memo);
  keyring_free(keyring);
}
END_TEST

START_TEST(a_remembered_token_expires) {
  struct keyring *keyring = forge_keyring();
  struct token_memo *memo = NULL;
  char *text = issue(keyring, 42, FORGE_NOW + 60);
  ck_assert_int_eq(token_memo_new(1, &memo), ERROR_NONE);
  assert_answers(memo, keyring, text, FORGE_NOW + 59, ERROR_NONE, 42);
  assert_answers(memo, keyring, text, FORGE_NOW + 59, ERROR_NONE, 42);
  assert_answers(memo, keyring, text, FORGE_NOW + 60, ERROR_EXPIRED, 0);
  assert_answers(memo, keyring, text, FORGE_NOW + 3600, ERROR_EXPIRED, 0);
  free(text);
  token_memo_free(memo);
  keyring_free(keyring);
}
END_TEST

START_TEST(one_byte_makes_another_token) {
  struct keyring *keyring = forge_keyring();
  struct token_memo *memo = NULL;
  char *text = issue(keyring, 42, FORGE_NOW + 900);
  ck_assert_int_eq(token_memo_new(1, &memo), ERROR_NONE); /* one slot: every text is held against it */
  assert_answers(memo, keyring, text, FORGE_NOW, ERROR_NONE, 42);
  for (size_t i = 0; text[i] != '\0'; i++) {
    char kept = text[i];
    text[i] = kept == 'A' ? 'B' : 'A';
    assert_answers(memo, keyring, text, FORGE_NOW, ERROR_DENIED, 0);
    text[i] = kept;
  }
  text[strlen(text) - 1] = '\0';
  assert_answers(memo, keyring, text, FORGE_NOW, ERROR_DENIED, 0);
  assert_answers(memo, keyring, "", FORGE_NOW, ERROR_DENIED, 0);
  free(text);
  token_memo_free(memo);
  keyring_free(keyring);
}
END_TEST

START_TEST(without_a_memo_every_token_is_verified) {
  struct keyring *keyring = forge_keyring();
  char *text = issue(keyring, 42, FORGE_NOW + 900);
  assert_answers(NULL, keyring, text, FORGE_NOW, ERROR_NONE, 42);
  assert_answers(NULL, keyring, "x.y.z", FORGE_NOW, ERROR_DENIED, 0);
  token_memo_free(NULL);
  free(text);
  keyring_free(keyring);
}
END_TEST

UNIT_MAIN("token_memo", many_tokens_share_few_slots, a_remembered_token_expires, one_byte_makes_another_token,
          without_a_memo_every_token_is_verified)
