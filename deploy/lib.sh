# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What quickstart and check share: messages, long steps with progress, Debian packages, the build.
# Sourced by bash with $top set to the source folder.
# shellcheck disable=SC2154 # $top

step_log=$(mktemp) # what the last long step printed; kept when something failed
step_pid=''
cluster_note=''    # set while packages are installed

cleanup() { # [STATUS]
  local status=${1:-$?}
  restore_services
  if [ "$status" -eq 0 ] || [ ! -s "$step_log" ]; then rm -f "$step_log"; fi
}
# An installation is not cut short: half-configured packages would be the next problem.
interrupted() {
  printf '\n'
  if [ -n "$cluster_note" ]; then
    say "  waiting for the installation of packages to end …"
  elif [ -n "$step_pid" ]; then
    kill "$step_pid" 2>/dev/null || true
  fi
  [ -z "$step_pid" ] || wait "$step_pid" || true
  exit 130
}
trap cleanup EXIT
trap interrupted INT TERM HUP

say() { printf '%s\n' "$*"; }

# fail MESSAGE [REMEDY …]: one line of what is wrong, then what to do.
fail() {
  local remedy
  printf '\n%s: %s\n' "${0##*/}" "$1" >&2
  shift
  for remedy in "$@"; do
    [ -z "$remedy" ] || printf '  %s\n' "$remedy" >&2
  done
  exit 1
}

# step LABEL COMMAND …: runs a long command with its output in $step_log, and shows that time passes.
# On failure the end of the output is shown and the status returned.
step() {
  local label=$1 started=$SECONDS shown=0 status=0
  shift
  printf '  %s …' "$label"
  "$@" >"$step_log" 2>&1 </dev/null &
  step_pid=$!
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.2
    if [ $((SECONDS - started)) -ge $((shown + 5)) ]; then
      shown=$((SECONDS - started))
      printf ' %ss' "$shown"
    fi
  done
  wait "$step_pid" || status=$?
  step_pid=''
  if [ "$status" -eq 0 ]; then
    printf ' done (%ss)\n' $((SECONDS - started))
  else
    printf ' failed\n\n' >&2
    tail -n 25 "$step_log" >&2
  fi
  return "$status"
}

# packages_missing WORD …: the names in deploy/packages that one of these needs and that are not installed.
packages_missing() {
  local name command
  is_debian || return 0
  while read -r name command; do
    if [ -n "$command" ] && command -v "$command" >/dev/null; then
      continue # it came another way
    fi
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done < <(awk -v words=" $* " '
    $1 !~ /^#/ && index(words, " " $2 " ") { print $1, ($3 ~ /^#/ ? "" : $3) }' "$top/deploy/packages")
}

# Runs as root what comes after it, without a question.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Installing nginx and PostgreSQL would start both on their default ports and make a cluster: neither is wanted. The two
# files that say so are there during the installation only.
quiet_services() {
  cluster_note=/etc/postgresql-common/createcluster.d/mediagate-install.conf
  policy=/usr/sbin/policy-rc.d
  as_root mkdir -p "${cluster_note%/*}"
  printf 'create_main_cluster = false\n' | as_root tee "$cluster_note" >/dev/null
  if [ -e "$policy" ]; then
    policy='' # somebody's own: it stays as it is
  else
    printf '#!/bin/sh\n# mediagate: while its packages are installed\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
}
restore_services() {
  [ -n "$cluster_note" ] || return 0
  as_root rm -f "$cluster_note" ${policy:+"$policy"}
  as_root rmdir "${cluster_note%/*}" 2>/dev/null || true
  cluster_note=''
}

apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q
    -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120)
  as_root "${apt[@]}" install --no-install-recommends "$@" && return
  as_root "${apt[@]}" update && as_root "${apt[@]}" install --no-install-recommends "$@"
}

# Elsewhere than on Debian nothing is known of packages: nothing is missing, and nothing is installed.
may_install() { ! is_debian || [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
is_debian() { command -v dpkg-query >/dev/null; }

# ask_for_packages WORD …: ends, with the list of what somebody else must install.
ask_for_packages() {
  fail "some Debian packages are missing, and this user cannot install them (no root, no sudo without a password)." \
    "As root: apt-get install --no-install-recommends $(packages_missing "$@" | paste -sd ' ')" \
    "(With postgresql and nginx among them, Debian starts both; they are not needed running.)" "Then run this again."
}

# install_packages WORD …: installs what these need and is missing. Returns 1 when the installation fails, or this
# user may not.
install_packages() {
  local missing status=0
  is_debian || {
    say "  This is not Debian: install what deploy/packages lists by yourself if something is missing."
    return 0
  }
  mapfile -t missing < <(packages_missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  may_install || { say "  missing packages, which this user cannot install: ${missing[*]}"; return 1; }
  say "  missing packages: ${missing[*]}"
  quiet_services
  step "installing them" apt_install "${missing[@]}" || status=1
  restore_services
  return "$status"
}

# Before the long steps. autoconf and make take blanks for the end of a name.
check_build_paths() { # BUILD_DIR
  case $top$1 in
    *[[:space:]\"\#\$\&\'\`\\]*)
      fail "the source and build folders' paths may hold no blanks and none of \" # \$ & ' \` \\: $top" \
        "Move the clone, for instance to $HOME/mediagate." ;;
  esac
}

# build_program FOLDER [CONFIGURE OPTION …]: out of tree, only what changed.
build_program() {
  local build=$1 options
  shift
  options=$*
  mkdir -p "$build" || fail "cannot make $build" "Is the source folder writable for $(id -un)? Or set BUILD_DIR."
  if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ] ||
    [ "$top/Makefile.am" -nt "$top/Makefile.in" ]; then
    step "autoreconf" autoreconf -fi "$top" || fail "autoreconf failed" "The output is in $step_log."
  fi
  if [ ! -f "$build/Makefile" ] || [ "$(cat "$build/.options" 2>/dev/null)" != "$options" ]; then
    # shellcheck disable=SC2086 # options are words
    step "configure" env -C "$build" "$top/configure" $options ||
      fail "configure failed" "It names what is missing above; the whole output is in $step_log."
    printf '%s' "$options" >"$build/.options"
  fi
  step "make" make -C "$build" -j"$(nproc)" mediagate ||
    fail "the build failed" "The output is in $step_log." "$(disk_hint "$build")"
}

# What to add to a failure where the disk is full, else nothing.
disk_hint() {
  local free
  free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ -n "$free" ] && [ "$free" -lt 102400 ] &&
    printf 'Only %s MiB are free below %s: make room there.' $((free / 1024)) "$1"
  return 0
}
