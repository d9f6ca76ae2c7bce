"""Edits the records and accounts of a sandbox, checked like fixtures, and exports them as a fixture file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import Any

from ..data import fixture_check, fixture_writer, fixtures
from ..data.build import fixture_schema
from ..sdk.clock import check_range
from ..sdk.contract import Vendor
from ..sdk.credentials import secrets_of
from ..sdk.dataset import Dataset
from ..sdk.errors import Problem
from ..sdk.fields import RecordField, Timestamp
from ..sdk.record_schema import RecordSchema
from .edits import Edits
from .live_credentials import LIVE_CREDENTIAL, looks_live
from .record_checks import agrees_with, refuse_faults
from .registry import Sandboxes
from .secrets.index import SecretIndex

# The recipe's index of the first added record: far from any dataset's own, and a multiple of 36 months of 12, 13, 14
# or 15 records, so that the first added record is as new as the newest of the story.
FIRST_ADDED_INDEX = 589_680
MAX_TRIES = 540  # records of a recipe (36 months) that are searched for one that agrees with the given fields
MAX_DATE_TRIES = 3  # of one record, whose months may be longer or shorter than the months before
MAX_GENERATED = 2_000  # records of one request; --records generates more


@dataclass(frozen=True)
class RecordEditor:
    """Reads and changes one vendor's data in one sandbox, at ``wall`` time (seconds).

    A change is made as a whole or not at all. Raises Problem with every fault.
    """

    sandboxes: Sandboxes
    sandbox: str
    vendor: Vendor
    wall: float

    @property
    def data(self) -> Dataset:
        return self.sandboxes.dataset(self.sandboxes.get_or_create(self.sandbox, self.wall), self.vendor)

    def record(self, id: str) -> dict[str, Any]:
        """The record with this id, written as text."""
        data = self.data
        return data.records.record(self._find(data, id))

    def add(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a record; the recipe fills in missing fields, and the owner is the example account by default.

        Cycle and due date follow from a given time, and related fields from given choices and booleans.
        """
        added: dict[str, Any] = {}

        def change(edits: Edits, data: Dataset) -> Edits:
            nonlocal added
            upto, made = self._make(edits.upto, data, None, given)
            made = {name: value for name, value in made.items() if name in self._essential}
            if "_owner" in self._fields:
                made["_owner"] = self._example(data)
            added = self._check(self._schema.merge(made, given), data)
            return edits.with_records({added[self._id]: added}, upto=upto)

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)
        return added

    def generate(self, number: int, seed: int | None = None) -> list[Any]:
        """Adds ``number`` records from the recipe; returns their ids."""
        if self.vendor.recipe is None:
            detail = f"{self.vendor.name} has no recipe, so records cannot be made for it."
            raise Problem("No recipe", detail, 422, code="no-recipe")
        rows: dict[Any, dict[str, Any]] = {}

        def change(edits: Edits, data: Dataset) -> Edits:
            rows.clear()
            upto, owners = edits.upto, self._owners(data)
            while len(rows) < number:
                upto, made = self._make(upto, data, seed)
                if made.get("_owner", self._example(data)) not in owners:
                    made["_owner"] = self._example(data)
                rows[made[self._id]] = made
            return edits.with_records(rows, upto=upto)

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)
        return list(rows)

    def change(self, id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Changes fields of a record."""
        changed: dict[str, Any] = {}

        def change(edits: Edits, data: Dataset) -> Edits:
            nonlocal changed
            before = data.records.record(self._find(data, id))
            own = before[self._id]
            changed = self._check(self._schema.merge(before, given), data, own)
            return edits.with_records({own: None} | {changed[self._id]: changed})

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)
        return changed

    def remove(self, *ids: str) -> None:
        """Removes records."""

        def change(edits: Edits, data: Dataset) -> Edits:
            return edits.with_records({data.records.ids[self._find(data, id)]: None for id in ids})

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)

    def replace_accounts(self, given: Any) -> list[dict[str, Any]]:
        """Replaces all accounts; every owner of records must remain."""
        accounts, faults = fixture_check.check_accounts(given, self._shape)
        secrets = [str(secret) for account in accounts for secret in secrets_of(account, self._shape.key)]
        if self.sandboxes.settings.refuse_live and any(looks_live(secret, self.wall) for secret in secrets):
            raise Problem(
                "Live credential", "An account has a credential that looks live; make one up.", code=LIVE_CREDENTIAL
            )
        if SecretIndex(secrets).find("\n".join(self.sandboxes.store.sandboxes())):
            detail = "An account has a credential that is in the name of a sandbox, and names are no secret."
            raise Problem("Bad credential", detail, 422, code="bad-credential")

        def change(edits: Edits, data: Dataset) -> Edits:
            missing = data.records.owners - {account[self.vendor.account_id] for account in accounts}
            wanted = f"an account with each {self.vendor.account_id} that records belong to"
            refuse_faults(
                faults or [(("accounts",), f"no {owner}", wanted) for owner in sorted(map(str, missing))], self._shape
            )
            return edits.with_accounts(accounts)

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)
        return accounts

    @property
    def file(self) -> str:
        """The name of the fixture file that describes this data."""
        dataset = self.sandboxes.get_or_create(self.sandbox, self.wall).dataset
        return f"{dataset}.{'jsonl' if len(self.data.records) > fixtures.MAX_YAML_RECORDS else 'yaml'}"

    def fixture(self) -> str:
        """The text of the fixture file."""
        name, data, text = self.file, self.data, io.StringIO()
        dataset, _, suffix = name.rpartition(".")
        head = fixture_writer.build_head(self.vendor.name, dataset, data.anchor)
        records = map(data.records.record, range(len(data.records)))
        comment = f"Exported from the sandbox {self.sandbox}."
        fixture_writer.write(text, head, data.accounts, records, lines=suffix == "jsonl", comment=comment)
        return text.getvalue()

    # The vendor ----------------------------------------------------------------------------------------------

    @cached_property
    def _shape(self) -> fixture_check.FixtureSchema:
        return fixture_schema(self.vendor)

    @property
    def _schema(self) -> RecordSchema:
        return self._shape.record

    @property
    def _fields(self) -> Mapping[str, RecordField]:
        return self._schema.by_wire_name

    @cached_property
    def _essential(self) -> frozenset[str]:
        """The fields that an added record has: all public ones, and the required ones of ours."""
        return frozenset(name for name, field in self._fields.items() if name[0] != "_" or field.required)

    @property
    def _id(self) -> str:
        return self.vendor.resource.id

    # Its data ---------------------------------------------------------------------------------------

    def _example(self, data: Dataset) -> Any:
        return data.accounts.first[self.vendor.account_id]

    def _owners(self, data: Dataset) -> set[Any]:
        return {account[self.vendor.account_id] for account in data.accounts}

    def _find(self, data: Dataset, id: str) -> int:
        index = data.records.find(id)
        if index is None:
            raise Problem("Not found", f"{self.vendor.name} has no record {id[:80]!r} here.", 404, code="not-found")
        return index

    def _parse_time(self, values: Mapping[str, Any], name: str) -> datetime | None:
        """The time in a field; None if it is not a time in the vendor's format."""
        field, text = self._fields.get(name), values.get(name)
        if not isinstance(field, Timestamp) or not isinstance(text, str):
            return None
        try:
            return check_range(field.parse(text))
        except ValueError:  # reported when the record is checked
            return None

    def _find_time(self, given: Mapping[str, Any], row: Mapping[str, Any]) -> datetime | None:
        """When to generate this record so that it has the first time in ``given``; None if it has it, or there is none.

        The field that dates a record comes first; the other times keep their distance from it.
        """
        date = self.vendor.resource.summary.date if self.vendor.resource.summary else ""
        for name in (date, *self._fields):
            wanted, own, made = self._parse_time(given, name), self._parse_time(row, name), self._parse_time(row, date)
            if wanted is not None and (name == date or (own and made)):
                return None if own == wanted else made + (wanted - own) if own and made else wanted
        return None

    def _draw(self, seed: int, index: int, anchor: datetime, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recipe's record, at the given time if there is one."""
        assert self.vendor.recipe is not None
        recipe = self.vendor.recipe()
        row = recipe.record(seed, index, anchor)
        for _ in range(MAX_DATE_TRIES):
            try:
                at = self._find_time(given, row)
                if at is None or recipe.record_at is None:
                    break
                row = recipe.record_at(seed, index, check_range(at))
            except (ValueError, OverflowError):  # too far away for the other times of the record
                break
        return row

    def _make(
        self, upto: int, data: Dataset, seed: int | None, given: Mapping[str, Any] = MappingProxyType({})
    ) -> tuple[int, dict[str, Any]]:
        """The recipe's next record with a free id, and the index after it; an empty record without a recipe.

        It has the given time, and is the first that agrees with the given choices and booleans, if there is one.
        """
        if self.vendor.recipe is None:
            return upto, {}
        if seed is None:
            seed = self.sandboxes.get_or_create(self.sandbox, self.wall).seed
        first = upto or max(FIRST_ADDED_INDEX, len(data.records))
        free: tuple[int, dict[str, Any]] | None = None
        for index in count(first):
            row = self._draw(seed, index, data.anchor, given)
            agrees = agrees_with(self._schema, row, given)
            if free is None or agrees:
                made = self._schema.read(dict(row))
                if data.records.find(made[self._id]) is None:
                    free = index + 1, made
                    if agrees:
                        break
            if free is not None and index - first >= MAX_TRIES:
                break
        assert free is not None
        return free

    def _check(self, row: Mapping[str, Any], data: Dataset, own: Any = None) -> dict[str, Any]:
        """The record with typed values, if it is valid beside the others; ``own`` is its id before the change."""
        record, faults = fixture_check.check_record(row, self._shape, self._owners(data))
        if not faults and record[self._id] != own and data.records.find(record[self._id]) is not None:
            faults = [((self._id,), f"{record[self._id]} again", f"another {self._id} than any other record has")]
        refuse_faults(faults, self._shape)
        return record
