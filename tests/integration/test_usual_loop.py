# SPDX-License-Identifier: ISC
"""The fast pool with the usual loop (fast_multiplexed = false): nginx keeps connections to it all the same."""
import concurrent.futures


def test_an_idle_kept_connection_does_not_hold_the_only_worker(make_stack):
    stack = make_stack(fast_multiplexed=False, fast_workers=1)
    authorization = {"Authorization": stack.admin().headers["Authorization"]}

    def ask(_):
        with stack.anonymous() as api:
            return [api.get("/auth/me", headers=authorization, timeout=10).status_code for _ in range(5)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = [status for five in pool.map(ask, range(8)) for status in five]
    assert statuses == [200] * 40
    assert not stack.serve_events("worker_killed")
