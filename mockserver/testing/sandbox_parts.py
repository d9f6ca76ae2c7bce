"""A sandbox's clock, fault rules, records and accounts from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Unpack

from ..sdk.clock import format_instant, parse_instant
from .values import Json, Rows, Rule, expect_map, expect_rows, quote_segment

if TYPE_CHECKING:
    from .sandbox_client import Sandbox

__tracebackhide__ = True  # a failed test shows its own line


class Clock:
    """A sandbox's clock; each change returns the new time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> datetime:
        return self._read_instant(self._sandbox.send("GET", "/clock"))

    @property
    def mode(self) -> Literal["ticking", "frozen"]:
        mode: Literal["ticking", "frozen"] = self._sandbox.send("GET", "/clock")["mode"]
        return mode

    def freeze(self) -> datetime:
        """Stop time."""
        return self._post("freeze")

    def advance(self, duration: str | timedelta) -> datetime:
        """Advance by ``90s``, ``2h``, ``800d`` (``-`` in front: back), or by a timedelta."""
        if isinstance(duration, timedelta):
            duration = f"{round(duration / timedelta(milliseconds=1))}ms"
        return self._post("advance", {"duration": duration})

    def set(self, to: str | datetime) -> datetime:
        """Set the time (ISO 8601, UTC without a zone)."""
        return self._post("set", {"to": to if isinstance(to, str) else format_instant(to)})

    def reset(self) -> datetime:
        """Put it back as the server was started."""
        return self._post("reset")

    def _post(self, what: str, body: Json | None = None) -> datetime:
        return self._read_instant(self._sandbox.send("POST", f"/clock/{what}", body))

    def _read_instant(self, reply: Json) -> datetime:
        return parse_instant(reply["now"])


class Faults:
    """A sandbox's fault rules; the first that matches a call spoils it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def list(self) -> Rows:
        return expect_rows(self._sandbox.send("GET", "/faults"), "faults")

    def add(
        self,
        vendor: str | None = None,
        *,
        status: int | None = None,
        error: str | None = None,
        network: str | None = None,
        **rule: Unpack[Rule],
    ) -> Json:
        """Add a rule for a vendor (None: for all) with one outcome or only a delay. Returns it with its id."""
        outcome = {"vendor": vendor, "status": status, "error": error, "network": network}
        body = {name: value for name, value in outcome.items() if value is not None}
        return expect_map(self._sandbox.send("POST", "/faults", {**body, **rule}))

    def get(self, id: str) -> Json:
        return expect_map(self._sandbox.send("GET", f"/faults/{quote_segment(id)}"))

    def change(self, id: str, **changes: Any) -> Json:
        """Change parts of a rule; None removes a part."""
        return expect_map(self._sandbox.send("PATCH", f"/faults/{quote_segment(id)}", changes))

    def remove(self, id: str) -> None:
        self._sandbox.send("DELETE", f"/faults/{quote_segment(id)}")

    def clear(self) -> None:
        """Remove all rules."""
        self._sandbox.send("DELETE", "/faults")


class Records:
    """A vendor's records in a sandbox, in the vendor's own fields."""

    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox, self._path = sandbox, f"/records/{quote_segment(vendor)}"

    def list(self) -> Rows:
        return expect_rows(self._sandbox.send("GET", self._path), "records")

    def get(self, id: str | int) -> Json:
        return expect_map(self._sandbox.send("GET", f"{self._path}/{quote_segment(id)}"))

    def add(self, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Json:
        """Add a record; the vendor's recipe fills omitted fields. Returns the whole record."""
        return expect_map(self._sandbox.send("POST", self._path, {**(fields or {}), **more}))

    def change(self, id: str | int, fields: Mapping[str, Any] | None = None, /, **more: Any) -> Json:
        """Change fields of a record. Returns the whole record."""
        return expect_map(self._sandbox.send("PATCH", f"{self._path}/{quote_segment(id)}", {**(fields or {}), **more}))

    def remove(self, id: str | int) -> None:
        self._sandbox.send("DELETE", f"{self._path}/{quote_segment(id)}")

    def generate(self, records: int, seed: int | None = None) -> Sequence[Any]:
        """Add this many records of the vendor's recipe; returns their ids."""
        body = {"records": records} if seed is None else {"records": records, "seed": seed}
        return list(self._sandbox.send("POST", f"{self._path}/generate", body)["ids"])


class Accounts:
    """A vendor's accounts in a sandbox."""

    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox, self._path = sandbox, f"/accounts/{quote_segment(vendor)}"

    def list(self) -> Rows:
        return expect_rows(self._sandbox.send("GET", self._path), "accounts")

    def replace(self, accounts: Sequence[Mapping[str, Any]]) -> Rows:
        """Replace all accounts by these."""
        return expect_rows(self._sandbox.send("PUT", self._path, {"accounts": list(accounts)}), "accounts")
