"""Carrying out a Reply in an event loop, with an injected sleep."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterable, Mapping
from time import process_time
from types import SimpleNamespace
from typing import Any

import pytest

from mockserver.sdk.http import NetworkFault, Reply
from mockserver.server import asgi, wsgi_faults
from mockserver.server.asgi import AsgiAdapter, environment
from tests.server.stub import StubFront

BODY = b'{"bills":[' + b",".join(b'{"id":%d}' % index for index in range(50)) + b"]}"


def scope(path: str = "/v3/bills", query: str = "", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode("latin-1"),
        "server": ("127.0.0.1", 8080),
        "headers": list(headers),
    }


class Carried:
    """What was sent, slept and seen while a call was carried out."""

    def __init__(
        self,
        reply: Reply | None = None,
        *,
        asked: Mapping[str, Any] | None = None,
        parts: Iterable[bytes] = (),
        leaves: bool = False,
    ):
        self.sent: list[Mapping[str, Any]] = []
        self.slept: list[float] = []
        self.options: list[tuple[int, int, bytes]] = []
        self.aborted = False
        self.protocol = SimpleNamespace(transport=self)
        messages = [{"body": part, "more_body": True} for part in parts] + [{"body": b""}]
        self._messages = [{"type": "http.request", **message} for message in messages]
        if leaves:
            self._messages[-1] = {"type": "http.disconnect"}

        self.front = StubFront(reply, BODY)
        self._app = AsgiAdapter(self.front, self._sleep)
        self.refused = False
        try:
            asyncio.run(self._app(asked or scope(), self.receive, self._send))
        except asyncio.CancelledError:
            self.refused = True

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def receive(self) -> Mapping[str, Any]:
        return self._messages.pop(0)

    async def _send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    # The transport.

    def get_extra_info(self, name: str) -> Carried:
        assert name == "socket"
        return self

    def setsockopt(self, *option: Any) -> None:
        self.options.append(option)

    def abort(self) -> None:
        self.aborted = True

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def test_nothing_asked_nothing_done() -> None:
    headers = ((b"Content-Type", b"application/json"), (b"X-Name", b"Jos\xe9"))
    reply = Reply(200, BODY, tuple((name.decode(), value.decode("latin-1")) for name, value in headers))
    length = (b"Content-Length", str(len(BODY)).encode())
    for carried, wanted in ((Carried(reply), [*headers, length]), (Carried(None), [*headers])):
        assert carried.sent == [
            {"type": "http.response.start", "status": 200, "headers": wanted},
            {"type": "http.response.body", "body": BODY},
        ]
        assert (carried.slept, carried.refused, carried.front.closed) == ([], False, carried.front.reply is None)


def test_a_delay_comes_before_the_first_byte() -> None:
    assert Carried(Reply(200, BODY, delay=0.8)).slept == [0.8]
    carried = Carried(Reply(200, BODY, delay=0.1, network="empty"))
    assert (carried.slept, carried.sent) == ([0.1], [])


@pytest.mark.parametrize("network", ["reset", "empty"])
def test_a_connection_is_closed_without_a_byte_and_with_rst_only_for_a_reset(network: NetworkFault) -> None:
    carried = Carried(Reply(200, BODY, network=network))
    assert (carried.refused, carried.sent) == (True, [])
    assert carried.aborted == (network == "reset")
    assert [option[:2] for option in carried.options] == [(socket.SOL_SOCKET, socket.SO_LINGER)] * carried.aborted


def test_half_a_body_is_sent_of_a_whole_that_was_promised() -> None:
    carried = Carried(Reply(200, BODY, network="truncate"))
    assert (carried.refused, carried.body) == (True, BODY[: len(BODY) // 2])
    assert carried.sent[-1]["more_body"] is True


def test_a_malformed_body_is_as_long_as_the_whole() -> None:
    carried = Carried(Reply(200, BODY, network="malformed"))
    assert (len(carried.body), carried.refused) == (len(BODY), False)
    assert carried.body.startswith(BODY[: len(BODY) // 2] + b"!!")


def test_a_body_drips_whole() -> None:
    carried = Carried(Reply(200, BODY, network="drip"))
    assert (carried.body, len(carried.slept)) == (BODY, wsgi_faults.DRIP_PIECES)
    assert not carried.sent[-1].get("more_body")


@pytest.mark.parametrize(
    ("path", "in_the_loop"),
    [
        ("/v3/bills", True),
        ("/__admin/records/acme", False),
        ("/__admin/requests", False),
        ("/__admin/requests?after=7", False),
        ("/__admin/requests?after=7&brief=true", True),
        ("/__admin/health", True),
    ],
)
def test_pages_of_ours_are_answered_by_a_thread_unless_they_are_quick(path: str, in_the_loop: bool) -> None:
    alone, _, query = path.partition("?")
    reply = None if path.startswith("/__") else Reply(200, BODY)
    carried = Carried(reply, asked=scope(alone, query))
    assert (carried.front.thread == threading.main_thread().name) == in_the_loop


def test_the_environment_says_what_was_sent() -> None:
    headers = [(b"host", b"x"), (b"x-acme-key", b"one"), (b"x-acme-key", b"two"), (b"content-type", b"text/plain")]
    made = environment(scope("/jos\xe9", "a=%20\xe9", *headers))
    assert made["PATH_INFO"].encode("latin-1").decode() == "/jos\xe9"
    assert made["RAW_URI"].endswith("?a=%20\xe9")
    assert made["QUERY_STRING"] == "a=%20\xe9"
    assert (made["HTTP_X_ACME_KEY"], made["CONTENT_TYPE"], made["HTTP_HOST"]) == ("one,two", "text/plain", "x")
    assert "CONTENT_LENGTH" not in made
    assert environment(scope())["RAW_URI"] == "/v3/bills"


def test_a_body_is_read_in_full_and_only_if_there_is_one() -> None:
    chunked = scope("/v3/bills", "", (b"transfer-encoding", b"chunked"))
    carried = Carried(asked=chunked, parts=[b"one", b"two"])
    assert (carried.front.read, carried.front.environ["CONTENT_LENGTH"]) == (b"onetwo", "6")
    assert Carried(parts=[b"never read"]).front.read == b""
    called = Carried(Reply(200, BODY), asked=chunked, parts=[b"one", b"two"]).front.request
    assert called is not None
    assert (called.body, called.headers["content-length"]) == (b"onetwo", "6")


def test_a_body_in_many_pieces_is_not_copied_for_each() -> None:
    """It took minutes, in which nobody else was answered."""
    chunked = scope("/v3/bills", "", (b"transfer-encoding", b"chunked"))
    before = process_time()
    read = Carried(asked=chunked, parts=[b"1234" * 64] * 60_000).front.read
    assert read == b"1234" * 64 * 60_000
    assert process_time() - before < 10


def test_of_a_body_no_more_is_kept_than_the_app_looks_at() -> None:
    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", **parts.pop(0)}

    async def send(message: Mapping[str, Any]) -> None:
        pass

    for looked_at, kept in ((0, b""), (5, b"12345"), (10, b"1234567890"), (99, b"123456789012")):
        parts: list[dict[str, Any]] = [{"body": b"123456", "more_body": True}, {"body": b"789012"}]
        front = StubFront(most=lambda environ, most=looked_at: most)  # type: ignore[misc]  # what holds now
        asyncio.run(AsgiAdapter(front)(scope("/v3/bills", "", (b"content-length", b"12")), receive, send))
        assert (front.read, front.environ["CONTENT_LENGTH"], parts) == (kept, "12", [])


def test_no_long_name_of_a_header_is_remembered() -> None:
    for name in (b"X-Short", b"X-" + b"a" * 8000):
        before = asgi._known_key.cache_info().currsize, asgi._known_lower.cache_info().currsize
        assert environment(scope("/", "", (name, b"1")))[f"HTTP_{name.decode().upper().replace('-', '_')}"] == "1"
        assert asgi._lower(name) == name.decode()
    assert (asgi._known_key.cache_info().currsize, asgi._known_lower.cache_info().currsize) == before


def test_half_a_body_is_no_call() -> None:
    chunked = scope("/v3/bills", "", (b"transfer-encoding", b"chunked"))
    carried = Carried(asked=chunked, parts=[b"half of"], leaves=True)
    assert (carried.refused, carried.front.environ, carried.sent) == (True, {}, [])


@pytest.mark.parametrize(
    ("reply", "plain"),
    [
        (Reply(200, BODY, (("X-Name", "a\tb \xe4"),)), True),
        (Reply(204, b"", (("X-Name", ""),)), True),
        (Reply(200, BODY, (("X-Name", "a\r\nSet-Cookie: b"),)), False),
        (Reply(200, BODY, (("X-Name\r\nSet-Cookie", "b"),)), False),
        (Reply(200, BODY, (("X-Name", "a\x00"),)), False),
        (Reply(200, BODY, (("X-Name", "\u0141\xf3d\u017a"),)), False),
        (Reply(200, BODY, (("Date", "today"),)), False),
        (Reply(204, BODY), False),
    ],
)
def test_a_reply_is_plain_when_nothing_of_it_is_left_to_gunicorn(reply: Reply, plain: bool) -> None:
    assert asgi.is_plain(reply) == plain


@pytest.mark.parametrize(
    ("target", "host", "found"),
    [
        ("/v3/bills", "here", ("/v3/bills", "here")),
        ("http://api.acme.example/v3/bills", "proxy:3128", ("/v3/bills", "api.acme.example")),
        ("HTTPS://api.acme.example:8443/", None, ("/", "api.acme.example:8443")),
        ("http://api.acme.example", "", ("/", "api.acme.example")),
        ("http://here/a?b#c\nd", "x", ("/a?b#c\nd", "here")),  # what was escaped
        ("http://[::1]:80/a", "x", ("/a", "[::1]:80")),
        ("http://[", "x", ("http://[", "x")),
        ("http:///a", "x", ("http:///a", "x")),
        ("ftp://here/a", "x", ("ftp://here/a", "x")),
        ("*", "x", ("*", "x")),
    ],
)
def test_a_target_in_absolute_form_says_the_host(target: str, host: str | None, found: tuple[str, str]) -> None:
    assert asgi.split_target(target, host) == found
