"""The client of one sandbox: its clock, faults, records, accounts and journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, Unpack
from urllib.parse import urlencode

from ..sandbox.store_url import without_password
from ..sdk.jsontext import encode, to_decimals
from ..sdk.names import WANTED_NAME, is_name
from .report import describe_calls, describe_near_misses, find_mistakes
from .sandbox_parts import Accounts, Clock, Faults, Records
from .values import (
    NETWORK,
    Json,
    Matcher,
    Rows,
    Rule,
    Settings,
    check_vendor,
    expect_map,
    expect_rows,
    format_bool,
    format_times,
    make_matcher,
    quote_segment,
    redact_matcher,
)

if TYPE_CHECKING:
    from .client import Client

__tracebackhide__ = True  # a failed test shows its own line


class Sandbox:
    """A handle on one sandbox: its addresses, data, clock, faults and journal."""

    def __init__(self, client: Client, name: str) -> None:
        if not is_name(name):
            raise ValueError(f"a sandbox is named {name[:80]!r}, wanted {WANTED_NAME}")
        self.client, self.name = client, name
        self._origin: tuple[str, Settings] | None = None
        self.clock = Clock(self)
        self.faults = Faults(self)

    def __repr__(self) -> str:
        return f"Sandbox({self.name!r} on {without_password(self.client.url)})"

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One control request about this sandbox."""
        return self.client.send(method, path, body, sandbox=self.name)

    def create(self, origin: str = "base", **settings: Unpack[Settings]) -> Self:
        """Create it anew with these settings, as on first use or as a copy of another; returns the handle."""
        self.client.send("PUT", f"/sandboxes/{quote_segment(self.name)}", {"from": origin, **settings})
        self._origin = origin, settings
        return self

    def describe(self) -> Json:
        """Its addresses and headers per vendor, its settings, clock and scenario."""
        return expect_map(self.client.send("GET", f"/sandboxes/{quote_segment(self.name)}"))

    def reset(self) -> None:
        """Put it back as this handle created it, else as on first use."""
        if self._origin is None:
            self.send("POST", "/reset")
        else:
            origin, settings = self._origin
            self.create(origin, **settings)

    def delete(self) -> None:
        """Delete it; its next use creates it anew."""
        self.client.send("DELETE", f"/sandboxes/{quote_segment(self.name)}")

    # How to reach it ------------------------------------------------------------------------------------------------

    def url(self, vendor: str) -> str:
        """The base URL of a vendor in this sandbox; append a documented path."""
        check_vendor(self.client.names, vendor)
        return f"{self.client.url}/__sandbox/{self.name}/{vendor}"

    def credentials(self, vendor: str) -> dict[str, str]:
        """The headers of the example account's calls; they alone select this sandbox."""
        return dict(self.example(vendor)["headers"])

    def example(self, vendor: str) -> Json:
        """A call that works: method, path below the server's URL, headers, query."""
        vendors = {each["name"]: each for each in expect_rows(self.send("GET", "/vendors"))}
        return dict(vendors[check_vendor(vendors, vendor)]["example"])

    def paths(self, vendor: str) -> list[str]:
        """The paths that the vendor documents."""
        addresses = {each["name"]: each["addresses"] for each in expect_rows(self.send("GET", "/vendors"))}
        paths = [
            address.removeprefix(f"/__sandbox/{self.name}") for address in addresses[check_vendor(addresses, vendor)]
        ]
        return [path for path in paths if path.startswith("/") and not path.startswith(f"/{vendor}/")]

    # How it is ------------------------------------------------------------------------------------------------------

    def settings(self, **changes: Unpack[Settings]) -> Json:
        """Change these settings; returns all settings."""
        return expect_map(self.send("PATCH", "/settings", dict(changes)) if changes else self.send("GET", "/settings"))

    def readings(self, choices: Mapping[str, str] | None = None) -> dict[str, str]:
        """Choose readings of ambiguous documents (``{"vendor.reading": choice}``); returns all choices."""
        return dict(self.settings(readings=choices)["readings"] if choices else self.settings()["readings"])

    def quota(self, vendor: str, calls: str | None) -> None:
        """Limit the calls of each account of the vendor, like ``3/minute``; None removes the limit."""
        self.settings(quotas={vendor: calls})

    def scenario(self, name: str) -> Json:
        """Activate a scenario: its data, faults, quotas, time and readings; the rest is as on first use.

        The strictness and the readings with which this handle created the sandbox stay.
        """
        scenario = expect_map(self.send("PUT", "/scenarios/active", {"name": name}))
        settings = self._origin[1] if self._origin else Settings()
        own = {key: value for key, value in settings.items() if key in ("strict", "readings")}
        return {**scenario, "settings": expect_map(self.send("PATCH", "/settings", own))} if own else scenario

    def scenarios(self) -> Rows:
        """All scenarios."""
        return expect_rows(self.send("GET", "/scenarios"), "scenarios")

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
        return str(self.send("GET", f"/export/{quote_segment(vendor)}"))

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
        """Calls, newest first; ``after``: only those newer than that id."""
        filters = {"after": after, "limit": limit, "vendor": vendor, "status": status}
        filters |= {"unmatched": format_bool(unmatched), "warned": format_bool(warned)}
        query = urlencode({name: value for name, value in filters.items() if value is not None})
        return expect_rows(self.send("GET", f"/requests?{query}" if query else "/requests"), "requests")

    def request(self, id: int) -> Json:
        """One call, by the id that the reply's ``X-Mock-Call`` names."""
        return expect_map(self.send("GET", f"/requests/{id}"))

    def forget(self, id: int | None = None) -> None:
        """Remove one call from the journal, or all."""
        self.send("DELETE", "/requests" if id is None else f"/requests/{id}")

    def find(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> Rows:
        """The calls that match, newest first."""
        return expect_rows(self.send("POST", "/requests/find", make_matcher(vendor, matcher)), "requests")

    def count(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> int:
        """How many calls match."""
        return int(self.send("POST", "/requests/count", make_matcher(vendor, matcher))["count"])

    def unmatched(self) -> Rows:
        """The calls that no operation answers."""
        return expect_rows(self.send("GET", "/requests/unmatched"), "requests")

    def near_misses(self, vendor: str | None = None, **matcher: Unpack[Matcher]) -> Rows:
        """The calls closest to a matcher, with their differences field by field."""
        return expect_rows(self.send("POST", "/requests/near-misses", make_matcher(vendor, matcher)), "nearMisses")

    def assert_requested(
        self, vendor: str | None = None, *, count: int | None = None, **matcher: Unpack[Matcher]
    ) -> None:
        """Fail unless such a call was made: at least once, or exactly ``count`` times."""
        number = self.count(vendor, **matcher)
        if number >= 1 if count is None else number == count:
            return
        wanted = "at least once" if count is None else format_times(count)
        text = encode(to_decimals(redact_matcher(make_matcher(vendor, matcher)))).decode()
        lines = [f"{text} was requested {format_times(number)} in sandbox {self.name}, wanted {wanted}."]
        lines += describe_calls(self.find(vendor, **matcher), self.paths)
        if number < (count or 1):
            near = describe_near_misses(self.near_misses(vendor, **matcher))
            lines += near or ([] if number else ["No call was made at all."])
        raise AssertionError("\n".join(lines))

    def verdict(self, *, ignore: Iterable[str] = ()) -> Json:
        """Whether the client behaved: each check with the calls that prove or break it, without those of ``ignore``."""
        query = urlencode({"ignore": ",".join(ignore)})
        return expect_map(self.send("GET", f"/verdict?{query}" if ignore else "/verdict"))

    def check(self, *, after: int | None = None) -> None:
        """Fail for a strict call with a warning or to an unknown path, or any with a credential that looks live.

        ``after``: only calls newer than that id.
        """
        calls = self.calls(after=after)
        mistakes = find_mistakes(calls)
        if mistakes:
            head = f"{len(mistakes)} of {len(calls)} calls in sandbox {self.name} were not as the vendor documents:"
            raise AssertionError("\n".join([head, *describe_calls(mistakes, self.paths)]))
