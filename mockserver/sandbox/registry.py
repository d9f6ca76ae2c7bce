"""The sandboxes of a server: created on first use, changed, expired, and kept in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from ..data.catalog import DatasetCatalog
from ..data.lru import LruCache
from ..sdk.clock import Clock
from ..sdk.contract import Vendor
from ..sdk.dataset import Dataset
from ..sdk.errors import Problem, StoreUnavailable
from .account_secrets import AccountSecrets
from .edits import NO_EDITS, NOTHING, Edits, apply_edits, make_overlay_cache
from .expiry import make_expiry
from .fault_rules import MAX_RULES
from .first_use import initial_sandbox, make_clock
from .sandbox import Sandbox
from .settings import Settings
from .store import SETTINGS, Document, Store

MAX_READS = 3  # of a sandbox that changes between two reads


class _Replaced(Exception):
    """The sandbox was replaced between two reads."""


class Sandboxes:
    """All sandboxes of a server: at most ``max_sandboxes``, and the default one."""

    def __init__(self, settings: Settings, catalog: DatasetCatalog, vendors: Iterable[Vendor], store: Store) -> None:
        self.settings, self.catalog, self.vendors, self.store = settings, catalog, tuple(vendors), store
        self._known: LruCache[tuple[int, Sandbox]] = LruCache(settings.max_sandboxes, lambda key, known: 1)
        self._overlays = make_overlay_cache()
        self._newest_day = date.min
        self._account_secrets = AccountSecrets()
        self.secrets = self._account_secrets.index

    def use_catalog(self, catalog: DatasetCatalog) -> None:
        """Serves from this catalog from now on; the edits of sandboxes apply to its data."""
        self.catalog, self._overlays = catalog, make_overlay_cache()

    def know_secrets(self, start: Mapping[str, Dataset]) -> None:
        """Adds the secrets of the datasets at the start, before any sandbox exists."""
        for vendor in self.vendors:
            self._account_secrets.add_shared(vendor, self.settings.dataset, start[vendor.name])

    def get_or_create(self, name: str, wall: float) -> Sandbox:
        """The sandbox of this name; creates it if there is none. Raises Problem when there are too many."""
        return self._get_or_create(name, wall)[1]

    def get(self, name: str, wall: float) -> Sandbox | None:
        """The sandbox of this name, if there is one."""
        versioned = self._get(name, wall)
        return versioned[1] if versioned else None

    def last_known(self, name: str) -> Sandbox:
        """The sandbox as this process last saw it, even if the daily reset was due since.

        Raises StoreUnavailable when this process never saw it.
        """
        document = self.store.last_known(name)
        if document is None:
            raise StoreUnavailable
        return Sandbox.of(name, document)

    def _get_or_create(self, name: str, wall: float) -> tuple[int, Sandbox]:
        while (versioned := self._get(name, wall)) is None:
            self._create(name, wall)
        return versioned

    def _get(self, name: str, wall: float) -> tuple[int, Sandbox] | None:
        versioned = self.store.read(name, SETTINGS, wall=wall, expiry=make_expiry(self.settings, name, wall))
        if versioned is None:
            self._evict(name)
            return None
        version, document = versioned
        known = self._known.get(name, lambda: (version, self._load(name, document, wall)))
        if known[0] != version:
            known = version, self._load(name, document, wall)
            self._known.put(name, known)
        return known

    def _evict(self, name: str, edits: Mapping[str, Edits] = NOTHING) -> None:
        """Drops what is cached of a sandbox that is gone, or was replaced by one with these edits."""
        self._known.drop(name)
        for vendor in self.vendors:
            self._account_secrets.replace_own(name, vendor, edits.get(vendor.name, NO_EDITS))
            overlay = self._overlays.peek((name, vendor.name))
            if overlay is not None:
                overlay[1].records.forget_views()
                self._overlays.drop((name, vendor.name))

    def _add_secrets(self, name: str, edits: Mapping[str, Edits]) -> None:
        for vendor in self.vendors:
            if vendor.name in edits:
                self._account_secrets.replace_own(name, vendor, edits[vendor.name])

    def _load(self, name: str, document: Document, wall: float) -> Sandbox:
        """The sandbox that a document describes.

        The first one of a new day drops data made for days that no sandbox has any more; otherwise a server that runs
        for months would grow.
        """
        sandbox = Sandbox.of(name, document)
        if sandbox.day is not None and sandbox.day > self._newest_day:
            self._newest_day = sandbox.day
            self._expire(wall)
            documents = [self.store.read(name, SETTINGS) for name in self.store.sandboxes()]
            days = {versioned[1]["day"] for versioned in documents if versioned}
            self.catalog.keep_only_days({date.fromisoformat(day) for day in days if day})
            self._overlays = make_overlay_cache()
        return sandbox

    def _create(self, name: str, wall: float) -> None:
        document, limit = self.initial(name, wall).document(), self.settings.max_sandboxes
        for expired in (False, True):
            if expired:
                self._expire(wall)
            written = self.store.write(name, SETTINGS, document, expected=0, wall=wall, most=limit)
            if written or self.store.read(name, SETTINGS) is not None:  # another process was faster
                return
        detail = f"There are {limit} sandboxes, as many as --max-sandboxes allows; {name} was not made."
        raise Problem("Too many sandboxes", detail, 507, code="too-many-sandboxes")

    def initial(self, name: str, wall: float) -> Sandbox:
        """The sandbox as it would be on first use."""
        return initial_sandbox(self.settings, name, self.catalog, self.vendors, wall)

    def change(self, name: str, wall: float, change: Callable[[Sandbox], Sandbox]) -> Sandbox:
        """Changes a sandbox's settings; safe against concurrent changes. Returns the new sandbox."""
        while True:
            version, before = self._get_or_create(name, wall)
            after = replace(change(before), name=name).document()
            self._check_bounds(after)
            if self.store.write(name, SETTINGS, after, expected=version, wall=wall):
                return self.get_or_create(name, wall)

    def _check_bounds(self, settings: Document) -> None:
        """Raises Problem when a sandbox would have too many fault rules, or too large ones."""
        rules = settings["faults"]
        if len(rules) > MAX_RULES:
            detail = f"The sandbox would have {len(rules)} fault rules, wanted at most {MAX_RULES}."
            raise Problem("Too many fault rules", detail, 422, code="too-many-rules")
        self._check_size("The fault rules", sum(len(json.dumps(rule)) for rule in rules))

    def delete(self, name: str) -> bool:
        """Deletes a sandbox; returns whether there was one. Its next use creates it again."""
        self._evict(name)
        return self.store.delete(name)

    def first_clock(self, sandbox: Sandbox, wall: float) -> Clock:
        """The clock as on first use of the sandbox, for its current dataset."""
        return make_clock(self.settings.clock, sandbox.dataset, self.catalog, self.vendors, wall)

    def reset(self, name: str, wall: float) -> Sandbox:
        """Resets a sandbox to its first use, with empty counters and an empty journal."""
        version, _ = self._get_or_create(name, wall)
        document = self.initial(name, wall).document()
        while not self.store.write(name, SETTINGS, document, expected=version, wall=wall, anew=True):
            version, _ = self._get_or_create(name, wall)
        self._evict(name)
        return self.get_or_create(name, wall)

    def put(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """Replaces the sandbox of this name, with these edits. Edits of another epoch are void."""
        valid = {vendor: edit for vendor, edit in edits.items() if edit.epoch == sandbox.epoch}
        self._replace(sandbox, valid, wall, anew=True)
        self._evict(sandbox.name, valid)
        return self.get_or_create(sandbox.name, wall)

    def restart(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """Replaces the sandbox with these edits of any epoch; resets its counters and keeps its journal."""
        self.store.reset_counters(sandbox.name)
        self._replace(sandbox, edits, wall)
        self._add_secrets(sandbox.name, edits)
        return self.get_or_create(sandbox.name, wall)

    def _replace(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float, *, anew: bool = False) -> None:
        """Writes settings and edits in one step, so that no call sees only a part of them.

        The replaced version becomes the epoch: no other state of this sandbox has it.
        """
        name, written = sandbox.name, 0
        while not written:
            version, _ = self._get_or_create(name, wall)
            document = replace(sandbox, epoch=version, edits=dict.fromkeys(edits, version)).document()
            self._check_bounds(document)
            parts = {f"records/{each}": replace(edit, epoch=version).document() for each, edit in edits.items()}
            written = self.store.write(name, SETTINGS, document, expected=version, wall=wall, anew=anew, beside=parts)

    def names(self, wall: float) -> Mapping[str, float]:
        """All sandboxes and the seconds since the last use of each. Deletes expired ones first."""
        self._expire(wall)
        return {name: use.idle for name, use in sorted(self.store.sandboxes().items())}

    def reset_if_due(self, wall: float) -> None:
        """Deletes expired sandboxes if there is a daily reset, for callers that read without entering a sandbox."""
        if self.settings.reset_at is not None:
            self._expire(wall)

    def exists(self, name: str, wall: float) -> bool:
        return name in self.names(wall)

    def _expire(self, wall: float) -> None:
        for name, use in self.store.sandboxes().items():
            expiry = make_expiry(self.settings, name, wall)
            if expiry.is_over(use) and self.store.delete(name, expiry):  # unless it was used meanwhile
                self._evict(name)

    def _check_size(self, what: str, size: int) -> None:
        limit = self.settings.max_sandbox_bytes
        if size > limit:
            detail = f"{what} are over {limit} bytes, as many as --max-sandbox-bytes allows."
            raise Problem("Sandbox too large", detail, 507, code="sandbox-too-large")

    # Data -----------------------------------------------------------------------------------------------------------

    def dataset(self, sandbox: Sandbox, vendor: Vendor, *, is_strict: bool = False) -> Dataset:
        """What the vendor's calls see in this sandbox: the shared dataset, or a copy with the sandbox's edits.

        ``is_strict``: raises _Replaced when the stored edits belong to another state of the sandbox.
        """
        base = self.catalog.dataset(vendor, sandbox.dataset, sandbox.day)
        self._account_secrets.add_shared(vendor, sandbox.dataset, base)
        version = sandbox.edits.get(vendor.name)
        if version is None:
            return base
        key, state = (sandbox.name, vendor.name), (version, sandbox.dataset, sandbox.day, sandbox.epoch, base.version)
        overlay = self._overlays.get(
            key, lambda: (state, self._apply_edits(base, sandbox, vendor, is_strict=is_strict))
        )
        if overlay[0] != state:
            overlay[1].records.forget_views()
            overlay = state, self._apply_edits(base, sandbox, vendor, is_strict=is_strict)
            self._overlays.put(key, overlay)
        return overlay[1]

    def with_data(self, sandbox: Sandbox, vendor: Vendor, wall: float) -> tuple[Sandbox, Dataset]:
        """The sandbox and what the vendor's calls see in it, as of one moment.

        The sandbox may be replaced between two reads of the store, so this reads again until both agree.
        """
        for _ in range(MAX_READS):
            try:
                return sandbox, self.dataset(sandbox, vendor, is_strict=True)
            except _Replaced:
                sandbox = self.get_or_create(sandbox.name, wall)
        return sandbox, self.dataset(sandbox, vendor)

    def _apply_edits(self, base: Dataset, sandbox: Sandbox, vendor: Vendor, *, is_strict: bool) -> Dataset:
        edits = self._stored_edits(sandbox.name, vendor)[1]
        if edits.epoch != sandbox.epoch:
            if is_strict:
                raise _Replaced
            edits = Edits(epoch=sandbox.epoch)
        self._account_secrets.replace_own(sandbox.name, vendor, edits)
        return apply_edits(base, edits)

    def edits(self, sandbox: Sandbox, vendor: Vendor) -> tuple[int, Edits]:
        """The version of a sandbox's edits to a vendor's data, and the edits. Edits to another dataset are void."""
        version, edits = self._stored_edits(sandbox.name, vendor)
        return version, edits if edits.epoch == sandbox.epoch else Edits(epoch=sandbox.epoch)

    def _stored_edits(self, name: str, vendor: Vendor) -> tuple[int, Edits]:
        version, document = self.store.read(name, f"records/{vendor.name}") or (0, {})
        return version, Edits(**document)

    def edit(self, name: str, wall: float, vendor: Vendor, change: Callable[[Edits, Dataset], Edits]) -> Sandbox:
        """Changes a vendor's data in a sandbox; the next call sees it.

        ``change`` gets the edits so far and the data with them. It is called again when another change was faster.
        Raises Problem when the edits grow too large.
        """
        while True:
            sandbox = self.get_or_create(name, wall)
            version, before = self._stored_edits(name, vendor)
            if before.epoch > sandbox.epoch:  # the sandbox was replaced meanwhile
                continue
            if before.epoch < sandbox.epoch:
                before = Edits(epoch=sandbox.epoch)
            if version:
                sandbox = sandbox.with_edits(vendor.name, version)
            after = change(before, self.dataset(sandbox, vendor))
            self._check_size(f"The changes to {vendor.name}", after.size)
            part = f"records/{vendor.name}"
            written = self.store.write(name, part, after.document(), expected=version, wall=wall)
            if written:
                self._account_secrets.replace_own(name, vendor, after)
                return self.change(name, wall, partial(Sandbox.with_edits, vendor=vendor.name, version=written))
