"""The front of a server of ours answers as the Flask app does, and starts without Flask."""

from __future__ import annotations

import subprocess
import sys

from werkzeug.test import Client

from mockserver.app import create_app
from mockserver.engine.build import build_runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.server.front import Front
from tests.support.acme import BILLS, RICH, only

KEY = {"X-Acme-Key": RICH}


def test_it_answers_as_the_flask_app_does(vendor: Vendor) -> None:
    with only(vendor):
        one, other = (
            Client(Front(build_runtime(make_settings({}, {})))),
            create_app(make_settings({}, {})).test_client(),
        )
    for path in (BILLS, "/acme/no/such", "/nowhere", "/", "/__admin", "/__admin/nowhere", "/__admin/version"):
        for method in ("GET", "PUT"):
            replies = [client.open(path, method=method, headers=KEY) for client in (one, other)]
            assert replies[0].status == replies[1].status, path
            assert replies[0].data == replies[1].data, path


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
from mockserver.engine.examples import list_operations
from mockserver.sandbox.settings import make_settings
world = build_runtime(make_settings({}, {}))
first = list_operations(world.vendors, world.sandboxes.catalog, "default")[0]
example = first["example"]
told = []
headers = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in example["headers"].items()}
Front(world)({"REQUEST_METHOD": "GET", "PATH_INFO": example["path"], **headers}, lambda *said: told.append(said[0]))
print(told, sorted({"flask", "werkzeug", "yaml", "faker", "jinja2", "mockserver.admin", "redis"} & set(sys.modules)))
"""


def test_a_second_start_and_a_call_import_nothing_heavy() -> None:
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "['200 OK'] []\n"
