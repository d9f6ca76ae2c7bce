"""The control API, hostile in every part: what is refused is problem+json, and vendors can still be called."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from mockserver.sdk import shipped
from tests.fuzz import targets
from tests.fuzz.hostile import HEADERS, RAW, TEXT, VENDORS, bodies, known_of, legal, tried

SPEC = yaml.load(shipped.spec("control").read_text(encoding="utf-8"), yaml.CSafeLoader)
OPERATIONS = [
    (method.upper(), path, known_of(operation))
    for path, operations in SPEC["paths"].items()
    for method, operation in operations.items()
    if method in ("get", "put", "post", "patch", "delete")
]
READERS = [
    "after",
    "limit",
    "offset",
    "contains",
    "sort",
    "status",
    "vendor",
    "unmatched",
    "warned",
    "ignore",
    "format",
]


def spelled(path: str, draw: Any) -> str:
    """The path, with names in it that are there or are hostile."""
    names = [vendor.name for vendor in VENDORS]
    path = path.replace("{vendor}", draw(some.sampled_from(names) | TEXT.map(quoted)))
    path = path.replace("{name}", draw(some.sampled_from(["one", "two", "default"]) | TEXT.map(quoted)))
    return path.replace("{id}", draw(some.sampled_from(["1", "fault-1", "10001"]) | TEXT.map(quoted)))


def quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="/.~") or "x"


@pytest.mark.parametrize(("method", "path", "known"), OPERATIONS, ids=lambda part: str(part) if part else "-")
@given(data=some.data())
@tried(8)
def test_no_request_breaks_anything(method: str, path: str, known: tuple[str, ...], data: Any) -> None:
    draw = data.draw
    target = f"/__admin{spelled(path, draw)}"
    if draw(some.booleans()):
        query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in draw(QUERY))
        target += f"?{query}"
    body = draw(bodies(*known)) if method in ("PUT", "POST", "PATCH") else None
    headers = {"X-Mock-Sandbox": draw(some.sampled_from(["one", "two", "default"]))}
    if draw(some.integers(0, 9)) == 0:
        headers |= {name: legal(value).decode("latin-1") for name, value in draw(HEADERS).items()}
    targets.control(method, target, body, headers)


QUERY = some.lists(some.tuples(some.sampled_from(READERS) | TEXT, TEXT), max_size=3)


@given(
    some.lists(RAW, max_size=8),
    some.sampled_from(["/__admin/site/", "/__docs/", "/__docs/specs/", "/__docs/swagger-ui/"]),
)
@tried()
def test_no_path_leads_out_of_a_folder(pieces: list[bytes], folder: str) -> None:
    path = folder + b"".join(pieces).decode().replace("#", "%23")
    reply = targets.controlled().exchange(targets.request("GET", path.encode()))
    assert reply is not None
    assert b"root:" not in reply.body
    assert b"import annotations" not in reply.body
