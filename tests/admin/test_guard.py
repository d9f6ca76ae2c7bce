"""Who may control."""

from __future__ import annotations

import re
from importlib.metadata import version
from io import BytesIO
from typing import Any

import pytest
from packaging.version import Version
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from mockserver.admin.app import create_admin_app
from mockserver.admin.guard import is_ours
from mockserver.admin.http import MAX_BODY_BYTES
from mockserver.engine import redaction
from mockserver.engine.build import build_runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.server.front import Front
from tests.sdk.test_web import HOSTILE
from tests.support.acme import BILLS, RICH, Sandboxed, only
from tests.support.client import Answer

OLD = Version(version("werkzeug")) < Version("3.1.8")
SENT = pytest.mark.skipif(OLD, reason="the test client of an older werkzeug cannot send it")

TOKEN = "only-for-the-team"


@pytest.fixture(scope="module")
def server(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor)


@pytest.fixture(scope="module")
def guarded(vendor: Vendor) -> Sandboxed:
    return Sandboxed(vendor, host="0.0.0.0", control_token=TOKEN)


def kind(answer: Answer) -> str:
    """What was refused; empty when nothing was."""
    if answer.status < 400:
        return ""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return f"{answer.status} {answer.json['type'].removeprefix('urn:mockserver:')}"


@pytest.mark.parametrize(
    ("host", "bound", "ours"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True),
        ("127.9.9.9", "127.0.0.1", True),
        ("localhost:1", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8080", "127.0.0.1", True),
        ("acme.localhost:8080", "127.0.0.1", True),
        ("192.168.1.5:80", "192.168.1.5", True),
        ("[fe80::1]:80", "fe80::1", True),
        ("mybox:80", "MyBox", True),
        ("evil.example", "127.0.0.1", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("evillocalhost", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("192.168.1.5", "127.0.0.1", False),
        ("0.0.0.0", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("[::1", "127.0.0.1", False),
        ("[x]", "127.0.0.1", False),
    ],
)
def test_hosts_that_are_ours(host: str, bound: str, ours: bool) -> None:
    assert is_ours(host, bound) is ours


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8080", pytest.param("[::1", marks=SENT)])
def test_a_foreign_host_is_refused(server: Sandboxed, host: str) -> None:
    for method, path in (("GET", "/settings"), ("POST", "/reset"), ("GET", "/vendors"), ("OPTIONS", "/reset")):
        assert kind(server.control(method, path, headers={"Host": host})) == "403 foreign-host"
    assert server.app.test_client().get(BILLS, headers={"Host": host, "X-Acme-Key": RICH}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://localhost.evil.example", "null", "http://[::1", "file://", ""]
)
def test_a_foreign_origin_is_refused_and_gets_no_cors(server: Sandboxed, origin: str) -> None:
    for method, path in (("GET", "/settings"), ("POST", "/reset"), ("OPTIONS", "/reset")):
        answer = server.control(method, path, headers={"Origin": origin})
        assert kind(answer) == "403 foreign-origin"
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8080", "http://app.localhost"])
def test_a_page_of_this_machine_may_ask(server: Sandboxed, origin: str) -> None:
    answer = server.control("GET", "/settings", headers={"Origin": origin})
    assert kind(answer) == ""
    assert not [name for name in answer.headers if name.startswith("Access-Control")]  # its browser hides the reply


@pytest.mark.parametrize("type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""])
def test_a_write_that_is_not_json_is_refused(server: Sandboxed, type: str) -> None:
    for method, path in (("PATCH", "/settings"), ("POST", "/faults"), ("POST", "/reset"), ("PUT", "/sandboxes/a")):
        answer = server.control(method, path, b'{"strict": true}', headers={"Content-Type": type})
        assert kind(answer) == "415 json-wanted"
        found = f"is '{type}'" if type else "is missing"
        assert answer.json["detail"].startswith(f"The Content-Type {found}, wanted application/json (curl: -H ")
    assert kind(server.control("POST", "/reset", headers={"Content-Type": type})) == ""  # one without a body is fine
    assert kind(server.control("PATCH", "/settings", b"{}", headers={"Content-Type": "application/json; x=y"})) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Mock-Control-Token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}"},
        {"Authorization": f"bearer  {TOKEN}"},
    ],
)
def test_the_token_opens_and_lifts_the_check_of_host(guarded: Sandboxed, headers: dict[str, str]) -> None:
    for host in ("localhost", "mock.company.example:8080"):
        assert kind(guarded.control("GET", "/vendors", headers={"Host": host, **headers})) == ""
    assert kind(guarded.control("GET", "/vendors", headers={"Origin": "http://x.example", **headers})) != ""
    own = {"Host": "mock.company.example", "Origin": "http://mock.company.example"}
    assert kind(guarded.control("GET", "/vendors", headers={**own, **headers})) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Mock-Control-Token": ""},
        {"X-Mock-Control-Token": TOKEN[:-1]},
        {"X-Mock-Control-Token": TOKEN + "ö"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
    ],
)
def test_nothing_is_told_without_the_token(guarded: Sandboxed, headers: dict[str, str]) -> None:
    rules = list(create_admin_app(guarded.runtime).url_map.iter_rules())
    assert len(rules) > 15
    for rule in rules:
        if not rule.rule.startswith("/__admin"):  # what everybody may look at
            continue
        path = re.sub("<[^>]*>", "1", rule.rule.removeprefix("/__admin"))
        if path in ("", "/", "/health", "/ready", "/version") or path.startswith("/site/"):
            continue
        for method in rule.methods or ():
            answer = guarded.control(method, path, headers=headers)
            assert answer.status == 401, (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert RICH.encode() not in answer.body
            assert TOKEN.encode() not in answer.body
    assert RICH.encode() not in guarded.app.test_client().get("/").data


def test_health_ready_and_version_are_for_everybody(guarded: Sandboxed, server: Sandboxed) -> None:
    stranger = {"Host": "lb.company.example", "Origin": "http://evil.example"}
    for path in ("/health", "/ready", "/version"):
        assert kind(guarded.control("GET", path, headers=stranger)) == ""
        assert kind(server.control("GET", path, headers=stranger)) == ""


def test_vendors_are_called_without_the_token(guarded: Sandboxed) -> None:
    assert guarded.get().status == 200


def test_all_of_it_can_be_off(vendor: Vendor) -> None:
    server = Sandboxed(vendor, control="false")
    for path in ("/health", "/settings", "/vendors", "", "/"):
        assert kind(server.control("GET", path)) == "404 unknown-path"
    assert server.get().status == 200


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("127.0.0.1", ""),
        ("127.0.0.9", ""),
        ("::1", ""),
        ("192.168.1.5", "401 token-wanted"),
        ("fe80::1", "401 token-wanted"),
    ],
)
def test_without_a_token_nobody_controls_from_another_machine(server: Sandboxed, address: str, found: str) -> None:
    """However the server was bound: behind ``flask run --host`` we are not told."""
    client = server.app.test_client()
    for path in ("/vendors", "/settings"):
        reply = client.get(f"/__admin{path}", environ_base={"REMOTE_ADDR": address})
        assert kind(Answer.of(reply)) == found
    assert client.get("/__admin/health", environ_base={"REMOTE_ADDR": address}).status_code == 200
    assert client.get(BILLS, environ_base={"REMOTE_ADDR": address}, headers={"X-Acme-Key": RICH}).status_code == 200


def test_from_another_machine_with_the_token(guarded: Sandboxed) -> None:
    away = {"REMOTE_ADDR": "192.168.1.5"}
    sent = {"X-Mock-Control-Token": TOKEN}
    reply = guarded.app.test_client().get("/__admin/vendors", environ_base=away, headers=sent)
    assert kind(Answer.of(reply)) == ""


def test_what_was_found_is_told(server: Sandboxed) -> None:
    host = server.control("GET", "/settings", headers={"Host": "mybox:8080"}).json["detail"]
    assert host == "The Host is 'mybox:8080', wanted this machine's own, like 127.0.0.1; or --control-token."
    origin = server.control("GET", "/settings", headers={"Origin": "http://mybox"}).json["detail"]
    assert origin == "The Origin is 'http://mybox'; only pages of this machine may control."


def test_the_token_is_not_kept_of_a_call_that_has_it(guarded: Sandboxed) -> None:
    guarded.get(f"{BILLS}?state={TOKEN}", headers={"X-Mock-Control-Token": TOKEN})
    journal = guarded.control("GET", "/requests?limit=1", headers={"X-Mock-Control-Token": TOKEN})
    (entry,) = journal.json["requests"]
    assert entry["request"]["headers"]["x-mock-control-token"] == "[redacted]"
    assert TOKEN.encode() not in journal.body


NO_HOSTS = [text for text in HOSTILE if text.strip() == text and text.isascii() and text.isprintable()]
STRANGERS = (
    "127.0.0.1.evil.com",
    "localhost.evil.com",
    "evil-localhost",
    "xn--localhost-xyz.com",
    "127.0.0.1.nip.io",
    "128.0.0.1",
    "[::2]",
    "[2001:db8::1]:80",
)


@pytest.mark.parametrize("origin", [f"http://{text}" for text in (*NO_HOSTS, *STRANGERS)] + ["null", "ftp://localhost"])
def test_an_origin_that_is_not_quite_ours_is_foreign(server: Sandboxed, guarded: Sandboxed, origin: str) -> None:
    for method, path in (("GET", "/settings"), ("POST", "/reset")):
        assert kind(server.control(method, path, headers={"Origin": origin})) == "403 foreign-origin"
        sent = {"Origin": origin, "X-Mock-Control-Token": TOKEN}
        assert kind(guarded.control(method, path, headers=sent)) == "403 foreign-origin"


@SENT
@pytest.mark.parametrize("host", [text for text in (*NO_HOSTS, *STRANGERS) if text != "[:::1]"])  # not even sent
def test_a_host_that_is_not_quite_ours_is_foreign(server: Sandboxed, host: str) -> None:
    found = kind(server.control("GET", "/settings", headers={"Host": host}))
    assert found in ("403 foreign-host", "400 http")  # some are too odd for Flask


def test_with_the_token_an_origin_is_that_of_the_address_that_was_called(guarded: Sandboxed) -> None:
    """A Host that is none has no page, also where the Origin is spelled alike."""
    for host, origin, found in (
        ("mock.company.example:80", "http://mock.company.example", ""),
        ("mock.company.example", "http://mock.company.example:8080", "403 foreign-origin"),
        ("mock.company.example", "https://mock.company.example", "403 foreign-origin"),
        ("evil.com\\@127.0.0.1", "http://evil.com\\@127.0.0.1", "403 foreign-origin"),
    ):
        sent = {"Host": host, "Origin": origin, "X-Mock-Control-Token": TOKEN}
        assert kind(guarded.control("GET", "/settings", headers=sent)) == found


class Unread:
    """A body of which nobody reads anything."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")

    readline = read


def framed(body: Any, length: int | None) -> dict[str, Any]:
    """What stands in an environ of a body of such a length, or of one in pieces."""
    head = {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
    return {"wsgi.input": body, "wsgi.input_terminated": True, **head}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/reset", {"Origin": "http://evil.example"}, 403),
        ("PUT", "/accounts/acme", {"Origin": "null"}, 403),
        ("PATCH", "/settings", {"Host": "evil.example"}, 403),
        ("POST", "/requests/find", {"Content-Type": "text/plain"}, 415),
        ("POST", "/faults", {"Content-Type": ""}, 415),
        ("PUT", "/settings", {}, 405),
        ("POST", "/nowhere", {}, 404),
        ("POST", "/health", {}, 405),
    ],
)
@pytest.mark.parametrize("length", [9, 8_000_000, None])
def test_what_is_refused_by_its_head_is_not_read(
    server: Sandboxed, method: str, path: str, headers: dict[str, str], status: int, length: int | None
) -> None:
    sent = {"Content-Type": "application/json", **headers}
    reply = server.app.test_client().open(
        f"/__admin{path}", method=method, headers=sent, environ_overrides=framed(Unread(), length)
    )
    assert kind(Answer.of(reply)).partition(" ")[0] == str(status)


@pytest.mark.parametrize("length", [1_048_577, 15_000_000])
def test_what_is_too_long_is_not_read(server: Sandboxed, length: int) -> None:
    for method, path in (("POST", "/faults"), ("PUT", "/sandboxes/a"), ("PATCH", "/settings")):
        reply = server.app.test_client().open(
            f"/__admin{path}",
            method=method,
            content_type="application/json",
            environ_overrides=framed(Unread(), length),
        )
        assert kind(Answer.of(reply)) == "413 http"


def test_without_the_token_nothing_is_read(guarded: Sandboxed) -> None:
    reply = guarded.app.test_client().post(
        "/__admin/reset", content_type="application/json", environ_overrides=framed(Unread(), 100)
    )
    assert kind(Answer.of(reply)) == "401 token-wanted"


def test_a_body_in_pieces_that_are_too_many_is_refused(server: Sandboxed) -> None:
    body = BytesIO(b'{"strict":' + b" " * MAX_BODY_BYTES + b"true}")
    reply = server.app.test_client().patch(
        "/__admin/settings", content_type="application/json", environ_overrides=framed(body, None)
    )
    assert kind(Answer.of(reply)) == "413 http"
    assert server.control("GET", "/settings").json["strict"] is False


@pytest.mark.parametrize(
    ("method", "path", "headers", "length", "kept"),
    [
        ("PATCH", "/__admin/settings", {}, 9, MAX_BODY_BYTES + 1),
        ("PATCH", "/__admin/settings", {}, None, MAX_BODY_BYTES + 1),
        ("PATCH", "/__sandbox/a/__admin/settings", {}, 9, MAX_BODY_BYTES + 1),
        ("PATCH", "/__admin/settings", {"Origin": "http://evil.example"}, 9, 0),
        ("PATCH", "/__sandbox/a/__admin/settings", {"Host": "evil.example"}, 9, 0),
        ("PATCH", "/__admin/settings", {"Content-Type": "text/plain"}, None, 0),
        ("PATCH", "/__admin/settings", {}, MAX_BODY_BYTES + 1, 0),
        ("POST", "/__admin/health", {}, 9, 0),
        ("POST", BILLS, {}, 9, redaction.MAX_BODY_BYTES + 1),
        ("POST", "/nowhere", {}, 15_000_000, redaction.MAX_BODY_BYTES + 1),
    ],
)
def test_a_server_learns_how_much_of_a_body_it_must_keep(
    vendor: Vendor, method: str, path: str, headers: dict[str, str], length: int | None, kept: int
) -> None:
    sent = Headers({"Content-Type": "application/json", **headers})
    environ = EnvironBuilder(path, method=method, headers=sent).get_environ() | framed(BytesIO(), length)
    with only(vendor):
        assert Front(build_runtime(make_settings({}, {}))).max_body_bytes(environ) == kept
        off = Front(build_runtime(make_settings({"control": "false"}, {})))
    assert off.max_body_bytes(environ) == (kept if path in (BILLS, "/nowhere") else 0)
