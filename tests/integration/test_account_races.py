# SPDX-License-Identifier: ISC
"""What two callers do to one account at the same moment has one outcome."""
import concurrent.futures

import pytest
from stack import wait_until


def at_once(calls):
    """The status codes of several calls made together."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as threads:
        return sorted(answer.status_code for answer in threads.map(lambda call: call(), calls))


@pytest.fixture(scope="module")
def racing(module_stack_with):
    """Hashes slow enough for two to overlap, and a worker for each."""
    return module_stack_with(auth_workers=4, argon2_memory=8192, argon2_time=2)


def test_of_two_password_changes_one_wins_and_the_other_is_told(racing):
    """Else who knows an old password could undo the change that was to lock him out."""
    admin = racing.new_admin()
    body = [{"current_password": admin.password, "new_password": f"new password number {i}"} for i in range(4)]
    statuses = at_once([lambda b=b: admin.put("/auth/password", json=b) for b in body])
    assert statuses.count(204) == 1, statuses
    assert set(statuses) <= {204, 401, 403}
    working = []
    for new in body:
        with racing.anonymous() as api:
            answer = api.post("/auth/login", json={"email": admin.email, "password": new["new_password"]})
            working += [new] if answer.status_code == 200 else []
    assert len(working) == 1


def test_of_two_signups_with_one_email_one_wins(racing):
    with racing.anonymous() as api:
        statuses = at_once(
            [lambda: api.post("/auth/signup", json={"email": "race@example.test", "password": "long enough"})] * 4
        )
    assert statuses == [201, 409, 409, 409]


def test_of_two_uses_of_one_invitation_one_wins(module_stack_with):
    stack = module_stack_with(signup_policy="invite", auth_workers=4)
    invitation = stack.mediagate(("admin", "invite")).stdout.split()[-1]
    with stack.anonymous() as api:
        calls = [
            lambda i=i: api.post(
                "/auth/signup",
                json={"email": f"r{i}@example.test", "password": "long enough", "invitation": invitation},
            )
            for i in range(4)
        ]
        assert at_once(calls) == [201, 403, 403, 403]


def test_where_no_listener_works_a_new_token_is_good_at_once_on_every_worker(racing):
    """Rows of the cache are two seconds old there: they know nothing of the login that came after a password change,
    or of an
    account that was enabled again."""

    def statuses(api):
        return {api.get(path).status_code for path in ("/auth/me", "/media/media/") for _ in range(8)}

    with racing.changed(notify_database="host=/nonexistent"):
        racing.admin()  # the first account is an owner, and the last owner cannot be disabled
        admin = racing.new_admin()
        assert statuses(admin) == {200}
        assert (
            admin.put(
                "/auth/password", json={"current_password": admin.password, "new_password": "another long one"}
            ).status_code
            == 204
        )
        again = racing.login(admin.email, "another long one")
        assert statuses(again) == {200}
        racing.mediagate(("admin", "disable"), admin.email)
        wait_until(lambda: statuses(again) == {401}, "each worker to know")
        racing.mediagate(("admin", "enable"), admin.email)
        assert statuses(racing.login(admin.email, "another long one")) == {200}
