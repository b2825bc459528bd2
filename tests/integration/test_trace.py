# SPDX-License-Identifier: ISC
"""traceparent (W3C Trace Context) is taken over into the log, problem documents and statements."""
from answers import assert_problem
from waiting import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED, UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01", f"00-{TRACE}-00f067aa0ba902b7-00"


def test_a_trace_is_followed_to_the_log_and_the_answer(stack):
    with stack.anonymous() as api:
        problem = assert_problem(api.get("/media/media/1", headers={"traceparent": UNSAMPLED}), 401)
        assert problem["trace_id"] == TRACE
        untraced = assert_problem(api.get("/media/media/1", headers={"traceparent": f"00-{TRACE}-x"}), 401)
        assert "trace_id" not in untraced
    lines = wait_until(
        lambda: [line for line in stack.serve_events("request") if line.get("request_id") == problem["request_id"]],
        "the request's line",
    )
    assert lines[0]["trace_id"] == TRACE
    assert all(
        "trace_id" not in line for line in stack.serve_events() if line.get("request_id") == untraced["request_id"]
    )


def test_statements_of_a_sampled_trace_say_so(make_stack):
    stack = make_stack()
    stack.sql("alter database mediagate set log_statement = 'all'")
    assert stack.stop_serve() == 0
    stack.start_serve()
    stack.wait_ready()
    api = stack.admin()

    def statements(traceparent):
        return [
            line for line in stack.log_text("postgres.log").splitlines() if f"/*traceparent='{traceparent}'*/" in line
        ]

    def create():
        for header in (SAMPLED, UNSAMPLED):
            created = api.post(
                "/media/media/", json={"title": "Traced", "type": "video"}, headers={"traceparent": header}
            )
            assert created.status_code == 201
        return statements(SAMPLED)

    assert wait_until(create, "a statement that says its trace")
    assert not statements(UNSAMPLED)
    seen = len(statements(SAMPLED))
    assert api.post("/media/media/", json={"title": "Untraced", "type": "video"}).status_code == 201
    with stack.anonymous() as nobody:  # a stranger's requests cost no more for it
        nobody.post(
            "/auth/login", json={"email": "a@b.example", "password": "wrong horse"}, headers={"traceparent": SAMPLED}
        )
    assert len(statements(SAMPLED)) == seen
