/* SPDX-License-Identifier: ISC */
/*
 * What every handler works with: the settings, the keys, the database connection and the media
 * folder of one worker. command/serve_worker.c fills it in.
 */
#ifndef MEDIAGATE_API_APP_H
#define MEDIAGATE_API_APP_H

#include <stdbool.h>

#include "api/key_use.h"
#include "audience/audience.h"
#include "base/error.h"
#include "base/subprocess.h"
#include "config/settings.h"
#include "domain/pool.h"
#include "files/media_folder.h"
#include "process/metric_board.h"
#include "security/api_key.h"
#include "security/keyring.h"
#include "security/token_memo.h"
#include "store/accounts/account_store.h"
#include "store/accounts/key_store.h"
#include "store/views/address_salt_store.h"
#include "store/views/ingest_store.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"
#include "store/cache/row_cache.h"

/* What /readyz found last. Strangers may ask as often as they like: within a second they are told this. */
struct app_health {
  int64_t found_ms;                                              /* monotonic; 0: not yet */
  const char *database, *schema, *library, *locks, *revocations; /* "ok", or what is wrong in words */
  const char *store; /* the same of the bucket; NULL: media files are files */
  bool has_ingest;
  struct ingest_state ingest;
};

struct app {
  const struct settings *settings;
  const struct keyring *access_keys;  /* NULL in housekeeping */
  const struct keyring *stream_keys;  /* NULL but in the fast and api pools, which sign stream URLs */
  const struct keyring *totp_keys;    /* NULL but in the auth pool, which checks codes of second factors */
  const struct keyring *webhook_keys; /* NULL but in the api pool, or where webhooks are not set up */
  struct database *database;
  struct database *analytics;    /* a standby for questions about views; NULL: none */
  struct row_cache *row_cache;   /* NULL but in the fast and api pools */
  struct token_memo *token_memo; /* the same */
  struct audience *audience;     /* what is said of viewers; in the api pool */
  struct address_salts address_salts;
  struct api_key_memo key_memo;
  struct key_uses key_uses;
  struct key_looks key_looks;
  struct media_folder *media_folder; /* opened by start in the api, upload and fast pools */
  enum pool pool;
  struct metric_board *board; /* what all workers count, and know of the platform */
  struct app_health health;
  subprocess_beat *beat; /* tells the supervisor that a long request is alive */
  /* Must what takes long end now, since this worker is to go? A request then answers 503 and may be
   * repeated. */
  bool (*is_overdue)(void *beat_context);
  void *beat_context;
};

/* From the row cache where there is one, else from the database. `storage` receives the row in the
 * latter case. */
enum error app_account(struct app *app, int64_t id, struct account *storage,
                       const struct account **ret_account) MUST_CHECK;
/* The same from the database, where it can be asked. */
enum error app_account_anew(struct app *app, int64_t id, struct account *storage,
                            const struct account **ret_account) MUST_CHECK;
/* A key that was revoked is ERROR_NOT_FOUND. */
enum error app_key(struct app *app, int64_t id, struct api_key *storage, const struct api_key **ret_key) MUST_CHECK;
enum error app_key_anew(struct app *app, int64_t id, struct api_key *storage,
                        const struct api_key **ret_key) MUST_CHECK;
enum error app_media(struct app *app, int64_t id, struct media *storage, const struct media **ret_media) MUST_CHECK;
/* The same of a login session: was it ended? ERROR_NOT_FOUND. */
enum error app_session_is_ended(struct app *app, const char *session_id, bool *ret_ended) MUST_CHECK;

#endif
