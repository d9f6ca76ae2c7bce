"""API docs: the specs as this server serves them, and Swagger UI out of its package."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from mockserver.admin.pages import POLICY
from mockserver.app import create_app
from mockserver.data import yaml_text
from mockserver.sandbox.settings import make_settings
from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from mockserver.vendors import find_vendors
from tests.support.acme import RICH, Sandboxed
from tests.support.client import WALL

VENDORS = [vendor.name for vendor in find_vendors()]
NAMES = [*VENDORS, "control"]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A server of all our vendors."""
    return create_app(make_settings({}, {}), wall=lambda: WALL).test_client()


@pytest.fixture
def without_swagger_ui(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flask_swagger_ui", None)


def spec_of(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml_text.load(text)
    return loaded


def test_every_spec_is_listed_and_served(client: FlaskClient) -> None:
    listed = client.get("/__docs/specs").json
    assert listed is not None
    assert [spec["name"] for spec in listed["specs"]] == NAMES
    for spec in listed["specs"]:
        reply = client.get(spec["url"])
        assert (reply.status_code, reply.content_type) == (200, "application/yaml; charset=utf-8")
        assert spec["title"]


@pytest.mark.parametrize("name", NAMES)
def test_a_served_spec_is_the_file_but_for_its_servers(client: FlaskClient, name: str) -> None:
    text = client.get(f"/__docs/specs/{name}.yaml").text
    served, file = spec_of(text), spec_of(shipped.spec(name).read_text(encoding="utf-8"))
    validate(served)
    assert served.pop("servers") != file.pop("servers")
    assert served == file
    assert list(served) == list(file)


@pytest.mark.parametrize("name", NAMES)
def test_a_served_spec_keeps_what_its_file_explains(client: FlaskClient, name: str) -> None:
    def comments(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("#")]

    text = client.get(f"/__docs/specs/{name}.yaml").text
    assert comments(text) == comments(shipped.spec(name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VENDORS)
def test_every_server_of_a_vendors_spec_answers_its_example_call(client: FlaskClient, name: str) -> None:
    listed = client.get("/__admin/vendors").json
    assert listed is not None
    example = next(vendor["example"] for vendor in listed if vendor["name"] == name)
    servers = spec_of(client.get(f"/__docs/specs/{name}.yaml").text)["servers"]
    assert [server["url"] for server in servers] == [f"/{name}", "/"]
    for server in servers:
        path = server["url"].rstrip("/") + example["path"]
        assert client.get(path, query_string=example["query"], headers=example["headers"]).status_code == 200


def test_the_servers_of_a_sandbox_lead_into_it(client: FlaskClient) -> None:
    listed = client.get("/__sandbox/mine/__docs/specs").json
    assert listed is not None
    urls = {spec["name"]: spec["url"] for spec in listed["specs"]}
    assert urls["control"] == "/__sandbox/mine/__docs/specs/control.yaml"
    for name, wanted in ((VENDORS[0], [f"/__sandbox/mine/{VENDORS[0]}", "/__sandbox/mine"]), ("control", None)):
        servers = [server["url"] for server in spec_of(client.get(urls[name]).text)["servers"]]
        assert servers == (wanted or ["/__sandbox/mine/__admin"])
    reply = client.get("/__sandbox/n%20o/__docs/specs")
    assert (reply.status_code, reply.mimetype) == (400, "application/problem+json")


def test_a_further_vendor_is_there_by_itself(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    assert [spec["name"] for spec in server.get("/__docs/specs").json["specs"]] == ["acme", "control"]
    served = server.get("/__docs/specs/acme.yaml")
    assert RICH.encode() not in served.body
    assert [server["url"] for server in spec_of(served.body.decode())["servers"]] == ["/acme", "/"]


def with_spec(vendor: Vendor, file: Path) -> Sandboxed:
    """A server whose vendor has its spec there."""
    file.write_text(vendor.spec.read_text(encoding="utf-8"), encoding="utf-8")
    return Sandboxed(replace(vendor, spec=file))


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("openapi: 3.1.0\nservers: []\npaths: {}\n", True),
        ("openapi: 3.1.0\nservers:\n- url: /ä # where\n# kept\n\ninfo: {}\n", True),
        ('{"openapi": "3.1.0", "servers": [{"url": "/x"}], "info": {}}\n', True),
        ("info: {}\nservers:\n  - url: /x\n    variables:\n      a:\n        default: b\n", True),
        ("# of\nopenapi: 3.1.0\npaths: {}\n", True),
        (' {"openapi": "3.1.0"}\n', True),
        ("- a\n", False),
        ("a: [\n", False),
        ("", False),
    ],
)
def test_however_a_spec_is_written_its_servers_are_replaced(
    vendor: Vendor, tmp_path: Path, text: str, servers: bool
) -> None:
    file = tmp_path / "acme.yaml"
    server = with_spec(vendor, file)
    file.write_text(text, encoding="utf-8")
    reply = server.get("/__docs/specs/acme.yaml")
    if servers:
        served = spec_of(reply.body.decode())
        assert [server["url"] for server in served.pop("servers")] == ["/acme", "/"]
        kept = spec_of(text)
        kept.pop("servers", None)
        assert served == kept
        assert ("# kept" in text) == (b"# kept" in reply.body)
    else:
        assert (reply.status, reply.json["type"]) == (500, "urn:mockserver:bad-spec")
        assert reply.json["detail"].startswith("The spec of acme cannot be read: ")


def test_a_changed_spec_is_served_as_it_is_now_and_a_lost_one_is_told(vendor: Vendor, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    server = with_spec(vendor, file)
    file.unlink()
    assert server.get("/__docs/specs/acme.yaml").json["type"] == "urn:mockserver:bad-spec"
    file.write_text("servers: []\na: 1\n")
    assert spec_of(server.get("/__docs/specs/acme.yaml").body.decode())["a"] == 1


@pytest.mark.parametrize("path", ["/__docs/specs/none.yaml", "/__docs/nothing", "/__docs/swagger-ui/none.js"])
def test_what_is_not_there_is_a_problem_that_says_what_is(client: FlaskClient, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (404, "application/problem+json")


def test_an_unknown_spec_names_those_there_are(client: FlaskClient) -> None:
    told = client.get("/__docs/specs/none.yaml").json
    assert told is not None
    assert told["choices"] == NAMES


def test_without_its_slash_it_leads_there(client: FlaskClient) -> None:
    """By an address that is good whatever stands before it."""
    for path in ("/__docs", "/__sandbox/mine/__docs"):
        reply = client.get(f"{path}?api=control")
        assert (reply.status_code, reply.headers["Location"]) == (308, "__docs/?api=control")
        assert client.get(urljoin(path, "__docs/"), buffered=True).mimetype == "text/html"


def test_the_page_runs_files_of_this_server_alone(client: FlaskClient) -> None:
    reply = client.get("/__docs/", buffered=True)
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    assert reply.headers["Content-Security-Policy"] == POLICY
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert f'"../__docs/swagger-ui/{name}"' in reply.text
        assert client.get(f"/__docs/swagger-ui/{name}", buffered=True).status_code == 200


def test_no_file_beside_swagger_ui_is_served(client: FlaskClient) -> None:
    for path in ("../__init__.py", "%2e%2e/__init__.py", "..%2f__init__.py"):
        assert client.get(f"/__docs/swagger-ui/{path}").status_code == 404


@pytest.mark.usefixtures("without_swagger_ui")
def test_without_the_package_it_is_said_how_to_get_it(client: FlaskClient) -> None:
    page = client.get("/__docs/", headers={"Accept": "text/html"}, buffered=True)
    assert (page.status_code, page.mimetype) == (501, "text/html")
    assert "pip install 'mockserver[docs]'" in page.text
    for path in ("/__docs/", "/__docs/swagger-ui/swagger-ui.css"):
        told = client.get(path)
        assert (told.status_code, told.mimetype) == (501, "application/problem+json")
        assert "pip install 'mockserver[docs]'" in told.text
    assert client.get("/__docs/specs/control.yaml").status_code == 200


def test_docs_are_open_where_control_is_not(vendor: Vendor) -> None:
    guarded = Sandboxed(vendor, host="0.0.0.0", control_token="only-for-the-team")
    for path in ("/__docs/", "/__docs/specs", "/__docs/specs/acme.yaml", "/__docs/swagger-ui/swagger-ui.css"):
        reply = guarded.get(path, key=None, Host="mock.company.example")
        assert reply.status == 200
        assert RICH.encode() not in reply.body
    assert guarded.control("GET", "/vendors").status == 401


def test_without_control_there_are_no_docs(vendor: Vendor) -> None:
    server = Sandboxed(vendor, control=False)
    for path in ("/__docs", "/__docs/", "/__docs/specs", "/__docs/specs/acme.yaml"):
        reply = server.get(path)
        assert (reply.status, reply.json["type"]) == (404, "urn:mockserver:unknown-path")


def test_looking_at_docs_is_no_call(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for path in ("/__docs/", "/__docs/specs", "/__docs/nothing", "/"):
        server.get(path, Accept="text/html")
    assert server.control("GET", "/requests").json["meta"]["total"] == 0
