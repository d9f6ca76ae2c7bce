"""Addresses and bodies of every vendor: no address is good with a slash too many, no body is ignored in silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from mockserver.sdk import params
from mockserver.sdk.querystring import encode
from mockserver.vendors import find_vendors
from tests.support.client import Answer, Client


def opened(client: Client, path: str, host: str = "127.0.0.1", body: bytes = b"", kind: str = "") -> Answer:
    """A call with exactly this path, which test clients would tidy up."""
    headers = {**client.example["headers"], "Host": host}
    environ = EnvironBuilder("/x", headers=headers, data=body or None, content_type=kind or None).get_environ()
    for name in ("RAW_URI", "REQUEST_URI"):
        environ.pop(name, None)
    environ["PATH_INFO"], environ["QUERY_STRING"] = path, encode(client.example["query"])
    parts, status, sent = run_wsgi_app(client.app.wsgi_app, environ)
    return Answer(int(status[:3]), b"".join(parts), dict(sent))


VENDORS = [vendor.name for vendor in find_vendors()]


SPOILT: list[Callable[[str], str]] = [
    lambda path: f"/{path}",
    lambda path: f"{path}/",
    lambda path: f"//{path}//",
    lambda path: path.replace("/v", "//v").replace("/B", "//B"),
]


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("spoil", SPOILT)
def test_no_address_is_good_with_a_slash_too_many(name: str, spoil: Callable[[str], str]) -> None:
    client = Client(name)
    path = client.example["path"]
    spoiled = spoil(path)
    for prefix, host in ((f"/{name}", "127.0.0.1"), ("", f"{name}.localhost"), (f"/__sandbox/x/{name}", "127.0.0.1")):
        good, bad = opened(client, prefix + path, host), opened(client, prefix + spoiled, host)
        assert good.status == 200
        assert (bad.status, bad.rule) == (404, f"{name}.404.unknown-path")
        (warning,) = bad.warnings
        assert (warning["location"], warning["code"]) == ("path", "unknown-path")
        assert f"Did you mean {client.vendor.operations[0].path}?" in warning["message"]
    for target in (spoiled, f"//{name}{path}", f"/__sandbox/x/{spoiled}"):
        nobody = opened(client, target)
        assert nobody.status == 404
        assert nobody.headers["Content-Type"] == "application/problem+json"
        assert nobody.codes == ["unknown-path"]
        assert client.vendor.operations[0].path in nobody.json["detail"]


@pytest.mark.parametrize("path", ["//", "//__admin/health", "/__admin/health/", "/__admin//health", "//__docs/"])
def test_nor_is_an_address_of_ours(path: str) -> None:
    answer = opened(Client("netgroot"), path)
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert f"Nothing is at {path}." in answer.json["detail"]


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"filter": {"status": "paid"}}', "application/json"),
        (b"[1]", "application/json"),
        (b"filter%5Bstatus%5D=paid&limit=5", "application/x-www-form-urlencoded"),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (b"whatever", ""),
        (b" " * 60_000 + b"x", "text/plain"),
    ],
)
def test_a_body_that_nobody_reads_is_told(name: str, body: bytes, kind: str) -> None:
    client = Client(name)
    answer = opened(client, client.example["path"], body=body, kind=kind)
    assert (answer.status, answer.body) == (200, client.get().body)
    (warning,) = answer.warnings
    assert (warning["location"], warning["code"]) == ("body", "unread-body")
    for parameter in params.param_names(client.vendor.operations[0].query):
        assert parameter in warning["message"]


@pytest.mark.parametrize("body", [b"{ }", b"{\n}", b" [] ", b"null", b" \n"])
def test_an_empty_body_asks_for_nothing(body: bytes) -> None:
    client = Client("flolive")
    assert opened(client, client.example["path"], body=body, kind="application/json").warnings == []


def test_parameters_in_a_body_are_told_where_they_are_missed_in_the_query() -> None:
    client = Client("saaslogic")
    reply = client.app.test_client().get(
        "/v1/invoices", headers=client.example["headers"], data=client.example["query"]
    )
    answer = Answer.of(reply)
    assert (answer.status, answer.codes[0]) == (400, "unread-body")
