# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A private instance in a state folder: prepare, start, watch and stop PostgreSQL, `mediagate serve`, `ingest` and `package`, nginx
# and the rotation of its logs. Sourced by quickstart after lib.sh, with $top, $build, $state (and as root $account) set.
# shellcheck disable=SC2153,SC2154 # what quickstart sets
# Every process has a file run/<name>.process with its id and start time, so that a stale one is recognised.

parts=(rotate nginx package ingest serve postgres) # in the order of stopping

# --- who and where -----------------------------------------------------------------------------
# As root everything runs as an account without privileges; $as is how.
choose_account() {
  as=()
  [ "$(id -u)" -eq 0 ] || return 0
  account=www-data
  as=(setpriv --reuid="$account" --regid="$account" --init-groups --)
}

may_enter() { # FOLDER: can the account make files in it?
  "${as[@]}" test -w "$1" -a -x "$1"
}

# The state folder, where the account can reach it. A clone under /root (or any path that others cannot enter) gets it in
# /var/lib instead, with the usual place as a link to it.
place_state() {
  local asked=$state elsewhere
  if [ -L "$asked" ]; then
    state=$(readlink -f "$asked")
  fi
  mkdir -p "$state" 2>/dev/null || fail "cannot make the state folder $state" "Set STATE_DIR to a folder that $(id -un) can write to." "$(disk_hint "${state%/*}")"
  [ ${#as[@]} -eq 0 ] || chown "$account:" "$state"
  if ! may_enter "$state"; then
    elsewhere=/var/lib/mediagate-quickstart-$(printf '%s' "$asked" | sha256sum | cut -c1-8)
    say "  $account cannot reach $asked, so the state is in $elsewhere ($asked is a link to it)."
    rmdir "$state" 2>/dev/null || fail "$state holds files but $account cannot reach it" "Move it where other users may enter, and name it with STATE_DIR."
    mkdir -p "$elsewhere" || fail "cannot make $elsewhere" "Name a folder that $account can reach with STATE_DIR."
    ln -s "$elsewhere" "$asked"
    state=$elsewhere
    chown "$account:" "$state"
    may_enter "$state" || fail "$account cannot reach $state either" "Name a folder that it can reach with STATE_DIR."
  fi
  chmod 750 "$state"
  case $state in
    *[!A-Za-z0-9_./+:@=-]*) fail "the state folder's path may hold letters, digits and _./+:@=- only: $state" "Name another with STATE_DIR." ;;
  esac
}

# ffprobe and ffmpeg read uploads in a namespace of their own, which some containers do not allow.
choose_sandbox() {
  case " ${overrides[*]} " in *" MEDIAGATE_SANDBOX="*) return ;; esac
  "${as[@]}" bwrap --unshare-all --ro-bind / / true 2>/dev/null && return
  say "  This machine lets ${account:-$(id -un)} make no namespaces (a container?), so ffprobe and ffmpeg read uploads without their sandbox:"
  say "  good enough to try things out with files of your own, not for files of strangers (setting: sandbox)."
  overrides+=(MEDIAGATE_SANDBOX=none)
}

# Unix sockets: 107 bytes is the longest path, so a deep state folder has them elsewhere.
place_sockets() {
  run=$state/run
  if [ ${#run} -gt 80 ]; then
    run=/tmp/mediagate-$(id -u)-$(printf '%s' "$state" | sha256sum | cut -c1-8)
  fi
}

make_folders() {
  local folder
  for folder in "$run" "$state"/{etc,etc/nginx,etc/tls,data,log,program,library}; do
    mkdir -p "$folder" || fail "cannot make $folder" "$(disk_hint "$state")"
    [ ! -L "$folder" ] || fail "$folder is a link" "Remove it, and run this again."
    [ ${#as[@]} -eq 0 ] || chown "$account:" "$folder"
    chmod 750 "$folder"
  done
  [ "$(stat -c %U "$run")" = "${account:-$(id -un)}" ] || fail "$run belongs to somebody else" "Remove it, or set STATE_DIR to a shorter path."
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
  local file=$run/$1.process since=''
  pid=''
  [ -f "$file" ] || return 1
  read -r pid since <"$file" || true
  if [ -n "$pid" ] && [ -n "$since" ] && [ "$(started_at "$pid")" = "$since" ]; then
    return 0
  fi
  # What its leader left behind when it was killed, such as nginx's workers, is still known by its session, whose number
  # no new process gets as long as they live.
  if [ -n "$pid" ] && [ -z "$(started_at "$pid")" ]; then
    pkill -KILL -s "$pid" || true
    for _ in {1..50}; do # until none of them holds a port any more; zombies hold nothing
      pgrep -s "$pid" -r D,R,S,T >/dev/null || break
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
  printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$run/$name.process"
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

# wait_for SECONDS NAME WHAT COMMAND …: until the command succeeds; fails when that part ends or time is up.
wait_for() {
  local limit=$(($1 * 10)) name=$2 what=$3 tried=0
  shift 3
  until "$@" >/dev/null 2>&1; do
    alive "$name" || { say ''; tail -n 15 "$state/log/$name.log" >&2; fail_and_stop "$name ended while starting" "Its log is $state/log/$name.log." "$(disk_hint "$state")"; }
    [ $tried -lt "$limit" ] || { tail -n 15 "$state/log/$name.log" >&2; fail_and_stop "$what did not happen in time" "See the logs in $state/log."; }
    sleep 0.1
    tried=$((tried + 1))
  done
}

fail_and_stop() {
  stop_all
  fail "$@"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_ports() {
  local port name
  for name in PORT HTTPS_PORT; do
    port=${!name}
    if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
      fail "$name=$port is not a port" "Set $name to a number from 1024 to 65535."
    fi
    [ "$port" -ge 1024 ] || fail "$name=$port needs root, which nothing here has" "Set $name to a number from 1024 to 65535."
    ! port_is_taken "$port" || fail "port $port on 127.0.0.1 is taken by another program" \
      "Stop it (ss -ltnp 'sport = :$port' names it), or choose another port: $name=$((port + 10)) ./quickstart"
  done
  [ "$PORT" != "$HTTPS_PORT" ] || fail "PORT and HTTPS_PORT are both $PORT" "Choose two ports."
}

# --- what an instance is made of ---------------------------------------------------------------------
install_program() { # where the account can read it, wherever the clone is
  local program=$state/program
  # Replaced by rename: a running instance keeps its own file.
  { cp "$build/mediagate" "$program/mediagate.new" && chmod 755 "$program/mediagate.new" && mv "$program/mediagate.new" "$program/mediagate"; } ||
    fail "cannot copy the program to $program" "$(disk_hint "$state")"
  rm -rf "$program/share.new"
  mkdir "$program/share.new"
  cp -r "$top/migrations" "$program/share.new/"
  mkdir "$program/share.new/audience"
  cp "$top/src/audience/players.list" "$program/share.new/audience/"
  [ ! -f "$build/robots.list" ] || cp "$build/robots.list" "$program/share.new/audience/"
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
  [ ! -f "$state/pg/PG_VERSION" ] || version=$(cat "$state/pg/PG_VERSION")
  postgres_bin=$(find /usr/lib/postgresql -maxdepth 2 -path "*/${version:-*}/bin" 2>/dev/null | sort -V | tail -n 1)
  [ -n "$postgres_bin" ] || fail "the database in $state/pg is of PostgreSQL ${version:-15 or newer}, which is not installed" \
    "Install it (apt-get install postgresql${version:+-$version}), or start afresh: ./quickstart --reset"
}

make_cluster() {
  if [ -d "$state/pg" ] && [ ! -f "$state/pg/PG_VERSION" ]; then
    fail "$state/pg is half-made" "Start afresh: ./quickstart --reset"
  fi
  postgres_programs
  [ ! -d "$state/pg" ] || return 0
  rm -rf "$state/pg.new" # left by an interrupted run
  step "making the database cluster" "${as[@]}" "$postgres_bin/initdb" -D "$state/pg.new" -U mediagate --auth=peer --encoding=UTF8 --locale=C.UTF-8 ||
    fail "initdb failed" "$(disk_hint "$state")"
  # Only the account itself can enter the folder of the socket, and only it is let in.
  printf 'mine %s mediagate\n' "${account:-$(id -un)}" >>"$state/pg.new/pg_ident.conf"
  printf 'local all mediagate peer map=mine\n' >"$state/pg.new/pg_hba.conf"
  mv "$state/pg.new" "$state/pg"
}

start_postgres() {
  local old=''
  # PostgreSQL takes the zombie of a killed one for alive, and some containers have nobody who buries it.
  [ ! -f "$state/pg/postmaster.pid" ] || read -r old <"$state/pg/postmaster.pid" || true
  if [ -n "$old" ] && [ -z "$(started_at "$old")" ]; then
    rm -f "$state/pg/postmaster.pid" "$run/.s.PGSQL.5432" "$run/.s.PGSQL.5432.lock"
  fi
  launch postgres "$postgres_bin/postgres" -D "$state/pg" -c listen_addresses= -c unix_socket_directories="$run" -c unix_socket_permissions=0700 \
    -c max_connections=100 -c shared_buffers=64MB
  wait_for 60 postgres "the start of PostgreSQL" "${as[@]}" "$postgres_bin/psql" -h "$run" -U mediagate -d postgres -Xqc 'SELECT 1'
  [ "$("${as[@]}" "$postgres_bin/psql" -h "$run" -U mediagate -d postgres -XAtqc "SELECT 1 FROM pg_database WHERE datname = 'mediagate'")" = 1 ] ||
    "${as[@]}" "$postgres_bin/createdb" -h "$run" -U mediagate mediagate || fail_and_stop "cannot make the database" "See $state/log/postgres.log."
}

# The settings are written once and may be changed; MEDIAGATE_<NAME> in the environment wins over them.
write_settings() {
  config=$state/etc/mediagate.conf
  if [ ! -f "$config" ]; then
    cat >"$config.new" <<TEXT
# Written by quickstart once; change what you like. mediagate.conf(5) and \`mediagate check-config\` know every setting.
database = "host=$run dbname=mediagate user=mediagate";
signup_policy = "open";  # anyone who reaches this machine's loopback may sign up
data_dir = "$state/data";
library_dir = "$state/library";
run_dir = "$run";
share_dir = "$state/program/share";
log_dir = "$state/log";
jwt_key_file = "$state/etc/jwt_keys";
stream_key_file = "$state/etc/stream_keys";
nginx_pid_file = "$run/nginx.pid";
nginx_url = "http://127.0.0.1:$PORT";
upload_workers = 8;
log_rotate_size = 64;  # ingest rotates nginx's delivery log: it runs as the same account
package = "always";  # every upload becomes HLS and DASH; "request": only those for which POST …/package asks
TEXT
    mv "$config.new" "$config"
  fi
  sed -i "s|^nginx_url = .*|nginx_url = \"http://127.0.0.1:$PORT\";|" "$config"
  [ ${#as[@]} -eq 0 ] || chown "$account:" "$config"
}

# Before anything is started, where the kept file or the environment may have been changed since.
check_settings() {
  "${mediagate[@]}" check-config --config "$config" >"$step_log" 2>&1 ||
    { cat "$step_log" >&2; fail "the settings are not good" "Correct $config${overrides[*]:+, or what the environment overrides: ${overrides[*]%%=*}}, and run this again."; }
}

make_certificate() {
  local folder=$state/etc/tls
  if [ -s "$folder/key.pem" ] && openssl x509 -checkend 86400 -noout -in "$folder/certificate.pem" >/dev/null 2>&1; then
    return
  fi
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -keyout "$folder/key.pem" -out "$folder/certificate.pem.new" 2>"$step_log") ||
    fail "openssl made no certificate" "See $step_log." "$(disk_hint "$state")"
  mv "$folder/certificate.pem.new" "$folder/certificate.pem"
  [ ${#as[@]} -eq 0 ] || chown "$account:" "$folder"/*
}

render_nginx() {
  "${mediagate[@]}" nginx-config --config "$config" --output-dir "$state/etc/nginx" >"$step_log" 2>&1 ||
    { cat "$step_log" >&2; fail_and_stop "the settings do not fit nginx" "Correct $config."; }
  "$top/deploy/render-nginx" --output "$state/etc/nginx" --etc "$state/etc" --run "$run" --data "$state/data" --log "$state/log" \
    --share "$state/program/share" --pid "$run/nginx.pid" --unprivileged --http "127.0.0.1:$PORT" --https "127.0.0.1:$HTTPS_PORT"
  sed -e "s|^/var/log/mediagate/view.log ||; s|/var/log/mediagate|$state/log|g; s|/run/nginx\.pid|$run/nginx.pid|g; s|maxsize .*|maxsize 64M|; s|rotate 14|rotate 5|" \
    "$top/deploy/logrotate" >"$state/etc/logrotate.conf"
  cat >>"$state/etc/logrotate.conf" <<TEXT
$state/log/serve.log $state/log/ingest.log $state/log/package.log $state/log/postgres.log $state/log/nginx.log $state/log/rotate.log {
  size 16M
  rotate 2
  missingok
  copytruncate
}
TEXT
  chmod 644 "$state/etc/logrotate.conf"
  [ ${#as[@]} -eq 0 ] || chown "$account:" "$state/etc/nginx"/* "$state/etc/logrotate.conf"
}

sockets_are_there() { [ -S "$run/fast.sock" ] && [ -S "$run/auth.sock" ] && [ -S "$run/api.sock" ] && [ -S "$run/upload.sock" ]; }
is_ready() { curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$PORT/readyz"; }

start_all() {
  write_settings
  check_settings
  make_cluster
  start_postgres
  step "bringing the schema up to date" "${mediagate[@]}" migrate --config "$config" || fail_and_stop "the migration failed" "$(disk_hint "$state")"
  "${mediagate[@]}" keys init --config "$config" >"$step_log" 2>&1 ||
    { cat "$step_log" >&2; fail_and_stop "the keys could not be made" "$(disk_hint "$state")"; }
  make_certificate
  render_nginx
  rm -f "$run"/{fast,auth,api,upload}.sock
  launch serve "$state/program/mediagate" serve --config "$config"
  wait_for 30 serve "the start of mediagate serve" sockets_are_there
  launch_again ingest "$state/program/mediagate" ingest --config "$config"
  launch_again package "$state/program/mediagate" package --config "$config"
  launch nginx nginx -e "$state/log/error.log" -c "$state/etc/nginx/nginx.conf" -g 'daemon off;'
  wait_for 30 nginx "an answer from http://127.0.0.1:$PORT/readyz" is_ready
  # shellcheck disable=SC2016 # the inner shell's $1
  launch rotate sh -c 'while :; do logrotate -s "$1/log/rotation" "$1/etc/logrotate.conf"; sleep 60; done' sh "$state"
}
