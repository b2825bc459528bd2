# SPDX-License-Identifier: ISC
"""The search for secrets in logs finds them: without that, finding none would say nothing. No program runs here."""
from secrets_seen import SecretsSeen

TOKEN = "aa.bb-cc_" + "d" * 20


def test_each_kind_of_secret_is_found(tmp_path):
    seen = SecretsSeen()
    seen.note({"email": "someone@example.test", "password": "correct horse battery"})
    seen.note({"access_token": TOKEN, "items": [{"key": "mgk_1_" + "e" * 43}], "recovery_codes": ["f" * 16]})
    seen.note({"stream_url": "http://h/stream/k1/n/-/0199/1795370400/SIGNATURE0123456789abc/7/film.mp4"})
    seen.note({"otpauth_uri": "otpauth://totp/x?secret=ABCDEFGH234567AB&issuer=y"})
    seen.note({"title": "a title that is no secret", "id": 7, "secret": "short"})
    assert len(seen.words) == 6
    for word in seen.words:
        (tmp_path / "serve.log").write_text(f'{{"event":"x","detail":"before {word} behind"}}\n', encoding="utf-8")
        assert seen.found_in(tmp_path) == ["1 secrets stand in serve.log"], word
    (tmp_path / "serve.log").write_text("a title that is no secret, someone@example.test, short", encoding="utf-8")
    assert seen.found_in(tmp_path) == []
