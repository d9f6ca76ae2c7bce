"""Acme: a vendor that exists nowhere else. The core is tested with it, so that the core knows no real vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, cast
from unittest.mock import patch

from flask import Flask
from hypothesis import strategies as some

from mockserver import vendors as shelf
from mockserver.app import create_app
from mockserver.data.build import build_dataset
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.settings import make_settings
from mockserver.sandbox.store import Store
from mockserver.sdk import Account as AccountRow
from mockserver.sdk import (
    Call,
    Credential,
    Dataset,
    ErrorSpec,
    Example,
    Fragment,
    NetworkFault,
    Operation,
    Paging,
    ParamSchema,
    Reading,
    Readings,
    Recipe,
    Record,
    RecordSchema,
    Reply,
    Resource,
    Summary,
    Vendor,
    cut_page,
    encode,
    errors,
    fields,
    params,
)
from mockserver.sdk.jsontext import to_decimals
from tests.support.client import WALL, Answer, CarryingClient

ANCHOR = "2026-03-31T12:00:00Z"
RICH, POOR, GONE = "rich-acme-secret-0000001", "poor-acme-secret-0000002", "gone-acme-secret-0000003"
BILLS, BILL = "/v3/bills", "/v3/bills/{id}"
STATES = ("open", "paid", "void")

PAGING = Paging("page", first=1, size=5)
CREDENTIAL = Credential("X-Acme-Key", key="secret", identifying_headers=("X-Acme-Brand",))

READINGS = (
    Reading("amounts", "plain", ("plain", "cents"), "How an amount is printed.", renders=True),
    Reading("bad-input", "refuse", ("refuse", "ignore"), "What becomes of a bad parameter.", "public", "P[1]"),
)


class Account(RecordSchema):
    account = fields.Text()
    secret = fields.Text(null=True)
    expires = fields.Timestamp("%Y-%m-%dT%H:%M:%SZ", "2026-12-01T10:00:00Z", optional=True)


class Bill(RecordSchema):
    id = fields.Integer()
    name = fields.Text(null=True)
    state = fields.Choice(*STATES)
    due = fields.Timestamp("%Y-%m-%d", "2026-03-31")
    amount = fields.Amount(places=2)
    note = fields.Text(optional=True)
    owner = fields.Text(data_key="_owner")


def render(record: Record, readings: Readings) -> bytes:
    """``amounts=cents`` prints whole cents."""
    if readings["amounts"] == "cents":
        record = {**record, "amount": int(record["amount"] * 100)}
    return encode(record)


RECORDS = Resource(
    schema=Bill,
    id="id",
    columns={
        "owner": lambda bill: bill["_owner"],
        "id": lambda bill: bill["id"],
        "name": lambda bill: bill["name"],
        "state": lambda bill: bill["state"],
        "due": lambda bill: bill["due"],
        "amount": lambda bill: bill["amount"],
    },
    render=render,
    summary=Summary(amount="amount", date="due", status="state"),
)


class BillsQuery(ParamSchema):
    page = params.Integer(minimum=1, below="1", load_default=1)
    size = params.Integer(minimum=1, maximum=50, above="50", load_default=5)
    state = params.Choice(STATES, any_case=True)
    text = params.Text()
    since = params.Day()
    order = params.Choice({"due": ("due", "id"), "-amount": ("-amount", "id"), "id": ("id",)}, load_default=("id",))


class BillQuery(ParamSchema):
    trouble = params.Text()


def tolerates(error: errors.ParamError, readings: Readings) -> bool:
    return readings["bad-input"] == "ignore"


def list_bills(call: Call) -> Reply:
    """A page of the account's bills that match."""
    values = call.params
    bills = call.records.where(owner=call.account["account"], state=values.get("state"))
    bills = bills.where_contains(("name", "state"), values.get("text")).order_by(*values["order"], given=2)
    if "since" in values:
        bills = bills.where_between("due", values["since"].isoformat(), "9999-12-31")
    page = cut_page(len(bills), values["page"], values["size"], first=1)
    body = {"total": page.total, "last": page.last, "bills": Fragment(bills.json(page.start, page.stop))}
    return Reply.json(encode(body), page=page)


def one_bill(call: Call) -> Reply:
    """One bill, or the requested trouble: a crash, or a reply that the network spoils."""
    trouble, wanted = call.params.get("trouble"), call.request.path_params["id"]
    if trouble == "crash":
        raise RuntimeError("a bug of acme")
    mine = call.records.where(owner=call.account["account"])
    bills = mine.where(id=int(wanted)) if wanted.isdecimal() else mine.where(id=-1)
    if not len(bills):
        raise errors.NotFound
    reply = Reply.json(encode({"bill": Fragment(bills.json()[1:-1]), "trace": str(call.stable_uuid("trace"))}))
    return reply._replace(network=cast(NetworkFault, trouble)) if trouble else reply


def authenticate(call: Call) -> AccountRow:
    account = call.accounts.find_by("secret", CREDENTIAL.read(call.request.headers))
    if account is None:
        if "authorization" in call.request.headers:
            call.warn("header.Authorization", "misplaced-credential", "Acme reads its key from X-Acme-Key.")
        raise errors.Unauthenticated
    return account


def _spec(
    status: int, error: type[errors.ApiError], text: str, *, slug: str = "", code: str = "", when: str = ""
) -> ErrorSpec:
    rule = f"acme.{status}" + (f".{slug}" if slug else "")
    basis = "documented" if status in (400, 401, 404) else "inferred"
    return ErrorSpec(error, status, rule, text, basis, "doc:1", code, when)  # type: ignore[arg-type]  # one of Basis


ERRORS = (
    _spec(401, errors.Unauthenticated, "Who are you?"),
    _spec(400, errors.InvalidParams, "That is wrong."),
    _spec(400, errors.InvalidParams, "That is no day.", slug="day", code="ACME_BAD_DAY", when="bad-date"),
    _spec(404, errors.NotFound, "No such bill."),
    _spec(500, errors.InternalError, "Acme is broken."),
    _spec(404, errors.UnknownPath, "No such page.", slug="unknown-path"),
    _spec(405, errors.MethodNotAllowed, "Not like that."),
    _spec(403, errors.Forbidden, "Not for you."),
    _spec(414, errors.UriTooLong, "Too long."),
    _spec(429, errors.Throttled, "Slow down.", code="ACME_SLOW_DOWN"),
    _spec(503, errors.Unavailable, "Closed."),
)


def render_error(call: Call, spec: ErrorSpec, error: errors.ApiError) -> Reply:
    wrong = [each.name for each in error.errors] if isinstance(error, errors.InvalidParams) else []
    body = {"error": spec.text, "wrong": wrong} if wrong else {"error": spec.text}
    return Reply.json(encode(body), spec.status)


def record(seed: int, index: int, anchor: datetime) -> dict[str, Any]:
    draw = Random(f"{seed}/acme/{index}")
    bill: dict[str, Any] = {
        "id": 100 + index,
        "name": None if index % 7 == 3 else draw.choice(("Ölpumpe", "Dynamite", "Anvil", "rocket skates")),
        "state": STATES[index % 3],
        "due": (anchor - timedelta(days=draw.randrange(60))).strftime("%Y-%m-%d"),
        "amount": Decimal(draw.randrange(1000)) / 100,
        "_owner": "rich",
    }
    return bill | {"note": "twice"} if index % 5 == 0 else bill


def accounts(seed: int, anchor: datetime) -> list[dict[str, Any]]:
    gone = (anchor - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {"account": "rich", "secret": RICH},
        {"account": "poor", "secret": POOR},
        {"account": "gone", "secret": GONE, "expires": gone},
    ]


RECIPE = Recipe(records=23, accounts=accounts, record=record)


def example(account: AccountRow, dataset: Dataset) -> Example:
    return Example(BILLS, {"state": "paid"}, CREDENTIAL.write(account["secret"]))


FIXTURE = f"""\
vendor: {{vendor}}
dataset: {{dataset}}
anchor: '{ANCHOR}'
accounts:
- account: rich
  secret: {RICH}
- account: poor
  secret: {POOR}
- account: gone
  secret: {GONE}
  expires: '2026-03-31T11:59:59Z'
"""

BILL_ROWS = """\
- {id: 1, name: Anvil, state: paid, due: '2026-01-31', amount: 10.50, _owner: rich}
- {id: 2, name: Dynamite, state: open, due: '2026-02-28', amount: 10.50, note: for the roadrunner, _owner: rich}
- {id: 3, name: null, state: void, due: '2026-03-31', amount: 0, _owner: rich}
- {id: 4, name: Ölpumpe, state: paid, due: '2026-03-01', amount: 1234567.89, _owner: rich}
- {id: 5, name: Rocket skates, state: open, due: '2026-03-01', amount: 3.00, _owner: rich}
- {id: 6, name: Anvil, state: paid, due: '2026-03-30', amount: 7.25, _owner: rich}
- {id: 7, name: Anvil, state: paid, due: '2026-03-30', amount: 7.25, _owner: poor}
"""


def spec_text() -> str:
    """What the documents of Acme would say of everything that the vendor has."""
    lines = ["openapi: 3.1.0", "info: {title: Acme, version: '1'}", "paths:"]
    based = "x-basis: {basis: documented, source: 'doc:1', about: The page.}"
    for path, operation, query in ((BILLS, "listBills", BillsQuery()), (BILL, "oneBill", BillQuery())):
        lines += [f"  {path}:", "    get:", f"      operationId: {operation}", f"      {based}", "      parameters:"]
        named = [("path", name) for name in ("id",) if f"{{{name}}}" in path]
        for where, name in [*named, *(("query", name) for name in params.param_names(query))]:
            required = "required: true, " if where == "path" else ""
            lines.append(f"      - {{name: {name}, in: {where}, {required}schema: {{}}, {based}}}")
        lines += ["      responses:", "        '200':", "          description: Bills.", f"          {based}"]
        for status in sorted({spec.status for spec in ERRORS}):
            basis = "documented" if status in (400, 401, 404) else "inferred"
            lines += [f"        '{status}':", "          description: A failure.", "          x-rules:"]
            for spec in ERRORS:
                if spec.status == status:
                    facts = f"fact: {spec.error.__name__}, text: {spec.text!r}, source: 'doc:1'"
                    condition = f"condition: {{basis: {spec.basis}, source: 'doc:1'}}"
                    lines.append(f"          - {{rule: {spec.rule}, {facts}, basis: {spec.basis}, {condition}}}")
            lines.append(f"          x-basis: {{basis: {basis}, source: 'doc:1', about: The failure.}}")
    lines += ["components:", "  securitySchemes:", f"    key: {{type: apiKey, in: header, name: X-Acme-Key, {based}}}"]
    lines.append("x-reading-choices:")
    for reading in READINGS:
        lines.append(f"  {reading.name}:")
        for choice in reading.choices:
            basis = "documented" if choice in ("plain", "refuse") else "inferred"
            lines.append(f"    {choice}: {{basis: {basis}, source: 'doc:2'}}")
    return "\n".join(lines) + "\n"


def acme(folder: Path, *, also: Iterable[str] = (), name: str = "acme") -> Vendor:
    """The vendor, with its fixtures and spec written into a folder; ``also`` are further paths of its list."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    for dataset, rows in {"default": BILL_ROWS, "hand": BILL_ROWS, "empty": ""}.items():
        text = FIXTURE.format(vendor=name, dataset=dataset) + (f"records:\n{rows}" if rows else "records: []\n")
        (home / f"{dataset}.yaml").write_text(text, encoding="utf-8")
    (folder / f"{name}-spec.yaml").write_text(spec_text(), encoding="utf-8")
    return Vendor(
        name=name,
        title=name.title() + " Billing",
        document="https://acme.example/docs",
        hosts=(f"api.{name}.example",),
        operations=(
            Operation(
                "listBills",
                BILLS,
                BillsQuery(),
                list_bills,
                aliases=tuple(also),
                tolerates=tolerates,
                paging=PAGING,
                cacheable=True,
            ),
            Operation("oneBill", BILL, BillQuery(), one_bill, repeated="first"),
        ),
        credential=CREDENTIAL,
        authenticate=authenticate,
        errors=ERRORS,
        render_error=render_error,
        account_schema=Account,
        account_id="account",
        resource=RECORDS,
        example=example,
        readings=READINGS,
        spec=folder / f"{name}-spec.yaml",
        fixtures=home,
        recipe=lambda: RECIPE,
    )


ROWS = some.fixed_dictionaries(
    {
        "name": some.none() | some.text(some.sampled_from("aAöÖzß "), max_size=5),
        "state": some.sampled_from(STATES),
        "due": some.dates().map(str),
        "amount": some.integers(0, 300).map(lambda cents: Decimal(cents) / 100),
    }
)
"""Any bill's own part."""

ORDERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "id": lambda bill: bill["id"],
    "due": lambda bill: (bill["due"], bill["id"]),
    "-amount": lambda bill: (-bill["amount"], bill["id"]),
}
"""What the orders of the list mean, said without the core."""


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = WALL

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def only(*vendors: Vendor) -> Iterator[None]:
    """As if these were all vendors there are: a core test does not wait for, or fail with, a real one."""
    with patch.object(shelf, "find_vendors", lambda: vendors):
        yield


class Sandboxed:
    """A server of a few vendors inside this process; calls go to the first one as its first account."""

    def __init__(
        self,
        *vendors: Vendor,
        data: Iterable[Mapping[str, Any]] | None = None,
        store: Store | None = None,
        **settings: Any,
    ) -> None:
        """``data``: bills of the first vendor's first account instead of a dataset's."""
        self.wall = Wall()
        with only():
            self.app: Flask = create_app(make_settings(settings, {}), vendors=vendors, store=store, wall=self.wall)
        self.app.test_client_class = CarryingClient
        self.runtime: Runtime = self.app.extensions["mockserver"]
        self.vendor = vendors[0]
        if data is not None:
            bills = [{"id": index, **bill, "_owner": "rich"} for index, bill in enumerate(data)]
            shipped = self.runtime.sandboxes.catalog.dataset(self.vendor, "default")
            made = build_dataset(self.vendor, "default", shipped.anchor, list(shipped.accounts), bills)
            self.runtime.sandboxes.catalog.dataset = lambda *asked: made

    def get(
        self,
        target: str = BILLS,
        *,
        key: str | None = RICH,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **extra: str,
    ) -> Answer:
        """A call of a path with its raw query; ``extra`` are headers with _ for -."""
        sent = {**({"X-Acme-Key": key} if key else {}), **(headers or {})}
        sent |= {name.replace("_", "-"): value for name, value in extra.items()}
        response = self.app.test_client().open(target, method=method, headers=sent)
        return Answer.of(response)

    def control(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        sandbox: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request of the control API, for a sandbox; a body of bytes goes as it is, anything else as JSON."""
        sent = {"X-Mock-Sandbox": sandbox} if sandbox is not None else {}
        text = body if body is None or isinstance(body, bytes) else encode(to_decimals(body))
        sent |= {"Content-Type": "application/json"} if body is not None else {}
        target = f"/__admin{path}"
        response = self.app.test_client().open(target, method=method, data=text, headers={**sent, **(headers or {})})
        answer = Answer.of(response)
        response.close()  # a file that it comes from
        return answer

    def ids(self, target: str = BILLS, **more: Any) -> list[int]:
        """The ids of the bills that come back."""
        answer = self.get(target, **more)
        assert answer.status == 200, answer.body
        return [bill["id"] for bill in answer.json["bills"]]
