# SPDX-License-Identifier: ISC
"""clients/python and clients/javascript: the tour, who calls, uploads that go on, webhooks."""
import base64
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest
import web_tools
from stack import DEADLINE, TOP_SRC

CLIENTS = TOP_SRC / "clients"


def load(path):
    spec = importlib.util.spec_from_file_location("mediagate_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mediagate = load(CLIENTS / "python/mediagate.py")


@pytest.fixture(scope="module")
def counted(module_stack_with):
    stack = module_stack_with(signup_policy="open")
    stack.start_ingest()
    stack.admin()
    return stack


def run(argv, **settings):
    done = subprocess.run(
        [str(word) for word in argv],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **settings},
        capture_output=True,
        text=True,
        timeout=4 * DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node(script, *arguments):
    if shutil.which("node") is None:
        web_tools.missing("node")
    client = (CLIENTS / "javascript/mediagate.mjs").as_uri()
    text = f"import {{ Client, Problem, WebhookError, verifyWebhook }} from '{client}';\n{script}"
    return json.loads(run(["node", "--input-type=module", "-e", text, "--", *map(json.dumps, arguments)]))


TOURS = {
    "python": [sys.executable, CLIENTS / "python/tour.py"],
    "javascript": ["node", CLIENTS / "javascript/tour.mjs"],
}


@pytest.mark.parametrize("who", ["account", "key"])
@pytest.mark.parametrize("language", TOURS)
def test_the_tour(counted, make_media, language, who):
    if shutil.which("node") is None:
        web_tools.missing("node")
    scopes = ["media:read", "media:write", "uploads:write", "streams:issue", "streams:revoke", "analytics:read"]
    caller = {"KEY": counted.key(scopes).key} if who == "key" else {"EMAIL": f"{language}@example.test"}
    said = run(TOURS[language], MEDIAGATE_URL=counted.base_url, FILM=str(make_media("film")), **caller)
    assert said.splitlines()[-1] == "revoked: 403"


def account(stack, **more):
    stack.admin()
    caller = stack.new_admin()
    return mediagate.Client(stack.base_url, email=caller.email, password=caller.password, **more)


# --- Python ---


def test_python_refreshes_and_logs_in_again(stack):
    client = account(stack)
    first = client.get("/auth/me")
    tokens = client._tokens  # pylint: disable=protected-access
    client._expires_at = 0  # pylint: disable=protected-access
    assert client.get("/auth/me") == first
    refreshed = client._tokens  # pylint: disable=protected-access
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    client.post("/auth/logout", {"refresh_token": refreshed["refresh_token"]})
    client._expires_at = 0  # pylint: disable=protected-access
    assert client.get("/auth/me") == first


def test_python_tells_problems(stack):
    client = account(stack)
    with pytest.raises(mediagate.Problem) as raised:
        client.post("/media/media/", {"title": "", "type": "film"})
    assert raised.value.status == 422
    assert sorted(error["pointer"] for error in raised.value.errors) == ["/title", "/type"]
    with pytest.raises(mediagate.Problem) as raised:
        client.get("/keys")
    assert raised.value.type == "/problems/insufficient-scope"
    with pytest.raises(mediagate.Problem) as raised:
        mediagate.Client(stack.base_url, key="mgk_1_x").get("/media/media/")
    assert raised.value.status == 401


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as file:
        return file.read().strip()


class Stop(Exception):
    pass


def stop(*_):
    raise Stop


def test_python_goes_on_with_an_upload(stack, make_media, monkeypatch):
    monkeypatch.setattr(mediagate, "_CHUNK", 16 * 1024)
    film, client, urls = make_media("film"), account(stack), []
    with pytest.raises(Stop):
        client.upload(film, title="A film", media_type="video", started=urls.append, progress=stop)
    sent = []
    medium = client.upload(film, upload_url=urls[0], progress=lambda offset, size: sent.append(offset))
    assert medium["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert sent[0] == 32 * 1024 and sent[-1] == film.stat().st_size


def test_python_goes_on_when_the_workers_die(stack, make_media, monkeypatch):
    monkeypatch.setattr(mediagate, "_CHUNK", 16 * 1024)
    film, client, killed = make_media("film"), account(stack), []

    def kill_once(*_):
        if not killed:
            killed.extend(pid for pid in stack.workers() if comm(pid) == "mg:upload")
            for pid in killed:
                os.kill(pid, 9)

    medium = client.upload(film, title="A film", media_type="video", progress=kill_once)
    assert killed and medium["size_bytes"] == film.stat().st_size


# --- JavaScript ---


def test_javascript_shares_one_refresh_and_tells_problems(stack):
    stack.admin()
    caller = stack.new_admin()
    found = node(
        """
        const [base, email, password] = process.argv.slice(1).map(JSON.parse);
        const asked = [];
        const counting = (url, init) => { asked.push(new URL(url).pathname); return fetch(url, init); };
        const client = new Client(base, { email, password, fetch: counting });
        const all = await Promise.all([1, 2, 3, 4].map(() => client.get('/auth/me')));
        const logins = asked.filter((path) => path === '/auth/login').length;
        const wrong = await client.post('/media/media/', { title: '', type: 'film' }).catch((problem) => problem);
        const ids = all.map((me) => me.id);
        console.log(JSON.stringify({ ids, logins, status: wrong.status, errors: wrong.errors }));
        """,
        stack.base_url,
        caller.email,
        caller.password,
    )
    assert found["ids"] == [caller.account["id"]] * 4 and found["logins"] == 1
    assert found["status"] == 422 and {error["pointer"] for error in found["errors"]} == {"/title", "/type"}


def test_javascript_goes_on_with_an_upload(stack, make_media):
    film = make_media("film")
    key = stack.key(["media:read", "uploads:write", "media:write"])
    found = node(
        """
        import { openAsBlob } from 'node:fs';
        const [base, key, path] = process.argv.slice(1).map(JSON.parse);
        const client = new Client(base, { key });
        const film = await openAsBlob(path);
        let uploadUrl;
        const stop = () => { throw new Error('stop'); };
        const chunk = 16 * 1024;
        await client.upload(film, { title: 'Ä film', type: 'video', chunk, started: (url) => { uploadUrl = url; },
          progress: stop }).catch((error) => { if (error.message !== 'stop') throw error; });
        const sent = [];
        const medium = await client.upload(film, { uploadUrl, chunk, progress: (offset) => sent.push(offset) });
        console.log(JSON.stringify({ medium, sent }));
        """,
        stack.base_url,
        key.key,
        str(film),
    )
    assert found["medium"]["sha256"] == hashlib.sha256(film.read_bytes()).hexdigest()
    assert found["medium"]["title"] == "Ä film" and found["sent"][0] == 32 * 1024


# --- webhooks ---

# The example of the Standard Webhooks specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"test": 2432232314}'
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def signature(secret, timestamp="1614265330", body=BODY):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{HEADERS['Webhook-Id']}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


OTHER = "whsec_" + base64.b64encode(b"another secret of 24 byt").decode()
MESSAGES = [
    ("good", SECRET, {"webhook-signature": signature(SECRET)}, BODY, 1614265330, True),
    ("a second secret", [OTHER, SECRET], {"webhook-signature": signature(SECRET)}, BODY, 1614265330, True),
    (
        "two signatures",
        SECRET,
        {"webhook-signature": f"{signature(OTHER)} v2,x {signature(SECRET)}"},
        BODY,
        1614265330,
        True,
    ),
    ("at the edge of time", SECRET, {"webhook-signature": signature(SECRET)}, BODY, 1614265630, True),
    ("too old", SECRET, {"webhook-signature": signature(SECRET)}, BODY, 1614265631, False),
    ("of the future", SECRET, {"webhook-signature": signature(SECRET)}, BODY, 1614265029, False),
    ("another secret", OTHER, {"webhook-signature": signature(SECRET)}, BODY, 1614265330, False),
    ("another body", SECRET, {"webhook-signature": signature(SECRET)}, BODY + " ", 1614265330, False),
    ("another id", SECRET, {"webhook-signature": signature(SECRET), "webhook-id": "x"}, BODY, 1614265330, False),
    ("no signature", SECRET, {"webhook-signature": ""}, BODY, 1614265330, False),
    ("another version", SECRET, {"webhook-signature": "v1a" + signature(SECRET)[2:]}, BODY, 1614265330, False),
    ("no time", SECRET, {"webhook-signature": signature(SECRET), "webhook-timestamp": "x"}, BODY, 1614265330, False),
]


def merged(headers):
    return {**{name.lower(): value for name, value in HEADERS.items()}, **headers}


@pytest.mark.parametrize("what,secrets,headers,body,now,good", MESSAGES, ids=[row[0] for row in MESSAGES])
def test_python_verifies_webhooks(what, secrets, headers, body, now, good):
    try:
        assert mediagate.verify_webhook(secrets, merged(headers), body.encode(), now=now) == json.loads(body)
        assert good, what
    except mediagate.WebhookError:
        assert not good, what


def test_javascript_verifies_webhooks():
    rows = [[secrets, merged(headers), body, now] for _, secrets, headers, body, now, _ in MESSAGES]
    found = node(
        """
        const found = [];
        for (const [secrets, headers, body, now] of JSON.parse(process.argv[1])) {
          found.push(await verifyWebhook(secrets, headers, body, { now }).then((json) => json.test === 2432232314,
            (error) => { if (!(error instanceof WebhookError)) throw error; return false; }));
        }
        console.log(JSON.stringify(found));
        """,
        rows,
    )
    assert found == [good for *_, good in MESSAGES]


def test_the_signature_is_that_of_the_specification():
    """Of the library's own tests, so that both sides are not wrong in the same way."""
    assert signature(SECRET) == HEADERS["webhook-signature"]


# --- types ---


def test_types_are_made_and_the_client_passes_them(tmp_path):
    shutil.copy(CLIENTS / "javascript/mediagate.mjs", tmp_path)
    types = tmp_path / "mediagate-api.d.ts"
    run([*web_tools.tool("openapi-typescript"), TOP_SRC / "docs/openapi.yaml", "-o", types], HOME="/nonexistent")
    (tmp_path / "use.mjs").write_text(
        "import { Client } from './mediagate.mjs';\n"
        "const grant = await new Client('https://media.example.org', { key: 'k' }).streamUrl(7);\n"
        "/** @type {string} */ const url = grant.stream_url;\n"
        "// @ts-expect-error\n"
        "/** @type {number} */ const wrong = grant.stream_url;\n"
        "console.log(url, wrong);\n"
    )
    run(
        [
            *web_tools.tool("tsc"),
            "--noEmit",
            "--allowJs",
            "--checkJs",
            "--target",
            "es2022",
            "--module",
            "nodenext",
            "--moduleResolution",
            "nodenext",
            "--lib",
            "es2022,dom,dom.iterable",
            "--typeRoots",
            tmp_path,
            tmp_path / "use.mjs",
        ]
    )
