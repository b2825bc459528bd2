# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The state folder of a private instance: where it is, and what in it is whose. Sourced by quickstart after lib.sh,
# with $state set.
# shellcheck disable=SC2034,SC2153,SC2154 # what quickstart and instance.sh set and use
# Started by root, everything runs as an account without privileges that is not to get root's: the state folder itself,
# process/ (which processes are ours) and program/ are root's; the other folders are the account's, and root writes
# there only as the account.

# In the order of stopping.
parts=(rotate nginx notify package ingest serve postgres)
mark=.mediagate-quickstart # says that quickstart made the folder, so that it may delete it

# $as is how to run something as the account.
choose_account() {
  as=()
  account=$(id -un)
  [ "$(id -u)" -eq 0 ] || return 0
  account=www-data
  as=(setpriv --reuid="$account" --regid="$account" --init-groups --)
}

give() { # FILE …: to the account
  [ ${#as[@]} -eq 0 ] || chown -h "$account:" "$@"
}

# write_file FILE: what comes in, as the account, which may have made a link of anything in its folders.
write_file() {
  # shellcheck disable=SC2016 # the inner shell's argument
  "${as[@]}" sh -c 'cat >"$1.new" && mv -f "$1.new" "$1"' sh "$1"
}

# own_folder FOLDER MODE: makes a folder of ours. What the account put in its place before the state folder was ours
# is removed.
own_folder() {
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -O "$1" ]; }; then rm -rf "$1"; fi
  { mkdir -p "$1" && chmod "$2" "$1"; } || fail "cannot make $1" "$(disk_hint "$state")"
}

holds_something() { # FOLDER
  [ -n "$(find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]
}

# Before anything in $state is believed or changed: it is empty, or quickstart made it for who runs it now.
check_state() {
  local owner
  owner=$(stat -c %U "$state")
  { [ -r "$state" ] && [ -x "$state" ]; } ||
    fail "$state belongs to $owner, and $(id -un) may not enter it" \
      "Was the instance started by $owner? Then as $owner: ./quickstart …"
  holds_something "$state" || return 0
  [ -f "$state/$mark" ] || fail "$state holds files, and quickstart did not make it: left as it is" \
    "Name a folder that is new or empty with STATE_DIR. If an instance's remains are in it, delete them by hand."
  [ "$owner" = "$(id -un)" ] ||
    fail "$state belongs to $owner" "As $owner: ./quickstart …, or name another folder with STATE_DIR."
}

# From here on nobody else can put anything into $state itself.
claim_state() {
  [ ${#as[@]} -eq 0 ] || chown "root:$account" "$state" ||
    fail "cannot take $state over" "Name another folder with STATE_DIR."
  chmod 750 "$state" || fail "cannot take $state over" "Name another folder with STATE_DIR."
  place_sockets
  processes=$state/process
  own_folder "$processes" 700
  [ ! -f "$state/$mark" ] || return 0
  rm -f "$state/$mark" # a link that the account made just before
  printf 'quickstart keeps an instance of mediagate in this folder; ./quickstart --reset deletes it.\n' \
    >"$state/$mark" ||
    fail "cannot write $state/$mark" "$(disk_hint "$state")"
}

# The state folder, where the account can reach it. A clone under /root (or any path that others cannot enter) gets it
# in /var/lib instead, with the usual place as a link to it.
place_state() {
  local asked=$state
  [ ! -L "$asked" ] || state=$(readlink -f "$asked")
  mkdir -p "$state" 2>/dev/null ||
    fail "cannot make the state folder $state" \
      "Set STATE_DIR to a folder that $(id -un) can write to." "$(disk_hint "${state%/*}")"
  check_state
  if ! account_reaches "$state"; then
    rmdir "$state" 2>/dev/null ||
      fail "$state holds files but $account cannot reach it" \
        "Move it where other users may enter, and name it with STATE_DIR."
    state=/var/lib/mediagate-quickstart-$(printf '%s' "$asked" | sha256sum | cut -c1-8)
    say "  $account cannot reach $asked, so the state is in $state ($asked is a link to it)."
    mkdir -p "$state" || fail "cannot make $state" "Name a folder that $account can reach with STATE_DIR."
    check_state
    account_reaches "$state" ||
      fail "$account cannot reach $state either" "Name a folder that it can reach with STATE_DIR."
    ln -s "$state" "$asked"
  fi
  case $state in
    *[!A-Za-z0-9_./+:@=-]*)
      fail "the state folder's path may hold letters, digits and _./+:@=- only: $state" \
        "Name another with STATE_DIR."
      ;;
  esac
  claim_state
}

# Can the account go where the folder is? Its own permissions are ours to set.
account_reaches() { "${as[@]}" test -d "$1"; } # FOLDER

# Unix sockets: 107 bytes is the longest path, so a deep state folder has them elsewhere.
place_sockets() {
  run=$state/run
  if [ ${#run} -gt 80 ]; then
    run=/tmp/mediagate-$(id -u)-$(printf '%s' "$state" | sha256sum | cut -c1-8)
  fi
}

# In /tmp anybody could have made it.
run_is_ours() { [ ! -L "$run" ] && [ -d "$run" ] && [ "$(stat -c %U "$run")" = "$account" ]; }

make_folders() {
  local folder
  ! mkdir -m 750 "$run" 2>/dev/null || give "$run"
  run_is_ours ||
    fail "$run is no folder of $account" "Remove it, or set STATE_DIR to another path." "$(disk_hint "${run%/*}")"
  for folder in "$state"/{etc,data,log,library,pg,pg.new}; do
    [ ! -L "$folder" ] || fail "$folder is a link" "Remove it, and run this again."
    case $folder in */pg | */pg.new) continue ;; esac
    mkdir -p "$folder" || fail "cannot make $folder" "$(disk_hint "$state")"
    give "$folder"
    chmod 750 "$folder"
  done
  "${as[@]}" mkdir -p -m 750 "$state/etc/nginx" "$state/etc/tls" ||
    fail "cannot make $state/etc/nginx" "$(disk_hint "$state")"
}
