"""The store of many processes and machines: a Redis or Valkey server, 6.2 or newer.

Has the methods of ``memory.py`` in the same order; each runs one script of ``lua.py``. All keys begin with a prefix
(``mockserver:``, or ``?prefix=`` of the URL), so that the server can be shared with others:

- ``sandboxes``: a sorted set, the last use of each sandbox (seconds of the server's ``TIME``); ``walls``: a sorted set,
  the wall time of the process that used it
- ``journals``: a sorted set, the bytes in each sandbox's journal; ``dropped``: a hash, the entries it dropped
- ``totals``: a hash, the last version and id given out, the bytes in all journals, and the name of this instance
- ``<sandbox>:documents``, ``<sandbox>:versions``: hashes, the JSON of each document, and its version
- ``<sandbox>:windows``: a hash, the start of each quota's window, and how often it was spent since
- ``<sandbox>:counters``: a hash
- ``<sandbox>:journal``: a stream; the two halves of an entry's id are its id and its size

One script may touch several sandboxes, so a Redis cluster does not work.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from ...data.lru import LruCache
from ...sdk import clock
from ...sdk.errors import StoreUnavailable
from ...sdk.quota import LATE_SECONDS, Quota, QuotaState
from . import NEVER, NOTHING, SETTINGS, Document, Expiry, LastUse, NewEntries, Versioned, lua, new_name
from .breaker import Breaker
from .counting import Counter, CountResult, Spend

log = logging.getLogger("mockserver")

# Control promises to answer within a second, also when the server does not. Nothing is sent twice: a command without a
# reply may have been carried out.
TIMEOUTS: Mapping[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.6, "retry": Retry(NoBackoff(), 0)}
KNOWN_BYTES = 32 * 1024 * 1024


class RedisStore:
    """Keeps everything on a server shared with other processes, within the bounds of a MemoryStore.

    While the server is unavailable each method raises StoreUnavailable at once, and at most one call a second starts a
    probe, in a thread of its own (``aside``). The log says when the server goes away and comes back. Raises
    ValueError with a sentence for a URL that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        journal_entries: int = 1000,
        journal_bytes: int = 8 * 1024 * 1024,
        all_journals_bytes: int = 256 * 1024 * 1024,
        elapsed: Callable[[], float] = clock.monotonic_time,
        aside: Callable[[Callable[[], None]], None] = lambda look: Thread(target=look, daemon=True).start(),
    ) -> None:
        self._bounds = (journal_entries, journal_bytes, all_journals_bytes)
        self._client, self._prefix, self.place = _client(url)
        self._known: LruCache[tuple[int, Document, int]] = LruCache(KNOWN_BYTES, lambda key, known: known[2])
        self._script = lru_cache(maxsize=None)(lambda script: self._client.register_script(script))
        self._breaker, self._aside = Breaker(elapsed), aside
        self._unwritten, self._lock = 0, Lock()
        self._instance: str | None = None  # the last known

    def open(self) -> None:
        """Checks once that the server can be used. Raises StoreUnavailable with the reason.

        Leaves no connection open: worker processes are forked after this.
        """
        try:
            self._run(lua.CHECK, "")
        except (RedisError, OSError) as error:
            raise StoreUnavailable(str(error)) from None
        finally:
            self.close()

    def check(self) -> None:
        self._ask(lua.CHECK, "")

    def close(self) -> None:
        self._client.close()

    def instance(self) -> str | None:
        with suppress(StoreUnavailable):
            self._instance = self._ask(lua.INSTANCE, "", new_name())
        return self._instance

    def fork(self) -> bool:
        return False

    def read(self, sandbox: str, part: str, *, wall: float | None = None, expiry: Expiry = NEVER) -> Versioned | None:
        known = self._known.peek(sandbox) if part == SETTINGS else None
        used = _text(wall), *map(_text, expiry)
        found = self._ask(lua.READ, sandbox, part, known[0] if known else "", *used)
        if found is None:
            if part == SETTINGS:
                self._known.drop(sandbox)
            return None
        if known and not isinstance(found, list):
            return known[0], known[1]
        version, text = int(found[0]), found[1]
        document = json.loads(text)
        if part == SETTINGS:
            self._known.put(sandbox, (version, document, len(text)))
        return version, document

    def last_known(self, sandbox: str) -> Document | None:
        known = self._known.peek(sandbox)
        return known[1] if known else None

    def write(
        self,
        sandbox: str,
        part: str,
        document: Document,
        *,
        expected: int,
        wall: float,
        most: int | None = None,
        anew: bool = False,
        beside: Mapping[str, Document] = NOTHING,
    ) -> int:
        how = expected, _text(wall), _text(most), int(anew)
        others = [text for name, each in beside.items() for text in (name, _json(each))]
        return int(self._ask(lua.WRITE, sandbox, part, _json(document), *how, *others))

    def sandboxes(self) -> Mapping[str, LastUse]:
        return {name: LastUse(float(idle), float(wall)) for name, idle, wall in self._ask(lua.SANDBOXES, "")}

    def delete(self, sandbox: str, expiry: Expiry | None = None) -> bool:
        always = "always" if expiry is None else ""
        return bool(self._ask(lua.DELETE, sandbox, always, *map(_text, expiry or NEVER)))

    def spend(self, sandbox: str, key: str, quota: Quota, now: float) -> QuotaState:
        return _quota_state(quota, self._ask(lua.SPEND, sandbox, *_spend_arguments(Spend(key, quota, now))))

    def count(self, sandbox: str, key: str) -> int:
        return int(self._ask(lua.COUNT, sandbox, key))

    def count_all(
        self, sandbox: str, counts: Sequence[Counter] = (), spend: Spend | None = None, last: str | None = None
    ) -> CountResult:
        asked = json.dumps([each._asdict() for each in counts])
        met, spent, number = self._ask(
            lua.COUNT_ALL, sandbox, asked, last or "", *(_spend_arguments(spend) if spend else ())
        )
        return CountResult(tuple(met), _quota_state(spend.quota, spent) if spend and spent else None, number)

    def get_count(self, sandbox: str, key: str) -> int:
        return int(self._ask(lua.GET_COUNT, sandbox, key))

    def reset_counters(self, sandbox: str) -> None:
        self._ask(lua.RESET_COUNTERS, sandbox)

    def append(self, sandbox: str, entry: Document, size: int) -> int:
        try:
            return int(self._ask(lua.APPEND, sandbox, _json(entry), size, *self._bounds))
        except StoreUnavailable:
            with self._lock:
                self._unwritten += 1
            raise

    def entries(self, sandbox: str) -> list[tuple[int, Document]]:
        return self.newer(sandbox, 0).entries

    def newer(self, sandbox: str, after: int) -> NewEntries:
        total, dropped, *found = self._ask(lua.NEWER, sandbox, after + 1)
        entries = [(int(id), json.loads(text)) for id, text in zip(found[::2], found[1::2], strict=True)]
        return NewEntries(entries, int(total), int(dropped))

    def dropped(self, sandbox: str) -> int:
        return int(self._ask(lua.DROPPED, sandbox))

    def remove(self, sandbox: str, ids: frozenset[int] | None = None) -> int:
        return int(self._ask(lua.REMOVE, sandbox, "all" if ids is None else "some", *(ids or ())))

    # The server -----------------------------------------------------------------------------------------------------

    def _ask(self, script: str, *arguments: str | int) -> Any:
        """Runs a script; its first argument is the sandbox. Raises StoreUnavailable."""
        if not self._breaker.well:
            if self._breaker.due():
                self._aside(self._probe)
            if not self._breaker.well:
                raise StoreUnavailable
        return self._try(script, *arguments)

    def _probe(self) -> None:
        with suppress(StoreUnavailable):
            self._try(lua.CHECK, "")

    def _try(self, script: str, *arguments: str | int) -> Any:
        was_well = self._breaker.well
        try:
            found = self._run(script, *arguments)
        except (RedisError, OSError) as error:
            if self._breaker.failed():
                log.error(
                    "the store at %s is away (%s): calls go on as far as their sandbox is known, and are in no journal",
                    self.place,
                    error,
                )
            raise StoreUnavailable(str(error)) from None
        if not was_well and self._breaker.worked():  # a call that began before the failure proves nothing
            with self._lock:
                unwritten, self._unwritten = self._unwritten, 0
            log.warning("the store at %s is back; calls that are in no journal: %d", self.place, unwritten)
        return found

    def _run(self, script: str, *arguments: str | int) -> Any:
        return self._script(script)(keys=[self._prefix], args=arguments)


def _spend_arguments(spend: Spend) -> tuple[str | int, ...]:
    """The arguments of a spend, as scripts take them."""
    return spend.key, spend.quota.limit, spend.quota.seconds, _text(spend.now), _text(LATE_SECONDS)


def _quota_state(quota: Quota, reply: Sequence[Any]) -> QuotaState:
    """The state of a quota from a script's reply."""
    allowed, count, opened = reply
    return QuotaState(bool(allowed), quota.limit, max(0, quota.limit - count), float(opened) + quota.seconds)


def _client(url: str) -> tuple[Redis, str, str]:
    """A client, the prefix of its keys, and the server's address without its password. Raises ValueError.

    The client connects on its first use, so each forked process has connections of its own.
    """
    server, _, query = url.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    prefix = options.pop("prefix", "mockserver:")
    # RESP2: its replies have the same shapes in all versions of redis-py.
    try:
        client = Redis.from_url(f"{server}?{urlencode(options)}", decode_responses=True, protocol=2, **TIMEOUTS)
        client.connection_pool.make_connection()
    except (TypeError, AttributeError) as error:
        raise ValueError(f"it cannot be read ({error})") from None
    except ValueError as error:
        is_safe = str(error).startswith(("Invalid value", "Redis URL"))  # others may repeat a part of a password
        why = (
            str(error)
            if is_safe
            else "its port is no number, or its password has / ? # [ in it, wanted %2F %3F %23 %5B"
        )
        raise ValueError(f"it cannot be read ({why})") from None
    where = client.connection_pool.connection_kwargs
    place = where.get("path") or f"{where.get('host', 'localhost')}:{where.get('port', 6379)}"
    return client, prefix, place


def _json(document: Document) -> str:
    return json.dumps(document, default=dict)  # a journal entry is a Mapping that is built when it is read


def _text(number: float | None) -> str:
    """A number as scripts take it, with all its digits; empty for None."""
    return "" if number is None else repr(number)
