# SPDX-License-Identifier: ISC
"""`mediagate doctor`: nothing to say of a good machine, and a line with a remedy for each thing that is broken."""
import pytest
from stack import Stack
from waiting import wait_until


class DurableStack(Stack):
    """With a database as one has it in production."""

    postgres_extra = ""


@pytest.fixture(scope="module", name="town")
def fixture_town():
    with DurableStack() as stack:
        stack.start_ingest()
        wait_until(lambda: stack.sql("select count(*) from ingest_node") == [(1,)], "ingest to be heard of")
        yield stack


def doctor(stack, *more):
    """(exit status, lines) of the doctor."""
    done = stack.mediagate(
        "doctor", "--nginx-dir", stack.root / "etc/nginx", "--ca-file", stack.certificate, *more, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def wrong(lines):
    return [line for line in lines if line.startswith("wrong")]


def test_a_good_machine_has_nothing_wrong(town):
    status, lines = doctor(town)
    assert (status, wrong(lines)) == (0, [])
    areas = {line.split()[1].rstrip(":") for line in lines if line.startswith("ok")}
    assert areas >= {"data_dir", "disk", "stream_key_file", "serve", "sockets", "nginx", "database", "schema", "clock"}
    assert areas >= {"ingest", "packages", "revocations"}
    status, lines = doctor(town, "--quiet")
    assert status == 0 and all(line.startswith("warning") for line in lines)


@pytest.fixture(name="broken")
def fixture_broken(town):
    """broken(area, breaks, mends): the doctor says that of the area, with a remedy, and nothing else."""

    def check(area, breaks, mends, others=()):
        breaks()
        try:
            status, lines = doctor(town, "--quiet")
        finally:
            mends()
        found = wrong(lines)
        assert status == 1 and found, lines
        assert {line.split()[1].rstrip(":") for line in found} <= {area, *others}, found
        assert all("; " in line for line in found)  # the remedy
        assert wait_until(lambda: doctor(town, "--quiet")[0] == 0, "all to be well again")

    return check


def test_each_thing_that_breaks_is_named(town, broken):
    keys = town.root / "etc/stream_keys"
    include = town.root / "etc/nginx/settings-http.conf"
    text = include.read_text(encoding="utf-8")
    present = town.data_dir / "revoked/.present"
    broken("stream_key_file", lambda: keys.chmod(0o644), lambda: keys.chmod(0o600))
    broken("log_dir", lambda: town.nginx_log_dir.chmod(0o777), lambda: town.nginx_log_dir.chmod(0o755))
    broken("nginx", lambda: include.write_text(text + "# x\n"), lambda: include.write_text(text))
    broken(
        "nginx",
        lambda: include.rename(f"{include}.away"),
        lambda: include.with_name(f"{include.name}.away").rename(include),
    )
    broken(
        "sockets", lambda: (town.root / "run/api.sock").chmod(0o666), lambda: (town.root / "run/api.sock").chmod(0o660)
    )
    broken("revocations", present.unlink, lambda: (present.touch(), town.give_to_user()))
    broken(
        "schema",
        lambda: town.sql("update schema_migration set oldest_program = 99"),
        lambda: town.sql("update schema_migration set oldest_program = 1"),
    )


def test_a_job_that_waits_too_long_is_named(town, broken):
    medium = town.new_media()["id"]
    broken(
        "packages",
        lambda: town.sql(
            "insert into package_job (media_id, file_version, created_at) values (%s, 0, now() - interval '7 hours')",
            medium,
        ),
        lambda: town.sql("delete from package_job"),
    )


def test_what_does_not_run_is_named(make_stack):
    stack = make_stack()
    assert any("turn fsync and full_page_writes on" in line for line in wrong(doctor(stack)[1]))
    stack.stop_serve()
    stack.stop_postgres()
    status, lines = doctor(stack)
    areas = {line.split()[1].rstrip(":") for line in wrong(lines)}
    assert status == 1 and {"serve", "sockets", "database"} <= areas
    config = stack.config.read_text(encoding="utf-8")
    stack.config.write_text(config + "nonsense = 1;\n", encoding="utf-8")
    done = stack.mediagate("doctor", check=False)
    assert done.returncode == 1 and "nonsense" in done.stderr
