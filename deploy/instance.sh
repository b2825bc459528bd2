# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A private instance in a state folder: prepare, start, watch and stop PostgreSQL, `mediagate serve`, `ingest` and
# `package`, nginx and the rotation of its logs. Sourced by quickstart after lib.sh and state.sh, with $top, $build and
# $state set.
# shellcheck disable=SC2153,SC2154 # what quickstart and state.sh set
# Every process has a file process/<name> with its id and start time, so that a stale one is recognised.

# ffprobe and ffmpeg read uploads in a namespace of their own, which some containers do not allow.
choose_sandbox() {
  case " ${overrides[*]} " in *" MEDIAGATE_SANDBOX="*) return ;; esac
  "${as[@]}" bwrap --unshare-all --unshare-user --disable-userns --ro-bind / / true 2>/dev/null && return
  say "  This machine lets $account make no namespaces (a container?)," \
    "so ffprobe and ffmpeg read uploads without their sandbox:"
  say "  good enough to try things out with files of your own, not for files of strangers (setting: sandbox)."
  overrides+=(MEDIAGATE_SANDBOX=none)
}

check_disk() {
  local free
  free=$(df -Pk "$state" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 307200 ] || fail "the disk is full: $((free / 1024)) MiB are free below $state, 300 are needed" \
    "Make room, or set STATE_DIR to a folder on another disk."
}

# --- processes -------------------------------------------------------------------------------------
started_at() { # PID: its start time, nothing when there is no such process or only its zombie
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# alive NAME: sets $pid when that part runs; a file that names an ended or another process is removed.
alive() {
  local file=$processes/$1 since=''
  pid=''
  [ -f "$file" ] || return 1
  read -r pid since <"$file" || true
  if [ -n "$pid" ] && [ -n "$since" ] && [ "$(started_at "$pid")" = "$since" ]; then
    return 0
  fi
  # What its leader left behind when it was killed, such as nginx's workers, is still known by its session, whose number
  # no new process gets as long as they live.
  if [ -n "$pid" ] && [ -z "$(started_at "$pid")" ]; then
    pkill -KILL -s "$pid" -u "$account" || true
    for _ in {1..50}; do # until none of them holds a port any more; zombies hold nothing
      pgrep -s "$pid" -u "$account" -r D,R,S,T >/dev/null || break
      sleep 0.1
    done
  fi
  rm -f "$file"
  pid=''
  return 1
}

# launch NAME COMMAND …: in a session of its own (so Ctrl-C reaches only us), as the account, logging to log/NAME.log.
launch() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # the inner shell's arguments
  setsid "${as[@]}" env -i PATH="$PATH" HOME="$state" LC_ALL=C.UTF-8 "${overrides[@]}" \
    sh -c 'log=$1; shift; exec "$@" >>"$log" 2>&1' sh "$state/log/$name.log" "$@" 9>&- </dev/null >/dev/null 2>&1 &
  pid=$!
  printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$processes/$name"
}

# As launch, for what loses nothing and does nothing twice when it is killed at any moment: it is simply started again.
launch_again() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # the inner shell's variables
  launch "$name" sh -c 'trap "kill \$child; wait \$child; exit 0" TERM INT HUP
    while :; do "$@" & child=$!; wait $child; sleep 1 & child=$!; wait $child; done' sh "$@"
}

stop_part() { # NAME: the gentle signal, then after its deadline the hard one
  local name=$1 sign=TERM deadline waited=0
  alive "$name" || return 0
  [ "$name" != postgres ] || sign=INT
  deadline=$([ "$name" = serve ] && echo 40 || echo 20)
  kill -s "$sign" "$pid" 2>/dev/null || true
  while alive "$name"; do
    if [ $waited -ge $((deadline * 10)) ]; then
      say "  $name did not stop in $deadline s: killed"
      kill -s KILL -- "-$pid" 2>/dev/null || kill -s KILL "$pid" || true
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
}

stop_all() {
  local name
  for name in "${parts[@]}"; do
    stop_part "$name"
  done
}

show_log() { # NAME: its end, as the account: root does not follow its links
  "${as[@]}" tail -n 15 "$state/log/$1.log" >&2 || true
}

# wait_for SECONDS NAME WHAT COMMAND …: until the command succeeds; fails when that part ends or time is up.
wait_for() {
  local limit=$(($1 * 10)) name=$2 what=$3 tried=0
  shift 3
  until "$@" >/dev/null 2>&1; do
    alive "$name" || {
      say ''
      show_log "$name"
      fail "$name ended while starting" "Its log is $state/log/$name.log." "$(disk_hint "$state")"
    }
    [ $tried -lt "$limit" ] || { show_log "$name"; fail "$what did not happen in time" "See the logs in $state/log."; }
    sleep 0.1
    tried=$((tried + 1))
  done
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_ports() {
  local port name
  for name in PORT HTTPS_PORT; do
    port=${!name}
    if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
      fail "$name=$port is not a port" "Set $name to a number from 1024 to 65535."
    fi
    [ "$port" -ge 1024 ] ||
      fail "$name=$port needs root, which nothing here has" "Set $name to a number from 1024 to 65535."
    ! port_is_taken "$port" || fail "port $port on 127.0.0.1 is taken by another program" \
      "Stop it (ss -ltnp 'sport = :$port' names it), or choose another port: $name=$((port + 10)) ./quickstart"
  done
  [ "$PORT" != "$HTTPS_PORT" ] || fail "PORT and HTTPS_PORT are both $PORT" "Choose two ports."
}

# --- what an instance is made of ---------------------------------------------------------------------
install_program() { # where the account can read it and not write, wherever the clone is
  local program=$state/program
  own_folder "$program" 755
  # Replaced by rename: a running instance keeps its own file.
  {
    cp "$build/mediagate" "$program/mediagate.new" && chmod 755 "$program/mediagate.new" &&
      mv "$program/mediagate.new" "$program/mediagate"
  } || fail "cannot copy the program to $program" "$(disk_hint "$state")"
  rm -rf "$program/share.new"
  mkdir -p "$program/share.new/audience" "$program/share.new/deploy"
  cp -r "$top/migrations" "$program/share.new/"
  cp "$top"/deploy/{render-nginx,nginx.conf,mediagate.http.conf,tls.conf,origin.js} "$program/share.new/deploy/"
  cp "$top/src/audience/players.list" "$program/share.new/audience/"
  for list in devices robots; do
    [ ! -f "$build/$list.list" ] || cp "$build/$list.list" "$program/share.new/audience/"
  done
  [ ! -f "$build/web-dist/.built" ] || cp -r "$build/web-dist" "$program/share.new/web"
  chmod -R a+rX "$program/share.new"
  rm -rf "$program/share"
  mv "$program/share.new" "$program/share"
  place_program
}

# Sets $mediagate: the installed program, as the account, in an environment without the caller's secrets.
place_program() {
  mediagate=("${as[@]}" env -i PATH="$PATH" HOME="$state" LC_ALL=C.UTF-8 "${overrides[@]}" "$state/program/mediagate")
}

postgres_programs() {
  local version=''
  [ ! -f "$state/pg/PG_VERSION" ] || version=$("${as[@]}" cat "$state/pg/PG_VERSION")
  postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -path "*/${version:-*}/bin" 2>/dev/null | sort -V | tail -n 1)
  [ -n "$postgres_bin" ] ||
    fail "the database in $state/pg is of PostgreSQL ${version:-15 or newer}, which is not installed" \
      "Install it (apt-get install postgresql${version:+-$version}), or start afresh: ./quickstart --reset"
}

make_cluster() {
  if [ -d "$state/pg" ] && [ ! -f "$state/pg/PG_VERSION" ]; then
    fail "$state/pg is half-made" "Start afresh: ./quickstart --reset"
  fi
  postgres_programs
  [ ! -d "$state/pg" ] || return 0
  rm -rf "$state/pg.new" # left by an interrupted run
  mkdir -m 700 "$state/pg.new" || fail "cannot make $state/pg.new" "$(disk_hint "$state")"
  give "$state/pg.new"
  step "making the database cluster" "${as[@]}" "$postgres_bin/initdb" -D "$state/pg.new" \
    -U postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 ||
    fail "initdb failed" "$(disk_hint "$state")"
  # What the program's role owns is its database; it is no superuser. The superuser makes both before the server ever
  # starts, and is not let in afterwards.
  # shellcheck disable=SC2016 # the inner shell's arguments
  step "making the database" "${as[@]}" \
    sh -c 'printf "CREATE ROLE mediagate LOGIN\nCREATE DATABASE mediagate OWNER mediagate\n" |
    "$1" --single -D "$2" -c exit_on_error=true postgres' sh "$postgres_bin/postgres" "$state/pg.new" ||
    fail "cannot make the database" "$(disk_hint "$state")"
  # Only the account itself can enter the folder of the socket, and only it is let in.
  printf 'mine %s mediagate\n' "$account" | write_file "$state/pg.new/pg_ident.conf"
  printf 'local mediagate mediagate peer map=mine\n' | write_file "$state/pg.new/pg_hba.conf"
  mv "$state/pg.new" "$state/pg"
}

start_postgres() {
  local old=''
  # PostgreSQL takes the zombie of a killed one for alive, and some containers have nobody who buries it.
  [ ! -f "$state/pg/postmaster.pid" ] || read -r old <"$state/pg/postmaster.pid" || true
  if [ -n "$old" ] && [ -z "$(started_at "$old")" ]; then
    "${as[@]}" rm -f "$state/pg/postmaster.pid" "$run/.s.PGSQL.5432" "$run/.s.PGSQL.5432.lock"
  fi
  launch postgres "$postgres_bin/postgres" -D "$state/pg" -c listen_addresses= \
    -c unix_socket_directories="$run" -c unix_socket_permissions=0700 -c max_connections=100 -c shared_buffers=64MB
  wait_for 60 postgres "the start of PostgreSQL" \
    "${as[@]}" "$postgres_bin/psql" -h "$run" -U mediagate -d mediagate -Xqc 'SELECT 1'
}

# The settings are written once and may be changed; MEDIAGATE_<NAME> in the environment wins over them.
write_settings() {
  config=$state/etc/mediagate.conf
  if [ ! -f "$config" ]; then
    write_file "$config" <<TEXT
# Written by quickstart once; change what you like. mediagate.conf(5) and \`mediagate check-config\` know every setting.
database = "host=$run dbname=mediagate user=mediagate";
signup_policy = "open";  # anyone who reaches this machine's loopback may sign up
data_dir = "$state/data";
library_dir = "$state/library";
ingest_dir = "$state/data";
run_dir = "$run";
share_dir = "$state/program/share";
log_dir = "$state/log";
jwt_key_file = "$state/etc/jwt_keys";
stream_key_file = "$state/etc/stream_keys";
totp_key_file = "$state/etc/totp_keys";
webhook_key_file = "$state/etc/webhook_keys";
webhook_http = true;  # webhooks may have http URLs …
webhook_networks = ["127.0.0.0/8", "::1"];  # … and be on this machine
nginx_pid_file = "$run/nginx.pid";
nginx_url = "http://127.0.0.1:$PORT";
upload_workers = 8;
log_rotate_size = 64;  # ingest rotates nginx's delivery log: it runs as the same account
package = "always";  # every upload becomes HLS and DASH; "request": only those for which POST …/package asks
TEXT
  fi
  "${as[@]}" sed -i "s|^nginx_url = .*|nginx_url = \"http://127.0.0.1:$PORT\";|" "$config"
}

# Before anything is started, where the kept file or the environment may have been changed since.
check_settings() {
  "${mediagate[@]}" check-config --config "$config" >"$step_log" 2>&1 ||
    {
      cat "$step_log" >&2
      fail "the settings are not good" \
        "Correct $config${overrides[*]:+, or what the environment overrides: ${overrides[*]%%=*}}, and run this again."
    }
}

make_certificate() {
  local folder=$state/etc/tls
  if [ -s "$folder/key.pem" ] &&
    "${as[@]}" openssl x509 -checkend 86400 -noout -in "$folder/certificate.pem" >/dev/null 2>&1; then
    return
  fi
  (umask 077 && "${as[@]}" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 \
    -keyout "$folder/key.pem" -out "$folder/certificate.pem.new" 2>"$step_log") ||
    fail "openssl made no certificate" "See $step_log." "$(disk_hint "$state")"
  "${as[@]}" mv "$folder/certificate.pem.new" "$folder/certificate.pem"
}

render_nginx() {
  "${mediagate[@]}" nginx-config --config "$config" --output-dir "$state/etc/nginx" >"$step_log" 2>&1 ||
    { cat "$step_log" >&2; fail "the settings do not fit nginx" "Correct $config."; }
  "${as[@]}" "$state/program/share/deploy/render-nginx" --output "$state/etc/nginx" \
    --etc "$state/etc" --run "$run" --data "$state/data" --log "$state/log" \
    --share "$state/program/share" --pid "$run/nginx.pid" --unprivileged \
    --http "127.0.0.1:$PORT" --https "127.0.0.1:$HTTPS_PORT" ||
    fail "nginx's files could not be made" "$(disk_hint "$state")"
  rotation | write_file "$state/etc/logrotate.conf" || fail "logrotate's file could not be made" "$(disk_hint "$state")"
}

rotation() { # what logrotate shall do here: what it does elsewhere, and the logs that the journal would have
  sed -e "s|^/var/log/mediagate/view.log ||; s|/var/log/mediagate|$state/log|g; s|/run/nginx\.pid|$run/nginx.pid|g" \
    -e "s|maxsize .*|maxsize 64M|; s|rotate 14|rotate 5|" "$top/deploy/logrotate"
  cat <<TEXT
$state/log/serve.log $state/log/ingest.log $state/log/package.log $state/log/notify.log \
$state/log/postgres.log $state/log/nginx.log $state/log/rotate.log {
  size 16M
  rotate 2
  missingok
  copytruncate
}
TEXT
}

sockets_are_there() {
  [ -S "$run/fast.sock" ] && [ -S "$run/auth.sock" ] && [ -S "$run/api.sock" ] && [ -S "$run/upload.sock" ]
}
is_ready() { curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$PORT/readyz"; }

# start_side_part NAME: one of those without which media are served all the same.
side_parts=(ingest package notify rotate)
start_side_part() {
  case $1 in
    ingest | package | notify) launch_again "$1" "$state/program/mediagate" "$1" --config "$config" ;;
    rotate)
      # shellcheck disable=SC2016 # the inner shell's $1
      launch rotate sh -c 'while :; do logrotate -s "$1/log/rotation" "$1/etc/logrotate.conf"; sleep 60; done' \
        sh "$state"
      ;;
  esac
}

# quickstart stops what runs when it ends before it has seen all of it start.
start_all() {
  started=yes
  write_settings
  check_settings
  make_cluster
  start_postgres
  step "bringing the schema up to date" "${mediagate[@]}" migrate --config "$config" ||
    fail "the migration failed" "$(disk_hint "$state")"
  "${mediagate[@]}" keys init --config "$config" >"$step_log" 2>&1 ||
    { cat "$step_log" >&2; fail "the keys could not be made" "$(disk_hint "$state")"; }
  make_certificate
  render_nginx
  "${as[@]}" rm -f "$run"/{fast,auth,api,upload}.sock
  launch serve "$state/program/mediagate" serve --config "$config"
  wait_for 30 serve "the start of mediagate serve" sockets_are_there
  start_side_part ingest
  start_side_part package
  start_side_part notify
  launch nginx nginx -e "$state/log/error.log" -c "$state/etc/nginx/nginx.conf" -g 'daemon off;'
  wait_for 30 nginx "an answer from http://127.0.0.1:$PORT/readyz" is_ready
  start_side_part rotate
}
