"""The edits of a sandbox to a vendor's data, and the data with these edits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from ..data.lru import LruCache
from ..sdk.dataset import Accounts, Dataset
from ..sdk.jsontext import decode, encode
from .store import Document

MAX_OVERLAY_BYTES = 64 * 1024 * 1024


Overlay = tuple[tuple[object, ...], Dataset]  # the state of sandbox and data that it was made for, and the dataset


@dataclass(frozen=True)
class Edits:
    """What a sandbox changed in one vendor's data, as JSON texts, which keep the digits of amounts.

    ``records``: by the JSON of their id (None: removed). ``upto``: the next index of the recipe for added records.
    ``gone``: the earlier edits of removed records, which ``restore`` brings back.
    """

    records: Mapping[str, str | None] = field(default_factory=dict)
    accounts: str | None = None
    upto: int = 0
    epoch: int = 0
    gone: Mapping[str, str | None] = field(default_factory=dict)

    def document(self) -> Document:
        """The edits as JSON-able values, for the store."""
        return {
            "records": self.records,
            "accounts": self.accounts,
            "upto": self.upto,
            "epoch": self.epoch,
            "gone": self.gone,
        }

    def with_records(self, rows: Mapping[Any, Mapping[str, Any] | None], *, upto: int = 0) -> Edits:
        """Adds edits of records by id; None removes a record."""
        texts = {encode_text(id): None if row is None else encode_text(row) for id, row in rows.items()}
        return replace(self, records={**self.records, **texts}, upto=max(self.upto, upto))

    def without(self, ids: Iterable[Any]) -> Edits:
        """Removes the records of these ids; ``restore`` brings them back."""
        texts = [encode_text(id) for id in ids]
        gone = {id: self.records.get(id) for id in texts}
        return replace(self, records={**self.records, **dict.fromkeys(texts)}, gone={**self.gone, **gone})

    def restore(self) -> Edits:
        """Undoes ``without``."""
        rest = {id: text for id, text in self.records.items() if id not in self.gone}
        back = {id: text for id, text in self.gone.items() if text is not None}
        return replace(self, records={**rest, **back}, gone={})

    def with_accounts(self, accounts: Iterable[Mapping[str, Any]]) -> Edits:
        """Replaces all accounts."""
        return replace(self, accounts=encode_text(list(accounts)))

    @property
    def size(self) -> int:
        """About the size in bytes."""
        rows = (*self.records.items(), *self.gone.items())
        return sum(len(id) + len(text or "") for id, text in rows) + len(self.accounts or "")


NO_EDITS = Edits()


NOTHING: Mapping[str, Edits] = MappingProxyType({})


def encode_text(value: Any) -> str:
    return encode(value).decode()


def make_overlay_cache() -> LruCache[Overlay]:
    """A cache of datasets with edits: the latest of each sandbox and vendor."""
    return LruCache(MAX_OVERLAY_BYTES, lambda key, overlay: overlay[1].records.own_bytes)


def apply_edits(base: Dataset, edits: Edits) -> Dataset:
    """The dataset with a sandbox's edits; it shares what did not change."""
    accounts = base.accounts if edits.accounts is None else Accounts(decode(edits.accounts.encode()))
    changed = {
        decode(id.encode()): None if text is None else decode(text.encode()) for id, text in edits.records.items()
    }
    return replace(base, accounts=accounts, records=base.records.with_changes(changed) if changed else base.records)
