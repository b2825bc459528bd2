# SPDX-License-Identifier: ISC
"""Every secret that a test gave or got, and the search for them in all logs of its stack: none may stand there."""
import json
import re

# Names of members whose values are secrets, in answers and in what is sent.
NAMES = {
    "access_token",
    "refresh_token",
    "password",
    "current_password",
    "new_password",
    "key",
    "secret",
    "invitation",
    "token",
    "otp",
    "recovery_codes",
    "otpauth_uri",
    "upload_url",
    "report_url",
}
SHORTEST = 12  # of a secret: what is shorter stands in logs by chance
WORD = re.compile(rb"[A-Za-z0-9_.=~+-]{12,}")
SIGNATURE = 5  # of the parts behind /stream/


def words_of(value):
    """The parts of a secret by which it would be found: an otpauth URI has its secret among other things, an upload
    URL its capability."""
    if "://" in value or value.startswith("/"):
        found = re.findall(r"secret=([A-Z2-7]+)", value) + [re.split("[/#=]", value)[-1]]
        return {word for word in found if len(word) >= SHORTEST}
    return {value} if len(value) >= SHORTEST else set()


class SecretsSeen:
    """Of one stack."""

    def __init__(self):
        self.words = set()

    def note(self, value, name=None):
        """Looks for secrets in JSON that went over the wire."""
        if isinstance(value, dict):
            for inner, item in value.items():
                self.note(item, inner)
        elif isinstance(value, list):
            for item in value:
                self.note(item, name)
        elif isinstance(value, str):
            if name in NAMES:
                self.words |= words_of(value)
            elif "/stream/" in value:
                parts = value.split("/stream/", 1)[1].split("/")
                self.words |= {parts[SIGNATURE]} if len(parts) > SIGNATURE else set()

    def note_exchange(self, sent, answer):
        self.note(sent)
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            try:
                self.note(answer.json())
            except json.JSONDecodeError:
                pass  # some tests break answers off

    def found_in(self, folder):
        """One line for each log that has a secret, which it does not repeat."""
        plain = [word.encode() for word in self.words if not WORD.fullmatch(word.encode())]
        whole = {word.encode() for word in self.words}
        complaints = []
        for log in sorted(path for path in folder.rglob("*") if path.is_file() and "nginx-temp" not in path.parts):
            text = log.read_bytes()
            hits = sum(word.group() in whole for word in WORD.finditer(text)) + sum(word in text for word in plain)
            if hits:
                complaints.append(f"{hits} secrets stand in {log.name}")
        return complaints
