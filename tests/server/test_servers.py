"""Both servers, called by http.client: every network fault arrives and the server survives."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from gunicorn.workers import gasgi
from werkzeug.serving import make_server

from mockserver.sdk.contract import Vendor
from mockserver.server import gunicorn, listen, werkzeug
from mockserver.server.asgi import AsgiAdapter
from mockserver.server.front import Front
from tests.support.acme import RICH, Sandboxed
from tests.support.certificates import self_signed
from tests.support.servers import running
from tests.support.servers import serving as serve_command

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def serving(kind: str, folder: Path, *before: str, **constants: float) -> Iterator[int]:
    """The port of a running server, started by ``before``; stopped by its id, and silent about faults asked for."""
    given = [f"{name}={value}" for name, value in constants.items()]
    command = [*before, sys.executable, "-m", "tests.server.serving", kind, str(folder), *given]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
            server.send_signal(signal.SIGINT)
            _, told = server.communicate(timeout=60)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)  # or we would wait for it, and leave its worker behind
    assert server.returncode == 0
    assert "Traceback" not in told
    assert "rror" not in told


@pytest.fixture(scope="module", params=["gunicorn", "werkzeug"])
def port(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(request.param, tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.mark.parametrize("kind", ["gunicorn", "werkzeug"])
def test_a_server_of_a_background_job_can_be_stopped(kind: str, tmp_path: Path) -> None:
    with serving(kind, tmp_path, "sh", "-c", "trap '' INT; exec \"$@\"", "sh") as port:
        assert get(port, "/v3/bills")[0].status == 200


def get(port: int, target: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", target, headers={"X-Acme-Key": RICH, **headers})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def trouble(port: int, kind: str) -> tuple[http.client.HTTPResponse, bytes]:
    return get(port, f"/v3/bills/4?trouble={kind}")


@pytest.fixture
def wanted(vendor: Vendor) -> dict[str, Any]:
    """The bill that the faults apply to."""
    found: dict[str, Any] = json.loads(Sandboxed(vendor).get("/v3/bills/4").body)["bill"]
    return found


def test_a_reply_arrives_whole(port: int, wanted: dict[str, Any]) -> None:
    response, body = get(port, "/v3/bills/4")
    assert (response.status, json.loads(body)["bill"]) == (200, wanted)
    assert response.headers.get_all("Content-Type") == ["application/json; charset=utf-8"]


def test_reset(port: int) -> None:
    with pytest.raises(ConnectionResetError) as failed:
        trouble(port, "reset")
    assert not isinstance(failed.value, http.client.RemoteDisconnected)
    assert get(port, "/v3/bills/4")[0].status == 200


def test_empty(port: int) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        trouble(port, "empty")
    assert get(port, "/v3/bills/4")[0].status == 200


def test_truncate(port: int) -> None:
    with pytest.raises(http.client.IncompleteRead) as failed:
        trouble(port, "truncate")
    assert failed.value.partial.startswith(b'{"bill":{"id":4,')
    assert failed.value.expected
    assert get(port, "/v3/bills/4")[0].status == 200


def test_malformed(port: int) -> None:
    response, body = trouble(port, "malformed")
    assert response.status == 200
    assert len(body) == int(response.headers["Content-Length"])
    with pytest.raises(ValueError):
        json.loads(body)


def test_drip(port: int, wanted: dict[str, Any]) -> None:
    response, body = trouble(port, "drip")
    assert (response.status, json.loads(body)["bill"]) == (200, wanted)


@pytest.mark.parametrize(
    ("network", "failure", "cause"),
    [
        ("reset", requests.ConnectionError, "ConnectionResetError"),
        ("empty", requests.ConnectionError, "RemoteDisconnected"),
        ("truncate", requests.exceptions.ChunkedEncodingError, "IncompleteRead"),
        ("malformed", requests.JSONDecodeError, "line 1 column"),
    ],
)
def test_a_rule_of_a_sandbox_spoils_one_call_as_requests_sees_it(
    port: int, network: str, failure: type[Exception], cause: str, wanted: dict[str, Any]
) -> None:
    url, headers = f"http://127.0.0.1:{port}", {"X-Acme-Key": RICH, "X-Mock-Sandbox": network}
    rule: dict[str, Any] = {"vendor": "acme", "operation": "oneBill", "network": network, "times": 1}
    made = requests.post(f"{url}/__admin/faults", json=rule, headers=headers, timeout=60)
    assert made.status_code == 201, made.text
    with requests.Session() as session:
        with pytest.raises(failure, match=cause):
            session.get(f"{url}/v3/bills/4", headers=headers, timeout=60).json()
        assert session.get(f"{url}/v3/bills/4", headers=headers, timeout=60).json()["bill"] == wanted
    kept = requests.get(f"{url}/__admin/requests", headers=headers, timeout=60).json()["requests"]
    assert [entry["fault"] for entry in kept] == [None, made.json()["id"]]


def test_a_request_line_that_is_too_long_reaches_the_vendor(port: int) -> None:
    response, body = get(port, "/v3/bills?x=" + "a" * 20_000)
    assert (response.status, json.loads(body)) == (414, {"error": "Too long."})


def told(port: int, sent: bytes) -> tuple[int, dict[str, Any], bytes]:
    """The status, body and head of the reply to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body), head


HELLO = b"GET /v3/bills HTTP/1.1\r\nHost: x\r\n"
NO_HTTP = "Malformed HTTP request"


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        (b"GET /v3/bills?x=" + b"a" * 65_600 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "The request line is over 65536"),
        (
            HELLO + b"X-Long: " + b"a" * 8_190 + b"\r\n\r\n",
            431,
            "The headers are too many or too long, wanted at most 100",
        ),
        (HELLO + b"X-More: 1\r\n" * 100 + b"\r\n", 431, "The headers are too many or too long, wanted at most 100"),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400, NO_HTTP),
        (b"G\x1b[2JET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, NO_HTTP),
        (HELLO + b"Origin: a\x1b[2Jb\r\n\r\n", 400, NO_HTTP),
        (HELLO + b"Origin: http://x\n Set-Cookie: evil\r\n\r\n", 400, NO_HTTP),
        (HELLO + b"Bad Name: x\r\n\r\n", 400, NO_HTTP),
        (HELLO + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400, NO_HTTP),
        (HELLO + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, NO_HTTP),
        (HELLO + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", 400, NO_HTTP),
    ],
    ids=["line", "header", "headers", "noise", "method", "escape", "fold", "name", "length", "lengths", "both"],
)
def test_what_is_no_http_or_too_much_is_refused_in_words_of_ours(
    port: int, sent: bytes, status: int, detail: str
) -> None:
    found, body, head = told(port, sent)
    assert (found, body["status"], body["type"]) == (status, status, "urn:mockserver:http")
    assert body["detail"].startswith(detail)
    assert b"\r\nContent-Type: application/problem+json\r\n" in head + b"\r\n"
    assert b"\r\nConnection: close" in head
    assert b"\x1b" not in head
    assert get(port, "/v3/bills/4")[0].status == 200


@pytest.mark.parametrize("body", [b"", b"Content-Length: 2\r\n\r\n{}"], ids=["none", "body"])
@pytest.mark.parametrize(
    ("target", "status", "mark"),
    [
        ("http://api.acme.example/v3/bills/4?x=1", 200, b'"bill"'),
        ("http://127.0.0.1:1/acme/v3/bills/4", 200, b'"bill"'),
        ("http://acme.localhost/nowhere", 404, b"No such page."),
        ("http://acme.localhost", 404, b"No such page."),
        ("http://127.0.0.1/nowhere", 404, b"urn:mockserver:unknown-path"),
        ("http://127.0.0.1/__admin/health", 200, b'"vendors"'),
        ("http://127.0.0.1/__sandbox/absolute/v3/bills/4", 200, b'"bill"'),
    ],
)
def test_a_target_in_absolute_form_as_a_client_behind_a_proxy_sends_it(
    port: int, target: str, status: int, mark: bytes, body: bytes
) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: elsewhere.example\r\nX-Acme-Key: {RICH}\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode() + (body or b"\r\n"))
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    assert raw.startswith(b"HTTP/1.1 %d " % status)
    assert mark in raw


def test_an_address_that_is_none_is_refused(port: int) -> None:
    status, body, _ = told(port, b"GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (status, body["status"]) in ((400, 400), (404, 404))  # or nothing is there


def test_a_body_that_control_does_not_read_is_refused(port: int) -> None:
    body, kind = b'{"strict":' + b" " * 1_048_576 + b"true}", {"Content-Type": "application/json"}
    reply = requests.patch(f"http://127.0.0.1:{port}/__admin/settings", data=body, headers=kind, timeout=60)
    assert (reply.status_code, reply.headers["Content-Type"]) == (413, "application/problem+json")
    assert reply.json()["detail"] == "The body is over 1048576 bytes, the most that control reads."


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        (403, "POST", "/__admin/reset", {"Origin": "http://evil.example"}),
        (403, "PUT", "/__admin/sandboxes/a", {"Host": "evil.example"}),
        (413, "PATCH", "/__admin/settings", {}),
        (415, "POST", "/__admin/faults", {"Content-Type": "text/plain"}),
        (404, "POST", "/__admin/nowhere", {}),
        (405, "PUT", "/__admin/settings", {}),
        (405, "POST", "/v3/bills", {"X-Acme-Key": RICH}),
        (404, "POST", "/nowhere", {}),
    ],
)
def test_a_huge_body_that_nobody_reads_holds_nobody_up(
    port: int, status: int, method: str, path: str, headers: dict[str, str]
) -> None:
    body = b"[" + b"1234567890," * 400_000 + b"1]"
    with requests.Session() as session:
        for _ in range(2):  # on the same connection, where there may be another request
            reply = session.request(
                method,
                f"http://127.0.0.1:{port}{path}",
                data=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=60,
            )
            assert reply.status_code == status
            assert session.get(f"http://127.0.0.1:{port}/__admin/health", timeout=60).status_code == 200


def test_a_body_in_pieces_that_are_none_is_refused(port: int) -> None:
    head = b"POST /__admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    head += b"Content-Type: application/json\r\n"
    status, body, _ = told(port, head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
    assert (status, body["status"]) == (400, 400)


def test_a_status_that_nobody_registered_has_a_phrase(port: int) -> None:
    response, _ = get(port, "/v3/bills", Prefer="code=599")
    assert (response.status, response.reason) == (599, "Status 599")


def test_a_status_line_and_a_head_without_body(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(
            f"HEAD /v3/bills HTTP/1.1\r\nHost: x\r\nX-Acme-Key: {RICH}\r\nConnection: close\r\n\r\n".encode()
        )
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert raw.endswith(b"\r\n\r\n")


def test_requests_that_come_at_once_are_answered_one_after_the_other(port: int) -> None:
    first = f"GET /v3/bills/4 HTTP/1.1\r\nHost: x\r\nX-Acme-Key: {RICH}\r\n\r\n"
    last = "GET /v3/bills HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall((first * 2 + last).encode())
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    if b"gunicorn" in raw:  # werkzeug answers the first, and closes the connection
        assert re.findall(rb"HTTP/1\.1 (\d+)", raw) == [b"200", b"200", b"401"]
        assert raw.count(b"Connection: close") == 1
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_path_beyond_ascii_and_a_header_that_comes_twice_are_read_alike(port: int) -> None:
    url, headers = f"http://127.0.0.1:{port}", {"X-Mock-Sandbox": "alike"}
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        lines = ["GET /v3/bills/%C3%B6?a=%20 HTTP/1.1", "Host: x", f"X-Acme-Key: {RICH}", "X-Mock-Sandbox: alike"]
        sent = "\r\n".join([*lines, "X-Note: one", "X-Note: t\xf6", "Connection: close", "", ""])
        connection.sendall(sent.encode("latin-1"))
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 404 ")
    (kept,) = requests.get(f"{url}/__admin/requests", headers=headers, timeout=60).json()["requests"]
    assert (kept["request"]["path"], kept["request"]["query"]) == ("/v3/bills/\xf6", {"a": " "})
    assert kept["request"]["headers"]["x-note"] == "one,t\xf6"


def test_nobody_waits_for_a_client_that_does_not_hang_up(port: int) -> None:
    """A server that waits for each gives it 2 seconds, in which it takes no other: a minute and a half for these."""
    lingering: list[socket.socket] = []
    try:
        for _ in range(45):
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
            lingering.append(connection)
            connection.sendall(b"HEAD /v3/bills HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for connection in lingering:
            reply = b""
            while piece := connection.recv(65536):
                reply += piece
            assert reply.startswith(b"HTTP/1.1 401 ")
        assert get(port, "/v3/bills")[0].status == 200
    finally:
        for connection in lingering:
            connection.close()


def test_werkzeug_inside_this_process(vendor: Vendor) -> None:
    with listen.listen("127.0.0.1", 0) as listener:
        serving = werkzeug.build_server(Front(Sandboxed(vendor).runtime), listener)
        thread = Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        try:
            assert get(listener.getsockname()[1], "/v3/bills")[0].status == 200
        finally:
            serving.shutdown()
            thread.join(60)
            serving.server_close()


def test_werkzeug_says_when_it_is_ready_and_ends_in_peace(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    class Stopped:
        def serve_forever(self) -> None:
            told.append("serves")
            raise KeyboardInterrupt

        def server_close(self) -> None:
            told.append("closed")

    def make_server(*anything: object, **more: Any) -> Stopped:
        told.append(more["ssl_context"])
        return Stopped()

    monkeypatch.setattr(werkzeug, "make_server", make_server)
    front = Front(Sandboxed(vendor).runtime)
    with listen.listen("127.0.0.1", 0) as listener:
        werkzeug.run(front, listener, lambda: told.append("ready"), (Path("cert"), Path("key")))
    assert told == [("cert", "key"), "ready", "serves", "closed"]


def test_werkzeug_speaks_tls_on_a_socket_of_its_own(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Any] = []

    def making(*given: Any, **more: Any) -> Any:
        made.append(make_server(*given, **more))
        return made[-1]

    monkeypatch.setattr(werkzeug, "make_server", making)
    certificate, key = self_signed(tmp_path)
    with listen.listen("127.0.0.1", 0) as plain, listen.listen("127.0.0.1", 0) as encrypted:
        run = partial(
            werkzeug.run, Front(Sandboxed(vendor).runtime), plain, lambda: None, (certificate, key), encrypted
        )
        thread = Thread(target=run)
        thread.start()
        try:
            headers = {"X-Acme-Key": RICH}
            for listener, tls in ((plain, False), (encrypted, True)):
                url = listen.format_url(listener, tls) + "/v3/bills"
                assert requests.get(url, headers=headers, verify=str(certificate), timeout=60).status_code == 200
        finally:
            for serving in made:
                serving.shutdown()
            thread.join(60)
            made[-1].server_close()


def test_how_gunicorn_is_set(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(gunicorn._Arbiter, "run", lambda self: made.append(self.app))
    ready: list[str] = []
    ended: list[Any] = []
    front = Front(Sandboxed(vendor).runtime)
    for tls in (None, (ROOT / "setup.cfg", ROOT / "setup.py")):
        listener = listen.listen("127.0.0.1", 0)
        descriptor = listener.fileno()
        gunicorn.run(front, listener, lambda: ready.append("ready"), tls, leaving=lambda: ended.append("told"))
        config = made[-1].cfg
        assert (config.bind, config.workers, config.limit_request_line) == ([f"fd://{descriptor}"], 1, 65536)
        assert issubclass(config.worker_class, gasgi.ASGIWorker)
        assert config.control_socket_disable
        assert bool(config.is_ssl) == (tls is not None)
        socket.socket(fileno=descriptor).close()
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    for age in (1, 2):  # the second of several workers, or one in place of one that is gone
        config.post_worker_init(SimpleNamespace(age=age))
    assert ready == ["ready"]
    assert handlers.pop(signal.SIGINT) is signal.SIG_IGN  # Ctrl-C is for the master
    monkeypatch.setattr(os, "_exit", ended.append)
    handlers.pop(signal.SIGQUIT)(signal.SIGQUIT, None)
    assert (ended, handlers) == (["told", 0], {})
    assert isinstance(made[0].load(), AsgiAdapter)


FROM_A_PAGE = b"Origin: https://app.example\r\n"


@pytest.mark.parametrize(
    ("sent", "status", "known"),
    [
        (b"GET /v3/bills?x=" + b"a" * 65_600 + b" HTTP/1.1\r\nHost: x\r\n", 414, None),
        (HELLO + FROM_A_PAGE + b"X-Long: " + b"a" * 8_190 + b"\r\n", 431, None),
        (HELLO + FROM_A_PAGE + b"X-More: 1\r\n" * 100, 431, None),
        (HELLO + FROM_A_PAGE + b"Bad Name: x\r\n", 400, None),
        (HELLO + FROM_A_PAGE + b"Content-Length: 1\r\nContent-Length: 1\r\n", 400, True),
        (HELLO + FROM_A_PAGE + FROM_A_PAGE + b"Content-Length: x\r\n", 400, False),
        (HELLO + b"Content-Length: x\r\n", 400, False),
        (b"nonsense\r\n", 400, False),
    ],
    ids=["line", "long", "many", "name", "lengths", "twice", "none", "noise"],
)
def test_a_page_of_another_origin_reads_why_it_is_refused(
    port: int, sent: bytes, status: int, known: bool | None
) -> None:
    """By its Origin if the server has read it, else as a page without credentials."""
    found, _, head = told(port, sent + b"\r\n")
    allowed = {
        name.decode(): value.decode()
        for name, _, value in (line.partition(b": ") for line in head.splitlines())
        if name.startswith(b"Access-Control-Allow")
    }
    assert found == status
    exact = {"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Allow-Credentials": "true"}
    any_page = {"Access-Control-Allow-Origin": "*"}
    assert allowed in ([exact, any_page] if known is None else [exact] if known else [any_page])
    assert b"\r\nVary: Origin" in head


@pytest.mark.parametrize("path", [b"/__admin/settings", b"/__sandbox/a/__admin/reset", b"/__docs/"])
def test_a_page_of_another_origin_does_not_read_why_control_refuses(port: int, path: bytes) -> None:
    sent = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + FROM_A_PAGE + b"Content-Length: x\r\n\r\n"
    found, _, head = told(port, sent)
    assert found == 400
    assert b"Access-Control" not in head


def test_gunicorn_finds_the_origin_of_what_it_refuses_early(tmp_path: Path) -> None:
    with serving("gunicorn", tmp_path) as port:
        for early in (b"X-Long: " + b"a" * 8_190 + b"\r\n", b"X-More: 1\r\n" * 100, b"Bad Name: x\r\n"):
            for sent in (FROM_A_PAGE + early, early + FROM_A_PAGE):
                _, _, head = told(port, HELLO + sent + b"\r\n")
                assert b"Access-Control-Allow-Origin: https://app.example\r\n" in head, sent[:60]


def test_where_browsers_are_not_answered_no_refusal_is_for_them() -> None:
    with running(serve_command("--no-cors")) as (url, _):
        _, _, head = told(int(url.rpartition(":")[2]), HELLO + FROM_A_PAGE + b"Bad Name: x\r\n\r\n")
        assert b"Access-Control" not in head


def test_nothing_of_the_request_before_is_taken_for_this_one(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(HELLO + FROM_A_PAGE + b"\r\n")
        first = http.client.HTTPResponse(connection)
        first.begin()
        first.read()
        connection.sendall(b"GET /v3/bills?x=" + b"a" * 65_600 + b" HTTP/1.1\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)  # a server that lingers need not wait for our end
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"https://app.example" not in raw
