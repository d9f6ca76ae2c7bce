"""Calling a vendor inside this process; every vendor-worded reply is held against the vendor's spec."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mockserver.app import create_app
from mockserver.engine.examples import list_vendors
from mockserver.engine.runtime import Runtime
from mockserver.engine.wsgi import CARRIER
from mockserver.sandbox.settings import make_settings
from mockserver.sdk import shipped
from mockserver.sdk.contract import Vendor
from mockserver.sdk.jsontext import decode
from mockserver.sdk.querystring import encode

WALL = 1_790_000_000.0  # the second at which every test takes place


class CarryingClient(FlaskClient):
    """A client in place of a server of ours: delays and network faults stay on the reply."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.environ_base[CARRIER] = True  # type: ignore[assignment]  # it need not be a text


@lru_cache(maxsize=32)
def app_for(**settings: Any) -> Flask:
    """An app with these settings; made once, since no test here changes its state."""
    app = create_app(make_settings(settings, {}), wall=lambda: WALL)
    app.test_client_class = CarryingClient
    return app


@lru_cache(maxsize=8)
def oracle(vendor: str) -> Any:
    """The vendor's spec as schemathesis sees it, which many who call a vendor do without."""
    import schemathesis

    return schemathesis.openapi.from_path(str(shipped.spec(vendor)))


@dataclass(frozen=True)
class Answer:
    """A reply as a test looks at it. ``call`` is its id in the journal, which no two replies share."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    call: int = field(default=0, compare=False)

    @classmethod
    def of(cls, response: TestResponse) -> Answer:
        headers = dict(response.headers)
        with response:  # a file that is sent is closed
            return cls(response.status_code, response.data, headers, int(headers.pop("X-Mock-Call", 0)))

    @property
    def json(self) -> Any:
        """The body's value; numbers with a point are Decimals with the digits they had."""
        return decode(self.body)

    @property
    def warnings(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.headers.get("X-Mock-Warnings", "[]"))
        return found

    @property
    def codes(self) -> list[str]:
        """The warnings' codes."""
        return [warning["code"] for warning in self.warnings]

    @property
    def basis(self) -> str:
        """How well founded it is, and by which rule."""
        return self.headers.get("X-Mock-Basis", "").partition("; because=")[0]

    @property
    def because(self) -> str:
        """The weakest part of what it rests on."""
        return self.headers.get("X-Mock-Basis", "").partition('; because="')[2].removesuffix('"')

    @property
    def rule(self) -> str:
        return self.basis.partition("rule=")[2]


class Client:
    """Calls one vendor with the example account of a dataset, unless told otherwise."""

    def __init__(self, vendor: str, *, dataset: str = "default", **settings: Any) -> None:
        self.app = app_for(dataset=dataset, **settings)
        self.runtime: Runtime = self.app.extensions["mockserver"]
        self.vendor: Vendor = next(known for known in self.runtime.vendors if known.name == vendor)
        self.data = self.runtime.sandboxes.catalog.dataset(self.vendor, dataset)
        self.example = next(
            listed["example"]
            for listed in list_vendors(self.runtime.vendors, self.runtime.sandboxes.catalog, dataset)
            if listed["name"] == vendor
        )

    def get(
        self,
        query: Mapping[str, str] | str | None = None,
        *,
        path: str | None = None,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        readings: str = "",
        **extra: str,
    ) -> Answer:
        """A call. ``query``: a raw query string or a map, by default the example's; ``headers``: instead of the
        example's; ``extra``: further headers, with _ for -; ``readings``: without the vendor's name, comma-separated.
        """
        query = self.example["query"] if query is None else query
        raw = query if isinstance(query, str) else encode(dict(query))
        sent = dict(self.example["headers"] if headers is None else headers)
        sent |= {name.replace("_", "-"): value for name, value in extra.items()}
        if readings:
            sent["X-Mock-Readings"] = ",".join(f"{self.vendor.name}.{part}" for part in readings.split(","))
        target = (self.example["path"] if path is None else path) + (f"?{raw}" if raw else "")
        response = self.app.test_client().open(target, method=method, headers=sent)
        if "problem+json" not in response.headers.get("Content-Type", "") and method != "HEAD":
            fits_spec(self.vendor, response)
        return Answer.of(response)


def fits_spec(vendor: Vendor, response: TestResponse) -> None:
    """Fails when the vendor's spec does not allow this reply to a GET; what any other method gets stands there, too.

    An empty error body is checked by its own test.
    """
    if not response.data:
        assert response.status_code >= 400
        return
    endpoint = vendor.operations[0]
    oracle(vendor.name)[endpoint.path]["GET"].validate_response(response)


def compact(text: str) -> bytes:
    """JSON as a document prints it, without the white space between its tokens: every digit and key in its place."""
    return "".join(re.findall(r'"(?:[^"\\]|\\.)*"|[^\s"]+', text)).encode()
