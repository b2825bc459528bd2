# SPDX-License-Identifier: ISC
"""Stream URLs made from their description, independently of the program."""
import base64
import hashlib
import itertools
import time

GRANT = "0193550000007000800000000000abcd"
_numbers = itertools.count(1)


def fresh_grant():
    """One that no test had yet, issued when GRANT was."""
    return f"0193550000007{next(_numbers):03x}8000000000007777"


def stream_keys(path):
    """[(kid, secret)] of a key file."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="ascii").splitlines())
    return [tuple(line.rstrip(";").split()) for line in lines if line]


def sign(secret, kid, media, file, *, flags="n", viewer="-", grant=GRANT, expires=None, address=""):
    expires = expires or int(time.time()) + 600
    text = f"{secret}|v1|{kid}|{flags}|{viewer}|{grant}|{expires}|{media}|{address}|{secret}"
    signature = base64.urlsafe_b64encode(hashlib.md5(text.encode()).digest()).decode().rstrip("=")
    return f"/stream/{kid}/{flags}/{viewer}/{grant}/{expires}/{signature}/{media}/{file}"
