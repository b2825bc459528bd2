# SPDX-License-Identifier: ISC
"""What root's processes open in an installation (nginx's master, logrotate, systemd) lies in folders of root's all the
way up.

The account `mediagate` could otherwise put a link in the place of a log or of a temporary folder: root opens it, and
nginx's master
gives it to its workers' account. The pattern is CVE-2016-1247.
"""
import pathlib
import re

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
