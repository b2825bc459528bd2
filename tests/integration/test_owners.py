# SPDX-License-Identifier: ISC
"""What root's processes open in an installation (nginx's master, logrotate, systemd) lies in folders of root's all the
way up.

The account `mediagate` could otherwise put a link in the place of a log or of a temporary folder: root opens it, and
nginx's master
gives it to its workers' account. The pattern is CVE-2016-1247.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from stack import TOP_SRC

DEPLOY = TOP_SRC / "deploy"
STICKY, GROUP_WRITES, OTHERS_WRITE = 0o1000, 0o020, 0o002
# Debian's own folders, root's with mode 755.
OF_THE_SYSTEM = (
    "/",
    "/etc",
    "/etc/nginx",
    "/etc/logrotate.d",
    "/run",
    "/usr",
    "/usr/share",
    "/usr/share/nginx",
    "/usr/share/nginx/modules",
    "/usr/local",
    "/usr/local/share",
    "/usr/local/share/mediagate",
    "/usr/local/share/mediagate/web",
    "/var",
    "/var/lib",
    "/var/lib/nginx",
    "/var/log",
    "/etc/ssl",
    "/etc/ssl/certs",
)


def folders():
    """path: (mode, owner), as systemd-tmpfiles makes them."""
    made = {path: (0o755, "root") for path in OF_THE_SYSTEM}
    for line in (DEPLOY / "systemd/tmpfiles.conf").read_text(encoding="ascii").splitlines():
        if line.startswith("d "):
            _, path, mode, owner, _group = line.split()
            made[path] = int(mode, 8), owner
    return made


def paths_of_nginx():
    """Of nginx's master: logs, temporary folders, the process id, what is included. Its workers open media, and
    connect to sockets."""
    names = (
        "error_log|access_log|client_body_temp_path|[a-z]+_temp_path|pid|include|ssl_[a-z_]+|load_module|"
        "js_import mediagate_origin from|proxy_ssl_trusted_certificate"
    )
    for path in (
        DEPLOY / "nginx.conf",
        DEPLOY / "mediagate.http.conf",
        DEPLOY / "tls.conf",
        *(DEPLOY / "nginx-settings").iterdir(),
    ):
        text = path.read_text(encoding="utf-8")
        for line in re.sub(r"(?m)#.*$", "", text).split(";"):
            found = re.search(rf"(?:^|[{{\s])(?:{names})\s+\"?(/[^\s\"]+)", line)
            if found:
                yield path.name, found[1]


def paths_of_logrotate():
    for word in re.sub(r"(?m)#.*$", "", (DEPLOY / "logrotate").read_text(encoding="ascii")).replace('"', " ").split():
        found = re.search(r"(/(?:var|run|etc)/[^\s)]+)", word)
        if found:
            yield "logrotate", found[1]


def paths_of_systemd():
    for path in (DEPLOY / "systemd").glob("*.socket"):
        text = path.read_text(encoding="ascii")
        assert "SocketUser=root\n" in text  # under the sticky bit only the owner may rename it
        yield path.name, re.search(r"ListenStream=(\S+)", text)[1]


def test_the_lists_hold_what_they_should():
    nginx = {path for _, path in paths_of_nginx()}
    assert {
        "/var/log/mediagate/view.log",
        "/var/log/mediagate/error.log",
        "/run/nginx.pid",
        "/etc/mediagate/stream_keys",
        "/etc/mediagate/tls/key.pem",
    } <= nginx
    assert len([path for path in nginx if path.startswith("/var/lib/nginx/")]) == 5
    assert {path for _, path in paths_of_logrotate()} >= {"/var/log/mediagate/view.log", "/run/nginx.pid"}
    assert len(list(paths_of_systemd())) == 4


@pytest.mark.parametrize("where, path", sorted(set([*paths_of_nginx(), *paths_of_logrotate(), *paths_of_systemd()])))
def test_what_root_opens_lies_where_only_root_may_rename(where, path):
    made = folders()
    for folder in pathlib.PurePosixPath(path).parents:
        assert str(folder) in made, f"{where}: who owns {folder}?"
        mode, owner = made[str(folder)]
        assert owner == "root", f"{where}: {folder} of {path} belongs to {owner}"
        assert not mode & OTHERS_WRITE, f"{where}: {folder} of {path} is anybody's"
        assert not mode & GROUP_WRITES or (
            mode & STICKY and where.endswith(".socket")
        ), f"{where}: {folder} of {path} is its group's"


def test_each_service_that_reads_what_strangers_wrote_has_an_account_of_its_own():
    users = {
        unit: re.search(r"(?m)^User=(\S+)", (DEPLOY / f"systemd/{unit}.service").read_text(encoding="utf-8"))[1]
        for unit in ("mediagate", "mediagate-ingest", "mediagate-package")
    }
    assert len(set(users.values())) == 3
    known = re.findall(r"(?m)^u (\S+)", (DEPLOY / "systemd/sysusers.conf").read_text(encoding="utf-8"))
    assert set(users.values()) <= set(known)


# A copy of this machine's files that is thrown away, with a network of its own: deploy/ is installed there as
# docs/operations.md says, and root starts nginx.
INSTALL = r"""
set -eu
top=$1 deploy=$2
mount -t tmpfs none "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
mount -t proc proc "$top/root/proc"
mount --rbind /dev "$top/root/dev"
mkdir -p "$top/root/mnt/deploy"
cp -r "$deploy/." "$top/root/mnt/deploy"
ip link set lo up
exec chroot "$top/root" /bin/sh -eu -c '
  cd /mnt/deploy
  install -D -m 644 systemd/sysusers.conf /etc/sysusers.d/mediagate.conf
  systemd-sysusers /etc/sysusers.d/mediagate.conf
  install -D -m 644 systemd/tmpfiles.conf /etc/tmpfiles.d/mediagate.conf
  systemd-tmpfiles --create mediagate.conf
  install -m 644 nginx-settings/* origin.js /etc/mediagate/nginx/
  (umask 077; echo "k1 0123456789abcdef0123456789abcdef0123456789abcdef;" >/etc/mediagate/stream_keys)
  chown mediagate /etc/mediagate/stream_keys
  mkdir -p /usr/local/share/mediagate/web
  nginx -q -t -c /mnt/deploy/nginx.conf
  nginx -c /mnt/deploy/nginx.conf
  exec python3 -c "$0"
' "$3"
"""
LOOK = r"""
import json, os, pathlib, subprocess, time, urllib.error, urllib.request
for _ in range(100):
    try:
        urllib.request.urlopen("http://127.0.0.1/")
        break
    except urllib.error.URLError:
        time.sleep(0.1)
master = pathlib.Path("/run/nginx.pid").read_text().strip()
opened = {os.readlink(link) for link in pathlib.Path(f"/proc/{master}/fd").iterdir()}
opened = sorted(path for path in opened if path.startswith("/") and not path.startswith("/dev/"))
loose = []
for path in opened:
    for folder in pathlib.Path(path).parents:
        status = folder.stat()
        if status.st_uid != 0 or status.st_mode & 0o022:
            loose.append([path, str(folder)])
def may(*words):
    return subprocess.run(["runuser", "-u", "mediagate", "--", *words], capture_output=True).returncode == 0
renamed = [path for path in opened if may("mv", path, path + ".old")]
workers = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
users = {os.stat(f"/proc/{pid}").st_uid for pid in workers}
os.kill(int(master), 15)
found = {"opened": opened, "loose": loose, "renamed": renamed, "root_workers": 0 in users, "can": may("true")}
print(json.dumps(found))
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "systemd-sysusers", "systemd-tmpfiles", "nginx", "ip"))),
    reason="needs root, systemd's tools and nginx",
)
def test_nginx_of_root_opens_nothing_that_the_service_may_rename(tmp_path):
    """The same with the processes themselves: what nginx's master really has open."""
    apart = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
    done = subprocess.run(
        [*apart, "sh", "-c", INSTALL, "sh", tmp_path, DEPLOY, LOOK],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "overlay" in done.stderr and "mount" in done.stderr:
        pytest.skip(f"no overlay here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert "/var/log/mediagate/view.log" in found["opened"] and "/var/log/mediagate/error.log" in found["opened"]
    assert found["can"], "the account is there"
    assert not found["loose"] and not found["renamed"] and not found["root_workers"], found
