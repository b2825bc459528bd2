# SPDX-License-Identifier: ISC
"""GET /status and GET /settings: how the platform is, what needs somebody, and what it runs on."""
from answers import assert_json, assert_problem
from waiting import wait_until


def problems(status):
    return {problem["area"] for problem in status["problems"]}


def test_the_status_says_what_needs_somebody(make_stack):
    stack = make_stack(stale_seconds=60)
    analyst = stack.new_admin(), stack.new_admin(role="analyst")
    api = analyst[1]
    stack.new_media(analyst[0])

    def status():
        return assert_json(api.get("/status"))

    told = wait_until(lambda: (lambda s: s if s.get("media", {}).get("videos") == 1 else None)(status()), "the medium")
    assert told["database"]["answers"] and told["database"]["values_age_seconds"] < 10
    assert told["packages"] == {"queued": 0, "running": 0, "oldest_wait_seconds": 0}
    assert told["uploads"] == {"open": 0, "reserved_bytes": 0}
    assert 0 < told["disk"]["free_bytes"] <= told["disk"]["size_bytes"]
    assert told["last_backup_at"] is None
    assert 0 <= told["keys"]["stream_age_seconds"] < 600 and 0 <= told["keys"]["access_age_seconds"] < 600
    assert told["ingest"] == [] and "ingest" in problems(told)  # nobody counts yet
    stack.start_ingest()
    told = wait_until(lambda: (lambda s: s if s["ingest"] else None)(status()), "ingest to be heard of")
    assert told["ingest"][0]["up"] and "ingest" not in problems(told)
    stack.sql(
        "insert into package_job (media_id, file_version, created_at) select id, 0, now() - interval '7 hours' from"
        " media_asset limit 1"
    )
    wait_until(lambda: "packages" in problems(status()), "the job that waits")
    with stack.anonymous() as nobody:
        assert_problem(nobody.get("/status"), 401)


def test_settings_say_where_they_came_from_and_no_secret(make_stack):
    stack = make_stack(stale_seconds=60, cors_origins=["https://a.example", "https://b.example"])
    secret = "hunter2-hunter2"
    stack.environment["MEDIAGATE_DATABASE"] = f"host={stack.root}/run dbname=mediagate user=mediagate password={secret}"
    stack.reconfigure(restart=True)
    answer = stack.admin().get("/settings")
    told = {item["name"]: item for item in assert_json(answer)["items"]}
    assert (told["stale_seconds"]["value"], told["stale_seconds"]["source"]) == (60, "file")
    assert told["cors_origins"]["value"] == ["https://a.example", "https://b.example"]
    assert (told["prepared"]["value"], told["prepared"]["source"]) == (True, "default")
    assert told["upload_max"]["unit"] == "bytes" and told["log_level"]["value"] in ("debug", "info")
    assert "password=***" in told["database"]["value"] and told["database"]["source"] == "environment"
    lines = [line.split() for line in (stack.root / "etc/jwt_keys").read_text().split("\n")]
    keys = [words[1] for words in lines if words and words[0] != "#"]
    assert keys and all(len(key) > 20 for key in keys)
    assert not [word for word in [secret, *keys] if word in answer.text]
    for role in ("editor", "analyst"):
        assert_problem(stack.new_admin(role=role).get("/settings"), 403, name="insufficient-scope")
