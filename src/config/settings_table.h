/* SPDX-License-Identifier: ISC */
/*
 * Every setting of mediagate, once. struct settings, the file parser, the environment overrides,
 * `mediagate check-config`, the manual page mediagate.conf(5), the sample file and the table in
 * docs/settings.md are all made from these lines.
 *
 *   STRING (name, default, reloadable, help)                   text; "" often means "none"
 *   LIST   (name, default, reloadable, help)                   with commas here and in the environment,
 *                                                              a list in the file
 *   INTEGER(name, unit, min, max, default, reloadable, help)
 *   BOOLEAN(name, default, reloadable, help)
 *   CHOICE (name, "a|b|c", default, reloadable, help)          the value is its index in the list
 *
 * A setting that is not reloadable keeps its value until the next start; a reload says so. `mediagate ingest` and
 * `mediagate package` reload nothing: what only they read is not reloadable.
 */
#ifndef MEDIAGATE_CONFIG_SETTINGS_TABLE_H
#define MEDIAGATE_CONFIG_SETTINGS_TABLE_H

/* clang-format off */
#define SETTINGS_TABLE(STRING, LIST, INTEGER, BOOLEAN, CHOICE) \
  /* database */ \
  STRING (database, "dbname=mediagate", true, "PostgreSQL connection string (libpq keywords or URI); several hosts work, of which the primary is found") \
  STRING (analytics_database, "", true, "Connection string of a standby for analytics, lists and exports of views; the primary is asked where it does not answer or is 300 s behind; empty: always the primary") \
  STRING (notify_database, "", true, "Direct connection string for LISTEN where a transaction pooler stands before `database`; empty: the same") \
  BOOLEAN(prepared, true, true, "Use prepared statements; false for transaction-pooled PgBouncer") \
  INTEGER(fast_statement_timeout, "ms", 50, 600000, 2000, true, "Statement timeout of the fast pool") \
  INTEGER(auth_statement_timeout, "ms", 50, 600000, 5000, true, "Statement timeout of the auth pool") \
  INTEGER(api_statement_timeout, "ms", 50, 600000, 15000, true, "Statement timeout of the api pool, housekeeping and `mediagate package`") \
  INTEGER(upload_statement_timeout, "ms", 50, 600000, 15000, true, "Statement timeout of the upload pool") \
  /* files */ \
  STRING (data_dir, "/var/lib/mediagate", false, "Folder of media/, spool/, uploads/, packaging/, pending/, links/, trash/ and revoked/; one file system") \
  STRING (library_dir, "", true, "Folder of files that are already there, for file_url library:PATH; a playlist's grant covers its whole folder; empty: none") \
  CHOICE (media_store, "file|s3", "file", false, "Where media files are kept: below data_dir, or in a bucket of an S3 service; a change needs `mediagate store copy` before and `mediagate nginx-config` after") \
  STRING (s3_endpoint, "", false, "The S3 service, as https://HOST or https://HOST:PORT; with s3_path_style = false its name without the bucket's") \
  STRING (s3_region, "us-east-1", false, "Region that requests to the S3 service are signed for") \
  STRING (s3_bucket, "", false, "Bucket of media files; nothing else may write below media/ in it") \
  BOOLEAN(s3_path_style, true, false, "Ask for s3_endpoint/BUCKET/KEY; false: for BUCKET.HOST/KEY") \
  STRING (s3_key_file, "/etc/mediagate/s3_key", false, "Key pair that may read, list, write and delete in the bucket: lines `access_key …;` and `secret_key …;`, mode 0600") \
  STRING (s3_read_key_file, "/etc/mediagate/s3_read_key", false, "Key pair of nginx, which may read and list only; the same form, mode 0600, read by nginx's master process") \
  STRING (s3_cache_dir, "/var/cache/mediagate", false, "Folder of nginx's cache of media files from the bucket; it must exist, and be nginx's alone") \
  INTEGER(s3_cache_size, "MiB", 16, 1073741824, 10240, false, "Largest size of that cache") \
  INTEGER(s3_timeout, "ms", 100, 60000, 900, false, "How long nginx waits for the bucket's first byte, and between two, before it answers 503") \
  STRING (run_dir, "/run/mediagate", false, "Folder of the pools' sockets: fast.sock auth.sock api.sock upload.sock") \
  STRING (ingest_dir, "/var/lib/mediagate-ingest", false, "Folder of rejected.log, in which ingest keeps what is no line of the delivery log") \
  STRING (node_name, "", false, "Name of this node in the database, and of its rejected-NAME.log; one for each `mediagate ingest`; empty: the host's name, and rejected.log") \
  STRING (share_dir, "", true, "Folder of installed data (migrations, API pages); empty: where make install put it") \
  STRING (jwt_key_file, "/etc/mediagate/jwt_keys", true, "Access-token keys, one `kid secret;` a line, mode 0600; the first signs, all verify") \
  STRING (stream_key_file, "/etc/mediagate/stream_keys", true, "Stream-URL keys, one `kid secret;` a line, mode 0600, included by nginx too") \
  STRING (totp_key_file, "/etc/mediagate/totp_keys", true, "Keys that encrypt the secrets of second factors, one `kid secret;` a line, mode 0600; the first encrypts, all decrypt") \
  /* what nginx must know too */ \
  STRING (public_url, "", true, "Scheme and host of stream URLs, such as https://media.example.org; empty: as the caller asked nginx") \
  STRING (webhook_key_file, "/etc/mediagate/webhook_keys", true, "Key that the secrets of webhooks are derived from, one `kid secret;`, mode 0600; `mediagate keys init` makes it") \
  LIST   (server_names, "localhost,127.0.0.1,[::1]", true, "Host names that are ours; any other Host is answered 421") \
  LIST   (origin_hosts, "", true, "Origins that a remote file_url may be played from, as scheme://host or scheme://host:port") \
  LIST   (cors_origins, "", true, "Origins of web pages and apps that may play and call the API, such as https://player.example or capacitor://localhost; null only when named; empty: none, *: all") \
  LIST   (trusted_proxies, "", true, "Addresses or networks whose X-Forwarded-For and X-Forwarded-Proto are believed") \
  BOOLEAN(https_only, false, true, "Redirect http:// to https://, probes excepted; behind a proxy that ends TLS, X-Forwarded-Proto says which it was") \
  INTEGER(hsts_seconds, "s", 0, 63072000, 0, true, "How long browsers shall ask for https:// only (Strict-Transport-Security); 0: not said") \
  STRING (resolver, "", true, "DNS servers for nginx to resolve origin_hosts at run time; empty: once, at nginx's start") \
  STRING (nginx_pid_file, "/run/nginx.pid", false, "For `mediagate keys rotate` and nginx reloads") \
  STRING (nginx_url, "http://127.0.0.1", true, "Where this machine reaches nginx, for `mediagate keys rotate` to verify a new key") \
  /* uploads */ \
  INTEGER(upload_max, "bytes", 1024, 1099511627776, 21474836480, true, "Largest file that can be uploaded") \
  INTEGER(upload_spool_max, "bytes", 1024, 1125899906842624, 214748364800, true, "Room for all resumable uploads under way, as announced; one without a length counts as upload_max") \
  INTEGER(upload_account_max, "bytes", 1024, 1125899906842624, 53687091200, true, "Share of upload_spool_max that one account may take; upload_max where that is more") \
  INTEGER(uploads_max, "uploads", 1, 100000, 32, true, "Resumable uploads that one account may have under way") \
  INTEGER(upload_expiry, "s", 1, 31536000, 604800, true, "A resumable upload that gets no bytes this long is removed") \
  /* pools */ \
  INTEGER(fast_workers, "processes", 1, 256, 2, true, "Workers for GET stream-url, one medium, me") \
  INTEGER(auth_workers, "processes", 1, 256, 3, true, "Workers for what hashes passwords; one more than cores keeps them busy") \
  INTEGER(api_workers, "processes", 1, 256, 8, true, "Workers for the rest") \
  INTEGER(upload_workers, "processes", 1, 1024, 16, true, "Workers for uploads; each upload holds one; a change needs `mediagate nginx-config` too") \
  INTEGER(upload_address_max, "uploads", 1, 1024, 4, true, "Uploads that one address (IPv6: /64) may have under way at a time; a change needs `mediagate nginx-config` too") \
  INTEGER(fast_nice, "", 0, 19, 0, true, "Nice value of the fast pool") \
  INTEGER(auth_nice, "", 0, 19, 5, true, "Nice value of the auth pool") \
  INTEGER(api_nice, "", 0, 19, 0, true, "Nice value of the api pool") \
  INTEGER(upload_nice, "", 0, 19, 2, true, "Nice value of the upload pool") \
  BOOLEAN(fast_multiplexed, true, true, "Serve many connections in each fast worker, from cached rows") \
  INTEGER(stale_seconds, "s", 0, 3600, 0, true, "How long cached rows serve on while the database is away; 0: not at all") \
  INTEGER(row_cache_entries, "rows", 16, 10000000, 10000, true, "Rows that each fast and each api worker caches, per table") \
  INTEGER(restart_limit, "restarts", 1, 1000, 20, true, "So many workers may die within restart_window before serve gives up") \
  INTEGER(restart_window, "s", 1, 3600, 10, true, "Window of restart_limit") \
  INTEGER(request_deadline, "s", 1, 3600, 30, true, "A worker that serves one request this long without a heartbeat is killed") \
  INTEGER(upload_deadline, "s", 1, 3600, 60, true, "An upload worker without a heartbeat this long is killed") \
  INTEGER(drain_deadline, "s", 0, 3600, 20, true, "How long requests may run on after SIGTERM or when a worker is replaced") \
  /* accounts */ \
  CHOICE (signup_policy, "open|invite|closed", "invite", true, "Who may sign up: anyone, who has an invitation or an owner's token, no one") \
  CHOICE (signup_role, "owner|editor|analyst", "editor", true, "Role of an account that signs up without an invitation; the first account is an owner") \
  INTEGER(password_min, "bytes", 8, 128, 8, true, "Shortest password") \
  CHOICE (totp, "optional|required", "optional", true, "Second factor of accounts: for who wants one; or who has none can do nothing but enrol") \
  INTEGER(signup_address_limit, "accounts", 1, 1000000, 20, true, "Sign-ups from one address (IPv6: /48) within signup_window before 429, where signup_policy is open") \
  INTEGER(signup_limit, "accounts", 1, 1000000, 200, true, "Sign-ups from all addresses together within signup_window before 429, where signup_policy is open") \
  INTEGER(signup_window, "s", 1, 86400, 3600, true, "Window of the sign-up limits") \
  INTEGER(argon2_memory, "KiB", 8, 65536, 19456, true, "argon2id memory; stored hashes that differ are renewed at login") \
  INTEGER(argon2_time, "passes", 1, 4, 2, true, "argon2id time cost") \
  INTEGER(login_account_limit, "attempts", 1, 100000, 10, true, "Failed logins to one account from one network (IPv4 /24, IPv6 /48) within login_window before 429; ten times as many from all networks together that are not known") \
  INTEGER(login_address_limit, "attempts", 1, 1000000, 100, true, "Failed logins from one address (IPv6: /64) within login_window before 429") \
  INTEGER(login_window, "s", 1, 86400, 300, true, "Window of the login limits") \
  INTEGER(login_known_ttl, "s", 86400, 31536000, 2592000, true, "So long an address and its network are known to an account after a login or refresh from there; others' attempts do not count against them") \
  INTEGER(access_token_ttl, "s", 30, 86400, 900, true, "Lifetime of an access token") \
  INTEGER(refresh_token_ttl, "s", 60, 31536000, 2592000, true, "Lifetime of a refresh token") \
  INTEGER(refresh_reuse_window, "s", 0, 300, 10, true, "A spent refresh token gives the same successor again this long, for a lost reply") \
  INTEGER(session_ttl_max, "s", 60, 315360000, 7776000, true, "A session ends this long after its login, however often it is refreshed") \
  INTEGER(invitation_ttl, "s", 60, 31536000, 604800, true, "Lifetime of an invitation") \
  /* streams and views */ \
  INTEGER(stream_ttl_default, "s", 1, 604800, 600, true, "Lifetime of a stream URL when ttl_seconds is absent") \
  INTEGER(stream_ttl_max, "s", 1, 604800, 86400, true, "Longest lifetime of a stream URL") \
  INTEGER(grant_delivery_limit, "deliveries", 0, 1000000, 0, true, "Deliveries a second of one grant, and as many more in a burst, before 429; a player of segments takes a few a second; 0: any number; a change needs `mediagate nginx-config` too") \
  INTEGER(view_report_limit, "views", 1, 100000, 5, true, "Reported views a minute per medium and address (IPv6: /64) before 429") \
  INTEGER(play_min_seconds, "s", 0, 86400, 3, false, "A view is a play when as much of its medium was delivered as plays so long, and in no less time; or all of the medium") \
  INTEGER(play_min_percent, "%", 0, 100, 0, false, "A view is a play only when this share of its medium was delivered too") \
  INTEGER(view_retention, "months", 0, 1200, 0, false, "How many months views are kept beside the current one, by when their grant was issued; their sums stay; 0: for ever") \
  BOOLEAN(webhook_http, false, true, "Webhooks may have http URLs, beside https; restart `mediagate notify` too") \
  LIST   (webhook_networks, "", true, "Networks that webhooks may reach although they are private, loopback or link-local; restart `mediagate notify` too") \
  INTEGER(webhook_connections, "", 4, 1000, 128, false, "Webhook requests that `mediagate notify` has under way at once") \
  BOOLEAN(event_grants, false, true, "Each stream URL that is issued is an event grant.issued; each then costs a commit, and is refused (503) while the database is away") \
  INTEGER(event_retention, "days", 1, 36500, 400, false, "How many days events are kept, whole months at a time") \
  CHOICE (view_ip, "full|truncated|hashed", "full", false, "What is kept of viewers' addresses: all, the network (/24, /48), or a pseudonym of the day") \
  LIST   (internal_networks, "", false, "Addresses or networks of your own people: views from there are kept, marked `internal` and not counted; views that were opened before stay as they are; empty: none") \
  LIST   (internal_viewers, "", false, "Viewer ids of your own people, as for internal_networks; empty: none") \
  STRING (robot_list, "", false, "File of your own patterns (PCRE2) of robots' user agents, one a line; a line with ! before it names who is none; wins over the shipped lists; empty: none") \
  STRING (country_database, "", false, "Country database in MaxMind's format (MMDB), read anew when the file is replaced; empty: no countries") \
  INTEGER(ingest_interval, "ms", 10, 1000, 250, false, "How long ingest waits between two looks at the delivery log") \
  INTEGER(ingest_batch, "lines", 1, 100000, 100000, false, "Most lines of the delivery log that ingest stores in one transaction") \
  INTEGER(ingest_statement_timeout, "ms", 50, 600000, 30000, false, "Statement timeout of ingest") \
  INTEGER(log_rotate_size, "MiB", 0, 1048576, 0, false, "Ingest rotates the delivery log at this size, and daily; 0: logrotate does") \
  INTEGER(log_retention, "h", 0, 87600, 168, false, "How long ingest keeps a delivery log that it rotated and counted, for `mediagate explain`") \
  /* packages */ \
  CHOICE (package, "always|request|never", "request", true, "Which uploads become HLS and DASH: all, those for which POST …/package asks, none; restart `mediagate package` too") \
  INTEGER(package_max_height, "pixels", 144, 4320, 1080, false, "Largest rendition: the height of the 16:9 box that it fits in; none is larger than its source") \
  LIST   (package_ladder, "2160,1440,1080,720,480,360,240", false, "Sizes below the largest, each as the height of a 16:9 box; those that are a step below the one above are made; empty: the largest alone") \
  LIST   (package_codecs, "h264", false, "Codecs of pictures: h264, hevc, av1, or several, each in all sizes; h264 plays everywhere, the others are smaller and take longer; restart `mediagate package`") \
  CHOICE (package_hdr, "tonemap|keep", "tonemap", false, "What becomes of HDR: SDR alone; or also 10-bit HEVC that stays HDR, beside it; restart `mediagate package`") \
  CHOICE (package_encoder, "software|vaapi|nvenc|qsv", "software", false, "What encodes H.264 and HEVC; where the hardware fails software does, in the same job; restart `mediagate package`") \
  BOOLEAN(package_copy, true, false, "Copy the picture of a film that plays already as the largest rendition; false: encode it again") \
  CHOICE (package_preset, "ultrafast|superfast|veryfast|faster|fast|medium|slow", "veryfast", false, "x264's preset: slower ones make smaller files") \
  INTEGER(package_memory, "MiB", 512, 65536, 4096, false, "Address space that ffmpeg may take") \
  INTEGER(package_time_factor, "", 1, 1000, 20, false, "So many seconds may packaging take for each second of a file, and a minute more") \
  INTEGER(package_cpu_factor, "", 1, 100000, 100, false, "So many seconds of processor time may packaging take for each second of a file, on all cores together") \
  INTEGER(package_output_factor, "", 1, 1000, 4, false, "So many times as large as its file may a package become, and 256 MiB more") \
  INTEGER(package_takeover, "s", 10, 3600, 60, false, "A job whose packager is silent this long is taken over by another") \
  INTEGER(package_nice, "", 0, 19, 10, false, "Nice value of packaging") \
  /* sandbox and probing */ \
  CHOICE (sandbox, "bubblewrap|none", "bubblewrap", true, "How ffprobe and ffmpeg are kept apart when they read a file") \
  CHOICE (confinement, "try|require|off", "try", true, "What each process may do, by seccomp and Landlock: as far as the kernel can; or else it does not start; or no limits; restart ingest, package and notify too") \
  INTEGER(probe_timeout, "s", 1, 600, 20, true, "Time that ffprobe may take") \
  INTEGER(probe_memory, "MiB", 128, 16384, 1024, true, "Address space that ffprobe may take") \
  /* logs */ \
  CHOICE (log_level, "error|warning|info|debug", "info", true, "Least important level that is logged") \
  CHOICE (log_format, "auto|json|text", "auto", true, "auto: text on a terminal, else JSON") \
  STRING (log_dir, "/var/log/mediagate", false, "Folder of nginx's delivery log view.log")
/* clang-format on */

#endif
