"""Any WSGI server serves ``mockserver:create_app()``; faults it cannot carry out are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from mockserver import app
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, RICH, Sandboxed
from tests.support.servers import ROOT
from tests.transcripts.fronts import other

KEY = {"X-Acme-Key": RICH}
NETWORK = ("reset", "empty", "truncate", "malformed", "drip")


def line(worker: str) -> str:
    """The command line of gunicorn with a worker of its own; ``{port}`` is still to be said."""
    return f"{sys.executable} -m gunicorn -k {worker} --no-control-socket -b 127.0.0.1:{{port}} mockserver:create_app()"


def plain(vendor: Vendor, rule: dict[str, Any]) -> tuple[Sandboxed, FlaskClient]:
    """The Flask app with a fault rule, and a client that carries out nothing, as in front of it any WSGI server."""
    server = Sandboxed(vendor)
    server.control("POST", "/faults", rule)
    server.app.test_client_class = FlaskClient
    return server, server.app.test_client()


@pytest.mark.parametrize("network", NETWORK)
def test_a_network_fault_that_cannot_be_carried_out_is_refused_in_a_sentence(vendor: Vendor, network: str) -> None:
    server, client = plain(vendor, {"vendor": "acme", "network": network, "times": 1})
    refused = client.get(BILLS, headers=KEY)
    assert (refused.status, refused.content_type) == ("501 Not Implemented", "application/problem+json")
    assert refused.get_json() == {
        "type": "urn:mockserver:network-fault-unsupported",
        "title": "Network fault",
        "status": 501,
        "detail": f"This WSGI server cannot carry out the network fault {network!r}; use mockserver serve.",
    }
    assert refused.headers["X-Mock-Sandbox"] == "default"
    assert client.get(BILLS, headers=KEY).status_code == 200
    told = [(entry["fault"], entry["response"]["status"]) for _, entry in server.runtime.store.entries("default")]
    assert told == [("network-fault-unsupported", 501), (None, 200)]


def test_what_a_request_asks_for_comes_before_a_rule_that_cannot_be_carried_out(vendor: Vendor) -> None:
    _, client = plain(vendor, {"vendor": "acme", "network": "reset"})
    assert client.get(BILLS, headers={**KEY, "Prefer": "code=429"}).status_code == 429


@pytest.mark.parametrize(
    ("rule", "headers", "seconds"),
    [
        ({"delay": 700}, {}, [0.7]),
        ({"delay": 700, "status": 503}, {}, [0.7]),
        ({"delay": 700}, {"X-Mock-Delay": "300"}, [1.0]),
        ({"delay": 700, "times": 1, "after": 5}, {"X-Mock-Delay": "300"}, [0.3]),
        ({"delay": 700, "times": 1, "after": 5}, {}, []),
    ],
)
def test_a_delay_is_waited_for_once(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any], headers: dict[str, str], seconds: list[float]
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(app, "wait", slept.append)
    _, client = plain(vendor, {"vendor": "acme", **rule})
    client.get(BILLS, headers={**KEY, **headers})
    assert slept == seconds


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_every_transcript_is_the_same_under_gunicorns_own_workers(worker: str) -> None:
    environment = {**os.environ, "TRANSCRIPTS_SERVE": line(worker)}
    command = [sys.executable, "-m", "tests.transcripts"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_a_network_fault_is_refused_under_gunicorns_own_workers(worker: str) -> None:
    with other((), line(worker)) as port:
        url = f"http://127.0.0.1:{port}"
        example = requests.get(f"{url}/__admin/vendors", timeout=60).json()[0]["example"]
        for network in NETWORK:
            headers = {**example["headers"], "X-Mock-Sandbox": network}
            made = requests.post(f"{url}/__admin/faults", json={"network": network}, headers=headers, timeout=60)
            assert made.status_code == 201, made.text
            called = requests.get(url + example["path"], params=example["query"], headers=headers, timeout=60)
            assert (called.status_code, called.json()["type"]) == (501, "urn:mockserver:network-fault-unsupported")
