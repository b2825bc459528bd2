/* SPDX-License-Identifier: ISC */
/*
 * All handlers: what the table of routes.c calls. Each reads its call, and leaves a complete response.
 */
#ifndef MEDIAGATE_API_HANDLERS_H
#define MEDIAGATE_API_HANDLERS_H

#include "http/request.h"

struct call;

/* --- accounts and their sessions --- */

void account_api_signup(struct call *call);   /* POST /auth/signup */
void account_api_policy(struct call *call);   /* GET /auth/signup */
void account_api_me(struct call *call);       /* GET /auth/me */
void account_api_password(struct call *call); /* PUT /auth/password */
/* GET /internal/caller: 204; who is not known was refused before. */
void account_api_is_known(struct call *call);
void auth_api_login(struct call *call);         /* POST /auth/login */
void auth_api_refresh(struct call *call);       /* POST /auth/refresh */
void auth_api_logout(struct call *call);        /* POST /auth/logout */
void totp_api_begin(struct call *call);         /* POST /auth/totp */
void totp_api_confirm(struct call *call);       /* POST /auth/totp/confirm */
void totp_api_remove(struct call *call);        /* DELETE /auth/totp */
void session_api_list(struct call *call);       /* GET /auth/sessions: the caller's own */
void session_api_end(struct call *call);        /* DELETE /auth/sessions/{session_id} */
void session_api_end_others(struct call *call); /* DELETE /auth/sessions: all but the present one */
void accounts_api_list(struct call *call);      /* GET /accounts */
void accounts_api_get(struct call *call);       /* GET /accounts/{id} */
void accounts_api_change(struct call *call);    /* PATCH /accounts/{id} */
void invitation_api_create(struct call *call);  /* POST /invitations */
void invitation_api_list(struct call *call);    /* GET /invitations */
void invitation_api_delete(struct call *call);  /* DELETE /invitations/{id} */

/* --- API keys --- */

void key_api_create(struct call *call);        /* POST /keys */
void key_api_list(struct call *call);          /* GET /keys */
void key_api_get(struct call *call);           /* GET /keys/{id} */
void key_api_revoke(struct call *call);        /* DELETE /keys/{id} */
void key_api_rotate(struct call *call);        /* POST /keys/{id}/rotate */
void key_api_revoke_grants(struct call *call); /* DELETE /keys/{id}/grants: also of a key that was revoked */

/* --- media --- */

void media_api_create(struct call *call);      /* POST /media/media */
void media_api_list(struct call *call);        /* GET /media/media */
void media_api_change_many(struct call *call); /* PATCH /media/media */
void media_api_delete_many(struct call *call); /* DELETE /media/media */
void media_api_get(struct call *call);         /* GET /media/media/{id} */
void media_api_change(struct call *call);      /* PATCH /media/media/{id} */
void media_api_delete(struct call *call);      /* DELETE /media/media/{id} */
void package_api_request(struct call *call);   /* POST /media/media/{id}/package; `mediagate package` makes it */
void package_api_remove(struct call *call);    /* DELETE /media/media/{id}/package */
void job_api_list(struct call *call);          /* GET /packages */
void job_api_log(struct call *call);           /* GET /media/media/{id}/package/log */
void poster_api_put(struct call *call);        /* PUT /media/media/{id}/poster */
void poster_api_remove(struct call *call);     /* DELETE /media/media/{id}/poster */
void subtitle_api_put(struct call *call);      /* PUT /media/media/{id}/subtitles/{lang} */
void subtitle_api_remove(struct call *call);   /* DELETE /media/media/{id}/subtitles/{lang} */
void chapter_api_get(struct call *call);       /* GET /media/media/{id}/chapters: WebVTT */
void chapter_api_put(struct call *call);       /* PUT /media/media/{id}/chapters */
void chapter_api_remove(struct call *call);    /* DELETE /media/media/{id}/chapters */
void stream_api_issue(struct call *call);      /* GET /media/media/{id}/stream-url */
void grant_api_create(struct call *call);      /* POST /media/media/{id}/grants: the same in JSON */
void grant_api_create_many(struct call *call); /* POST /media/stream-urls */
void grant_api_renew(struct call *call);       /* POST /media/grants/{grant_id}/renew */
void stream_api_revoke(struct call *call);     /* DELETE /media/grants/{grant_id} */
void stream_api_origin(struct call *call);     /* GET /internal/origin: asked by nginx only */

/* --- uploads --- */

/* PUT /media/media/{id}/file: the raw body becomes the medium's file. 201 with the medium for its first file, 200 when
 * one was replaced; 404, 413, 422 for what is not audio or video of the medium's type, 503, 507. Whatever the answer
 * but 200 and 201, nothing is kept. */
void upload_api_put_file(struct call *call);

/* Resumable uploads, tus 1.0.0, at /uploads: core, creation, creation-with-upload, creation-defer-length, checksum,
 * expiration, termination. */
void tus_api_discover(struct call *call); /* OPTIONS: 204 with what is spoken here */
void tus_api_create(struct call *call);   /* POST: 201 with Location; with a body as much of it as could be kept */
/* POST at an upload URL: the same for its one file. */
void tus_api_create_at_url(struct call *call);
void tus_api_tell(struct call *call);   /* HEAD: 200 with Upload-Offset, and Media-Location when it is complete */
void tus_api_append(struct call *call); /* PATCH: 204 with Upload-Offset; Media-Location after the last byte */
void tus_api_terminate(struct call *call);
/* Before each of these: the method that counts, which may stand in X-HTTP-Method-Override. */
enum http_method tus_api_method(const struct request *request);
/* Before: every answer says Tus-Resumable, a refusal too. */
void tus_api_begin(struct call *call);
/* After: a HEAD that failed for a while only is 423, since a client that is told anything else (tus-js-client) gives
 * the upload up and begins anew. */
void tus_api_end(struct call *call);

/* URLs that take one file each, without a token. */
void upload_url_api_create(struct call *call); /* POST /upload-urls: 201 with upload_url */
void upload_url_api_list(struct call *call);   /* GET /uploads: those of the account, resumable ones too */
void upload_url_api_cancel(struct call *call); /* DELETE /upload-urls/{upload_id} */

/* --- views --- */

void view_api_report(struct call *call);        /* POST /media/media/{id}/view */
void view_api_list(struct call *call);          /* GET /media/media/{id}/views */
void analytics_api_media(struct call *call);    /* GET /media/media/{id}/analytics */
void explain_api_grant(struct call *call);      /* GET /media/grants/{grant_id}/explain */
void retention_api_media(struct call *call);    /* GET /media/media/{id}/retention */
void analytics_api_overview(struct call *call); /* GET /analytics/overview */
void analytics_api_top(struct call *call);      /* GET /analytics/top */
void analytics_api_live(struct call *call);     /* GET /analytics/live */
void export_api_views(struct call *call);       /* GET /analytics/export */

/* --- shared reports --- */

void report_api_create(struct call *call);        /* POST /reports: 201 with the link, this once */
void report_api_list(struct call *call);          /* GET /reports */
void report_api_get(struct call *call);           /* GET /reports/{id} */
void report_api_delete(struct call *call);        /* DELETE /reports/{id} */
void reader_api_session(struct call *call);       /* POST /report/session: the password for a token */
void reader_api_tell(struct call *call);          /* GET /report: what it shows */
void analytics_api_report(struct call *call);     /* GET /report/analytics */
void retention_api_report(struct call *call);     /* GET /report/retention */
void analytics_api_report_top(struct call *call); /* GET /report/top */

/* --- events --- */

void event_api_list(struct call *call);   /* GET /events */
void event_api_export(struct call *call); /* GET /events/export */

/* --- webhooks --- */

void webhook_api_create(struct call *call);  /* POST /webhooks: 201 with the secret, this once */
void webhook_api_list(struct call *call);    /* GET /webhooks */
void webhook_api_get(struct call *call);     /* GET /webhooks/{id} */
void webhook_api_change(struct call *call);  /* PATCH /webhooks/{id} */
void webhook_api_delete(struct call *call);  /* DELETE /webhooks/{id} */
void webhook_api_rotate(struct call *call);  /* POST /webhooks/{id}/rotate: 200 with the new secret */
void delivery_api_test(struct call *call);   /* POST /webhooks/{id}/test */
void delivery_api_list(struct call *call);   /* GET /webhooks/{id}/deliveries */
void delivery_api_resend(struct call *call); /* POST /webhooks/{id}/deliveries/{delivery_id}/resend */

/* --- health --- */

void health_api_live(struct call *call);  /* GET /livez: is the process alive? */
void health_api_ready(struct call *call); /* GET /readyz: can it serve? */

/* --- operations --- */

void metrics_api_scrape(struct call *call); /* GET /metrics */
void status_api_get(struct call *call);     /* GET /status */
void settings_api_list(struct call *call);  /* GET /settings */

#endif
