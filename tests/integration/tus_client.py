# SPDX-License-Identifier: ISC
"""tus 1.0.0 by hand, for tests that want each request as they say."""
import base64
import hashlib

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**values):
    return ",".join(f"{name} {base64.b64encode(str(value).encode()).decode()}" for name, value in values.items())


def checksum(algorithm, body):
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def create(api, length, body=None, headers=None, **values):
    """POST /uploads/: the answer. Without values the upload is of a video called "A film"; length None puts it off."""
    sent = dict(BYTES if body is not None else TUS)
    sent.update({"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)})
    sent["Upload-Metadata"] = metadata(**(values or {"title": "A film", "type": "video"}))
    return api.post("/uploads/", data=body, headers={**sent, **(headers or {})})


def begin(api, length, **values):
    """A new upload's path."""
    answer = create(api, length, **values)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def append(api, path, offset, body, **headers):
    return api.patch(path, data=body, headers={**BYTES, "Upload-Offset": str(offset), **headers})


def tell(api, path, **headers):
    return api.head(path, headers={**TUS, **headers})


def offset(api, path):
    answer = tell(api, path)
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["Cache-Control"] == "no-store"
    return int(answer.headers["Upload-Offset"])


def end(api, path):
    return api.delete(path, headers=TUS)


def medium(api, answer):
    """The medium that the last answer names."""
    found = api.get(answer.headers["Media-Location"])
    assert found.status_code == 200, found.text
    return found.json()
