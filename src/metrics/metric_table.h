/* SPDX-License-Identifier: ISC */
/*
 * The table of metrics. The enum, the pages in shared memory, the text that GET /metrics answers and docs/metrics.md
 * are made of it.
 *
 *   M(ID, STORAGE, TYPE, "name", LABEL, LABEL, unit, "labels of GIVEN", "help")
 *
 * STORAGE: PAGE is counted in the pages of processes, GIVEN is found out for each scrape (the database, the disk).
 * TYPE: COUNTER, GAUGE or HISTOGRAM (of durations in microseconds). LABEL: a set of metric_label.h, or NONE.
 * unit: what the number in memory is divided by for the text. A counter's name ends with _total, a unit is spelt out.
 */
#ifndef MEDIAGATE_METRICS_METRIC_TABLE_H
#define MEDIAGATE_METRICS_METRIC_TABLE_H

/* clang-format off */
#define METRIC_TABLE(M) \
  M(BUILD_INFO, GIVEN, GAUGE, "mediagate_build_info", NONE, NONE, 1, "version, schema", \
    "Always 1; its labels say what runs, and which schema the program knows.") \
  M(START_TIME, PAGE, GAUGE, "mediagate_start_time_seconds", NONE, NONE, 1, "", \
    "When serve started, seconds since 1970.") \
  M(RELOAD_TIME, PAGE, GAUGE, "mediagate_config_last_reload_success_timestamp_seconds", NONE, NONE, 1, "", \
    "When the settings were last taken over.") \
  M(RELOAD_OK, PAGE, GAUGE, "mediagate_config_last_reload_successful", NONE, NONE, 1, "", \
    "Whether the last reload was taken over.") \
  M(WORKERS, PAGE, GAUGE, "mediagate_workers", WORKER, STATE, 1, "", \
    "Workers by pool and state.") \
  M(WORKERS_CONFIGURED, PAGE, GAUGE, "mediagate_workers_configured", WORKER, NONE, 1, "", \
    "Workers that a pool should have.") \
  M(WORKER_EXITS, PAGE, COUNTER, "mediagate_worker_exits_total", WORKER, EXIT, 1, "", \
    "Workers that ended: told to (drain), replaced at their own wish (renew), died (crash), killed as hung (watchdog).") \
  M(HTTP_REQUESTS, PAGE, COUNTER, "mediagate_http_requests_total", ROUTE, CODE, 1, "", \
    "Requests answered by a worker. HEAD counts as GET; what no route takes has the route none.") \
  M(HTTP_IN_FLIGHT, PAGE, GAUGE, "mediagate_http_requests_in_flight", WORKER, NONE, 1, "", \
    "Requests being served.") \
  M(HTTP_DURATION, PAGE, HISTOGRAM, "mediagate_http_request_duration_seconds", ROUTE, NONE, 1000000, "", \
    "Time in a worker.") \
  M(RATE_LIMITED, PAGE, COUNTER, "mediagate_http_rate_limited_total", LIMIT, NONE, 1, "", \
    "Requests that a worker refused with 429, by limit. nginx's own limits are not in it.") \
  M(LOGINS, PAGE, COUNTER, "mediagate_logins_total", LOGIN, NONE, 1, "", \
    "Attempts to log in.") \
  M(REFRESH_REFUSALS, PAGE, COUNTER, "mediagate_refresh_refusals_total", NONE, NONE, 1, "", \
    "Refresh tokens that were refused: unknown, expired, or spent and used again, which ends their session.") \
  M(GRANTS_ISSUED, PAGE, COUNTER, "mediagate_grants_issued_total", CALLER, NONE, 1, "", \
    "Stream URLs issued.") \
  M(GRANTS_REFUSED, PAGE, COUNTER, "mediagate_grants_refused_total", REFUSAL, NONE, 1, "", \
    "Stream URLs refused, by reason.") \
  M(GRANTS_REVOKED, PAGE, COUNTER, "mediagate_grants_revoked_total", NONE, NONE, 1, "", \
    "Grants revoked over HTTP.") \
  M(CACHE_LOOKUPS, PAGE, COUNTER, "mediagate_row_cache_lookups_total", TABLE, LOOKUP, 1, "", \
    "Looks into the row cache. A stale row served because the database was away.") \
  M(CACHE_LISTENERS, PAGE, GAUGE, "mediagate_row_cache_listeners_proven", WORKER, NONE, 1, "", \
    "Workers whose listener hears the changes of rows.") \
  M(DATABASE_UP, GIVEN, GAUGE, "mediagate_database_up", NONE, NONE, 1, "", \
    "Whether the database answered the last time that a worker asked it.") \
  M(DATABASE_AGE, GIVEN, GAUGE, "mediagate_database_values_age_seconds", NONE, NONE, 1, "", \
    "Age of what this scrape tells from the database; some 5 seconds while it is there.") \
  M(STATEMENTS, PAGE, COUNTER, "mediagate_database_statements_total", POOL, OUTCOME, 1, "", \
    "Statements by pool and outcome.") \
  M(STATEMENT_DURATION, PAGE, HISTOGRAM, "mediagate_database_statement_duration_seconds", POOL, NONE, 1000000, "", \
    "Time of statements, with the way to the database and back.") \
  M(CONNECTS, PAGE, COUNTER, "mediagate_database_connects_total", POOL, OUTCOME, 1, "", \
    "Connections that were made, the first one of each process too, and attempts that failed.") \
  M(UPLOADS, PAGE, COUNTER, "mediagate_uploads_total", WAY, STORED, 1, "", \
    "Uploads that ended, by way and result.") \
  M(UPLOAD_BYTES, PAGE, COUNTER, "mediagate_upload_received_bytes_total", WAY, NONE, 1, "", \
    "Bytes received for uploads.") \
  M(UPLOADS_OPEN, GIVEN, GAUGE, "mediagate_uploads_open", NONE, NONE, 1, "", \
    "Resumable uploads under way.") \
  M(UPLOAD_RESERVED, GIVEN, GAUGE, "mediagate_upload_spool_reserved_bytes", NONE, NONE, 1, "", \
    "Room announced for resumable uploads under way.") \
  M(PROBE_DURATION, PAGE, HISTOGRAM, "mediagate_probe_duration_seconds", OUTCOME, NONE, 1000000, "", \
    "Time of ffprobe in its sandbox.") \
  M(MEDIA, GIVEN, GAUGE, "mediagate_media", NONE, NONE, 1, "type", \
    "Media that are not deleted.") \
  M(MEDIA_BYTES, GIVEN, GAUGE, "mediagate_media_stored_bytes", NONE, NONE, 1, "", \
    "Bytes of the uploaded files of media that are not deleted. Packages are not in it.") \
  M(DATA_FREE, GIVEN, GAUGE, "mediagate_data_free_bytes", NONE, NONE, 1, "", \
    "Free room on the file system of data_dir.") \
  M(DATA_SIZE, GIVEN, GAUGE, "mediagate_data_size_bytes", NONE, NONE, 1, "", \
    "Size of the file system of data_dir.") \
  M(LAST_BACKUP, GIVEN, GAUGE, "mediagate_last_backup_timestamp_seconds", NONE, NONE, 1, "", \
    "When `mediagate backup` last made one on this machine, seconds since 1970. Missing: never.") \
  M(PACKAGE_JOBS, GIVEN, GAUGE, "mediagate_package_jobs", NONE, NONE, 1, "state", \
    "Packaging jobs that wait or run.") \
  M(PACKAGE_QUEUE_AGE, GIVEN, GAUGE, "mediagate_package_queue_age_seconds", NONE, NONE, 1, "", \
    "Age of the oldest job that waits; 0: none waits.") \
  M(PACKAGE_FINISHED, PAGE, COUNTER, "mediagate_package_jobs_finished_total", MADE, NONE, 1, "", \
    "Attempts to package on this machine that ended, by result.") \
  M(PACKAGE_SPEED, PAGE, GAUGE, "mediagate_package_speed_ratio", NONE, NONE, 1000, "", \
    "Seconds of film packaged in a second, of this machine's last job.") \
  M(INGEST_UP, GIVEN, GAUGE, "mediagate_ingest_up", NONE, NONE, 1, "node", \
    "Whether each ingester was heard of within 15 seconds.") \
  M(INGEST_UNREAD, GIVEN, GAUGE, "mediagate_ingest_unread_bytes", NONE, NONE, 1, "node", \
    "Bytes of delivery logs not counted yet.") \
  M(INGEST_LAG, GIVEN, GAUGE, "mediagate_ingest_lag_seconds", NONE, NONE, 1, "node", \
    "Age of the oldest line not counted yet.") \
  M(INGEST_LINES, GIVEN, COUNTER, "mediagate_ingest_lines_total", NONE, NONE, 1, "result", \
    "Lines of delivery logs: added to a view (counted), of media that the database does not know (skipped), rejected.") \
  M(DELIVERIES, GIVEN, COUNTER, "mediagate_deliveries_total", NONE, NONE, 1, "kind, code", \
    "Answers to stream URLs, by what the file is and by status. Each is counted once, like views.") \
  M(DELIVERED_BYTES, GIVEN, COUNTER, "mediagate_delivered_bytes_total", NONE, NONE, 1, "kind", \
    "Bytes of bodies sent for stream URLs.") \
  M(DELIVERIES_BROKEN_OFF, GIVEN, COUNTER, "mediagate_deliveries_broken_off_total", NONE, NONE, 1, "kind", \
    "Deliveries (200 and 206) that the viewer's side ended early.") \
  M(DELIVERIES_SLOW, GIVEN, COUNTER, "mediagate_deliveries_slow_total", NONE, NONE, 1, "", \
    "Whole segments that took longer to send than they play, and a second or more. A player's buffer shrinks then.") \
  M(SEGMENTS, GIVEN, COUNTER, "mediagate_segments_delivered_total", NONE, NONE, 1, "rendition", \
    "Segments delivered, by the number in the name of a package's segment: 0 is the largest picture, sounds come last.") \
  M(VIEWS_OPENED, GIVEN, COUNTER, "mediagate_views_opened_total", NONE, NONE, 1, "bot", \
    "Views counted.") \
  M(VIEWERS_WATCHING, GIVEN, GAUGE, "mediagate_viewers_watching", NONE, NONE, 1, "", \
    "Views that are being watched, without robots and internal views.") \
  M(STREAM_KEY_AGE, GIVEN, GAUGE, "mediagate_stream_key_age_seconds", NONE, NONE, 1, "", \
    "Age of the key that signs stream URLs.") \
  M(ACCESS_KEY_AGE, GIVEN, GAUGE, "mediagate_access_key_age_seconds", NONE, NONE, 1, "", \
    "Age of the key that signs access tokens.") \
  M(RESIDENT, PAGE, GAUGE, "process_resident_memory_bytes", NONE, NONE, 1, "", \
    "Resident memory of mediagate's processes on this machine. Pages that they share count in each.") \
  M(CPU, PAGE, COUNTER, "process_cpu_seconds_total", NONE, NONE, 1000000, "", \
    "Processor time of mediagate's processes on this machine, and of the programs that they ran.") \
  M(OPEN_FDS, PAGE, GAUGE, "process_open_fds", NONE, NONE, 1, "", \
    "Open descriptors of mediagate's processes on this machine.")
/* clang-format on */

#endif
