# SPDX-License-Identifier: ISC
"""The main job, end to end, in the fewest steps: if this fails, begin here."""


def test_sign_up_log_in_upload_play_and_refuse_a_forgery(stack, make_media):
    source = make_media("film")
    with stack.anonymous() as viewer:
        email, password = "smoke@example.test", "a long enough password"
        signed_up = viewer.post("/auth/signup", json={"email": email, "password": password})
        assert signed_up.status_code == 201, signed_up.text
        tokens = viewer.post("/auth/login", json={"email": email, "password": password})
        assert tokens.status_code == 200, tokens.text
        bearer = {"Authorization": "Bearer " + tokens.json()["access_token"]}

        created = viewer.post("/media/media/", json={"title": "Smoke", "type": "video"}, headers=bearer)
        assert created.status_code == 201, created.text
        media = f"/media/media/{created.json()['id']}"
        uploaded = viewer.put(media + "/file", data=source.read_bytes(), headers=bearer)
        assert uploaded.status_code in (200, 201), uploaded.text

        answer = viewer.get(media + "/stream-url", headers=bearer)
        assert answer.status_code == 200, answer.text
        url = answer.json()["stream_url"]
        assert url.startswith(stack.base_url)
        played = viewer.get(url)
        assert played.status_code == 200
        assert played.content == source.read_bytes()

        kid, flags, someone, grant, expires, signature, *rest = url.split("/stream/")[1].split("/")
        forged = ("A" if signature[0] != "A" else "B") + signature[1:]
        refused = viewer.get("/stream/" + "/".join([kid, flags, someone, grant, expires, forged, *rest]))
        assert refused.status_code == 403
        assert refused.headers["Content-Type"] == "application/problem+json"

    line = stack.wait_view_log(lambda entry: entry["grant"] == grant and entry["status"] == 200)[0]
    assert line["body_bytes"] == len(source.read_bytes())
    assert signature not in stack.log_text("view.log") + stack.log_text("error.log") + stack.log_text("serve.log")
