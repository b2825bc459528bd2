# SPDX-License-Identifier: ISC
"""A bucket on this machine: Ceph's RADOS Gateway, a monitor and one storage process that keeps all in memory.

It verifies signatures and the hashes of what is sent, and knows multipart uploads, as the S3 services do that mediagate
is for. All parts run as the unprivileged user, listen on loopback, and are stopped by process id.
"""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from urllib.parse import quote

import requests
from ports import free_port
from waiting import DEADLINE, wait_until

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "ceph-authtool", "monmaptool", "radosgw-admin")
CONFIG = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{mon_port}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon max pg per osd = 2000
osd objectstore = memstore
memstore device bytes = 2147483648
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
osd op num shards = 1
osd max object name len = 256
osd max object namespace len = 64
mon data = {root}/mon
osd data = {root}/osd
log file = {root}/log/$name.log
admin socket = {root}/run/$name.asok
run dir = {root}/run
crash dir = {root}/run
mon cluster log file = {root}/log/cluster.log
paxos propose interval = 0.05
paxos min wait = 0.02
mon tick interval = 1
mon osd adjust heartbeat grace = false
mon data avail crit = 1
mon data avail warn = 2
ms bind ipv6 = false
ms bind msgr2 = false
public network = 127.0.0.0/8
rgw enable usage log = false
rgw gc max objs = 1
rgw usage max shards = 1
rgw override bucket index max shards = 1
rgw data log num shards = 1
rgw md log max shards = 1
rgw lc max objs = 1
rgw objexp hints num shards = 1
rgw reshard num logs = 1
rgw enable lc threads = false
rgw enable gc threads = false
rgw enable quota threads = false
rgw run sync thread = false
rgw thread pool size = 64
"""


def can_run():
    return all(shutil.which(program) for program in PROGRAMS)


class ObjectGateway:
    """Use as a context manager. key and secret may do everything with `bucket`, read_key and read_secret read it."""

    bucket = "films"
    region = "default"
    key, secret = "WRITER0123456789", "writers/secret+0123456789"
    read_key, read_secret = "READER0123456789", "readers/secret+0123456789"

    def __init__(self):
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="rgw-", dir="/tmp"))
        self.config = self.root / "ceph.conf"
        self.port, self.mon_port = free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.processes = {}

    def _run(self, *argv):
        done = subprocess.run(
            [str(a) for a in argv],
            capture_output=True,
            text=True,
            cwd=self.root,
            env=self._environment(),
            timeout=4 * DEADLINE,
            check=False,
            **self._as_user(),
        )
        assert done.returncode == 0, f"{argv[0]}: {done.stderr[-2000:]}"
        return done.stdout

    def _environment(self):
        return {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.root), "LC_ALL": "C.UTF-8"}

    def _as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def _spawn(self, name, *argv):
        with open(self.root / "log" / f"{name}.out", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                env=self._environment(),
                start_new_session=True,
                **self._as_user(),
            )

    def _prepare(self):
        for name in ("mon", "osd", "run", "log"):
            (self.root / name).mkdir()
        fsid = uuid.uuid4()
        self.config.write_text(CONFIG.format(fsid=fsid, mon_port=self.mon_port, root=self.root), encoding="ascii")
        self.root.chmod(0o755)
        if self.user:
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        address = f"[v1:127.0.0.1:{self.mon_port}]"
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, self.root / "monmap")
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.root / "monmap", "-c", self.config)

    def start(self):
        self._prepare()
        self._spawn("mon", "ceph-mon", "-f", "-i", "a", "-c", self.config)
        osd = uuid.uuid4()
        self._ceph("osd", "new", str(osd))
        self._ceph("osd", "crush", "add", "osd.0", "1", "root=default")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, "-c", self.config)
        self._spawn("osd", "ceph-osd", "-f", "-i", "0", "-c", self.config)
        self.start_gateway()
        self._make_accounts()
        return self

    def _ceph(self, *words):
        return self._run("ceph", "-c", self.config, "--connect-timeout", "30", *words)

    def start_gateway(self):
        self._spawn(
            "gateway",
            "radosgw",
            "-f",
            "-c",
            self.config,
            "-n",
            "client.rgw",
            f"--rgw-frontends=beast endpoint=127.0.0.1:{self.port}",
        )
        wait_until(self._answers, "the gateway to answer", timeout=4 * DEADLINE, interval=0.1)

    def _answers(self):
        assert self.processes["gateway"].poll() is None, "the gateway ended"
        with contextlib.suppress(requests.RequestException):
            return requests.get(self.endpoint, timeout=DEADLINE).status_code == 200
        return False

    def _make_accounts(self):
        admin = ("radosgw-admin", "-c", self.config, "-n", "client.rgw")
        for name, key, secret in (("w", self.key, self.secret), ("r", self.read_key, self.read_secret)):
            self._run(
                *admin,
                "user",
                "create",
                f"--uid={name}",
                f"--display-name={name}",
                f"--access-key={key}",
                f"--secret-key={secret}",
            )
        self.ask("PUT", "")
        reader = {"AWS": ["arn:aws:iam:::user/r"]}
        of_bucket, of_objects = f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": reader, "Action": ["s3:GetObject"], "Resource": [of_objects]},
                {"Effect": "Allow", "Principal": reader, "Action": ["s3:ListBucket"], "Resource": [of_bucket]},
            ],
        }
        self.ask("PUT", "", query={"policy": ""}, body=json.dumps(policy).encode())

    # --- what the bucket holds, asked without the program that is tested ------------------------------------------
    def ask(self, method, key, query=(), body=b""):
        """One signed request (AWS Signature Version 4); the answer, which must be good."""
        names = sorted(dict(query).items())
        text = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in names)
        path = quote(f"/{self.bucket}/{key}")
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        digest = hashlib.sha256(body).hexdigest()
        host = f"127.0.0.1:{self.port}"
        signed = f"host:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{now}\n"
        names = "host;x-amz-content-sha256;x-amz-date"
        request = f"{method}\n{path}\n{text}\n{signed}\n{names}\n{digest}"
        secret = ("AWS4" + self.secret).encode()
        for part in (now[:8], self.region, "s3", "aws4_request"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        told = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(secret, told.encode(), "sha256").hex()
        answer = requests.request(
            method,
            f"{self.endpoint}{path}?{text}",
            data=body,
            timeout=DEADLINE,
            headers={
                "x-amz-date": now,
                "x-amz-content-sha256": digest,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={names}, "
                f"Signature={signature}",
            },
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def keys(self, prefix=""):
        """All keys that begin so."""
        found, token = [], {}
        while token is not None:
            page = self.ask("GET", "", {"list-type": "2", "prefix": prefix, **token}).text
            found += re.findall(r"<Key>([^<]*)</Key>", page)
            more = re.search(r"<NextContinuationToken>([^<]*)<", page)
            token = {"continuation-token": more[1]} if more else None
        return found

    def uploads(self):
        """Keys of uploads in parts that were begun."""
        return re.findall(r"<Upload><Key>([^<]*)</Key>", self.ask("GET", "", {"uploads": ""}).text)

    def empty(self):
        for key in self.keys():
            self.ask("DELETE", key)

    def stop_gateway(self, sign=signal.SIGTERM):
        self._stop("gateway", sign)

    def _stop(self, name, sign):
        process = self.processes.pop(name, None)
        if process is None:
            return
        process.send_signal(sign)
        try:
            process.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        for name in ("gateway", "osd", "mon"):
            self._stop(name, signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            shutil.rmtree("/tmp/rgw-failed", ignore_errors=True)
            shutil.copytree(self.root / "log", "/tmp/rgw-failed")
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()
