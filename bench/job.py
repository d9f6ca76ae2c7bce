"""The job: one page of the paid invoices of a WISECP installation, sorted by total, with the key checked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import factorial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mockserver.cli.generate import ANCHOR
from mockserver.data import fixture_writer
from mockserver.data.build import fixture_schema, generate_dataset
from mockserver.sdk.contract import Vendor
from mockserver.vendors import find_vendors

VENDOR = "wisecp"
PATH = "/api/Billing/GetInvoices"
SAME = urlencode({"page": 2, "limit": 10, "sort": "total", "sort_type": "DESC", "filter[status]": "paid"})
RECORDS = 200
MANY = 100_000
MILLION = 1_000_000

SORTS = ("id", "number", "created_at", "due_date", "payment_date", "total")
STATUSES = ("pending", "unpaid", "paid", "cancelled", "refunded")
PAGE_SIZE = 10
TEMPLATES = 2000

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "bench"


def vendor() -> Vendor:
    return next(known for known in find_vendors() if known.name == VENDOR)


def folder(records: int) -> Path:
    """A folder for ``--fixtures`` with this many records, generated once into the work folder."""
    made = _file(records)
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_name("unfinished")
        with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
            head = fixture_writer.build_head(VENDOR, "default", ANCHOR)
            fixture_writer.write(stream, head, accounts(), invoices(records), lines=True, comment="")
        unfinished.replace(made)
    return made.parent.parent


def _file(records: int) -> Path:
    return WORK / "records" / str(records) / VENDOR / "default.jsonl"


def lines(records: int) -> list[bytes]:
    """The same, each as compact JSON."""
    folder(records)
    return _file(records).read_bytes().splitlines()[1:]


def json_bytes(records: int) -> int:
    """Their size in bytes as compact JSON."""
    folder(records)
    with _file(records).open("rb") as stream:
        stream.readline()
        return sum(len(line) - 1 for line in stream)


def accounts() -> list[dict[str, Any]]:
    recipe = vendor().recipe
    assert recipe is not None
    form = fixture_schema(vendor()).account
    return [form.read(dict(row)) for row in recipe().accounts(1, ANCHOR)]


def invoices(count: int) -> Iterator[dict[str, Any]]:
    """The recipe's invoices, repeated with other ids, numbers and totals: the recipe alone is too slow."""
    dataset = generate_dataset(vendor(), "default", ANCHOR, 1, min(count, TEMPLATES))
    templates = [dataset.records.record(index) for index in range(len(dataset.records))]
    draw = random.Random("invoices")
    for index in range(count):
        template = templates[index % TEMPLATES]
        total = Decimal(template["total"]) + Decimal(draw.randrange(1_000_000)) / 100
        yield {**template, "id": count - index, "number": f"#{count - index}", "total": total}


@cache
def key() -> str:
    """The key of every dataset."""
    return str(accounts()[0]["api_key"])


def anything(draw: random.Random) -> str:
    """A random query with any documented parameters, often several filters at once."""
    asked: dict[str, object] = {"page": draw.randint(1, 12), "limit": draw.randint(1, 50)}
    if draw.random() < 0.9:
        asked["sort"] = draw.choice(SORTS)
        asked["sort_type"] = draw.choice(("ASC", "DESC"))
    if draw.random() < 0.7:
        asked["filter[status]"] = draw.choice(("all", *STATUSES))
    for name in ("local", "taxfree", "formalized"):
        if draw.random() < 0.2:
            asked[f"filter[{name}]"] = draw.choice(("none", "true", "false"))
    if draw.random() < 0.05:
        asked["filter[id]"] = draw.randint(1, 100_000)
    return urlencode(shuffled(draw, asked))


@dataclass(frozen=True)
class View:
    """Records of a status in an order, which a server may cache between pages."""

    status: str
    sort: str
    direction: str

    def query(self, page: int, draw: random.Random | None = None) -> str:
        """The query of a page; with ``draw`` its parameters are in random order, so that few queries are alike."""
        asked = self.asked(page)
        return urlencode(shuffled(draw, asked) if draw else [*asked.items()])

    def asked(self, page: int) -> dict[str, object]:
        """The parameters of a page."""
        order = {"sort": self.sort, "sort_type": self.direction}
        return {"page": page, "limit": PAGE_SIZE, **order, "filter[status]": self.status}


VIEWS = tuple(View(status, sort, way) for status in STATUSES for sort in SORTS for way in ("ASC", "DESC"))


def shuffled(draw: random.Random, asked: dict[str, object]) -> list[tuple[str, object]]:
    return draw.sample([*asked.items()], len(asked))


def different(count: int, seed: object) -> list[str]:
    """This many different queries."""
    draw = random.Random(f"different/{seed}")
    queries: dict[str, None] = {}
    while len(queries) < count:
        queries[anything(draw)] = None
    return [*queries]


def pages(count: int, seed: object, full: Mapping[View, int]) -> list[str]:
    """This many queries for any full page of any view that has one.

    None comes twice before half of all that there are came once: where few records make few pages, a server that
    remembers queries would meet more of those that it knows, and the sizes would not be compared alone.
    """
    draw = random.Random(f"pages/{seed}")
    views = [view for view, pages in full.items() if pages]
    half = sum(full.values()) * factorial(len(views[0].asked(1))) // 2
    queries, asked = list[str](), set[str]()
    while len(queries) < count:
        view = draw.choice(views)
        query = view.query(draw.randint(1, full[view]), draw)
        if query not in asked:
            queries.append(query)
            asked.add(query)
        if len(asked) >= half:
            asked.clear()
    return queries


def written(name: str, queries: Sequence[str]) -> Path:
    """The queries in a file, for the load generator."""
    path = WORK / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(queries) + "\n", encoding="ascii")
    return path
