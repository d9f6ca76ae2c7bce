"""No secret is in what control says: not of the accounts at the start or of the sandbox, not its token, none alive."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import pytest

from mockserver.admin.redact import shorten
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, POOR, RICH, Sandboxed
from tests.support.client import Answer
from tests.support.pieces import pieces

LIVE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
OWN, ODD = "an-account-of-this-sandbox-alone", 'it\'s "odd" \\ Ölpumpe'
TOKEN = "the-token-of-control-itself"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    """One whose sandbox ``a`` has accounts of its own."""
    server = Sandboxed(vendor, control_token=TOKEN)
    accounts = [{"account": "rich", "secret": OWN}, {"account": "poor", "secret": ODD}]
    assert ask(server, "PUT", "/accounts/acme", {"accounts": accounts}).status == 200
    return server


def ask(server: Sandboxed, method: str, path: str, body: Any = None) -> Answer:
    return server.control(method, path, body, sandbox="a", headers={"X-Mock-Control-Token": TOKEN})


@pytest.mark.parametrize("secret", [RICH, OWN, ODD, TOKEN, LIVE])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/faults", {"vendor": "acme", "status": 500, "match": {"credential": ["K"]}}),
        ("POST", "/faults", {"vendor": "acme", "status": 500, "match": {"K": 1}}),
        ("POST", "/faults", {"vendor": "K", "status": 500}),
        ("POST", "/faults", {"K": 1}),
        ("POST", "/faults", {"x" * 3000 + "K": 1}),
        ("GET", "/records/acme/K", None),
        ("GET", "/records/K", None),
        ("PATCH", "/records/acme/1", {"K": 1}),
        ("PATCH", "/records/acme/1", {"state": "K"}),
        ("GET", "/K", None),
        ("TRACE", "/faults/K", None),
        ("GET", "/faults/K", None),
        ("GET", "/requests?K=1", None),
        ("GET", "/requests?after=K", None),
        ("POST", "/requests/count", {"vendor": "K"}),
        ("PATCH", "/settings", {"dataset": "K"}),
        ("PATCH", "/settings", {"quotas": {"K": "1/minute"}}),
        ("PATCH", "/settings", {"readings": {"K": "x"}}),
        ("PUT", "/scenarios/active", {"name": "K"}),
        ("POST", "/clock/set", {"to": "K"}),
        ("PUT", "/accounts/acme", {"accounts": [{"account": "rich", "secret": "another-secret", "K": 1}]}),
        ("PUT", "/accounts/acme", {"accounts": [{"account": "K", "secret": "another-secret"}]}),
        ("PUT", "/sandboxes/b", {"from": "K"}),
    ],
)
def test_no_problem_repeats_a_secret(server: Sandboxed, secret: str, method: str, path: str, body: Any) -> None:
    for before in ("", "x" * 60 + ".", "x" * 66 + "."):  # what is told is cut, also in the middle of a secret
        put = before + secret
        sent = None if body is None else json.loads(json.dumps(body).replace("K", json.dumps(put)[1:-1]))
        answer = ask(server, method, path.replace("K", put.replace("?", "%3F")), sent)
        assert (answer.status >= 400, answer.headers["Content-Type"]) == (True, PROBLEM)
        text = " ".join(texts(answer.json))
        assert secret[:8] not in text, text


def test_no_part_of_a_secret_is_told_of_a_name_or_path_that_is_cut(server: Sandboxed) -> None:
    for length in range(56, 86):
        name = "x" * length + "." + RICH
        assert RICH[:8] not in server.get(X_Mock_Sandbox=name).json["detail"]
        assert RICH[:8] not in server.get(f"/{'y' * (length + 110)}/{RICH}").json["detail"]


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    rows = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for row in rows for text in texts(row)]


def test_what_is_no_secret_is_told_as_it_is(server: Sandboxed) -> None:
    assert ask(server, "GET", "/faults/an-acc").json["detail"] == "The sandbox a has no fault 'an-acc'."
    assert "'rich'" in ask(server, "GET", "/records/acme/rich").json["detail"]


@pytest.mark.parametrize(("name", "status", "code"), [(LIVE, 400, "live-credential"), (RICH, 400, "bad-sandbox-name")])
def test_no_sandbox_is_named_by_a_credential(vendor: Vendor, name: str, status: int, code: str) -> None:
    server = Sandboxed(vendor)
    client = server.app.test_client()
    ways = [
        client.get(BILLS, headers={"X-Acme-Key": POOR, "X-Mock-Sandbox": name}),
        client.get(f"/__sandbox/{name}{BILLS}", headers={"X-Acme-Key": POOR}),
        client.get(BILLS, headers={"X-Acme-Key": f"{POOR}~{name}"}),
        client.get("/nowhere", headers={"X-Mock-Sandbox": name}),
        client.get(f"/__sandbox/{name}/nowhere"),
        client.get("/nowhere", headers={"X-Acme-Key": f"{POOR}~{name}"}),
        client.get("/__admin/settings", headers={"X-Mock-Sandbox": name}),
        client.get(f"/__sandbox/{name}/__admin/settings"),
        client.put(f"/__admin/sandboxes/{name}"),
        client.get(f"/__admin/sandboxes/{name}"),
        client.delete(f"/__admin/sandboxes/{name}"),
        client.put("/__admin/sandboxes/b", json={"from": name}),
        client.post("/__admin/faults", json={"status": 503}, headers={"X-Mock-Sandbox": name}),
    ]
    for reply in ways:
        assert (reply.status_code, reply.headers["Content-Type"]) == (status, PROBLEM)
        assert reply.get_json()["type"] == f"urn:mockserver:{code}"
        assert name not in f"{reply.text}{reply.headers}"
    assert dict(server.runtime.store.sandboxes()) == {}


@pytest.mark.parametrize("others", [{"X-Mock-Sandbox": "a"}, {}])
def test_one_that_is_not_chosen_is_refused_too(vendor: Vendor, others: dict[str, str]) -> None:
    """Of names that disagree all are told."""
    server = Sandboxed(vendor)
    for target, key in ((f"/__sandbox/{LIVE}{BILLS}", POOR), (f"/__sandbox/b{BILLS}", f"{POOR}~{LIVE}")):
        reply = server.get(target, key=key, headers=others)
        assert (reply.status, reply.json["type"]) == (400, "urn:mockserver:live-credential")
        assert LIVE not in f"{reply.body!r}{reply.headers}"
    assert dict(server.runtime.store.sandboxes()) == {}


def test_who_switches_it_off_may_have_a_sandbox_that_looks_live(vendor: Vendor) -> None:
    server = Sandboxed(vendor, refuse_live=False)
    assert server.get(X_Mock_Sandbox=LIVE).status == 200
    assert server.control("PUT", f"/sandboxes/{LIVE}").status == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/faults", {"vendor": "acme", "status": 500, "match": {"credential": {"equalsTo": "@@"}}}),
        ("POST", "/faults", {"vendor": "acme", "status": 500, "match": {"headers": {"X-Acme-Key": ["@@"]}}}),
        ("POST", "/requests/find", {"headers": {"Authorization": ["@@"]}}),
        ("PUT", "/accounts/acme", {"accounts": [{"account": "rich", "secret": "@@", "expires": "@@"}]}),
        ("PUT", "/accounts/acme", {"accounts": [{"account": "@@", "secret": ["@@"]}]}),
        ("GET", "/settings?token=@@", None),
        ("GET", "/records/acme/@@?api_key=@@", None),
    ],
)
def test_a_problem_does_not_repeat_what_a_request_has_where_secrets_are(
    server: Sandboxed, method: str, path: str, body: Any
) -> None:
    secret = "of-a-client-that-nobody-knows"
    sent = None if body is None else json.loads(json.dumps(body).replace("@@", secret))
    answer = ask(server, method, path.replace("@@", secret), sent)
    assert (answer.status >= 400, answer.headers["Content-Type"]) == (True, PROBLEM)
    assert secret not in answer.body.decode()


def test_the_trace_of_a_crash_of_control_is_logged_without_secrets(
    server: Sandboxed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*anything: Any) -> Any:
        raise RuntimeError(f"{RICH} {TOKEN} {LIVE}")

    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    monkeypatch.setattr(server.runtime.store, "sandboxes", fail)
    with caplog.at_level(logging.ERROR, "mockserver"):
        answer = ask(server, "GET", "/sandboxes")
    assert answer.status == 500
    assert "RuntimeError: [redacted] [redacted] [redacted]\n" in caplog.text
    for secret in (RICH, TOKEN, LIVE):
        assert secret not in caplog.text


def test_a_call_of_nobodys_path_keeps_its_body_in_the_journal(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    server.app.test_client().post("/nowhere", data=b'{"a": 1}', content_type="application/json")
    ((_, entry),) = server.runtime.store.entries("default")
    assert entry["request"]["body"] == '{"a": 1}'


def test_a_text_is_cut_before_it_is_searched(server: Sandboxed) -> None:
    """And nothing is left of a secret at the cut, wherever in it that is."""
    for length in (*range(960, 1010), 5000):
        name = "x" * length + RICH + ", wanted nothing"
        detail = ask(server, "POST", "/faults", {"status": 503, "match": {name: 1}}).json["detail"]
        assert RICH[:8] not in detail
        assert RICH[-8:] not in detail
        assert detail.endswith(", wanted one of method, path, query, headers, credential.")
    short, long = f"{'a' * 4000}, wanted b.", f"{'a' * 16_000_000}, wanted b."
    assert pieces(partial(shorten, long)) == pieces(partial(shorten, short))
