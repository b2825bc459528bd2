# SPDX-License-Identifier: ISC
"""Link: rel="next" on every list that has pages: it leads to the items that the cursor leads to, and ends with them."""
import pytest

import tus_client as tus
from answers import assert_json


@pytest.fixture(scope="module", name="town")
def fixture_town(module_stack_with):
    town = module_stack_with()
    owner = town.admin()
    medium = town.new_media()
    town.new_media()
    for n in range(2):
        town.new_admin()
        assert_json(owner.post("/keys", json={"name": f"k{n}", "scopes": ["media:read"]}), 201)
        assert_json(owner.post("/invitations", json={"role": "analyst"}), 201)
        assert_json(owner.post(f"/media/media/{medium['id']}/view", json={}), 201)
        tus.begin(owner, 10)
        town.login(owner.email, owner.password)
    town.view_path = f"/media/media/{medium['id']}/views"
    return town


LISTS = ["/accounts", "/auth/sessions", "/events", "/invitations", "/keys", "/media/media", "/uploads", "views"]


@pytest.mark.parametrize("path", LISTS)
def test_each_list_names_its_next_page(town, path):
    owner, seen, pages = town.admin(), [], 0
    path = town.view_path if path == "views" else path
    whole = assert_json(owner.get(path, params={"limit": 200}))["items"]
    answer = owner.get(path, params={"limit": 1})
    while True:
        page = assert_json(answer)
        seen += page["items"]
        pages += 1
        assert ("Link" in answer.headers) == (page["next_cursor"] is not None)
        if "Link" not in answer.headers:
            break
        target, relation = answer.headers["Link"].split("; ")
        assert relation == 'rel="next"' and target.startswith(f"<{path}?limit=1&")
        answer = owner.get(target[1:-1])
    assert seen == whole and pages == len(whole) >= 2
