"""The client of one sandbox: its clock, faults, records, accounts and journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self, Unpack
from urllib.parse import urlencode

from ..sandbox.store_url import without_password
from ..sdk.clock import format_instant, parse_instant
from ..sdk.jsontext import encode, to_decimals
from ..sdk.names import WANTED_NAME, is_name
from .report import calls_told, mistakes, near_misses_told
from .values import (
    NETWORK,
    Json,
    Matcher,
    Rows,
    Rule,
    Settings,
    _map,
    _matcher,
    _one_of,
    _part,
    _rows,
    _times,
    _told,
    _word,
)

if TYPE_CHECKING:
    from .client import Client


class Sandbox:
    """A handle on one sandbox: its addresses, its data, its time, its trouble, and what was sent to it."""

    def __init__(self, client: Client, name: str) -> None:
        if not is_name(name):
            raise ValueError(f"a sandbox is named {name[:80]!r}, wanted {WANTED_NAME}")
        self.client, self.name = client, name
        self._made: tuple[str, Settings] | None = None
        self.clock = Clock(self)
        self.faults = Faults(self)

    def __repr__(self) -> str:
        return f"Sandbox({self.name!r} on {without_password(self.client.url)})"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One control request about this sandbox."""
        return self.client.send(method, path, body, sandbox=self.name)

    def create(self, origin: str = "base", **settings: Unpack[Settings]) -> Self:
        """Make it anew, as on first use or as a copy of another sandbox, with these settings; returns the handle."""
        self.client.send("PUT", f"/sandboxes/{_part(self.name)}", {"from": origin, **settings})
        self._made = origin, settings
        return self

    def describe(self) -> Json:
        """Its addresses and headers per vendor, its settings, clock and scenario."""
        return _map(self.client.send("GET", f"/sandboxes/{_part(self.name)}"))

    def reset(self) -> None:
        """Put it back as this handle created it, else as on first use: records, clock, quotas, faults, readings,
        settings, journal.
        """
        if self._made is None:
            self.send("POST", "/reset")
        else:
            origin, settings = self._made
            self.create(origin, **settings)

    def delete(self) -> None:
        """Forget it; its next use makes it anew."""
        self.client.send("DELETE", f"/sandboxes/{_part(self.name)}")

    # How to reach it ------------------------------------------------------------------------------------------------

    def url(self, vendor: str) -> str:
        """The base URL of a vendor in this sandbox: to be followed by a documented path."""
        _one_of(self.client.names, vendor)
        return f"{self.client.url}/__sandbox/{self.name}/{vendor}"

    def credentials(self, vendor: str) -> dict[str, str]:
        """The headers with which the example account calls a vendor; by themselves they lead to this sandbox."""
        return dict(self.example(vendor)["headers"])

    def example(self, vendor: str) -> Json:
        """A call that works as it stands: method, path below the server's URL, headers, query."""
        vendors = {each["name"]: each for each in _rows(self.send("GET", "/vendors"))}
        return dict(vendors[_one_of(vendors, vendor)]["example"])

    def paths(self, vendor: str) -> list[str]:
        """The paths that the vendor documents."""
        listed = {each["name"]: each["addresses"] for each in _rows(self.send("GET", "/vendors"))}
        paths = [address.removeprefix(f"/__sandbox/{self.name}") for address in listed[_one_of(listed, vendor)]]
        return [path for path in paths if path.startswith("/") and not path.startswith(f"/{vendor}/")]

    # How it is ------------------------------------------------------------------------------------------------------

    def settings(self, **changes: Unpack[Settings]) -> Json:
        """Change what is given; returns all settings as they are then."""
        return _map(self.send("PATCH", "/settings", dict(changes)) if changes else self.send("GET", "/settings"))

    def readings(self, choices: Mapping[str, str] | None = None) -> dict[str, str]:
        """Choose how ambiguous documents are read (``{"vendor.reading": choice}``); returns all choices."""
        return dict(self.settings(readings=choices)["readings"] if choices else self.settings()["readings"])

    def quota(self, vendor: str, calls: str | None) -> None:
        """Let an account of the vendor make so many calls, like ``3/minute``; None: as many as it likes."""
        self.settings(quotas={vendor: calls})

    def scenario(self, name: str) -> Json:
        """Put a named bundle of data, faults, quotas, time and readings in place, of all else what first use has; but
        the strictness and the readings with which this handle created the sandbox stay.
        """
        told = _map(self.send("PUT", "/scenarios/active", {"name": name}))
        made = self._made[1] if self._made else Settings()
        kept = {key: value for key, value in made.items() if key in ("strict", "readings")}
        return {**told, "settings": _map(self.send("PATCH", "/settings", kept))} if kept else told

    def scenarios(self) -> Rows:
        """The scenarios there are."""
        return _rows(self.send("GET", "/scenarios"), "scenarios")

    def fail_next(self, vendor: str | None, outcome: int | str, **rule: Unpack[Rule]) -> Json:
        """Spoil the next call of a vendor (``times`` more than one): with a status, an error of the vendor's table,
        or a network fault (reset, empty, truncate, malformed, drip). Returns the rule.
        """
        kind = "status" if isinstance(outcome, int) else "network" if outcome in NETWORK else "error"
        return self.faults.add(vendor, **{"times": 1, **rule, kind: outcome})  # type: ignore[arg-type]  # keys are names

    def records(self, vendor: str) -> Records:
        """The vendor's records in this sandbox."""
        return Records(self, vendor)

    def accounts(self, vendor: str) -> Accounts:
        """The vendor's accounts in this sandbox."""
        return Accounts(self, vendor)

    def export(self, vendor: str) -> str:
        """What the sandbox holds of a vendor, as a fixture file."""
        return str(self.send("GET", f"/export/{_part(vendor)}"))

    # What was sent --------------------------------------------------------------------------------------------------

    @property
    def requests(self) -> Rows:
        """All calls that the journal still has, newest first."""
        return self.calls()

    def calls(
        self,
        *,
        after: int | None = None,
        limit: int | None = None,
        vendor: str | None = None,
        status: int | None = None,
        unmatched: bool | None = None,
        warned: bool | None = None,
    ) -> Rows:
        """Calls newest first; ``after``: newer than that id."""
        asked = {"after": after, "limit": limit, "vendor": vendor, "status": status}
        asked |= {"unmatched": _word(unmatched), "warned": _word(warned)}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return _rows(self.send("GET", f"/requests?{query}" if query else "/requests"), "requests")

    def request(self, id: int) -> Json:
        """One call, by the id that the reply's ``X-Mock-Call`` names."""
        return _map(self.send("GET", f"/requests/{id}"))

    def forget(self, id: int | None = None) -> None:
        """Take one call out of the journal, or all."""
        self.send("DELETE", "/requests" if id is None else f"/requests/{id}")

    def find(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> Rows:
        """The calls that fit, newest first."""
        return _rows(self.send("POST", "/requests/find", _matcher(vendor, matcher)), "requests")

    def count(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> int:
        """How many calls fit."""
        return int(self.send("POST", "/requests/count", _matcher(vendor, matcher))["count"])

    def unmatched(self) -> Rows:
        """The calls that no endpoint answers."""
        return _rows(self.send("GET", "/requests/unmatched"), "requests")

    def near_misses(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> Rows:
        """The calls that come nearest to a matcher, and what is different in each, field by field."""
        return _rows(self.send("POST", "/requests/near-misses", _matcher(vendor, matcher)), "nearMisses")

    def assert_requested(
        self, vendor: str | None = None, *, count: int | None = None, **matcher: Unpack[Matcher]
    ) -> None:
        """Fail unless such a call was made: at least once, or exactly ``count`` times."""
        found = self.count(vendor, **matcher)
        if found >= 1 if count is None else found == count:
            return
        wanted = "at least once" if count is None else _times(count)
        asked = encode(to_decimals(_told(_matcher(vendor, matcher)))).decode()
        lines = [f"{asked} was requested {_times(found)} in sandbox {self.name}, wanted {wanted}."]
        lines += calls_told(self.find(vendor, **matcher), self.paths)
        if found < (count or 1):
            near = near_misses_told(self.near_misses(vendor, **matcher))
            lines += near or ([] if found else ["No call was made at all."])
        raise AssertionError("\n".join(lines))

    def verdict(self, *, ignore: Iterable[str] = ()) -> Json:
        """Whether the client behaved: each check with the calls that prove or break it, those of ``ignore`` untested
        (``pages``, where one page is all that is wanted).
        """
        query = urlencode({"ignore": ",".join(ignore)})
        return _map(self.send("GET", f"/verdict?{query}" if ignore else "/verdict"))

    def check(self, *, after: int | None = None) -> None:
        """Fail when a strict call was warned of, or met no endpoint; or any call had a credential that looks live.
        ``after``: of those newer than that id.
        """
        calls = self.calls(after=after)
        wrong = mistakes(calls)
        if wrong:
            head = f"{len(wrong)} of {len(calls)} calls in sandbox {self.name} were not as the vendor documents:"
            raise AssertionError("\n".join([head, *calls_told(wrong, self.paths)]))


class Clock:
    """A sandbox's clock; each change returns the time that it then shows."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> datetime:
        return self._told(self._sandbox.send("GET", "/clock"))

    @property
    def mode(self) -> Literal["ticking", "frozen"]:
        mode: Literal["ticking", "frozen"] = self._sandbox.send("GET", "/clock")["mode"]
        return mode

    def freeze(self) -> datetime:
        """Stop time."""
        return self._post("freeze")

    def advance(self, duration: str | timedelta) -> datetime:
        """Go on by ``90s``, ``2h``, ``800d`` (``-`` in front: back), or by a timedelta."""
        if isinstance(duration, timedelta):
            duration = f"{round(duration / timedelta(milliseconds=1))}ms"
        return self._post("advance", {"duration": duration})

    def set(self, to: str | datetime) -> datetime:
        """Show this time (ISO 8601; without a zone it is UTC)."""
        return self._post("set", {"to": to if isinstance(to, str) else format_instant(to)})

    def reset(self) -> datetime:
        """Run as the server was started."""
        return self._post("reset")

    def _post(self, what: str, body: Json | None = None) -> datetime:
        return self._told(self._sandbox.send("POST", f"/clock/{what}", body))

    def _told(self, reply: Json) -> datetime:
        return parse_instant(reply["now"])


class Faults:
    """A sandbox's fault rules, in the order in which they are tried: the first that fits a call hits it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def list(self) -> Rows:
        return _rows(self._sandbox.send("GET", "/faults"), "faults")

    def add(
        self,
        vendor: str | None = None,
        *,
        status: int | None = None,
        error: str | None = None,
        network: str | None = None,
        **rule: Unpack[Rule],
    ) -> Json:
        """A rule for a vendor (None: for all) with one outcome, or with nothing but a delay. Returns it with its id."""
        outcome = {"vendor": vendor, "status": status, "error": error, "network": network}
        body = {name: value for name, value in outcome.items() if value is not None}
        return _map(self._sandbox.send("POST", "/faults", {**body, **rule}))

    def get(self, id: str) -> Json:
        return _map(self._sandbox.send("GET", f"/faults/{_part(id)}"))

    def change(self, id: str, **changes: Any) -> Json:
        """Change parts of a rule; None takes a part away."""
        return _map(self._sandbox.send("PATCH", f"/faults/{_part(id)}", changes))

    def remove(self, id: str) -> None:
        self._sandbox.send("DELETE", f"/faults/{_part(id)}")

    def clear(self) -> None:
        """Remove all rules."""
        self._sandbox.send("DELETE", "/faults")


class Records:
    """A vendor's records in a sandbox, in the vendor's own fields."""

    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox, self._path = sandbox, f"/records/{_part(vendor)}"

    def list(self) -> Rows:
        return _rows(self._sandbox.send("GET", self._path), "records")

    def get(self, id: str | int) -> Json:
        return _map(self._sandbox.send("GET", f"{self._path}/{_part(id)}"))

    def add(self, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Json:
        """Add a record; what is left out comes from the vendor's recipe. Returns it whole."""
        return _map(self._sandbox.send("POST", self._path, {**(fields or {}), **more}))

    def change(self, id: str | int, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Json:
        """Change fields of a record. Returns it whole."""
        return _map(self._sandbox.send("PATCH", f"{self._path}/{_part(id)}", {**(fields or {}), **more}))

    def remove(self, id: str | int) -> None:
        self._sandbox.send("DELETE", f"{self._path}/{_part(id)}")

    def generate(self, records: int, seed: int | None = None) -> Sequence[Any]:
        """Make so many records by the vendor's recipe; returns their ids."""
        body = {"records": records} if seed is None else {"records": records, "seed": seed}
        return list(self._sandbox.send("POST", f"{self._path}/generate", body)["ids"])


class Accounts:
    """A vendor's accounts in a sandbox."""

    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox, self._path = sandbox, f"/accounts/{_part(vendor)}"

    def list(self) -> Rows:
        return _rows(self._sandbox.send("GET", self._path), "accounts")

    def replace(self, accounts: Sequence[Mapping[str, Any]]) -> Rows:
        """Put these in place of all there are."""
        return _rows(self._sandbox.send("PUT", self._path, {"accounts": list(accounts)}), "accounts")
