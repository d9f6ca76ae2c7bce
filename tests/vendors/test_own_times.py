"""A record that control adds with a time of its own: its cycle and due date follow from that time."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.app import create_app
from mockserver.engine.runtime import Runtime
from mockserver.sandbox.editor import RecordEditor
from mockserver.sandbox.settings import make_settings
from mockserver.sdk.errors import Problem
from tests.support.client import WALL

NEVER = "0000-00-00 00:00:00"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    found: Runtime = create_app(make_settings({}, {}), wall=lambda: WALL).extensions["mockserver"]
    return found


DATED = [
    (
        "netgroot",
        {"date": "2025-03-20T11:22:33Z"},
        {"due_date": "2025-04-03T11:22:33Z"},
    ),
    (
        "jframework",
        {"invoiceDate": "2024-01-31T23:59:58.1234560Z"},
        {
            "overdueDate": "2024-03-01T23:59:58.1234560Z",
            "billingPeriodStartDate": "2023-12-01T00:00:00.0000000Z",
            "billingPeriodEndDate": "2023-12-31T23:59:59.9999999Z",
        },
    ),
    (
        "saaslogic",
        {"invoiceDate": "2024-02-29T10:00:00"},
        {
            "dueDate": "2024-03-30T10:00:00",
            "billingCycleStartDate": "2024-02-01T00:00:00",
            "billingCycleEndDate": "2024-02-29T23:59:59",
            "billingToDate": "2024-02-29T23:59:59",
        },
    ),
    (
        "flolive",
        {"creationTime": "2026-01-01T00:00:01.500Z"},
        {
            "billingCycleStartDate": "2025-12-01T00:00:00.000Z",
            "billingCycleEndDate": "2025-12-31T23:59:59.999Z",
            "dueDate": ("2026-01-31", None),
        },
    ),
    ("wisecp", {"created_at": "2025-06-10 08:00:00", "status": "paid"}, {}),
]


@pytest.mark.parametrize(("name", "given", "wanted"), DATED, ids=[name for name, _, _ in DATED])
def test_a_record_with_a_time_of_its_own_gets_cycle_and_due_date_from_it(
    runtime: Runtime, name: str, given: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """Whichever of the recipe's records it is made of."""
    vendor = next(vendor for vendor in runtime.vendors if vendor.name == name)
    editor = RecordEditor(runtime.sandboxes, f"dated-{name}", vendor, WALL)
    for _ in range(60):
        added = editor.add(given)
        assert {field: added[field] for field in given} == given
        for field, value in wanted.items():
            found = added.get(field)
            assert found in value if isinstance(value, tuple) else found in (value, None), field
        if name == "wisecp":
            assert "2025-06-10" <= added["due_date"][:10] <= "2025-07-31"
            assert "2025-06-01 - 2025-06-30" in added["items"][0]["description"]
            assert added["payment_date"] == NEVER or added["payment_date"] >= given["created_at"]


OTHER_TIMES = [
    ("netgroot", {"due_date": "2025-04-03T11:22:33Z"}, {"date": "2025-03-20T11:22:33Z"}),
    (
        "jframework",
        {"billingPeriodEndDate": "2024-02-29T23:59:59.9999999Z"},
        {"billingPeriodStartDate": "2024-02-01T00:00:00.0000000Z", "invoiceDate": "2024-03-01"},
    ),
    ("jframework", {"overdueDate": "2024-03-02T06:30:00.0000000Z"}, {"invoiceDate": "2024-02-01T06:30:00.0000000Z"}),
    (
        "saaslogic",
        {"billingCycleStartDate": "2024-02-01T00:00:00"},
        {"billingCycleEndDate": "2024-02-29T23:59:59", "invoiceDate": "2024-02-"},
    ),
    ("saaslogic", {"dueDate": "2024-03-30T10:00:00"}, {"invoiceDate": "2024-02-29T10:00:00"}),
    (
        "flolive",
        {"billingCycleStartDate": "2026-03-01T00:00:00.000Z"},
        {"billingCycleEndDate": "2026-03-31T23:59:59.999Z", "creationTime": "2026-04-"},
    ),
    ("flolive", {"dueDate": "2026-01-31"}, {"billingCycleEndDate": "2025-12-31T23:59:59.999Z"}),
    ("wisecp", {"due_date": "2025-06-17 08:00:00"}, {"created_at": ("2025-04-", "2025-05-", "2025-06-")}),
    ("wisecp", {"payment_date": "2025-06-17 08:00:00", "status": "paid"}, {"created_at": ("2025-05-", "2025-06-")}),
]


@pytest.mark.parametrize(
    ("name", "given", "wanted"), OTHER_TIMES, ids=[f"{n}-{next(iter(g))}" for n, g, _ in OTHER_TIMES]
)
def test_any_other_time_moves_the_whole_record(
    runtime: Runtime, name: str, given: dict[str, Any], wanted: dict[str, str | tuple[str, ...]]
) -> None:
    """A due date, a cycle's start or end, or a payment given alone; what may be null may still be."""
    vendor = next(vendor for vendor in runtime.vendors if vendor.name == name)
    editor = RecordEditor(runtime.sandboxes, f"moved-{name}-{next(iter(given))}", vendor, WALL)
    for _ in range(40):
        added = editor.add(given)
        assert {field: added[field] for field in given} == given
        for field, start in wanted.items():
            assert added.get(field) is None or added[field].startswith(start), field


def test_what_a_record_says_itself_comes_before_what_follows_from_its_time(runtime: Runtime) -> None:
    vendor = next(vendor for vendor in runtime.vendors if vendor.name == "netgroot")
    editor = RecordEditor(runtime.sandboxes, "dated-by-itself", vendor, WALL)
    given = {"date": "2025-03-20T11:22:33Z", "due_date": "2030-01-01T00:00:00Z"}
    assert editor.add(given)["due_date"] == given["due_date"]
    long_ago = "1066-10-14T00:00:00Z"
    assert editor.add({"date": long_ago})["date"] == long_ago
    for wrong in ("2025-03-20", 7):
        with pytest.raises(Problem, match="date: found"):
            editor.add({"date": wrong})
