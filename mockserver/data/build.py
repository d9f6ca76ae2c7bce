"""TODO"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from ..sdk.contract import Vendor
from ..sdk.dataset import Accounts, Dataset
from ..sdk.errors import InvalidSetting
from . import fixture_check, fixtures
from .table import RecordTable


def fixture_schema(vendor: Vendor) -> fixture_check.FixtureSchema:
    """What the vendor's fixture files must look like: the one validator of files, ``validate`` and control."""
    record = vendor.resource
    return fixture_check.FixtureSchema(
        vendor.name, vendor.account_schema(), vendor.account_id, vendor.credential.key, record.schema(), record.id
    )


def build_dataset(
    vendor: Vendor,
    name: str,
    anchor: datetime,
    accounts: Iterable[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
) -> Dataset:
    """A dataset of rows that are already checked."""
    rows = RecordTable(vendor.resource, records, vendor.default_rendering_readings)
    return Dataset(vendor.name, name, anchor, Accounts(accounts), rows)


def generate_dataset(vendor: Vendor, name: str, anchor: datetime, seed: int, count: int | None) -> Dataset:
    """A dataset made by the vendor's recipe. Raises WrongSetting when the vendor has none."""
    if vendor.recipe is None:
        raise InvalidSetting(f"{vendor.name} has no recipe, so records cannot be made for it; give it a fixture file.")
    recipe, form = vendor.recipe(), fixture_schema(vendor)
    accounts = [form.account.read(dict(row)) for row in recipe.accounts(seed, anchor)]
    count = recipe.records if count is None else count
    records = (form.record.read(dict(recipe.record(seed, index, anchor))) for index in range(count))
    return build_dataset(vendor, name, anchor, accounts, records)


def read_dataset(vendor: Vendor, path: Path) -> Dataset:
    """The dataset of a fixture file. Raises BrokenFixture."""
    content = fixtures.read(
        path, fixture_schema(vendor), lambda rows: RecordTable(vendor.resource, rows, vendor.default_rendering_readings)
    )
    return Dataset(vendor.name, content.dataset, content.anchor, Accounts(content.accounts), content.records)


def shift_dataset(vendor: Vendor, data: Dataset, day: date) -> Dataset:
    """A dataset as if it had been made for another day."""
    form, days = fixture_schema(vendor), (day - data.anchor.date()).days
    accounts = [form.account.shift(account, days) for account in data.accounts]
    rows = (form.record.read(data.records.record(index)) for index in range(len(data.records)))
    return build_dataset(vendor, data.name, midnight(day), accounts, (form.record.shift(row, days) for row in rows))


def midnight(day: date) -> datetime:
    """The anchor of data that is made for a day."""
    return datetime.combine(day, time(), UTC)
