# SPDX-License-Identifier: ISC
"""Calling a stack's API: a session with its address, and what most tests need of people and media."""
import os

import requests
from waiting import DEADLINE

PASSWORD = "correct horse battery"  # of everybody's, where it does not matter


def login(api, email, password=PASSWORD):
    """The answer, whatever it is."""
    return api.post("/auth/login", json={"email": email, "password": password})


def refresh(api, token):
    return api.post("/auth/refresh", json={"refresh_token": token})


class Api(requests.Session):
    """requests.Session with the stack's address before every path, and a deadline.

    With a contract (see contract.py) what the proxy can carry goes through it, and is held against docs/openapi.yaml.
    """

    def __init__(self, base, ca=None, token=None, contract=None, secrets=None):
        super().__init__()
        self.base, self.contract, self.secrets = base, contract, secrets
        self.trust_env = False
        if ca:
            self.verify = str(ca)
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method, url, **arguments):  # pylint: disable=arguments-differ
        answer = self._request(method, url, **arguments)
        if self.secrets is not None and not arguments.get("stream"):
            self.secrets.note_exchange(arguments.get("json"), answer)
        return answer

    def _request(self, method, url, **arguments):
        arguments.setdefault("timeout", DEADLINE)
        arguments.setdefault("allow_redirects", False)
        if self.contract and self.base == self.contract.upstream and self.contract.carries(method, url, arguments):
            answer = super().request(method, self.contract.base_url + url, **arguments)
            self.contract.check(answer)
            return answer
        return super().request(method, url if "://" in url else self.base + url, **arguments)


class Callers:
    """Of a Stack: who calls its API, and media to call it for."""

    def anonymous(self, https=False):
        return Api(
            self.https_url if https else self.base_url, self.certificate, contract=self.contract, secrets=self.secrets
        )

    def new_admin(self, password=PASSWORD, role=None):
        """A fresh account, logged in: an Api with .email, .password, .account, .tokens. The first one is an owner,
        others editors
        unless `role` says otherwise."""
        self._serial += 1
        email = f"admin{self._serial}.{os.getpid()}@example.test"
        with self.anonymous() as api:
            created = api.post("/auth/signup", json={"email": email, "password": password})
            assert created.status_code == 201, created.text
            if role:
                self.sql("update admin_user set role = %s where email = %s", role, email)
            return self.login(email, password, created.json())

    def login(self, email, password, account=None):
        with self.anonymous() as api:
            answer = api.post("/auth/login", json={"email": email, "password": password})
            assert answer.status_code == 200, answer.text
        admin = Api(self.base_url, self.certificate, answer.json()["access_token"], self.contract, self.secrets)
        admin.email, admin.password, admin.account, admin.tokens = email, password, account, answer.json()
        return admin

    def admin(self):
        """One owner that all tests of the stack may share; its token is renewed when it is old."""
        if self._admin is None:
            self._admin = self.new_admin(role="owner")
        elif self._admin.get("/auth/me").status_code != 200:
            self._admin = self.login(self._admin.email, self._admin.password, self._admin.account)
        return self._admin

    def key(self, scopes, api=None, **fields):
        """A new API key of the shared owner, or of `api`: an Api that calls with it, with .id and .key."""
        answer = (api or self.admin()).post("/keys", json={"name": "test", "scopes": scopes, **fields})
        assert answer.status_code == 201, answer.text
        return self.with_key(answer.json())

    def with_key(self, made):
        """An Api that calls with the key of this answer."""
        key = Api(self.base_url, self.certificate, made["key"], self.contract, self.secrets)
        key.id, key.key = made["id"], made["key"]
        return key

    def with_token(self, token):
        """An Api that calls with this token."""
        return Api(self.base_url, self.certificate, token, self.contract, self.secrets)

    def new_media(self, api=None, **fields):
        api = api or self.admin()
        created = api.post("/media/media/", json={"title": "A film", "type": "video", **fields})
        assert created.status_code == 201, created.text
        return created.json()

    def upload(self, media_id, path, api=None, **arguments):
        with open(path, "rb") as body:
            return (api or self.admin()).put(
                f"/media/media/{media_id}/file",
                data=body,
                headers={"Content-Type": "application/octet-stream"},
                **arguments,
            )

    def film(self, path, **fields):
        """A medium with a file, ready to stream: its JSON."""
        media = self.new_media(**fields)
        answer = self.upload(media["id"], path)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def media_of_files(self, files):
        """A medium whose files just lie in its folder, as {name: bytes}: its id. No row names them; play them by
        sign()."""
        media = self.new_media()["id"]
        for name, content in files.items():
            path = self.data_dir / f"media/{media}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.give_to_user()
        return media

    def stream_path(self, media_id, api=None, **query):
        """A fresh stream URL without scheme and host."""
        answer = (api or self.admin()).get(f"/media/media/{media_id}/stream-url", params=query)
        assert answer.status_code == 200, answer.text
        return "/" + answer.json()["stream_url"].split("/", 3)[3]
