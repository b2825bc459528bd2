# SPDX-License-Identifier: ISC
"""A client of mediagate's HTTP API: the standard library and nothing else, Python 3.9 and later.

    client = Client("https://media.example.org", key="mgk_…")
    medium = client.post("/media/media/", {"title": "A film", "type": "video"})
    client.upload("film.mp4", media_id=medium["id"])
    print(client.stream_url(medium["id"], viewer="u-1234")["stream_url"])

Every call, field and status is in docs/openapi.yaml. One Client is for one thread.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

__all__ = ["Client", "Problem", "WebhookError", "verify_webhook"]

_CHUNK = 8 * 1024 * 1024
_ATTEMPTS = 6
_PASSING = {502, 503, 504}


class Problem(Exception):
    """An answer that is an error: a problem document (RFC 9457)."""

    def __init__(self, status, document, retry_after=None):
        self.status = status
        self.type = document.get("type", "about:blank")
        self.detail = document.get("detail")
        self.errors = document.get("errors", [])  # of a 422: [{"pointer", "detail"}]
        self.request_id = document.get("request_id")
        self.retry_after = retry_after  # seconds
        super().__init__(f"{status} {document.get('title', '')}: {self.detail or self.type}")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the key elsewhere."""

    def redirect_request(self, *_):
        return None


class Client:
    """Calls as an API key (`key`), or as an account (`email` and `password`): it logs in when it has to, and
    refreshes its access token before that expires."""

    def __init__(self, base_url, key=None, email=None, password=None, timeout=60, context=None):
        self.base_url = base_url.rstrip("/")
        self._key, self._email, self._password = key, email, password
        self._timeout = timeout
        self._tokens, self._expires_at = None, 0.0
        self._opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))

    # --- calls ---

    def get(self, path, **query):
        return self.call("GET", path, query=query)

    def post(self, path, body=None):
        return self.call("POST", path, body if body is not None else {})

    def patch(self, path, body):
        return self.call("PATCH", path, body)

    def delete(self, path, **query):
        return self.call("DELETE", path, query=query)

    def call(self, method, path, body=None, query=None):
        """The answer's JSON; None where it has no body. Problem for every other status."""
        headers, data = {}, None
        if body is not None:
            data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        if query:
            pairs = {name: _text(value) for name, value in query.items() if value is not None}
            path += "?" + urllib.parse.urlencode(pairs)
        _, content = self._authorized(method, path, data, headers)
        return json.loads(content) if content else None

    def pages(self, path, **query):
        """Each item of a list, over all of its pages."""
        cursor = None
        while True:
            page = self.get(path, **{**query, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    # --- media ---

    def stream_url(self, media_id, **terms):
        """Of ttl_seconds, viewer, bind_ip, download: {"stream_url", "streams", "expires_at", "grant_id", …}."""
        return self.get(f"/media/media/{media_id}/stream-url", **terms)

    def renew(self, grant, **terms):
        """A grant with a later end; ttl_seconds, and bind_ip where its URL is bound."""
        body = {"stream_url": grant["stream_url"], **terms}
        return self.post(f"/media/grants/{grant['grant_id']}/renew", body)

    def upload(self, path, media_id=None, title=None, media_type=None, upload_url=None, started=None, progress=None):
        """Uploads a file resumably (tus 1.0.0) and returns the medium: of `media_id`, or a new one with this title and
        type. A broken connection goes on where it broke. `started` is told the upload's URL, with which a later
        upload_url= goes on after the end of this program; `progress` is told bytes sent and of how many."""
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if upload_url is None:
                named = {"media_id": media_id, "title": title, "type": media_type, "filename": os.path.basename(path)}
                upload_url = self._begin_upload(size, named)
                if started:
                    started(upload_url)
            place = self._send_file(file, size, urllib.parse.urlsplit(upload_url).path, progress)
        return self.get(urllib.parse.urlsplit(place).path)

    def _begin_upload(self, size, named):
        metadata = ",".join(
            f"{name} {base64.b64encode(str(value).encode()).decode()}"
            for name, value in named.items()
            if value is not None and (name != "filename" or named["media_id"] is None)
        )
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}
        answer, _ = self._authorized("POST", "/uploads/", b"", headers)
        return answer["Location"]

    def _send_file(self, file, size, path, progress):
        failures = 0
        while True:
            try:
                offset, place = self._upload_state(path)
                while place is None:
                    file.seek(offset)
                    offset, place = self._send_chunk(path, file.read(_CHUNK), offset)
                    failures = 0
                    if progress:
                        progress(offset, size)
                return place
            except (Problem, OSError, http.client.HTTPException) as error:
                status = error.status if isinstance(error, Problem) else 503
                failures += 1
                if failures == _ATTEMPTS or status not in {409, 423, 429, *_PASSING}:
                    raise
                time.sleep(getattr(error, "retry_after", None) or min(2**failures / 4, 10))

    def _upload_state(self, path):
        answer, _ = self._authorized("HEAD", path, None, {"Tus-Resumable": "1.0.0"})
        return int(answer["Upload-Offset"]), answer.get("Media-Location")

    def _send_chunk(self, path, chunk, offset):
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        answer, _ = self._authorized("PATCH", path, chunk, headers)
        return int(answer["Upload-Offset"]), answer.get("Media-Location")

    # --- who calls ---

    def _authorized(self, method, path, data, headers):
        try:
            return self._send(method, path, data, {**headers, **self._credentials()})
        except Problem as problem:
            if problem.status != 401 or self._key or self._tokens is None:
                raise
        self._tokens = None  # ended early, by a new password perhaps: once more with a new login
        return self._send(method, path, data, {**headers, **self._credentials()})

    def _credentials(self):
        if self._key:
            return {"Authorization": f"Bearer {self._key}"}
        if self._email is None:
            return {}
        if self._tokens is None:
            self._take_tokens("/auth/login", {"email": self._email, "password": self._password})
        elif time.monotonic() > self._expires_at:
            try:
                self._take_tokens("/auth/refresh", {"refresh_token": self._tokens["refresh_token"]})
            except Problem as problem:
                if problem.status != 401:
                    raise
                self._take_tokens("/auth/login", {"email": self._email, "password": self._password})
        return {"Authorization": f"Bearer {self._tokens['access_token']}"}

    def _take_tokens(self, path, body):
        _, content = self._send("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        self._tokens = json.loads(content)
        self._expires_at = time.monotonic() + self._tokens["expires_in"] * 0.8

    def _send(self, method, path, data, headers):
        request = urllib.request.Request(self.base_url + path, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise _problem_of(error) from None


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problem_of(error):
    content = error.read()
    try:
        document = json.loads(content)
    except ValueError:
        document = {"title": error.reason}
    retry_after = error.headers.get("Retry-After", "")
    return Problem(error.code, document, int(retry_after) if retry_after.isdigit() else None)


# --- webhooks ---


class WebhookError(Exception):
    """A message that is not to be believed."""


def verify_webhook(secrets, headers, body, tolerance_seconds=300, now=None):
    """The JSON of a webhook (Standard Webhooks 1.0.0) whose signature and time are good, else WebhookError.

    `secrets`: one "whsec_…", or several while one is being replaced. `body`: the bytes as they came. Keep the
    webhook-id, and take each once: a message may come again."""
    named = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = named.get("webhook-id"), named.get("webhook-timestamp", "")
    if not message_id or not timestamp.isascii() or not timestamp.isdigit():
        raise WebhookError("webhook-id or webhook-timestamp is missing")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_seconds:
        raise WebhookError("the message is too old, or of the future")
    signed = f"{message_id}.{timestamp}.".encode() + body
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        key = base64.b64decode(secret[len("whsec_") :] if secret.startswith("whsec_") else secret)
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        for given in named.get("webhook-signature", "").split(" "):
            version, _, signature = given.partition(",")
            if version == "v1" and hmac.compare_digest(signature.encode(), expected):
                return json.loads(body)
    raise WebhookError("no signature fits")
