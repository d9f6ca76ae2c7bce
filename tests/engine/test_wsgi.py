"""Requests and replies in WSGI."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from mockserver.engine import wsgi
from mockserver.sdk.http import Reply


def test_a_request_is_read_as_it_was_sent() -> None:
    environ = EnvironBuilder("/v3/b%C3%B6x", query_string="a=%20&b", headers=Headers({"X-Key": "1"})).get_environ()
    for target in ("REQUEST_URI", "RAW_URI"):  # as the test client has it: without the query
        del environ[target]
    environ[wsgi.SANDBOX] = "mine"
    request = wsgi.read_request(environ)
    assert (request.method, request.path, request.query) == ("GET", "/v3/b\xf6x", "a=%20&b")
    assert (request.headers["x-key"], request.sandbox, request.body) == ("1", "mine", b"")
    assert request.target_length == len("/v3/b%C3%B6x?a=%20&b")
    assert wsgi.read_request({**environ, "RAW_URI": "/v3/b%c3%b6x?a=%20&b&"}).target_length == 21


@pytest.mark.parametrize("carries", [True, False])
def test_whether_the_server_carries_out_faults_is_its_word(carries: bool) -> None:
    environ = EnvironBuilder("/v3/bills").get_environ()
    if carries:
        environ[wsgi.CARRIER] = True
    assert wsgi.read_request(environ).carries_faults is carries


def test_no_long_name_of_a_header_is_remembered() -> None:
    before = wsgi._known_header_name.cache_info().currsize
    for number in range(10):
        name = f"{number}{'A' * 5000}"
        assert wsgi._header_name(f"HTTP_{name}_B") == f"{name.lower()}-b"
    assert wsgi._known_header_name.cache_info().currsize == before


@pytest.mark.parametrize(("status", "length"), [(200, True), (404, True), (204, False), (304, True)])
def test_a_reply_says_how_long_it_is_but_for_the_one_that_has_no_length(status: int, length: bool) -> None:
    assert (("Content-Length", "0") in wsgi.frame_headers(Reply(status, b""))) is length
