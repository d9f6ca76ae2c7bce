"""The front answers as the Flask app does, and starts without Flask."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from werkzeug.test import Client

from mockserver.app import create_app
from mockserver.engine.build import build_runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.server.front import Front
from tests.support.acme import BILLS, RICH, only
from tests.support.client import WALL

KEY = {"X-Acme-Key": RICH}
PAGE = {"Origin": "http://page.example"}
ADDRESSES = [
    BILLS,
    f"/acme{BILLS}",
    f"{BILLS}?state=paid&page=2&%C3%B6=1",
    "/v3/bills/4",
    "/v3/bills/%C3%B6",
    "/v3/bills/a%20b",
    "/v3/bills/4?trouble=crash",
    f"/__sandbox/mine{BILLS}",
    f"/__sandbox/mine/acme{BILLS}",
    f"/__sandbox/no%20name{BILLS}",
    "/v3/bills/",
    "/v3/bills/4/5",
    "/v3//bills",
    "//v3/bills",
    "/acme",
    "/acme/",
    "/acme/no/such",
    "/nowhere",
    "/",
    "/__sandbox/mine",
    "/__sandbox/mine/",
    "/__admin",
    "/__admin/version",
    "/__admin/nowhere",
    "/__admin/settings",
    "/__sandbox/mine/__admin/version",
    "/__docs",
    "/__nothing",
]
REQUESTS: list[dict[str, Any]] = [
    {"headers": KEY},
    {"headers": KEY, "method": "HEAD"},
    {"headers": KEY, "method": "POST"},
    {"headers": KEY, "method": "BREW"},
    {"headers": PAGE | {"Access-Control-Request-Method": "GET"}, "method": "OPTIONS"},
    {"headers": PAGE},
    {"headers": KEY | {"Host": "api.acme.example", "X-Mock-Sandbox": "other"}},
    {"headers": KEY | {"Prefer": "code=429", "X-Mock-Readings": "acme.no-such=1"}},
    {"headers": KEY, "data": b"what a get has no use for"},
    {"headers": KEY, "method": "PUT", "data": b"b" * 70_000},
    {"headers": {"Content-Type": "application/json"}, "method": "PATCH", "data": b'{"strict": true}'},
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_answers_as_the_flask_app_does_to_the_byte_and_the_header(vendor: Vendor, address: str) -> None:
    settings = make_settings({}, {})
    with only(vendor):
        front = Front(build_runtime(settings, wall=lambda: WALL))
        app = create_app(settings, wall=lambda: WALL)
    for request in REQUESTS:
        one, other = (Client(each).open(address, **request) for each in (front, app))
        assert (one.status, one.data) == (other.status, other.data), request
        assert sorted(one.headers) == sorted(other.headers), request
    journals = [
        [
            {name: value for name, value in entry.items() if name != "ms"}
            for _, entry in runtime.store.entries("default")
        ]
        for runtime in (front.runtime, app.extensions["mockserver"])
    ]
    assert journals[0] == journals[1]


def test_control_in_a_sandbox_by_url(vendor: Vendor) -> None:
    with only(vendor):
        client = Client(Front(build_runtime(make_settings({}, {}))))
    assert client.put("/__sandbox/mine/__admin/sandboxes/mine").status_code < 300
    assert client.get("/__sandbox/mine/__admin/settings").status_code == 200
    assert client.get(f"/__sandbox/mine{BILLS}", headers=KEY).headers["X-Mock-Sandbox"] == "mine"


START = """
import sys
from mockserver.engine.build import build_runtime
from mockserver.server.front import Front
from mockserver.engine.examples import list_vendors
from mockserver.sandbox.settings import make_settings
runtime = build_runtime(make_settings({}, {}))
first = list_vendors(runtime.vendors, runtime.sandboxes.catalog, "default")[0]
example = first["example"]
told = []
headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in example["headers"].items()}
Front(runtime)({"REQUEST_METHOD": "GET", "PATH_INFO": example["path"], **headers}, lambda *said: told.append(said[0]))
print(told, sorted({"flask", "werkzeug", "yaml", "faker", "jinja2", "mockserver.admin", "redis"} & set(sys.modules)))
"""


def test_a_second_start_and_a_call_import_nothing_heavy() -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['200 OK'] []\n"
