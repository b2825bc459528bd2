# SPDX-License-Identifier: ISC
"""/docs, /redoc and /openapi.json: built from docs/openapi.yaml, usable in a browser, and asking nothing of any other
host."""
import pytest
import yaml

import contract
import web_tools
from stack import TOP_BUILD


@pytest.fixture(scope="module", autouse=True)
def pages():
    if not (TOP_BUILD / "web-dist/openapi.json").exists():
        web_tools.missing("the built pages (./configure --with-web)")


@pytest.fixture(scope="module")
def seen(stack):
    """What Chromium saw on both pages."""
    admin = stack.new_admin()
    result = web_tools.browse("pages", base_url=stack.base_url, email=admin.email, password=admin.password)
    result["email"] = admin.email
    return result


def test_openapi_json_is_the_documented_contract(anonymous):
    answer = anonymous.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == yaml.safe_load(contract.DOCUMENT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/redoc", "/redoc/"])
def test_a_page_has_a_strict_policy_and_no_inline_script(anonymous, path):
    answer = anonymous.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = {
        part.split()[0]: part.split()[1:]
        for part in answer.headers["Content-Security-Policy"].split(";")
        if part.strip()
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in answer.text and "://" not in answer.text.replace("http://www.w3.org", "")


def test_authorize_logs_in_and_a_call_works(seen):
    assert seen["me"]["status"].startswith("200")
    assert seen["email"] in seen["me"]["body"]


def test_redoc_shows_every_call(seen):
    with open(contract.DOCUMENT, encoding="utf-8") as file:
        paths = yaml.safe_load(file)["paths"]
    methods = {"get", "head", "options", "post", "put", "patch", "delete"}
    operations = [item[method] for item in paths.values() for method in methods & item.keys()]
    assert seen["redoc_operations"] == sum(len(operation["tags"]) for operation in operations)  # once under each tag


def test_nothing_is_asked_of_another_host_and_nothing_is_refused(stack, seen):
    asked = [request["url"] for request in seen["seen"]["requests"]]
    assert [url for url in asked if not url.startswith((stack.base_url, "data:", "blob:" + stack.base_url))] == []
    assert [request for request in seen["seen"]["requests"] if request["status"] not in (200, 204, 304)] == []
    assert seen["seen"]["errors"] == []
    assert [
        line for line in seen["seen"]["console"] if "Content Security Policy" in line or line.startswith("error:")
    ] == []


def test_accessibility_of_docs_is_reported(seen, record_property):
    """Swagger UI puts buttons into buttons, which is not ours to mend. Nothing else that axe-core calls serious may be
    left."""
    record_property("axe", seen["accessibility"])
    for violation in seen["accessibility"]:
        print("axe-core:", violation)
    assert {
        violation["id"] for violation in seen["accessibility"] if violation["impact"] in ("serious", "critical")
    } <= {"nested-interactive"}
