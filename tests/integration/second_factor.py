# SPDX-License-Identifier: ISC
"""What an authenticator app does (RFC 6238), and accounts that have one."""
import base64
import hashlib
import hmac
import struct
import time

from answers import assert_json
from callers import PASSWORD

STEP = 30


def code_of(secret, step):
    """Six digits of a base32 secret at a step."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


def present_step(room=5):
    """The step of now. Waits for the next one where this one is over in less than `room` seconds."""
    left = STEP - time.time() % STEP
    if left < room:
        time.sleep(left + 0.01)
    return int(time.time()) // STEP


def wrong_code(secret):
    """No code of the steps around now."""
    near = {code_of(secret, present_step() + off) for off in range(-3, 4)}
    return next(code for code in (digit * 6 for digit in "0123456789") if code not in near)


def enrol(stack, api):
    """Gives the account a second factor: api.secret and api.recovery_codes. Its codes were not used."""
    api.secret = assert_json(api.post("/auth/totp"), 201)["secret"]
    answer = api.post("/auth/totp/confirm", json={"code": code_of(api.secret, present_step())})
    api.recovery_codes = assert_json(answer)["recovery_codes"]
    forget_codes(stack)
    return api


def forget_codes(stack):
    """Codes that were used are good again, so that no test waits for the next ones."""
    stack.sql("update totp set last_step = 0")


def log_in(api, email, otp=None, password=PASSWORD):
    """The answer, whatever it is."""
    body = {"email": email, "password": password}
    return api.post("/auth/login", json=body if otp is None else {**body, "otp": otp})
