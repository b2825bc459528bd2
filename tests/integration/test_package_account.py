# SPDX-License-Identifier: ISC
"""`mediagate package` under an account of its own: the lists of deploy/systemd/tmpfiles.conf let it read masters and
write packages, and nothing else."""
import os
import re
import shutil
import subprocess

import pytest
from answers import assert_json
from package_tools import QUICK, ask, assert_exactly_one, folders, state, wait_package
from stack import DEADLINE, TOP_SRC, Stack, wait_until

PACKAGER = 61003  # no account has this number
TMPFILES = shutil.which("systemd-tmpfiles")

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not TMPFILES, reason="needs root and systemd-tmpfiles")


class TwoAccounts(Stack):
    """serve's account is the stack's; PostgreSQL lets the other one in too."""

    postgres_extra = "fsync = off\nunix_socket_permissions = 0777\n"

    def set_lists(self):
        """What systemd-tmpfiles sets in an installation, with this stack's folders and accounts."""
        text = (TOP_SRC / "deploy/systemd/tmpfiles.conf").read_text(encoding="ascii")
        lines = [line for line in text.splitlines() if line.startswith("a+ /var/lib/mediagate")]
        assert len(lines) == 6
        rules = "\n".join(lines).replace("/var/lib/mediagate", str(self.data_dir))
        rules = rules.replace("u:mediagate-package:", f"u:{PACKAGER}:")
        rules = re.sub(r"u:mediagate:", f"u:{self.user.pw_uid}:", rules)
        rules = re.sub(r"g:mediagate:", f"g:{self.user.pw_gid}:", rules)
        conf = self.root / "etc/tmpfiles.conf"
        conf.write_text(rules + "\n", encoding="ascii")
        subprocess.run([TMPFILES, "--create", conf], check=True)

    def as_packager(self, *argv, check=False):
        return subprocess.run(
            [str(word) for word in argv],
            capture_output=True,
            text=True,
            cwd="/",
            env=self.environment,
            user=PACKAGER,
            group=PACKAGER,
            extra_groups=[],
            timeout=6 * DEADLINE,
            check=check,
        )


@pytest.fixture(scope="module")
def studio():
    with TwoAccounts(**QUICK) as stack:
        (stack.data_dir).chmod(0o750)
        stack.set_lists()
        yield stack


def test_it_packages_and_serve_can_remove_what_it_made(studio, make_media):
    film = studio.film(make_media("film"))["id"]
    ask(studio, film)
    done = studio.as_packager(studio.program, "package", "--once", "--config", studio.config)
    assert done.returncode == 0, done.stderr
    assert state(studio, film)[0] == "ready", (state(studio, film), done.stderr)
    wait_package(studio, film)
    assert_exactly_one(studio, film)
    (folder,) = folders(studio, film)
    assert folder.stat().st_uid == PACKAGER
    url = assert_json(studio.admin().get(f"/media/media/{film}/stream-url"))["stream_url"]
    with studio.anonymous() as viewer:
        assert viewer.get(url).status_code == 200
    assert studio.admin().delete(f"/media/media/{film}").status_code == 204
    wait_until(lambda: not (studio.data_dir / f"media/{film}").exists(), "its folder to be gone")
    assert not list((studio.data_dir / "trash").iterdir()), "serve removes what the packager made"


def test_serve_sweeps_what_a_killed_packager_left(studio):
    left = studio.data_dir / "packaging" / ("0" * 32)
    studio.as_packager("mkdir", "-m", "0770", left, check=True)
    studio.as_packager("touch", left / "seg-0-00001.m4s", check=True)
    for path in (left, left / "seg-0-00001.m4s"):
        os.utime(path, (0, 0))
    assert studio.mediagate("sweep").returncode == 0
    assert not left.exists()


@pytest.mark.parametrize("folder", ["", "spool", "uploads", "links", "trash", "revoked"])
def test_it_writes_nowhere_else(studio, folder):
    assert studio.as_packager("touch", studio.data_dir / folder / "mine").returncode != 0


def test_it_reads_no_key_and_reaches_no_pool(studio):
    for name in ("jwt_keys", "stream_keys"):
        assert studio.as_packager("cat", studio.root / "etc" / name).returncode != 0
    unit = (TOP_SRC / "deploy/systemd/mediagate-package.service").read_text(encoding="ascii")
    assert re.search(r"(?m)^User=mediagate-package\nGroup=mediagate-package$", unit)
    for pool in (TOP_SRC / "deploy/systemd").glob("*.socket"):
        assert re.search(r"(?m)^SocketGroup=mediagate$", pool.read_text(encoding="ascii"))
        assert re.search(r"(?m)^SocketMode=0660$", pool.read_text(encoding="ascii"))
    code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    for name in ("fast", "api", "auth", "upload"):
        path = studio.root / f"run/{name}.sock"
        assert path.is_socket()
        assert "Permission denied" in studio.as_packager("/usr/bin/python3", "-c", code, path).stderr
