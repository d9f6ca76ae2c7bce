"""Clients that hang, drip bytes or leave: the server gives them up in a bounded time, in silence, and others feel
nothing of it. The times are shorter here than those of a server.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from tests.server.test_servers import get, serving
from tests.support.acme import RICH

PATIENCE, KEPT = 0.5, 1
LONGEST = 60.0  # a server looks once a second; the rest is for a machine that is busy
CALL = f"GET /v3/bills/4 HTTP/1.1\r\nHost: x\r\nX-Acme-Key: {RICH}\r\n"
DELAYED: Any = {"X-Mock-Delay": "2500"}
JSON = "POST /__admin/faults HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving(
        "gunicorn", tmp_path_factory.mktemp("hung"), CLIENT_TIMEOUT_SECONDS=PATIENCE, KEEPALIVE_SECONDS=KEPT
    ) as found:
        yield found


@pytest.fixture(scope="module")
def threaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving("werkzeug", tmp_path_factory.mktemp("hung"), CLIENT_TIMEOUT_SECONDS=PATIENCE) as found:
        yield found


def connected(port: int, sent: str = "") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=LONGEST)
    client.sendall(sent.encode())
    return client


def heard(client: socket.socket) -> bytes:
    """Everything received until the server closes the connection, at most ``LONGEST``."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_request_that_does_not_arrive_whole_is_refused(port: int) -> None:
    parts = [
        "GET /v3/bi",
        "GET /v3/bills HTTP/1.1\r\n",
        CALL,
        f"{CALL}X-Note: a",
        f"{JSON}Content-Length: 20\r\n\r\n{{",
        f"{JSON}Transfer-Encoding: chunked\r\n\r\n5\r\n{{}}",
    ]
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connected(port, part))) for part in parts]
        for client in clients:
            told = heard(client)
            assert told.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert b"\r\nConnection: close\r\n" in told
            assert b'"detail":"The request did not arrive whole within 0.5 seconds."' in told


def test_a_page_of_another_origin_reads_that_its_request_did_not_arrive(port: int) -> None:
    origin = "https://app.example"
    for part, allowed in (
        (f"{CALL}Origin: {origin}\r\nX-Note: a", origin),
        (f"{CALL}Origin: {origin}\r\nContent-Length: 20\r\n\r\n{{", origin),
        ("GET /v3/bi", "*"),
    ):
        with closing(connected(port, part)) as client:
            told = heard(client)
        assert told.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert f"\r\nAccess-Control-Allow-Origin: {allowed}\r\n".encode() in told


def test_a_client_that_says_nothing_is_told_nothing(port: int) -> None:
    with closing(connected(port)) as client:
        assert heard(client) == b""


def test_bytes_that_drip_do_not_buy_time(port: int) -> None:
    with closing(connected(port, f"{CALL}X-Note: ")) as client:
        client.setblocking(False)
        until = time.monotonic() + LONGEST
        while not select.select([client], [], [], 0.05)[0]:
            assert time.monotonic() < until
            client.send(b"a")
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_is_kept_alive_is_closed_in_silence_and_half_a_request_on_it_is_not(port: int) -> None:
    with closing(connected(port, f"{CALL}\r\n")) as idle, closing(connected(port, f"{CALL}\r\n{CALL}")) as half:
        for client, replies in ((idle, [b"200"]), (half, [b"200", b"408"])):
            assert [part[:3] for part in heard(client).split(b"HTTP/1.1 ")[1:]] == replies


def test_who_takes_nothing_of_the_replies_is_cut_off_and_not_read_from_forever(port: int) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        poller = select.poll()
        poller.register(client, select.POLLOUT)
        sent, until = 0, time.monotonic() + 4 * LONGEST
        while not any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(100)):
            assert time.monotonic() < until
            with suppress(BlockingIOError):
                sent += client.send(f"{CALL}\r\n".encode() * 500)
            assert sent < 64 * 1024 * 1024
        with pytest.raises(OSError):
            client.send(b"a")
    assert get(port, "/v3/bills/4")[0].status == 200


def test_who_waits_for_a_reply_is_not_given_up(port: int) -> None:
    response, body = get(port, "/v3/bills/4", **DELAYED)
    assert (response.status, json.loads(body)["bill"]["id"]) == (200, 4)


@pytest.mark.parametrize("peaceful", [True, False])
@pytest.mark.parametrize(
    "sent",
    [
        f"{CALL}\r\n",
        f"{CALL}X-Mock-Delay: 300\r\n\r\n",
        f"{CALL}\r\n" * 50,
        f"{JSON}Content-Length: 20\r\n\r\n{{",
        CALL,
        "",
    ],
)
def test_who_leaves_is_not_missed(port: int, sent: str, peaceful: bool) -> None:
    for _ in range(5):
        with closing(connected(port, sent)) as client:
            if not peaceful:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert get(port, "/v3/bills/4")[0].status == 200


def test_half_a_change_is_none(port: int) -> None:
    """A body cut off by its client changes nothing, even if the first half is valid."""
    with closing(connected(port, f"{JSON}X-Mock-Sandbox: half\r\nContent-Length: 30\r\n\r\n" + '{"status": 503}')):
        pass
    for _ in range(20):
        response, body = get(port, "/__admin/sandboxes")
        assert response.status == 200
        assert "half" not in [sandbox["name"] for sandbox in json.loads(body)["sandboxes"]]


@pytest.mark.parametrize("sent", ["GET /v3/bi", CALL, f"{JSON}Content-Length: 20\r\n\r\n{{", ""])
def test_the_threaded_server_gives_up_who_is_silent(threaded: int, sent: str) -> None:
    with closing(connected(threaded, sent)) as client:
        assert not heard(client).startswith(b"HTTP/1.1 2")
    assert get(threaded, "/v3/bills/4")[0].status == 200
