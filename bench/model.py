"""What sandboxes must answer: a second opinion on every reply.

Two sources. The lists of the job's vendor, whose records a sandbox adds and removes, are built here again, from the
document (``listed``). All else is asked of a server inside this process, in one sandbox for each way of setting one
up, which no other client uses; what differs in a sandbox of the real one (texts of records that it alone has) stands
there as a mark, for which the sandbox's own texts are put.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bench import job
from bench.load import Failed
from mockserver.app import create_app
from mockserver.engine.examples import describe_vendor
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.contract import Vendor
from mockserver.sdk.jsontext import decode, encode
from mockserver.sdk.money import as_double

MARKED = {  # a text of each vendor's records that nothing is found or sorted by
    "netgroot": "description",
    "jframework": "notes",
    "saaslogic": "planName",
    "flolive": "invoiceNumber",
    "wisecp": "notes",
}
ASKED = 60  # different queries of a vendor
NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)  # where the model's clocks stand, if a set-up does not say otherwise
GOOD, STRANGER, NOWHERE, WISHED = "good", "a wrong key", "no such path", "an error that is asked for"

Request = tuple[str, str, str]
"""One of control: method, path, JSON."""


@dataclass(frozen=True)
class Setup:
    """How a sandbox is set up: what control is asked for, one by one; then so many calls of a vendor."""

    requests: tuple[Request, ...] = ()
    spent: tuple[str, int] | None = None


@dataclass(frozen=True)
class Ask:
    """A request of a vendor, without the sandbox in which it is made; ``path`` is the documented one."""

    vendor: str
    kind: str
    path: str
    query: str

    @property
    def target(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")


Expected = tuple[int, bytes]
"""Status and body."""


def marker(vendor: str, number: int) -> str:
    """What stands for the text of a marked record."""
    return f"@@{vendor}-{number}@@"


class Model:
    """The server in this process, and what is asked of it."""

    def __init__(self, seed: int) -> None:
        app = create_app(make_settings({"max_sandboxes": 10_000, "journal_entries": 0}, {}))
        self.runtime: Runtime = app.extensions["mockserver"]
        self._client = app.test_client(use_cookies=False)
        self.vendors: Mapping[str, Vendor] = {vendor.name: vendor for vendor in self.runtime.vendors}
        sandboxes = self.runtime.sandboxes
        self.examples: dict[str, dict[str, Any]] = {
            name: describe_vendor(vendor, sandboxes.catalog.dataset(vendor, "default"))["example"]
            for name, vendor in self.vendors.items()
        }
        self.secrets = {name: self._secret(name) for name in self.vendors}
        self._sandboxes: dict[Setup, str] = {}
        self.marked: dict[str, list[Any]] = {}
        self.texts: dict[str, list[str | None]] = {}
        for name in self.vendors:
            rows = _rows(decode(self._call("model", self.example(name))[1]))
            chosen = [rows[0], rows[len(rows) // 2]]
            ids = self.vendors[name].resource.id
            self.marked[name] = [row[ids] for row in chosen]
            self.texts[name] = [row[MARKED[name]] for row in chosen]
        self.answer = lru_cache(maxsize=200_000)(self._answer)
        self.asks = {name: self._asks(name, random.Random(f"{seed}/{name}")) for name in self.vendors}
        self.invoices = [invoice_of(row) for row in self._records(self._sandbox(Setup()), job.VENDOR)]

    def example(self, vendor: str) -> Ask:
        example = self.examples[vendor]
        return Ask(vendor, GOOD, example["path"], urlencode(example["query"]))

    def headers(self, ask: Ask, sandbox: str = "") -> dict[str, str]:
        """What the request is sent with; with a sandbox its credential leads there."""
        credential, suffix = self.vendors[ask.vendor].credential, f"~{sandbox}" if sandbox else ""
        secret = "nobody-has-this-key-here" if ask.kind == STRANGER else self.secrets[ask.vendor]
        wished = {"Prefer": "code=503"} if ask.kind == WISHED else {}
        return {**self.examples[ask.vendor]["headers"], **credential.write(secret + suffix), **wished}

    def _secret(self, vendor: str) -> str:
        headers = self.examples[vendor]["headers"]
        found = self.vendors[vendor].credential.read({name.lower(): value for name, value in headers.items()})
        assert found is not None
        return found

    def _answer(self, setup: Setup, ask: Ask) -> Expected:
        return self._call(self._sandbox(setup), ask)

    def _call(self, sandbox: str, ask: Ask) -> Expected:
        sent = {**self.headers(ask), "X-Mock-Sandbox": sandbox}
        reply = self._client.get(f"/{ask.vendor}{ask.target}", headers=sent)
        return reply.status_code, reply.data

    def _sandbox(self, setup: Setup) -> str:
        """A sandbox of this set-up in which the marks stand; made when it is first needed."""
        if setup not in self._sandboxes:
            room = f"model-{len(self._sandboxes)}"
            for vendor, ids in self.marked.items():
                for number, id in enumerate(ids):
                    self._control(room, "PATCH", *mark(vendor, id, marker(vendor, number)))
            for request in (*stop_clock(NOON), *setup.requests):
                self._control(room, *request)
            if setup.spent is not None:
                vendor, times = setup.spent
                for _ in range(times):
                    self._call(room, self.example(vendor))
            self._sandboxes[setup] = room
        return self._sandboxes[setup]

    def _control(self, sandbox: str, method: str, path: str, text: str) -> Any:
        sent = {"X-Mock-Sandbox": sandbox, "Content-Type": "application/json"}
        reply = self._client.open(f"/__admin{path}", method=method, data=text, headers=sent)
        if reply.status_code >= 400:
            raise Failed(f"{method} {path} {text} cannot be set up: {reply.text}")
        return decode(reply.data) if reply.data else None

    def _records(self, sandbox: str, vendor: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._control(sandbox, "GET", f"/records/{vendor}", "")["records"]
        return found

    def own(self, body: bytes, texts: Mapping[str, Sequence[str | None]]) -> bytes:
        """What is answered where these texts stand in place of the marks."""
        if b"@@" in body:
            for vendor, of in texts.items():
                for number, text in enumerate(of):
                    body = body.replace(encode(marker(vendor, number)), encode(text))
        return body

    # What is asked ---------------------------------------------------------------------------------------------------

    def _asks(self, vendor: str, draw: random.Random) -> list[Ask]:
        """Many requests that an example account may make, most of which show a marked record; some that go wrong."""
        example, marks, asks = self.example(vendor), list[Ask](), list[Ask]()
        while len(marks) < ASKED * 2 // 3 and len(asks) < 20 * ASKED:
            ask = self._draw(vendor, draw)
            asks.append(ask)
            if b"@@" in self.answer(Setup(), ask)[1]:
                marks.append(ask)
        wrong = [Ask(vendor, kind, example.path, example.query) for kind in (STRANGER, WISHED)]
        return [*marks, *asks[: ASKED // 3], *wrong, Ask(vendor, NOWHERE, f"{example.path}/nowhere", "")]

    def _draw(self, vendor: str, draw: random.Random) -> Ask:
        example, asked = self.examples[vendor], dict[str, object](self.examples[vendor]["query"])
        rows = self._all(vendor)
        row = draw.choice(rows)
        if vendor == job.VENDOR:
            return Ask(vendor, GOOD, example["path"], job.anything(draw))
        if vendor == "netgroot" and draw.random() < 0.8:
            asked["id"] = draw.choice([*self.marked[vendor], *self.marked[vendor], row["invoice_id"], 7, "x1"])
        if vendor == "saaslogic":
            if draw.random() < 0.3:
                asked |= {"customerId": row["clientId"], "productId": row["productId"]}
            year, month = draw.choice((2025, 2026)), draw.randint(1, 12)
            if draw.random() < 0.6:
                asked[draw.choice(("startDate", "endDate"))] = f"{year}-{month:02}-{draw.randint(1, 28):02}"
        if vendor == "jframework":
            asked |= {"PageNumber": draw.randint(0, 3), "PageSize": draw.choice((1, 5, 20, 50, 200, "many"))}
            for name, values in _JFRAMEWORK.items():
                if draw.random() < 0.3:
                    asked[name] = draw.choice(values)
        path = str(example["path"])
        if vendor == "flolive" and draw.random() < 0.3:
            own = str(self._account(vendor)["customer_id"])
            path = path.replace(own, str(draw.choice([row["_owner"], "no-customer"])))
        return Ask(vendor, GOOD, path, urlencode(asked))

    @lru_cache(maxsize=8)  # noqa: B019  # there is one model, to the end
    def _all(self, vendor: str) -> list[dict[str, Any]]:
        return self._records("model", vendor)

    def _account(self, vendor: str) -> Mapping[str, Any]:
        return self.runtime.sandboxes.catalog.dataset(self.vendors[vendor], "default").accounts.first


_JFRAMEWORK = {
    "Status": ("Paid", "Unpaid", "Lost"),
    "Type": ("Post", "Provisional"),
    "SortDataField": ("invoiceDate", "code", "id", "status"),
    "SortOrder": ("Ascending", "Descending"),
}


def stop_clock(at: datetime) -> tuple[Request, Request]:
    """The requests of control that let a clock stand."""
    return ("POST", "/clock/freeze", ""), ("POST", "/clock/set", encode({"to": at.isoformat()}).decode())


def show_clock(at: datetime) -> bytes:
    """How the time of a sandbox is seen in a reply."""
    return b'"timestamp":"' + at.isoformat(timespec="milliseconds").encode()


def mark(vendor: str, id: object, text: str) -> tuple[str, str]:
    """Path and JSON of the request of control that writes a text into a marked record."""
    return f"/records/{vendor}/{id}", encode({MARKED[vendor]: text}).decode()


def _rows(body: Any) -> list[dict[str, Any]]:
    """The records in a reply: the first list of maps that is in it."""
    if isinstance(body, list) and body and isinstance(body[0], dict):
        return body
    inner: Iterable[Any] = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return next((rows for rows in map(_rows, inner) if rows), [])


# The job's vendor, from its document ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Invoice:
    """What an invoice is found and sorted by, and its JSON."""

    id: int
    keys: Mapping[str, Any]
    filters: Mapping[str, Any]
    text: bytes


def invoice_of(row: Mapping[str, Any]) -> Invoice:
    keys = {name: row[name] for name in job.SORTS} | {"total": Decimal(row["total"])}
    filters = {name: row[name] for name in ("status", "local", "taxfree", "id")} | {"formalized": row["formalize"]}
    return Invoice(row["id"], keys, filters, encode(row, as_double))  # as its document prints numbers


def list_invoices(invoices: Sequence[Invoice], query: str) -> Expected:
    """The page that a query of the job asks for: all filters hold; sorted, equal keys by id; then cut."""
    asked = dict(parse_qsl(query))
    page, limit, key = int(asked.get("page", 1)), int(asked.get("limit", 10)), asked.get("sort", "id")
    wanted: dict[str, Any] = {}
    for name, text in asked.items():
        if name.startswith("filter[") and text not in ("all", "none"):
            wanted[name[7:-1]] = {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)
    found = [each for each in invoices if all(each.filters[name] == value for name, value in wanted.items())]
    found.sort(key=lambda each: (each.keys[key], each.id), reverse=asked.get("sort_type", "DESC") == "DESC")
    shown, more = found[(page - 1) * limit : page * limit], page * limit < len(found)
    head = f'{{"status":"successful","total":{len(found)},"page":{page},"limit":{limit}'
    tail = f',"next_page":{page + 1 if more else 0},"data":['
    return 200, b"%s%s%s]}" % (head.encode(), tail.encode(), b",".join([each.text for each in shown]))
