"""specs/control.yaml says what the control API is: every route, every reply; Schemathesis tries to break it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from openapi_spec_validator import validate

from mockserver.admin.route import Route
from mockserver.admin.routes import ROUTES
from mockserver.cli.validate import check_all
from mockserver.data import yaml_text
from mockserver.sandbox.store.memory import MemoryStore
from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from mockserver.sdk.errors import StoreUnavailable
from tests.support.acme import BILLS, Sandboxed
from tests.support.servers import running, serving

SPEC = shipped.spec("control")


@lru_cache(maxsize=1)
def spec() -> dict[str, Any]:
    found: dict[str, Any] = yaml_text.load(SPEC.read_text(encoding="utf-8"))
    return found


def operations() -> dict[tuple[str, str], Mapping[str, Any]]:
    """Each operation by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_it_is_openapi() -> None:
    validate(spec())
    assert spec()["openapi"].startswith("3.1.")
    assert check_all([SPEC]) == (1, [])


API = [route for route in ROUTES if route.kind != "page"]  # pages are for people, not part of the API


def anonymous(path: str) -> str:
    """A path without the names of its values."""
    return re.sub(r"{\w+}", "{}", path)


def test_it_names_every_route_and_no_other() -> None:
    described = [(method, anonymous(path)) for method, path in operations()]
    assert sorted(described) == sorted((route.method, anonymous(route.template)) for route in API)


@pytest.mark.parametrize("route", API, ids=lambda route: route.endpoint)
def test_it_names_every_parameter_and_no_other(route: Route, vendor: Vendor) -> None:
    by_place = {(method, anonymous(path)): operation for (method, path), operation in operations().items()}
    parameters = by_place[route.method, anonymous(route.template)].get("parameters", [])
    named = [each["name"] for each in parameters if each.get("in") == "query"]
    assert sorted(named) == sorted(route.parameters)
    if route.parameters:
        path = re.sub("{(vendor|name)}", "acme", route.template)
        detail = Sandboxed(vendor).control("GET", f"{path}?nonsense=1").json["detail"]
        assert sorted(detail.partition("wanted ")[2].removesuffix(".").split(", ")) == sorted(route.parameters)


def test_every_operation_has_a_name_and_tells_of_problems() -> None:
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids) > 40
    for where, operation in operations().items():
        assert operation["summary"], where
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, where


EVERYTHING: list[tuple[str, str, Any]] = [
    ("GET", "/health", None),
    ("GET", "/ready", None),
    ("GET", "/version", None),
    ("GET", "/metrics", None),
    ("GET", "/vendors", None),
    ("GET", "/vendors/{vendor}", None),
    ("PUT", "/sandboxes/{name}", {"strict": True}),
    ("PUT", "/sandboxes/{name}", {"from": "nobody"}),
    ("GET", "/sandboxes", None),
    ("GET", "/sandboxes/{name}", None),
    ("GET", "/settings", None),
    ("PATCH", "/settings", {"readings": {"acme.amounts": "cents"}}),
    ("PATCH", "/settings", {"delay": {"type": "uniform", "lower": 0, "upper": 1}}),
    ("PATCH", "/settings", {"strict": 1}),
    ("POST", "/clock/freeze", None),
    ("POST", "/clock/advance", {"duration": "1500ms"}),
    ("POST", "/clock/set", {"to": "2026-01-01"}),
    ("GET", "/clock", None),
    ("POST", "/clock/reset", None),
    ("POST", "/faults", {"vendor": "acme", "status": 503, "probability": 0.5, "match": {"query": {"page": "7"}}}),
    ("POST", "/faults", {}),
    ("GET", "/faults", None),
    ("GET", "/faults/{id}", None),
    ("PATCH", "/faults/{id}", {"times": 3}),
    ("GET", "/accounts/{vendor}", None),
    ("GET", "/records/{vendor}", None),
    ("GET", "/records/{vendor}?contains=anvil&sort=-amount", None),
    ("GET", "/totals/{vendor}", None),
    ("POST", "/records/{vendor}", {"id": 5000}),
    ("POST", "/records/{vendor}/generate", {"records": 2}),
    ("GET", "/records/{vendor}/{id}", None),
    ("PATCH", "/records/{vendor}/{id}", {"state": "void"}),
    ("DELETE", "/records/{vendor}/{id}", None),
    ("GET", "/export", None),
    ("GET", "/export/{vendor}", None),
    ("GET", "/requests", None),
    ("GET", "/requests?brief=true", None),
    ("GET", "/requests/{call}", None),
    ("GET", "/requests/{call}/near-misses", None),
    ("GET", "/requests/unmatched", None),
    ("POST", "/requests/count", {"vendor": "acme"}),
    ("POST", "/requests/find", {"vendor": "acme"}),
    ("POST", "/requests/near-misses", {"query": {"page": {"equalTo": "9"}}}),
    ("DELETE", "/requests/{call}", None),
    ("DELETE", "/requests", None),
    ("GET", "/scenarios", None),
    ("PUT", "/scenarios/active", {"name": "healthy"}),
    ("PUT", "/scenarios/active", {"name": "nonsense"}),
    ("GET", "/verdict", None),
    ("GET", "/fidelity", None),
    ("GET", "/fidelity/{vendor}", None),
    ("DELETE", "/faults/{id}", None),
    ("DELETE", "/faults", None),
    ("POST", "/reset", {"scope": "all"}),
    ("DELETE", "/sandboxes/{name}", None),
]


class Away(MemoryStore):
    """A store that nobody reaches."""

    def __getattribute__(self, name: str) -> Any:
        if name == "instance":  # what is away is known by the name that it had, if it ever had one
            return lambda: None
        raise StoreUnavailable


def test_every_reply_is_as_it_says(vendor: Vendor) -> None:
    """A test's life from its first request to its last; each reply held against the spec."""
    server, oracle = Sandboxed(vendor), schemathesis.openapi.from_dict(spec())
    client, tried = server.app.test_client(), set()
    call = server.get(f"{BILLS}?page=2&sise=3", X_Mock_Sandbox="life").call
    values = {"name": "life", "id": "1", "vendor": "acme", "call": call}
    for method, template, body in EVERYTHING:
        path = template.replace("/{id}", "/fault-1") if template.startswith("/faults") else template
        path = path.replace("/records/{vendor}/{id}", "/records/acme/5000").format(**values)
        known = template.replace("{call}", "{id}").partition("?")[0]
        sent = {} if body is None else {"json": body}
        reply = client.open(f"/__admin{path}", method=method, headers={"X-Mock-Sandbox": "life"}, **sent)
        assert str(reply.status_code) in operations()[method, known]["responses"], (method, path, reply.text)
        if reply.is_json:
            oracle[known][method].validate_response(reply)
        tried.add((method, known))
    assert set(operations()) - tried == {("PUT", "/accounts/{vendor}")}


def test_what_needs_the_store_says_so_while_it_is_away(vendor: Vendor) -> None:
    server, oracle = Sandboxed(vendor, store=Away()), schemathesis.openapi.from_dict(spec())
    for (method, template), operation in operations().items():
        path = re.sub("{(name|id|vendor)}", lambda name: "acme" if name[1] == "vendor" else "1", template)
        body = next((body for at, known, body in EVERYTHING if (at, known) == (method, template)), None)
        body = {"accounts": []} if template.startswith("/accounts") and method == "PUT" else body
        sent: dict[str, Any] = {"json": body} if body else {}
        reply = server.app.test_client().open(f"/__admin{path}", method=method, **sent)
        assert (reply.status_code == 503) == ("503" in operation["responses"]), (method, path, reply.text)
        if reply.status_code == 503:
            oracle[template][method].validate_response(reply)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    # Names that the spec cannot know (of a vendor, a reading, an error) are refused though its schemas allow them; and
    # an id may be called "generate", so that path also allows what an id does.
    excluded = "positive_data_acceptance,allow_header_conformance"
    few = SPEC.read_text(encoding="utf-8").replace("maximum: 2000}", "maximum: 3}")  # thousands would fill a sandbox
    assert few != SPEC.read_text(encoding="utf-8")
    (tmp_path / "control.yaml").write_text(few, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", "control.yaml"]
    command += ["-n", "30", "--seed", "1", "--generation-deterministic", "--exclude-checks", excluded]
    command += ["--phases", "examples,coverage,fuzzing", "--no-color"]
    with running(serving("--max-sandboxes", "1000000")) as (url, _):
        whole = [*command, "-u", f"{url}/__admin"]
        done = subprocess.run(whole, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=350)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
