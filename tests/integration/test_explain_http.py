# SPDX-License-Identifier: ISC
"""Why a grant has the views that it has, asked over HTTP: the ingesters look into their logs and answer."""
import json
import uuid

import pytest

from answers import assert_json, assert_problem
from stack import wait_until
from test_players import run, url_of


@pytest.fixture(scope="module")
def cinema(module_stack_with):
    stack = module_stack_with()
    stack.start_ingest()
    return stack


def explain(api, grant):
    """The whole answer, once all nodes have given theirs."""
    answers = []

    def complete():
        answers.append(api.get(f"/media/grants/{grant}/explain"))
        return answers[-1].status_code == 200 and any(
            node["state"] == "answered" for node in answers[-1].json()["nodes"] if node["state"] != "silent"
        )

    wait_until(complete, "the nodes to answer")
    return assert_json(answers[-1])


def grant_of(url):
    return url.split("/stream/")[1].split("/")[3]


def test_each_delivery_has_its_verdict(cinema, make_media):
    film = cinema.film(make_media("film"), title="A film to explain")
    url = url_of(cinema, film)
    run("curl", "-sSf", "-o", "/dev/null", "-A", "A very odd player", url)
    run("curl", "-sSf", "-o", "/dev/null", "-r", "0-99", url)
    run("curl", "-sSf", "-o", "/dev/null", "-I", url)
    run("curl", "-sS", "-o", "/dev/null", url.replace("/s/", "/x/") + "x")
    cinema.wait_logged()
    cinema.wait_counted()
    with cinema.new_admin() as api:
        answer = explain(api, grant_of(url))
        [node] = [node["answer"] for node in answer["nodes"] if node["state"] == "answered"]
        told = [(line["event"], line["method"], line["verdict"], line["body_bytes"]) for line in node["deliveries"]]
        assert ("delivered", "GET", "counts", film["size_bytes"]) in told and (
            "delivered",
            "GET",
            "counts",
            100,
        ) in told
        assert ("delivered", "HEAD", "not_a_get", 0) in told
        assert (node["counted_views"], node["counted_deliveries"], node["total_deliveries"]) == (1, 2, len(told))
        assert all(line["reason"] and line["viewer_number"] == 1 for line in node["deliveries"])
        [view] = answer["views"]
        assert (view["media_id"], view["bytes_sent"]) == (film["id"], node["counted_bytes"])
        nodes = json.dumps(answer["nodes"])
        assert "127.0.0.1" not in nodes and "odd player" not in nodes and url.rsplit("/", 1)[0] not in nodes
        assert explain(api, grant_of(url)) == answer  # for a minute it is the same, and no log is searched again
        assert cinema.sql("select count(*) from explanation where node <> ''") == [(1,)]


def test_a_node_that_is_gone_is_named(cinema):
    cinema.sql(
        "insert into ingest_node (node, unread_bytes, unread_seconds, seen_at)"
        " values ('a-node-that-burnt', 0, 0, now() - interval '1 hour')"
    )
    with cinema.new_admin() as api:
        grant = uuid.uuid4().hex
        assert_problem(api.get(f"/media/grants/{grant[:-1]}/explain"), 404)
        film = cinema.new_media(title="A remote film", file_url="https://example.org/film.mp4")
        url = api.get(f"/media/media/{film['id']}/stream-url").json()
        answer = explain(api, url["grant_id"])
        states = {node["node"]: node["state"] for node in answer["nodes"]}
        assert states.pop("a-node-that-burnt") == "silent" and set(states.values()) == {"answered"}
        assert answer["views"] == [] and answer["complete"]


def test_nobody_keeps_the_nodes_busy_with_questions(cinema):
    film = cinema.new_media(title="Another", file_url="https://example.org/film.mp4")
    with cinema.new_admin() as api:
        statuses = []
        for _ in range(35):
            grant = api.get(f"/media/media/{film['id']}/stream-url").json()["grant_id"]
            statuses.append(api.get(f"/media/grants/{grant}/explain").status_code)
        assert statuses.count(429) >= 5 and set(statuses) <= {200, 202, 429}
        cinema.sql("update explanation set asked_at = asked_at - interval '2 hours'")
        assert api.get(f"/media/grants/{grant}/explain").status_code in (200, 202)
