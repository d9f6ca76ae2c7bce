"""Detection of live credentials; those of the sandbox itself never count as live."""

from __future__ import annotations

import base64
import io
import json
import logging
from typing import Any

import pytest

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.engine import access_log
from mockserver.sandbox import live_credentials
from mockserver.sandbox.live_credentials import looks_live
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from tests.support.acme import BILLS, POOR, RICH, Sandboxed
from tests.support.client import WALL

LIVE = "sk_live_" + "a1B2c3D4e5"


def jwt(**claims: Any) -> str:
    """A token with these claims, as an identity provider makes them."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))


@pytest.mark.parametrize(
    "text",
    [
        LIVE,
        f"Bearer {LIVE}",
        "rk_live_0123456789",
        "pk_live_0123456789",
        jwt(exp=WALL + 1),
        f"Bearer {jwt(exp=WALL + 1)}",
        jwt(exp=WALL + 0.5),
        jwt(iss="https://login.billing.com/realm"),
        jwt(iss="billing.com", exp=WALL - 1),
        jwt(aud="https://api.billing.io"),
        jwt(aud=["https://api.example.com", "https://api.billing.io"]),
        f"{jwt(sub='x')} {jwt(exp=WALL + 1)}",
    ],
)
def test_live(text: str) -> None:
    assert looks_live(text, WALL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        RICH,
        "sk_test_0123456789",
        "sk_live_",
        "task_live_0123456789",
        jwt(sub="somebody"),
        jwt(exp=WALL),
        jwt(exp=True),
        jwt(exp="tomorrow"),
        jwt(iss="https://login.example.com", aud="sandbox"),
        jwt(iss="http://localhost:8080", aud=["http://127.0.0.1:5000", "api.test", 7, None]),
        jwt(iss="https://[broken"),
        "eyJhbGciOiJub25lIn0.eyJ!!!.x",
        "eyJhbGciOiJub25lIn0.eyJhYmNkZWY.x",  # no JSON
        "eyJhbGciOiJub25lIn0.eyJ" + base64.urlsafe_b64encode(b"[" * 3000).decode() + ".x",
        "eyJ" * 5000,
    ],
)
def test_not_live(text: str) -> None:
    assert not looks_live(text, WALL)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (BILLS, {"X-Acme-Key": LIVE}),
        (BILLS, {"X-Acme-Key": f"{LIVE}~box"}),
        (BILLS, {"X_Acme-Key": LIVE}),
        (BILLS, {"X-Acme-Brand": LIVE}),
        (BILLS, {"Authorization": f"Bearer {jwt(exp=WALL + 60)}"}),
        (BILLS, {"ApiKey": LIVE}),
        (f"{BILLS}?page={LIVE}", {"X-Acme-Key": RICH}),
        (f"{BILLS}?x={jwt(exp=WALL + 60)}", {"X-Acme-Key": RICH}),
        (f"/acme/nowhere?token={LIVE}", {}),
        (f"/acme/nowhere/{LIVE}", {}),
        (BILLS, {"Authorization": "Basic " + base64.b64encode(f"{LIVE}:".encode()).decode()}),
        (BILLS, {"Authorization": "basic  " + base64.b64encode(LIVE.encode()).decode().rstrip("=")}),
    ],
)
def test_a_live_credential_is_refused_and_nothing_of_the_call_is_kept(
    vendor: Vendor, target: str, headers: dict[str, str], caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logging.getLogger("mockserver"), "propagate", True)
    server = Sandboxed(vendor)
    server.runtime.observers.append(access_log.make_observer("text", log))
    with caplog.at_level(logging.DEBUG):
        answer = server.get(target, key=None, headers={**headers, "X-Mock-Sandbox": "a", "X-Other": "secret-thing"})
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json["type"] == "urn:mockserver:live-credential"
    ((id, kept),) = server.runtime.store.entries("a")
    assert id == answer.call
    assert (kept["vendor"], kept["fault"], kept["time"]) == ("acme", "live-credential", "2026-09-21T14:13:20Z")
    assert kept["request"] == {"method": "", "url": "", "path": "", "query": {}, "headers": {}, "body": ""}
    everything = f"{answer.body!r}{answer.headers}{kept}{caplog.text}{log.getvalue()}"
    for part in ("sk_live", "a1B2c3D4e5", "eyJ", "secret-thing"):
        assert part not in everything
    assert "[redacted] 400" in log.getvalue()


def test_it_can_be_switched_off(vendor: Vendor) -> None:
    server = Sandboxed(vendor, refuse_live=False)
    assert server.get(key=LIVE).status == 401
    assert server.get(f"{BILLS}?x={LIVE}").status == 200
    assert LIVE not in str(server.runtime.store.entries("default")[0])


def test_a_browsers_cookies_of_other_apps_are_nobodys_business(vendor: Vendor) -> None:
    assert Sandboxed(vendor).get(headers={"Cookie": f"session={jwt(exp=WALL + 60)}"}).status == 200


def test_no_credential_of_ours_looks_live(vendor: Vendor) -> None:
    for known in (RICH, POOR):
        assert not looks_live(known, 0)
    runtime = create_app(make_settings({}, {})).extensions["mockserver"]
    for served in shelf.find_vendors():
        for dataset in runtime.sandboxes.catalog.list_names(served):
            for account in runtime.sandboxes.catalog.dataset(served, dataset).accounts:
                assert not looks_live(str(account.get(served.credential.key)), 0), (served.name, dataset)


def test_one_in_a_body_is_refused_too(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    for body in (json.dumps({"token": LIVE}), f"token={jwt(exp=WALL + 60)}"):
        response = server.app.test_client().post(BILLS, data=body)
        assert response.json is not None
        assert response.json["type"] == "urn:mockserver:live-credential"
    assert {kept["request"]["body"] for _, kept in server.runtime.store.entries("default")} == {""}


@pytest.mark.parametrize("wrapped", ["Basic", "Basic !", "Basic YWI", "Basic eyJh"])
def test_what_is_wrapped_badly_is_no_live_credential(vendor: Vendor, wrapped: str) -> None:
    assert Sandboxed(vendor).get(key=None, Authorization=wrapped).status == 401


def test_what_looks_live_is_found_in_a_text_whether_it_could_still_be_used_or_not() -> None:
    old = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"
    assert live_credentials.find_live(f"a sk_live_4eC39HqLyjWDarjtT1zdp7dc, b {old}") == [
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        old,
    ]
    assert live_credentials.find_live("a cursor: eyJpZCI6MX0, sk_test_4eC39HqLyjWDarjtT1zdp7dc") == []
