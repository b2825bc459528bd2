/* SPDX-License-Identifier: ISC */
/* The rows that nearly every request needs, from the cache in the fast and api pools, else from the database. */
#include "config.h"

#include "api/app.h"

#include "store/accounts/session_store.h"

enum error app_account(struct app *app, int64_t id, struct account *storage, const struct account **ret_account) {
  if (app->row_cache != NULL) {
    return row_cache_account(app->row_cache, id, ret_account);
  }
  enum error error = account_store_find(app->database, id, storage);
  if (error == ERROR_NONE) {
    *ret_account = storage;
  }
  return error;
}

enum error app_account_anew(struct app *app, int64_t id, struct account *storage, const struct account **ret_account) {
  if (app->row_cache != NULL) {
    row_cache_doubt_account(app->row_cache, id);
  }
  return app_account(app, id, storage, ret_account);
}

enum error app_key(struct app *app, int64_t id, struct api_key *storage, const struct api_key **ret_key) {
  if (app->row_cache != NULL) {
    return row_cache_key(app->row_cache, id, ret_key);
  }
  enum error error = key_store_find(app->database, id, storage);
  if (error == ERROR_NONE) {
    *ret_key = storage;
  }
  return error;
}

enum error app_key_anew(struct app *app, int64_t id, struct api_key *storage, const struct api_key **ret_key) {
  if (app->row_cache != NULL) {
    row_cache_doubt_key(app->row_cache, id);
  }
  return app_key(app, id, storage, ret_key);
}

enum error app_media(struct app *app, int64_t id, struct media *storage, const struct media **ret_media) {
  if (app->row_cache != NULL) {
    return row_cache_media(app->row_cache, id, ret_media);
  }
  enum error error = media_store_find(app->database, id, storage);
  if (error == ERROR_NONE) {
    *ret_media = storage;
  }
  return error;
}

enum error app_session_is_ended(struct app *app, const char *session_id, bool *ret_ended) {
  return app->row_cache != NULL ? row_cache_session(app->row_cache, session_id, ret_ended)
                                : session_store_is_ended(app->database, session_id, ret_ended);
}
