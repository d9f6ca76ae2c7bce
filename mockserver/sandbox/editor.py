"""Changing what a sandbox holds: records and accounts in the vendor's own fields, checked as fixtures are; and writing
it down as a fixture file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from ..data import fixture_check, fixture_errors, fixture_writer, fixtures
from ..data.build import fixture_schema
from ..sdk.clock import check_range
from ..sdk.contract import Vendor
from ..sdk.credentials import secrets_of
from ..sdk.dataset import Dataset
from ..sdk.errors import Problem
from ..sdk.fields import Boolean, Choice, Nested, RecordField, Timestamp
from ..sdk.record_schema import RecordSchema
from .edits import Edits
from .live_credentials import LIVE_CREDENTIAL, looks_live
from .registry import Sandboxes
from .secrets.index import SecretIndex

# Where recipes are asked for records to add: far from any dataset's own, and a multiple of 36 months of 12, 13, 14 or
# 15 records, so that what is added first is as new as the newest of a story that is told month by month.
FIRST_ADDED_INDEX = 589_680
MAX_TRIES = 540  # records of a recipe (36 months) among which one is looked for that agrees with what was given
MAX_DATE_TRIES = 3  # of one record, whose months may be longer or shorter than those of the one before
MAX_TOLD_FAULTS = 100  # faults of one body that are told one by one
MAX_GENERATED = 2_000  # records made at once, as many of any vendor as a sandbox may hold; for more there is --records


@dataclass(frozen=True)
class RecordEditor:
    """One vendor's data in one sandbox, for whoever looks at it or changes it at ``wall`` (seconds).

    Nothing changes unless all that was asked for is sound; otherwise Misuse is raised, with each fault.
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
        """Add a record; what it leaves out is the recipe's, and it belongs to the example account unless it says so.

        From a time of its own its cycle and due date follow, and from its words and flags whatever goes with them.
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
        """Add so many records as the recipe makes them; returns their ids."""
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
        """Change fields of a record."""
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
        """Remove these records."""

        def change(edits: Edits, data: Dataset) -> Edits:
            return edits.with_records({data.records.ids[self._find(data, id)]: None for id in ids})

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)

    def replace_accounts(self, given: Any) -> list[dict[str, Any]]:
        """Put these accounts in place of all there are; whoever has records must stay."""
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
            gone = data.records.owners - {account[self.vendor.account_id] for account in accounts}
            wanted = f"an account with each {self.vendor.account_id} that records belong to"
            refuse_faults(
                faults or [(("accounts",), f"no {owner}", wanted) for owner in sorted(map(str, gone))], self._shape
            )
            return edits.with_accounts(accounts)

        self.sandboxes.edit(self.sandbox, self.wall, self.vendor, change)
        return accounts

    @property
    def file(self) -> str:
        """The name of the fixture file in which all this can be written down."""
        dataset = self.sandboxes.get_or_create(self.sandbox, self.wall).dataset
        return f"{dataset}.{'jsonl' if len(self.data.records) > fixtures.MAX_YAML_RECORDS else 'yaml'}"

    def fixture(self) -> str:
        """The text of that file."""
        name, data, text = self.file, self.data, io.StringIO()
        dataset, _, suffix = name.rpartition(".")
        head = fixture_writer.build_head(self.vendor.name, dataset, data.anchor)
        records = map(data.records.record, range(len(data.records)))
        comment = f"Exported from the sandbox {self.sandbox}."
        fixture_writer.write(text, head, data.accounts, records, lines=suffix == "jsonl", comment=comment)
        return text.getvalue()

    # The vendor's own ----------------------------------------------------------------------------------------------

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
        """What an added record has: all that callers see, and of the fields that are ours those it cannot lack."""
        return frozenset(name for name, field in self._fields.items() if name[0] != "_" or field.required)

    @property
    def _id(self) -> str:
        return self.vendor.resource.id

    # The data of this moment ---------------------------------------------------------------------------------------

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
        """A time of these values, if it is one and written in the vendor's format."""
        field, text = self._fields.get(name), values.get(name)
        if not isinstance(field, Timestamp) or not isinstance(text, str):
            return None
        try:
            return check_range(field.parse(text))
        except ValueError:  # which is told when the record is checked
            return None

    def _find_time(self, given: Mapping[str, Any], row: Mapping[str, Any]) -> datetime | None:
        """When this record must be made to have the first time of ``given``; None if it has it, or nothing tells.

        The time that dates a record comes before all others, which keep their distance from it.
        """
        date = self.vendor.resource.summary.date if self.vendor.resource.summary else ""
        for name in (date, *self._fields):
            wanted, own, made = self._parse_time(given, name), self._parse_time(row, name), self._parse_time(row, date)
            if wanted is not None and (name == date or (own and made)):
                return None if own == wanted else made + (wanted - own) if own and made else wanted
        return None

    def _draw(self, seed: int, index: int, anchor: datetime, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recipe's record, at the time that was given if one was."""
        assert self.vendor.recipe is not None
        recipe = self.vendor.recipe()
        row = recipe.record(seed, index, anchor)
        for _ in range(MAX_DATE_TRIES):
            try:
                at = self._find_time(given, row)
                if at is None or recipe.record_at is None:
                    break
                row = recipe.record_at(seed, index, check_range(at))
            except (ValueError, OverflowError):  # too far away for the rest of the record to follow
                break
        return row

    def _make(
        self, upto: int, data: Dataset, seed: int | None, given: Mapping[str, Any] = MappingProxyType({})
    ) -> tuple[int, dict[str, Any]]:
        """The recipe's next record whose id is free, and how far the recipe is used then; nothing without a recipe.

        It is made at the time that was given, if one was, and the first that agrees with the words and flags given.
        """
        if self.vendor.recipe is None:
            return upto, {}
        if seed is None:
            seed = self.sandboxes.get_or_create(self.sandbox, self.wall).seed
        first = upto or max(FIRST_ADDED_INDEX, len(data.records))
        free: tuple[int, dict[str, Any]] | None = None
        for index in count(first):
            row = self._draw(seed, index, data.anchor, given)
            agreeing = agrees_with(self._schema, row, given)
            if free is None or agreeing:
                made = self._schema.read(dict(row))
                if data.records.find(made[self._id]) is None:
                    free = index + 1, made
                    if agreeing:
                        break
            if free is not None and index - first >= MAX_TRIES:
                break
        assert free is not None
        return free

    def _check(self, row: Mapping[str, Any], data: Dataset, own: Any = None) -> dict[str, Any]:
        """The record, typed, if it may stand beside the others; ``own`` is the id that it had before."""
        record, faults = fixture_check.check_record(row, self._shape, self._owners(data))
        if not faults and record[self._id] != own and data.records.find(record[self._id]) is not None:
            faults = [((self._id,), f"{record[self._id]} again", f"another {self._id} than any other record has")]
        refuse_faults(faults, self._shape)
        return record


def agrees_with(schema: RecordSchema, row: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether the words and flags of a record, and of the maps in it, are those that were given, and it has each time
    that was given.
    """
    for name, value in given.items():
        field, own = schema.by_wire_name.get(name), row.get(name)
        if isinstance(field, Nested) and isinstance(value, Mapping) and isinstance(own, Mapping):
            agreeing = agrees_with(field.inner, own, value)
        elif isinstance(field, Choice | Boolean | Timestamp) and _accepts(field, value):
            agreeing = own == value or (isinstance(field, Timestamp) and None not in (own, value))
        else:
            agreeing = True
        if not agreeing:
            return False
    return True


def _accepts(field: RecordField, value: Any) -> bool:
    """Whether a field may have this value; if not, no record is looked for that has it."""
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return True


def refuse_faults(faults: Iterable[fixture_errors.Fault], form: fixture_check.FixtureSchema) -> None:
    """Raises Misuse when there are faults, telling each; what stands where a secret belongs is not repeated."""
    faults = list(faults)
    told = tuple(
        {
            "path": fixture_errors.format_path(where),
            "found": form.describe(where, found),
            "wanted": wanted,
        }
        for where, found, wanted in faults[:MAX_TOLD_FAULTS]
    )
    if told:
        one = told[0]
        where = f"{one['path']}: " if one["path"] else ""
        more = f", and {len(faults) - 1} more" if faults[1:] else ""
        detail = f"{where}found {one['found']}, wanted {one['wanted']}{more}."
        detail = detail.replace("?.", "?")
        raise Problem("Bad data", detail, 422, code="bad-data", validation=told)
