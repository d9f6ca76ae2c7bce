"""A sandbox: an isolated world with its own data, clock, quotas, faults and readings; and how a call finds its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from .clock import Clock, at, format_instant, last_daily, parse_instant
from .data.dataset import Accounts, Dataset
from .data.records import Readings
from .errors import Misuse, StoreAway
from .faults import MOST as MOST_RULES
from .faults import Rule
from .library import Library
from .settings import Settings, WrongSetting
from .store import DEFAULT as DEFAULT
from .store import SETTINGS, Document, Expiry, Store
from .toolkit.bounded import Bounded
from .toolkit.credentials import held
from .toolkit.http import LOWER_SANDBOX, SANDBOX_HEADER
from .toolkit.jsontext import decode, encode
from .toolkit.likeness import closest, did_you_mean
from .toolkit.names import WANTED_NAME, is_name
from .toolkit.notices import Notice
from .toolkit.quota import Quota
from .toolkit.secrets.index import SecretIndex
from .vendor import Request, Vendor

LOOKS = 3  # at a sandbox that changes while it is looked at
OVERLAY_BYTES = 64 * 1024 * 1024
Overlay = tuple[tuple[object, ...], Dataset]  # the state of the sandbox and the data that it is of, and what it is


@dataclass(frozen=True)
class Sandbox:
    """What is set in one sandbox. ``day`` is the day for which its data was made, when its clock is real; ``edits``
    says at which version the changes to each vendor's data are, and those of another ``epoch`` are void. ``expired``:
    no credential is good any more; ``changes`` are still to come to the data, as calls are answered.
    """

    name: str
    dataset: str
    clock: Clock
    day: date | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    strict: bool = False
    any_credential: bool = False
    delay: Any = None
    faults: tuple[Rule, ...] = ()
    edits: Mapping[str, int] = field(default_factory=dict)
    seed: int = 1
    scenario: str | None = None
    epoch: int = 0
    expired: bool = False
    changes: tuple[Document, ...] = ()

    def document(self) -> Document:
        """The same as JSON-able values, for the store."""
        return {
            "dataset": self.dataset,
            "clock": {
                "start": format_instant(self.clock.start),
                "since": self.clock.since,
                "frozen": self.clock.frozen,
            },
            "day": self.day.isoformat() if self.day else None,
            "readings": dict(self.readings),
            "quotas": {name: quota.text for name, quota in self.quotas.items()},
            "strict": self.strict,
            "acceptAnyCredential": self.any_credential,
            "delay": self.delay,
            "faults": [rule.document() for rule in self.faults],
            "edits": dict(self.edits),
            "seed": self.seed,
            "scenario": self.scenario,
            "epoch": self.epoch,
            "expired": self.expired,
            "changes": [_text(change) for change in self.changes],
        }

    @classmethod
    def of(cls, name: str, document: Document) -> Sandbox:
        """The sandbox that a stored document describes."""
        clock: Mapping[str, Any] = document["clock"]
        return cls(
            name,
            document["dataset"],
            Clock(parse_instant(clock["start"]), clock["since"], clock["frozen"]),
            date.fromisoformat(document["day"]) if document["day"] else None,
            document["readings"],
            {vendor: Quota.parse(text) for vendor, text in document["quotas"].items()},
            document["strict"],
            document["acceptAnyCredential"],
            document["delay"],
            tuple(Rule(**rule) for rule in document["faults"]),
            document["edits"],
            document["seed"],
            document["scenario"],
            document["epoch"],
            document["expired"],
            tuple(decode(change.encode()) for change in document["changes"]),
        )


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

    def restored(self) -> Edits:
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


def first(settings: Settings, name: str, library: Library, vendors: Iterable[Vendor], wall: float) -> Sandbox:
    """A sandbox as it is on first use: what the server was started with."""
    clock = clock_of(settings.clock, settings.dataset, library, vendors, wall)
    return Sandbox(
        name,
        settings.dataset,
        clock,
        first_day(settings, wall),
        settings.readings,
        settings.quotas,
        settings.strict,
        settings.accept_any_credential,
        seed=settings.seed,
    )


def clock_of(mode: str, dataset: str, library: Library, vendors: Iterable[Vendor], wall: float) -> Clock:
    """A clock as ``--clock`` describes it, for a dataset: its anchor is the latest of the vendors'."""
    if mode == "real":
        return Clock(at(wall), wall)
    if mode in ("anchor", "frozen"):
        anchor = max(library.dataset(vendor, dataset).anchor for vendor in vendors)
        return Clock(anchor, wall, frozen=mode == "frozen")
    return Clock(parse_instant(mode), wall)


def first_day(settings: Settings, wall: float) -> date | None:
    """The day for which data is made by default: today where the clock is real, else that of the files (None)."""
    return at(wall).date() if settings.clock == "real" else None


class _Replaced(Exception):
    """Another sandbox was put in the place of the one that is looked at."""


class Sandboxes:
    """All sandboxes of this server, made on first use, kept in the store: so many, and the one of the default name."""

    def __init__(self, settings: Settings, library: Library, vendors: Iterable[Vendor], store: Store) -> None:
        self.settings, self.library, self.vendors, self.store = settings, library, tuple(vendors), store
        self._known: Bounded[tuple[int, Sandbox]] = Bounded(settings.max_sandboxes, lambda key, known: 1)
        self._overlays = overlays()
        self._newest = date.min
        self.secrets = SecretIndex()  # of all accounts there are, for redaction
        self._own_secrets: dict[tuple[str, str], tuple[str, ...]] = {}  # of accounts that a sandbox has of its own
        self._bases: dict[tuple[str, str], Accounts] = {}  # of datasets whose secrets are known

    def take(self, library: Library) -> None:
        """Serve from this library from here on; what sandboxes changed lies over its data."""
        self.library, self._overlays = library, overlays()

    def know(self, start: Mapping[str, Dataset]) -> None:
        """Know the secrets of the data at the start, also where no sandbox has been made yet."""
        for vendor in self.vendors:
            self._know_base(vendor, self.settings.dataset, start[vendor.name])

    def enter(self, name: str, wall: float) -> Sandbox:
        """The sandbox of this name, made now if there is none. Raises Misuse when there are too many."""
        return self._entered(name, wall)[1]

    def look(self, name: str, wall: float) -> Sandbox | None:
        """The sandbox of this name as it is, if there is one; none is made."""
        found = self._stored(name, wall)
        return found[1] if found else None

    def recall(self, name: str) -> Sandbox:
        """The sandbox of this name as this process last saw it, though the daily reset may have come since. Raises
        StoreAway when it never did.
        """
        document = self.store.known(name)
        if document is None:
            raise StoreAway
        return Sandbox.of(name, document)

    def _entered(self, name: str, wall: float) -> tuple[int, Sandbox]:
        while (found := self._stored(name, wall)) is None:
            self._make(name, wall)
        return found

    def _stored(self, name: str, wall: float) -> tuple[int, Sandbox] | None:
        found = self.store.read(name, SETTINGS, wall=wall, expiry=self._expiry(name, wall))
        if found is None:
            self._let_go(name)
            return None
        version, document = found
        known = self._known.get(name, lambda: (version, self._met(name, document, wall)))
        if known[0] != version:  # it was changed
            known = version, self._met(name, document, wall)
            self._known.put(name, known)
        return known

    def _let_go(self, name: str, edits: Mapping[str, Edits] = NOTHING) -> None:
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

    def _met(self, name: str, document: Document, wall: float) -> Sandbox:
        """A sandbox that its document describes. With the first one of a new day, data made for days of which there is
        no other any more is let go, or a server that runs for months would grow.
        """
        sandbox = Sandbox.of(name, document)
        if sandbox.day is not None and sandbox.day > self._newest:
            self._newest = sandbox.day
            self._expire(wall)
            documents = [self.store.read(name, SETTINGS) for name in self.store.sandboxes()]
            days = {found[1]["day"] for found in documents if found}
            self.library.keep_days({date.fromisoformat(day) for day in days if day})
            self._overlays = overlays()
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
        document, limit = self.fresh(name, wall).document(), self.settings.max_sandboxes
        for expired in (False, True):
            if expired:
                self._expire(wall)
            made = self.store.write(name, SETTINGS, document, expected=0, wall=wall, most=limit)
            if made or self.store.read(name, SETTINGS) is not None:  # somebody else was faster
                return
        detail = f"There are {limit} sandboxes, as many as --max-sandboxes allows; {name} was not made."
        raise Misuse("Too many sandboxes", detail, 507, code="too-many-sandboxes")

    def fresh(self, name: str, wall: float) -> Sandbox:
        """The sandbox as it would be on first use."""
        return first(self.settings, name, self.library, self.vendors, wall)

    def change(self, name: str, wall: float, change: Callable[[Sandbox], Sandbox]) -> Sandbox:
        """Change a sandbox's settings, whoever else changes them at the same time; returns it as it is then."""
        while True:
            version, before = self._entered(name, wall)
            after = replace(change(before), name=name).document()
            self._check(after)
            if self.store.write(name, SETTINGS, after, expected=version, wall=wall):
                return self.enter(name, wall)

    def _check(self, settings: Document) -> None:
        """Raises Misuse when a sandbox would have too many fault rules, or too large ones."""
        _check_number(settings["faults"])
        self._bound("The fault rules", sum(len(json.dumps(rule)) for rule in settings["faults"]))

    def delete(self, name: str) -> bool:
        """Forget a sandbox; whether there was one. It is made anew by its next use."""
        self._let_go(name)
        return self.store.delete(name)

    def first_clock(self, sandbox: Sandbox, wall: float) -> Clock:
        """The clock as on first use of the sandbox, with the dataset that it has now."""
        return clock_of(self.settings.clock, sandbox.dataset, self.library, self.vendors, wall)

    def reset(self, name: str, wall: float) -> Sandbox:
        """Put a sandbox back as on first use, with nothing counted and nothing in its journal."""
        version, _ = self._entered(name, wall)
        document = self.fresh(name, wall).document()
        while not self.store.write(name, SETTINGS, document, expected=version, wall=wall, anew=True):
            version, _ = self._entered(name, wall)
        self._let_go(name)
        return self.enter(name, wall)

    def put(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """Put a sandbox, with these changes to each vendor's data, in place of whatever has its name. Changes of
        another epoch than the sandbox's are void.
        """
        held = {vendor: edit for vendor, edit in edits.items() if edit.epoch == sandbox.epoch}
        self._replace(sandbox, held, wall, anew=True)
        self._let_go(sandbox.name, held)
        return self.enter(sandbox.name, wall)

    def renew(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float) -> Sandbox:
        """The same with nothing counted any more, whatever their epoch; but the journal goes on."""
        self.store.uncount(sandbox.name)
        self._replace(sandbox, edits, wall)
        self._know_all(sandbox.name, edits)
        return self.enter(sandbox.name, wall)

    def _replace(self, sandbox: Sandbox, edits: Mapping[str, Edits], wall: float, *, anew: bool = False) -> None:
        """Write the settings and the changes in one step, so that no call sees a part of them. The version that they
        replace is an epoch that no other state of this sandbox has.
        """
        name, written = sandbox.name, 0
        while not written:
            version, _ = self._entered(name, wall)
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
                self._let_go(name)

    def _bound(self, what: str, size: int) -> None:
        limit = self.settings.max_sandbox_bytes
        if size > limit:
            detail = f"{what} are over {limit} bytes, as many as --max-sandbox-bytes allows."
            raise Misuse("Sandbox too large", detail, 507, code="sandbox-too-large")

    # Data -----------------------------------------------------------------------------------------------------------

    def dataset(self, sandbox: Sandbox, vendor: Vendor, *, of_now: bool = False) -> Dataset:
        """What the vendor's calls see in this sandbox: the shared dataset, or a copy with the sandbox's changes.

        ``of_now``: raises _Replaced when the changes are no more those of this sandbox.
        """
        base = self.library.dataset(vendor, sandbox.dataset, sandbox.day)
        self._know_base(vendor, sandbox.dataset, base)
        version = sandbox.edits.get(vendor.name)
        if version is None:
            return base
        key, state = (sandbox.name, vendor.name), (version, sandbox.dataset, sandbox.day, sandbox.epoch, base.mark)
        overlay = self._overlays.get(key, lambda: (state, self._overlaid(base, sandbox, vendor, of_now=of_now)))
        if overlay[0] != state:  # of before the last change
            overlay[1].records.forget_views()
            overlay = state, self._overlaid(base, sandbox, vendor, of_now=of_now)
            self._overlays.put(key, overlay)
        return overlay[1]

    def with_data(self, sandbox: Sandbox, vendor: Vendor, wall: float) -> tuple[Sandbox, Dataset]:
        """The sandbox and what the vendor's calls see in it, of one moment: another one may be put in its place between
        two looks at the store.
        """
        for _ in range(LOOKS):
            try:
                return sandbox, self.dataset(sandbox, vendor, of_now=True)
            except _Replaced:
                sandbox = self.enter(sandbox.name, wall)
        return sandbox, self.dataset(sandbox, vendor)

    def _overlaid(self, base: Dataset, sandbox: Sandbox, vendor: Vendor, *, of_now: bool) -> Dataset:
        edits = self._stored_edits(sandbox.name, vendor)[1]
        if edits.epoch != sandbox.epoch:
            if of_now:
                raise _Replaced
            edits = Edits(epoch=sandbox.epoch)
        self._know_secrets(sandbox.name, vendor, edits)
        return overlaid(base, edits)

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
            sandbox = self.enter(name, wall)
            version, before = self._stored_edits(name, vendor)
            if before.epoch > sandbox.epoch:  # another sandbox was put in its place meanwhile
                continue
            if before.epoch < sandbox.epoch:
                before = Edits(epoch=sandbox.epoch)
            if version:
                sandbox = _with_edits(vendor.name, version, sandbox)
            after = change(before, self.dataset(sandbox, vendor))
            self._bound(f"The changes to {vendor.name}", after.size)
            part = f"records/{vendor.name}"
            kept = self.store.write(name, part, after.document(), expected=version, wall=wall)
            if kept:
                self._know_secrets(name, vendor, after)
                return self.change(name, wall, partial(_with_edits, vendor.name, kept))


def _check_number(rules: Sequence[Document]) -> None:
    """Raises Misuse when a sandbox would have more fault rules than one may have."""
    if len(rules) > MOST_RULES:
        detail = f"The sandbox would have {len(rules)} fault rules, wanted at most {MOST_RULES}."
        raise Misuse("Too many fault rules", detail, 422, code="too-many-rules")


def _with_edits(vendor: str, version: int, sandbox: Sandbox) -> Sandbox:
    """The sandbox with this version of the edits, or the newer one that it has."""
    return replace(sandbox, edits={**sandbox.edits, vendor: max(version, sandbox.edits.get(vendor, 0))})


def _secrets(accounts: Iterable[Mapping[str, Any]], vendor: Vendor) -> tuple[str, ...]:
    return tuple(str(secret) for account in accounts for secret in held(account, vendor.credential.key))


def overlays() -> Bounded[Overlay]:
    """Room for datasets with changes of sandboxes: of each sandbox and vendor the last one."""
    return Bounded(OVERLAY_BYTES, lambda key, overlay: overlay[1].records.own_bytes)


def overlaid(base: Dataset, edits: Edits) -> Dataset:
    """The dataset with a sandbox's changes; what did not change is shared."""
    accounts = base.accounts if edits.accounts is None else Accounts(decode(edits.accounts.encode()))
    changed = {
        decode(id.encode()): None if text is None else decode(text.encode()) for id, text in edits.records.items()
    }
    return replace(base, accounts=accounts, records=base.records.changed(changed) if changed else base.records)


# Choosing -----------------------------------------------------------------------------------------------------------


class Choice(NamedTuple):
    """The sandbox of a call, the request as its vendor may see it, and what is worth telling about the choice."""

    name: str
    request: Request
    notices: tuple[Notice, ...] = ()


def names_a_sandbox(request: Request, vendor: Vendor) -> bool:
    """Whether there is anything to choose by; most calls have nothing."""
    if LOWER_SANDBOX in request.headers or request.sandbox is not None:
        return True
    return "~" in request.headers.get(vendor.credential.header.lower(), "")


def choose(request: Request, vendor: Vendor, known: Callable[[str, str], bool]) -> Choice:
    """By header, else by URL, else by the credential's suffix, else ``default``; the suffix is taken off in any case.

    ``known`` says whether a secret is good in a sandbox: a tilde in one that is not may be its own. Raises Misuse for
    an illegal name.
    """
    asked = {f"header {SANDBOX_HEADER}": request.headers.get(LOWER_SANDBOX), "URL": request.sandbox}
    named = {where: name for where, name in asked.items() if name is not None}
    for where, name in named.items():
        if not is_name(name):
            shown = repr(name) if len(name) <= 80 else f"by {len(name)} characters"  # a cut secret is not recognised
            detail = f"The {where} names the sandbox {shown}, wanted {WANTED_NAME}."
            raise Misuse("Bad sandbox name", detail, code="bad-sandbox-name")
    header = vendor.credential.header
    head, tilde, tail = (vendor.credential.read(request.headers) or "").rpartition("~")
    if tilde and head and is_name(tail) and known(head, next(iter(named.values()), tail)):
        named["credential"] = tail
        sent = request.headers[header.lower()].rstrip(" \t").removesuffix(f"~{tail}")
        request = request._replace(headers={**request.headers, header.lower(): sent})
    (where, chosen), *others = named.items() or [("", DEFAULT)]
    notices = tuple(
        Notice(
            "path" if other == "URL" else f"header.{header}",
            "sandbox-disagreement",
            f"The {other} names the sandbox {name}, the {where} {chosen}: {chosen} it is.",
        )
        for other, name in others
        if name != chosen
    )
    return Choice(chosen, request, notices)


def check_readings(asked: Mapping[str, str], vendors: Iterable[Vendor]) -> None:
    """Raises Misuse, with the choices, when a ``vendor.reading=choice`` names something that there is not."""
    known = {f"{vendor.name}.{reading.name}": reading for vendor in vendors for reading in vendor.readings}
    for name, choice in asked.items():
        if name not in known:
            hint = did_you_mean(closest(name, known))
            raise Misuse(
                "Unknown reading", f"There is no reading {name}.{hint}", choices=tuple(known), code="unknown-reading"
            )
        if choice not in known[name].choices:
            choices = known[name].choices
            detail = f"{name} cannot be {choice}; its choices are {', '.join(choices)}."
            raise Misuse(
                "Unknown reading", detail, choices=tuple(f"{name}={c}" for c in choices), code="unknown-reading"
            )


def check_quotas(quotas: Iterable[str], vendors: Iterable[Vendor]) -> None:
    """Raises WrongSetting when a quota is set for a vendor that there is not."""
    known = [vendor.name for vendor in vendors]
    for name in quotas:
        if name not in known:
            raise WrongSetting(f"--quotas (or MOCKSERVER_QUOTAS) names {name}, wanted one of {', '.join(known)}.")


def readings_for(vendor: Vendor, *layers: Mapping[str, str]) -> Readings:
    """The vendor's reading choices: its defaults, then each layer of ``vendor.reading=choice`` over the one before."""
    if not any(layers):
        return vendor.defaults
    chosen = dict(vendor.defaults)
    prefix = vendor.name + "."
    for layer in layers:
        for name, choice in layer.items():
            if name.startswith(prefix):
                chosen[name.removeprefix(prefix)] = choice
    return chosen
