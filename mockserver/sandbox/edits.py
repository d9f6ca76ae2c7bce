"""What a sandbox changed in a vendor's data, and the data with these changes."""

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


Overlay = tuple[tuple[object, ...], Dataset]  # the state of the sandbox and the data that it is of, and what it is


@dataclass(frozen=True)
class Edits:
    """What a sandbox changed in one vendor's data, as JSON texts, in which amounts keep their digits.

    ``records`` are by the text of their id (None: removed). ``upto`` is how far the recipe was used for added ones;
    ``gone`` holds what was changed before of those that ``restored`` brings back.
    """

    records: Mapping[str, str | None] = field(default_factory=dict)
    accounts: str | None = None
    upto: int = 0
    epoch: int = 0
    gone: Mapping[str, str | None] = field(default_factory=dict)

    def document(self) -> Document:
        """The same as JSON-able values, for the store."""
        return {
            "records": self.records,
            "accounts": self.accounts,
            "upto": self.upto,
            "epoch": self.epoch,
            "gone": self.gone,
        }

    def with_records(self, rows: Mapping[Any, Mapping[str, Any] | None], *, upto: int = 0) -> Edits:
        """These and further edits: a record, or None for none, by its id."""
        texts = {_text(id): None if row is None else _text(row) for id, row in rows.items()}
        return replace(self, records={**self.records, **texts}, upto=max(self.upto, upto))

    def without(self, ids: Iterable[Any]) -> Edits:
        """The same edits with no record of these ids; ``restored`` has them again."""
        texts = [_text(id) for id in ids]
        gone = {id: self.records.get(id) for id in texts}
        return replace(self, records={**self.records, **dict.fromkeys(texts)}, gone={**self.gone, **gone})

    def restore(self) -> Edits:
        """The edits as if ``without`` had never been."""
        rest = {id: text for id, text in self.records.items() if id not in self.gone}
        back = {id: text for id, text in self.gone.items() if text is not None}
        return replace(self, records={**rest, **back}, gone={})

    def with_accounts(self, accounts: Iterable[Mapping[str, Any]]) -> Edits:
        """The same edits with these in place of all accounts."""
        return replace(self, accounts=_text(list(accounts)))

    @property
    def size(self) -> int:
        """About how many bytes they are."""
        rows = (*self.records.items(), *self.gone.items())
        return sum(len(id) + len(text or "") for id, text in rows) + len(self.accounts or "")


NO_EDITS = Edits()


NOTHING: Mapping[str, Edits] = MappingProxyType({})


def _text(value: Any) -> str:
    return encode(value).decode()


def make_overlay_cache() -> LruCache[Overlay]:
    """Room for datasets with changes of sandboxes: of each sandbox and vendor the last one."""
    return LruCache(MAX_OVERLAY_BYTES, lambda key, overlay: overlay[1].records.own_bytes)


def apply_edits(base: Dataset, edits: Edits) -> Dataset:
    """The dataset with a sandbox's changes; what did not change is shared."""
    accounts = base.accounts if edits.accounts is None else Accounts(decode(edits.accounts.encode()))
    changed = {
        decode(id.encode()): None if text is None else decode(text.encode()) for id, text in edits.records.items()
    }
    return replace(base, accounts=accounts, records=base.records.with_changes(changed) if changed else base.records)
