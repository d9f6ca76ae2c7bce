"""All sandboxes of a server: created on first use, changed, expired, kept in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from ..data.catalog import DatasetCatalog
from ..data.lru import LruCache
from ..sdk.clock import Clock, last_daily
from ..sdk.contract import Vendor
from ..sdk.credentials import secrets_of
from ..sdk.dataset import Accounts, Dataset
from ..sdk.errors import Problem, StoreUnavailable
from ..sdk.jsontext import decode
from .edits import NO_EDITS, NOTHING, Edits, apply_edits, make_overlay_cache
from .fault_rules import MAX_RULES as MOST_RULES
from .first_use import initial_sandbox, make_clock
from .sandbox import Sandbox
from .secrets.index import SecretIndex
from .settings import Settings
from .store import DEFAULT, SETTINGS, Document, Expiry, Store

MAX_READS = 3  # at a sandbox that changes while it is looked at


class _Replaced(Exception):
    """Another sandbox was put in the place of the one that is looked at."""


class Sandboxes:
    """All sandboxes of this server, made on first use, kept in the store: so many, and the one of the default name."""

    def __init__(self, settings: Settings, library: DatasetCatalog, vendors: Iterable[Vendor], store: Store) -> None:
        self.settings, self.catalog, self.vendors, self.store = settings, library, tuple(vendors), store
        self._known: LruCache[tuple[int, Sandbox]] = LruCache(settings.max_sandboxes, lambda key, known: 1)
        self._overlays = make_overlay_cache()
        self._newest = date.min
        self.secrets = SecretIndex()  # of all accounts there are, for redaction
        self._own_secrets: dict[tuple[str, str], tuple[str, ...]] = {}  # of accounts that a sandbox has of its own
        self._bases: dict[tuple[str, str], Accounts] = {}  # of datasets whose secrets are known

    def use_catalog(self, library: DatasetCatalog) -> None:
        """Serve from this library from here on; what sandboxes changed lies over its data."""
        self.catalog, self._overlays = library, make_overlay_cache()

    def know_secrets(self, start: Mapping[str, Dataset]) -> None:
        """Know the secrets of the data at the start, also where no sandbox has been made yet."""
        for vendor in self.vendors:
            self._know_base(vendor, self.settings.dataset, start[vendor.name])

    def get_or_create(self, name: str, wall: float) -> Sandbox:
        """The sandbox of this name, made now if there is none. Raises Misuse when there are too many."""
        return self._get_or_create(name, wall)[1]

    def get(self, name: str, wall: float) -> Sandbox | None:
        """The sandbox of this name as it is, if there is one; none is made."""
        found = self._get(name, wall)
        return found[1] if found else None

    def last_known(self, name: str) -> Sandbox:
        """The sandbox of this name as this process last saw it, though the daily reset may have come since. Raises
        StoreAway when it never did.
        """
        document = self.store.last_known(name)
        if document is None:
            raise StoreUnavailable
        return Sandbox.of(name, document)

    def _get_or_create(self, name: str, wall: float) -> tuple[int, Sandbox]:
        while (found := self._get(name, wall)) is None:
            self._make(name, wall)
        return found

    def _get(self, name: str, wall: float) -> tuple[int, Sandbox] | None:
        found = self.store.read(name, SETTINGS, wall=wall, expiry=self._expiry(name, wall))
        if found is None:
            self._evict(name)
            return None
        version, document = found
        known = self._known.get(name, lambda: (version, self._load(name, document, wall)))
        if known[0] != version:  # it was changed
            known = version, self._load(name, document, wall)
            self._known.put(name, known)
        return known

    def _evict(self, name: str, edits: Mapping[str, Edits] = NOTHING) -> None:
        """Remember nothing of a sandbox that is no more, or is another one now, with these changes to its data."""
        self._known.drop(name)
        for vendor in self.vendors:
            self._know_secrets(name, vendor, edits.get(vendor.name, NO_EDITS))
            overlay = self._overlays.peek((name, vendor.name))
            if overlay is not None:
                overlay[1].records.forget_views()
                self._overlays.drop((name, vendor.name))

    def _know_secrets(self, name: str, vendor: Vendor, edits: Edits) -> None:
        """Know the secrets of the accounts that this sandbox has of its own, and no more those that it had."""
        accounts = decode(edits.accounts.encode()) if edits.accounts is not None else ()
        secrets = _secrets(accounts, vendor)
        for secret in secrets:
            self.secrets.add(secret)
        for secret in self._own_secrets.pop((name, vendor.name), ()):
            self.secrets.discard(secret)
        if secrets:
            self._own_secrets[name, vendor.name] = secrets

    def _know_all(self, name: str, edits: Mapping[str, Edits]) -> None:
        for vendor in self.vendors:
            if vendor.name in edits:
                self._know_secrets(name, vendor, edits[vendor.name])

    def _know_base(self, vendor: Vendor, name: str, data: Dataset) -> None:
        """Know the secrets of a dataset that sandboxes share."""
        if self._bases.get((vendor.name, name)) is not data.accounts:
            self._bases[vendor.name, name] = data.accounts
            for secret in _secrets(data.accounts, vendor):
                self.secrets.add(secret)

    def _load(self, name: str, document: Document, wall: float) -> Sandbox:
        """A sandbox that its document describes. With the first one of a new day, data made for days of which there is
        no other any more is let go, or a server that runs for months would grow.
        """
        sandbox = Sandbox.of(name, document)
        if sandbox.day is not None and sandbox.day > self._newest:
            self._newest = sandbox.day
            self._expire(wall)
            documents = [self.store.read(name, SETTINGS) for name in self.store.sandboxes()]
            days = {found[1]["day"] for found in documents if found}
            self.catalog.keep_only_days({date.fromisoformat(day) for day in days if day})
            self._overlays = make_overlay_cache()
        return sandbox

    def _expiry(self, name: str, wall: float) -> Expiry:
        """When a sandbox is forgotten: for idleness by the store's own time, which a jump of the wall clock and the
        clock of another replica leave alone (the one that nobody had to ask for may always be idle).

        The daily reset, by the wall clock, is no more than that: whatever was not used since is forgotten, by whoever
        comes first, in one step of the store. So it needs no timer, and nobody has to know whether it was done.
        """
        idle = None if name == DEFAULT else self.settings.sandbox_idle
        since = None if self.settings.reset_at is None else last_daily(self.settings.reset_at, wall)
        return Expiry(idle, since)

    def _make(self, name: str, wall: float) -> None:
        document, limit = self.initial(name, wall).document(), self.settings.max_sandboxes
        for expired in (False, True):
            if expired:
                self._expire(wall)
            made = self.store.write(name, SETTINGS, document, expected=0, wall=wall, most=limit)
            if made or self.store.read(name, SETTINGS) is not None:  # somebody else was faster
                return
        detail = f"There are {limit} sandboxes, as many as --max-sandboxes allows; {name} was not made."
        raise Problem("Too many sandboxes", detail, 507, code="too-many-sandboxes")

    def initial(self, name: str, wall: float) -> Sandbox:
        """The sandbox as it would be on first use."""
        return initial_sandbox(self.settings, name, self.catalog, self.vendors, wall)

    def change(self, name: str, wall: float, change: Callable[[Sandbox], Sandbox]) -> Sandbox:
        """Change a sandbox's settings, whoever else changes them at the same time; returns it as it is then."""
        while True:
            version, before = self._get_or_create(name, wall)
            after = replace(change(before), name=name).document()
            self._check(after)
            if self.store.write(name, SETTINGS, after, expected=version, wall=wall):
                return self.get_or_create(name, wall)

    def _check(self, settings: Document) -> None:
        """Raises Misuse when a sandbox would have too many fault rules, or too large ones."""
        _check_number(settings["faults"])
        self._check_size("The fault rules", sum(len(json.dumps(rule)) for rule in settings["faults"]))

    def delete(self, name: str) -> bool:
        """Forget a sandbox; whether there was one. It is made anew by its next use."""
        self._evict(name)
        return self.store.delete(name)

    def first_clock(self, sandbox: Sandbox, wall: float) -> Clock:
        """The clock as on first use of the sandbox, with the dataset that it has now."""
        return make_clock(self.settings.clock, sandbox.dataset, self.catalog, self.vendors, wall)

    def reset(self, name: str, wall: float) -> Sandbox:
        """Put a sandbox back as on first use, with nothing counted and nothing in its journal."""
        version, _ = self._get_or_create(name, wall)
        document = self.initial(name, wall).document()
        while not self.store.write(name, SETTINGS, document, expected=version, wall=wall, anew=True):
            version, _ = self._get_or_create(name, wall)
        self._evict(name)
        return self.get_or_create(name, wall)

    def put(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """Put a sandbox, with these changes to each vendor's data, in place of whatever has its name. Changes of
        another epoch than the sandbox's are void.
        """
        held = {vendor: edit for vendor, edit in edits.items() if edit.epoch == sandbox.epoch}
        self._replace(sandbox, held, wall, anew=True)
        self._evict(sandbox.name, held)
        return self.get_or_create(sandbox.name, wall)

    def restart(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """The same with nothing counted any more, whatever their epoch; but the journal goes on."""
        self.store.reset_counters(sandbox.name)
        self._replace(sandbox, edits, wall)
        self._know_all(sandbox.name, edits)
        return self.get_or_create(sandbox.name, wall)

    def _replace(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float, *, anew: bool = False) -> None:
        """Write the settings and the changes in one step, so that no call sees a part of them. The version that they
        replace is an epoch that no other state of this sandbox has.
        """
        name, written = sandbox.name, 0
        while not written:
            version, _ = self._get_or_create(name, wall)
            document = replace(sandbox, epoch=version, edits=dict.fromkeys(edits, version)).document()
            self._check(document)
            parts = {f"records/{each}": replace(edit, epoch=version).document() for each, edit in edits.items()}
            written = self.store.write(name, SETTINGS, document, expected=version, wall=wall, anew=anew, beside=parts)

    def names(self, wall: float) -> Mapping[str, float]:
        """All sandboxes and the seconds since each was last used; those idle for too long go first."""
        self._expire(wall)
        return {name: use.idle for name, use in sorted(self.store.sandboxes().items())}

    def reset_if_due(self, wall: float) -> None:
        """Forget what was not used since the daily reset, for who looks at sandboxes without entering them."""
        if self.settings.reset_at is not None:
            self._expire(wall)

    def exists(self, name: str, wall: float) -> bool:
        return name in self.names(wall)

    def _expire(self, wall: float) -> None:
        for name, use in self.store.sandboxes().items():
            expiry = self._expiry(name, wall)
            if expiry.is_over(use) and self.store.delete(name, expiry):  # not if somebody used it meanwhile
                self._evict(name)

    def _check_size(self, what: str, size: int) -> None:
        limit = self.settings.max_sandbox_bytes
        if size > limit:
            detail = f"{what} are over {limit} bytes, as many as --max-sandbox-bytes allows."
            raise Problem("Sandbox too large", detail, 507, code="sandbox-too-large")

    # Data -----------------------------------------------------------------------------------------------------------

    def dataset(self, sandbox: Sandbox, vendor: Vendor, *, of_now: bool = False) -> Dataset:
        """What the vendor's calls see in this sandbox: the shared dataset, or a copy with the sandbox's changes.

        ``of_now``: raises _Replaced when the changes are no more those of this sandbox.
        """
        base = self.catalog.dataset(vendor, sandbox.dataset, sandbox.day)
        self._know_base(vendor, sandbox.dataset, base)
        version = sandbox.edits.get(vendor.name)
        if version is None:
            return base
        key, state = (sandbox.name, vendor.name), (version, sandbox.dataset, sandbox.day, sandbox.epoch, base.version)
        overlay = self._overlays.get(key, lambda: (state, self._apply_edits(base, sandbox, vendor, of_now=of_now)))
        if overlay[0] != state:  # of before the last change
            overlay[1].records.forget_views()
            overlay = state, self._apply_edits(base, sandbox, vendor, of_now=of_now)
            self._overlays.put(key, overlay)
        return overlay[1]

    def with_data(self, sandbox: Sandbox, vendor: Vendor, wall: float) -> tuple[Sandbox, Dataset]:
        """The sandbox and what the vendor's calls see in it, of one moment: another one may be put in its place between
        two looks at the store.
        """
        for _ in range(MAX_READS):
            try:
                return sandbox, self.dataset(sandbox, vendor, of_now=True)
            except _Replaced:
                sandbox = self.get_or_create(sandbox.name, wall)
        return sandbox, self.dataset(sandbox, vendor)

    def _apply_edits(self, base: Dataset, sandbox: Sandbox, vendor: Vendor, *, of_now: bool) -> Dataset:
        edits = self._stored_edits(sandbox.name, vendor)[1]
        if edits.epoch != sandbox.epoch:
            if of_now:
                raise _Replaced
            edits = Edits(epoch=sandbox.epoch)
        self._know_secrets(sandbox.name, vendor, edits)
        return apply_edits(base, edits)

    def edits(self, sandbox: Sandbox, vendor: Vendor) -> tuple[int, Edits]:
        """The version of a sandbox's changes to a vendor's data, and the changes; those to another dataset are void."""
        version, edits = self._stored_edits(sandbox.name, vendor)
        return version, edits if edits.epoch == sandbox.epoch else Edits(epoch=sandbox.epoch)

    def _stored_edits(self, name: str, vendor: Vendor) -> tuple[int, Edits]:
        version, document = self.store.read(name, f"records/{vendor.name}") or (0, {})
        return version, Edits(**document)

    def edit(self, name: str, wall: float, vendor: Vendor, change: Callable[[Edits, Dataset], Edits]) -> Sandbox:
        """Change a vendor's data in a sandbox; the next call sees it. ``change`` gets what was changed so far, and
        the data as it is with that; when somebody else was faster, it is asked again.

        Raises Misuse when the changes grow too large.
        """
        while True:
            sandbox = self.get_or_create(name, wall)
            version, before = self._stored_edits(name, vendor)
            if before.epoch > sandbox.epoch:  # another sandbox was put in its place meanwhile
                continue
            if before.epoch < sandbox.epoch:
                before = Edits(epoch=sandbox.epoch)
            if version:
                sandbox = _with_edits(vendor.name, version, sandbox)
            after = change(before, self.dataset(sandbox, vendor))
            self._check_size(f"The changes to {vendor.name}", after.size)
            part = f"records/{vendor.name}"
            kept = self.store.write(name, part, after.document(), expected=version, wall=wall)
            if kept:
                self._know_secrets(name, vendor, after)
                return self.change(name, wall, partial(_with_edits, vendor.name, kept))


def _check_number(rules: Sequence[Document]) -> None:
    """Raises Misuse when a sandbox would have more fault rules than one may have."""
    if len(rules) > MOST_RULES:
        detail = f"The sandbox would have {len(rules)} fault rules, wanted at most {MOST_RULES}."
        raise Problem("Too many fault rules", detail, 422, code="too-many-rules")


def _with_edits(vendor: str, version: int, sandbox: Sandbox) -> Sandbox:
    """The sandbox with this version of the edits, or the newer one that it has."""
    return replace(sandbox, edits={**sandbox.edits, vendor: max(version, sandbox.edits.get(vendor, 0))})


def _secrets(accounts: Iterable[Mapping[str, Any]], vendor: Vendor) -> tuple[str, ...]:
    return tuple(str(secret) for account in accounts for secret in secrets_of(account, vendor.credential.key))
