"""Redaction of secrets in a request, wherever they occur and however they are encoded."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from mockserver.engine.handle import handle
from mockserver.sdk.contract import Vendor
from mockserver.sdk.http import Request
from tests.support.acme import BILLS, POOR, RICH, Sandboxed, acme


def kept_of(server: Sandboxed, *, path: str = BILLS, query: str = "", body: bytes = b"", **headers: str) -> str:
    """The journal entry of a call, as text."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    handle(server.runtime, Request("GET", path, query, sent, body=body))
    return json.dumps(dict(server.runtime.store.entries("default")[-1][1]), ensure_ascii=False)


FOREIGN = "not-one-of-ours-1234"


@pytest.mark.parametrize(
    "body", ['{"a":1,"auth_key": "%s"}', "page=1&token=%s&x=y", "{'X-Acme-Key': '%s'}", "apikey: %s"]
)
def test_a_secret_that_a_body_names_is_hidden_though_nobody_knows_it(vendor: Vendor, body: str) -> None:
    kept = kept_of(Sandboxed(vendor), body=(body % FOREIGN).encode(), query=f"note={FOREIGN}")
    assert FOREIGN not in kept
    assert body.partition("%s")[0].replace('"', '\\"') in kept


def test_a_parameter_may_be_named_like_any_header_of_credentials(vendor: Vendor) -> None:
    for name in ("x-acme-key", "X_Api_Key", "cookie", "access_token"):
        assert FOREIGN not in kept_of(Sandboxed(vendor), query=f"{name}={FOREIGN}"), name


@pytest.mark.parametrize("size", range(64 * 1024 - len(RICH), 64 * 1024 + 1))
def test_nothing_is_left_of_a_secret_through_which_a_body_is_cut(vendor: Vendor, size: int) -> None:
    kept = kept_of(Sandboxed(vendor), body=b"b" * size + RICH.encode() * 2, x_acme_key=RICH)
    for length in range(4, len(RICH)):
        assert f"b{RICH[:length]}" not in kept


@pytest.mark.parametrize("secret", ["pass+word/ümlaut-1", "a b&c=d%e-f-g-h", 'q"uote\\d-secret'])
def test_a_secret_is_hidden_however_a_body_spells_it(vendor: Vendor, secret: str) -> None:
    header = secret.encode().decode("latin-1")
    quoted = quote(secret, safe="")
    lower = re.sub("%[0-9A-F]{2}", lambda byte: byte[0].lower(), quoted)
    for spelled in (secret, quoted, lower, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        kept = json.loads(kept_of(Sandboxed(vendor), body=f"note {spelled}.".encode(), x_acme_key=header))
        assert kept["request"]["body"] == "note [redacted]."


def test_secrets_of_other_vendors_and_of_a_sandboxs_own_accounts_are_hidden_too(vendor: Vendor, tmp_path: Path) -> None:
    theirs, own = "secret-of-the-other-vendor", "secret-of-this-sandbox"
    other = acme(tmp_path, name="bolt")
    text = (tmp_path / "bolt" / "default.yaml").read_text()
    (tmp_path / "bolt" / "default.yaml").write_text(text.replace(RICH, theirs))
    server = Sandboxed(vendor, other)
    account = {"account": "rich", "secret": own}
    server.runtime.sandboxes.edit("default", server.wall(), vendor, lambda edits, data: edits.with_accounts([account]))
    kept = kept_of(server, path=f"/acme/a{theirs}b", query=f"x={own}&y={theirs}", body=f"<{RICH}>".encode())
    for secret in (theirs, own, RICH):
        assert secret not in kept


def test_no_sandbox_is_named_by_a_secret(vendor: Vendor) -> None:
    server = Sandboxed(vendor, accept_any_credential="true")
    for name, key in ((POOR, None), (f"x-{RICH}", RICH), (FOREIGN, FOREIGN), (f"{FOREIGN}.1", f"{FOREIGN}~other")):
        for answer in (server.get(key=key, X_Mock_Sandbox=name), server.get(f"/__sandbox/{name}/v3/x", key=key)):
            assert (answer.status, answer.json["type"]) == (400, "urn:mockserver:bad-sandbox-name")
            assert name not in f"{answer.body!r}{answer.headers}"
    assert server.get(key="short", X_Mock_Sandbox="short-one").status == 200
    assert set(server.runtime.store.sandboxes()) <= {"default", "short-one"}


@pytest.mark.parametrize(
    "sent",
    [
        {"X_Mock_Delay": RICH},
        {"X_Mock_Strict": f"Bearer {RICH}"},
        {"X_Mock_Readings": f"{RICH}=x"},
        {"Prefer": f"code={RICH}"},
        {"X_Mock_Sandbox": f"{RICH} and a blank"},
        {"target": f"/__sandbox/{RICH}%20/v3/bills", "key": None},
        {"target": f"/nowhere/{RICH}"},
        {"target": f"{BILLS}?{RICH}=1"},
        {"target": f"{BILLS}?state={RICH}", "X_Mock_Readings": "acme.bad-input=ignore"},
        {"headers": {f"X-Mock-{RICH}": "1"}},
    ],
)
def test_what_is_told_of_a_mistake_repeats_no_secret(vendor: Vendor, sent: dict[str, Any]) -> None:
    answer = Sandboxed(vendor).get(**sent)
    assert answer.status != 200 or answer.warnings
    assert RICH.casefold() not in f"{answer.body!r}{answer.headers}".casefold()


def test_a_long_request_is_told_alike_and_not_remembered(vendor: Vendor) -> None:
    redaction = Sandboxed(vendor).runtime.redactor
    for length in (10, 10_000):
        headers = {"x-acme-key": RICH, "x-long": "b" * length}
        told = redaction.redact(Request("GET", "/v3/bills", f"q={'a' * length}", headers), vendor)
        assert told.request["query"] == {"q": "a" * length}
        assert RICH not in str(told.request)
    assert redaction._cached_read_headers.cache_info().currsize == 1


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJlLW9mLWl0"


@pytest.mark.parametrize(
    ("headers", "secret"),
    [
        ({"x-forwarded-access-token": "of-a-proxy-somewhere"}, "of-a-proxy-somewhere"),
        ({"x-amz-security-token": "of-a-proxy-somewhere"}, "of-a-proxy-somewhere"),
        ({"x-client-secret": "of-a-proxy-somewhere"}, "of-a-proxy-somewhere"),
        ({"x-trace": f"seen {JWT}"}, JWT),
        ({"x-trace": "sk_live_4eC39HqLyjWDarjtT1zdp7dc"}, "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ({"x-trace": RICH.upper()}, RICH.upper()),
        ({f"x-{RICH}": "1"}, RICH),
        ({"cookie": "theme=dark; session=of-a-browser-somewhere"}, "of-a-browser-somewhere"),
        ({"authorization": "Basic dXNlcjpvZi1hLXBlcnNvbi1zb21ld2hlcmU="}, "of-a-person-somewhere"),
    ],
)
def test_what_no_vendor_declares_and_is_a_secret_is_hidden_wherever_it_is(
    vendor: Vendor, headers: dict[str, str], secret: str
) -> None:
    redaction = Sandboxed(vendor).runtime.redactor
    request = Request("GET", f"/v3/{secret}", f"q={secret}", {"x-acme-key": POOR, "x-other": secret, **headers})
    told = redaction.redact(request, vendor)
    assert secret not in str(told.request)
    assert told.request["path"] == "/v3/[redacted]"
    assert told(f"{secret} is no day") == "[redacted] is no day"


@pytest.mark.parametrize("name", ["page_token", "nextToken", "continuation-token", "X-Sync-Token", "Idempotency-Key"])
def test_where_a_page_begins_is_no_secret(vendor: Vendor, name: str) -> None:
    request = Request("GET", BILLS, f"{name}=the-second-page", {name.lower(): "at-two"})
    told = Sandboxed(vendor).runtime.redactor.redact(request)
    assert told.request["query"] == {name: "the-second-page"}
    assert told.request["headers"] == {name.lower(): "at-two"}


@pytest.mark.parametrize("times", [1, 2])
def test_a_secret_is_hidden_in_a_path_that_was_encoded_once_or_twice(vendor: Vendor, times: int) -> None:
    coded = "".join(f"%{ord(letter):02X}" for letter in RICH)
    for _ in range(times - 1):
        coded = coded.replace("%", "%25")
    server = Sandboxed(vendor)
    server.get(f"/v3/bills/{coded}", key=POOR)
    ((_, entry),) = server.runtime.store.entries("default")
    path = entry["request"]["path"]
    for _ in range(times):
        path = unquote(path)
        assert RICH not in path


@pytest.mark.parametrize(
    "body",
    [
        b'{"password": "with \\"signs\\" & blanks"}',
        b'{"login": {"credentials": ["with \\"signs\\" & blanks"]}}',
        b"client_secret=with+%22signs%22+%26+blanks&page=1",
    ],
)
def test_a_secret_of_a_body_is_hidden_as_it_was_meant_not_only_as_it_is_spelled(vendor: Vendor, body: bytes) -> None:
    secret = 'with "signs" & blanks'
    told = Sandboxed(vendor).runtime.redactor.redact(Request("GET", BILLS, f"q={quote(secret)}", {}, body=body), vendor)
    assert told.request["query"] == {"q": "[redacted]"}
    assert secret not in told.request["body"]


POORER = {"account": "poor", "secret": None}


def test_the_trace_of_a_crash_is_without_the_secrets_of_accounts_that_did_not_call(vendor: Vendor) -> None:
    server = Sandboxed(vendor)
    own = {
        "accounts": [{"account": "rich", "secret": "an-account-of-this-sandbox"}, {"account": "poor", "secret": None}]
    }
    assert server.control("PUT", "/accounts/acme", own).status == 200
    runtime = server.runtime
    told = runtime.redactor.redact(Request("GET", BILLS, "", {"x-acme-key": "an-unknown-one"}), vendor)
    text = f"KeyError: {{'a': '{RICH}', 'b': 'an-account-of-this-sandbox', 'c': 'an-unknown-one', 'd': '{JWT}'}}"
    shown = runtime.redactor.redact_text(text, told)
    assert shown == "KeyError: {'a': '[redacted]', 'b': '[redacted]', 'c': '[redacted]', 'd': '[redacted]'}"


@pytest.mark.parametrize("place", ["path", "query"])
def test_what_looks_live_is_hidden_where_it_is_not_refused(vendor: Vendor, place: str) -> None:
    server = Sandboxed(vendor, refuse_live=False)
    server.get(f"/v3/bills/{JWT}" if place == "path" else f"{BILLS}?text={JWT}", key=POOR)
    ((_, entry),) = server.runtime.store.entries("default")
    assert JWT not in str(dict(entry))
    assert "[redacted]" in (*entry["request"]["query"].values(), entry["request"]["path"].rpartition("/")[2])
